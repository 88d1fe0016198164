"""Neurons in front of a screen: what they answer to gratings and lines.

It shows and records. It must not know what is read off the answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dlcnn.models.receptive import receptive_fields
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.batches import in_batches, track
from dlcnn.understanding.finite import expect_finite, expect_finite_layers
from dlcnn.understanding.images import warn_of_range
from dlcnn.understanding.lens import Lens
from dlcnn.understanding.network.selection import Units, picked
from dlcnn.understanding.network.stimuli import gratings, lines
from dlcnn.understanding.network.strongest import window

__all__ = ["Bench"]

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bench:
    """Neurons in front of a screen.

    Attributes:
        lens: of the model.
        units: of which neurons are measured.
        shape: (H, W, C) of the screen.
        batch_size: stimuli at a time.
        value_range: the values of black and of white.
    """

    lens: Lens
    units: Units
    shape: tuple[int, ...]
    batch_size: int
    value_range: tuple[float, float]

    @cached_property
    def neurons(self) -> npt.NDArray[np.int32]:
        """Flat indices: of a map the middle of the selected positions, of others every unit."""
        if len(self.units.shape) != 3:
            return self.units.flat
        rows, columns, _ = np.unravel_index(self.units.flat, self.units.shape)
        middle_row, middle_column = (
            np.unique(each)[len(np.unique(each)) // 2] for each in (rows, columns)
        )
        return np.asarray(self.units.flat[(rows == middle_row) & (columns == middle_column)])

    @property
    def names(self) -> tuple[str, ...]:
        """Of each neuron: its layer and index."""
        name = self.lens.nodes[self.units.place.node].name
        places = np.stack(np.unravel_index(self.neurons, self.units.shape), axis=-1)
        return tuple(f"{name}[{', '.join(map(str, place))}]" for place in places)

    @cached_property
    def _window(self) -> tuple[tuple[int, int], tuple[int, int]]:
        field = receptive_fields(self.lens.nodes)[self.units.place.node]
        place = np.unravel_index(int(self.neurons[0]), self.units.shape)
        return window(field, place, self.shape[:2])

    @property
    def extent(self) -> tuple[int, int]:
        """(height, width) of the receptive field."""
        return self._window[1]

    @property
    def centre(self) -> tuple[float, float]:
        """(row, column) of the middle of the receptive field."""
        (top, left), (height, width) = self._window
        return top + (height - 1) / 2, left + (width - 1) / 2

    def respond(self, brightness: _Array) -> _Array:
        """(n, neurons): the responses to (n, height, width) of -1, black, to 1, white."""
        images = self._shown(brightness)
        place, size = self.units.place, self.units.size
        program = self.lens.program(
            ("tuning", place, size), lambda: _program(self.lens, self.units)
        )
        (found,) = in_batches(program, [images], self.batch_size, shared=[self.neurons])
        return found.astype(np.float64)

    def _shown(self, brightness: _Array) -> npt.NDArray[np.float32]:
        black, white = self.value_range
        grey = (black + (white - black) * (brightness + 1) / 2).astype(np.float32)
        return np.repeat(grey[..., None], self.shape[-1], axis=-1)

    def field(self) -> _Array:
        """(neurons,): the response to a uniform field."""
        warn_of_range(self.lens, self.value_range, "tuning")
        blank = np.zeros((1, *self.shape[:2]))
        found, shown = self.respond(blank), self._shown(blank)
        where, places = "tuning, a uniform field", [self.units.place]
        expect_finite(where, self.lens, shown, found, places=places)
        if not found.any():
            expect_finite_layers(where, self.lens, shown, places)
        return np.asarray(found[0])

    def with_gratings(self, angles: _Array, frequencies: _Array, phases: _Array) -> _Array:
        """(angles, frequencies, phases, neurons)."""
        size = (self.shape[0], self.shape[1])
        found = []
        for angle in track(list(angles), "tuning: gratings"):
            shown = [gratings(size, self.centre, angle, wave, phases) for wave in frequencies]
            responses = self.respond(np.concatenate(shown))
            found.append(responses.reshape(len(frequencies), len(phases), -1))
        return np.stack(found)

    def with_lines(self, angles: _Array, positions: _Array, width: float, sign: int) -> _Array:
        """(angles, positions, neurons): to white lines, or to black ones if the sign is -1."""
        size = (self.shape[0], self.shape[1])
        return np.stack(
            [
                self.respond(sign * lines(size, self.centre, angle, positions, width))
                for angle in track(list(angles), "tuning: lines")
            ]
        )


def _program(lens: Lens, units: Units) -> Callable[[Tensor, Tensor], Tensor]:
    def run(images: Tensor, indices: Tensor) -> Tensor:
        (output,) = lens.run({lens.input: images}, [units.place])
        return picked(output, indices, units.size)

    return run
