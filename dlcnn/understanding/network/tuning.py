"""Tuning curves of neurons, measured with gratings and lines as Hubel and Wiesel did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.models.shapes import as_text
from dlcnn.understanding.arguments import array_of, batch_of, choice, number, range_of, whole
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.images import expect_size
from dlcnn.understanding.lens import Lens, lens_of
from dlcnn.understanding.network.bench import Bench
from dlcnn.understanding.network.curves import Curve
from dlcnn.understanding.network.selection import Selected, places_of, units_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Tuning", "tuning"]

_Array = npt.NDArray[np.float64]
_DRAWN = 6  # units whose curves can be told apart
_FARTHEST = 40  # pixels from the centre that lines are moved to by default


@dataclass(frozen=True)
class Tuning:
    """What neurons are tuned to, a column of each curve for each.

    Attributes:
        units: the neurons: the layer's name and index.
        orientation: of a grating of the best frequency, at its best phase.
        frequency: of a grating of the best orientation, at its best phase.
        phase: of the best grating: where in the field its bright stripes lie.
        line_orientation: of a line at its best position.
        position: of a line of the best orientation, pixels from the centre of the receptive field.
    """

    units: tuple[str, ...]
    orientation: Curve
    frequency: Curve
    phase: Curve
    line_orientation: Curve
    position: Curve

    def figure(self, *, units: Sequence[int] | None = None) -> "Figure":
        """Draw the five curves; of a single neuron also its response to a uniform field.

        Args:
            units: which of the neurons to draw, one or more; by default the first 6.

        Raises:
            UnderstandingError: there is no such neuron, or none is named.
        """
        from dlcnn.figures import Panel, panels

        last = len(self.units) - 1
        given = range(min(_DRAWN, last + 1)) if units is None else np.atleast_1d(array_of(units))
        chosen = [whole("figure", "units", each, least=0, most=last) for each in given]
        if not chosen:
            raise UnderstandingError(
                "figure: units are numbers of neurons, one or more. Received none. Name such as "
                "[0], or leave it out."
            )
        named = {
            "orientation of a grating": self.orientation,
            "frequency of a grating": self.frequency,
            "phase of a grating": self.phase,
            "orientation of a line": self.line_orientation,
            "position of a line": self.position,
        }
        shown = []
        for title, curve in named.items():
            series = {self.units[each]: curve.responses[:, each] for each in chosen}
            if len(chosen) == 1:
                level = curve.baseline[chosen[0]]
                series["uniform field"] = np.full(len(curve.values), level)
            shown.append(Panel(curve.values, series, curve.axis, "response", title=title))
        left_out = len(chosen) < len(self.units)
        part = f" of {len(chosen)} of {len(self.units)} neurons" if left_out else ""
        return panels(shown, title=f"Tuning curves{part}")


def tuning(
    model: keras.Model,
    selection: Selected,
    batch_size: int = 64,
    *,
    orientations: Sequence[float] | _Array | None = None,
    frequencies: Sequence[float] | _Array | None = None,
    phases: int = 8,
    positions: Sequence[float] | _Array | None = None,
    line_width: float | None = None,
    line: str = "bright",
    value_range: tuple[float, float] = (0, 1),
    size: Sequence[int] | npt.NDArray[np.int_] | None = None,
) -> Tuning:
    """Measure how neurons respond to gratings and to bright lines.

    The stimuli are centred on what a neuron sees. Of a channel the neuron in the middle of the
    selected positions is measured; `layer["conv1"]` measures every channel of the layer.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        selection: the neurons.
        batch_size: stimuli at a time.
        orientations: of the stripes, degrees, 0 lying, 90 standing, increasing, over less than
            180; by default every 10.
        frequencies: cycles per pixel, increasing, up to 0.5, beyond which stripes are narrower
            than pixels; by default 9 from one cycle per image on.
        phases: how many phases of each grating are tried.
        positions: of lines, pixels from the centre, increasing; by default each pixel of the
            receptive field and a little beyond, as far as 40.
        line_width: pixels; by default a fifth of the receptive field, 1 or more.
        line: "bright" or "dark", on the grey field.
        value_range: the smallest and the largest value of a pixel, black and white; the field is
            halfway.
        size: (height, width) of the stimuli where the model leaves it open.

    Raises:
        ModelError, UnderstandingError: the model, selection or options cannot be.

    Source: Hubel & Wiesel 1962; De Valois, Albrecht & Thorell 1982.
    """
    lens = lens_of(model, "tuning")
    batch = batch_of(batch_size, "tuning")
    shape = _image_shape(lens, size)
    expect_size("tuning", lens, shape, places_of(lens, [selection], "tuning"), "Name a larger one.")
    units = units_of(lens, selection, shape, "tuning")
    bench = Bench(lens, units, shape, batch, range_of("tuning", value_range))
    reach = min(_FARTHEST, max(bench.extent) // 2 + 2)
    angles = _increasing("orientations", orientations, np.arange(0, 180, 10))
    waves = _increasing("frequencies", frequencies, np.geomspace(1 / max(shape[:2]), 0.5, 9))
    places = _increasing("positions", positions, np.arange(-reach, reach + 1))
    turns = whole("tuning", "phases", phases, least=1)
    width = max(1.0, min(bench.extent) / 5)
    if line_width is not None:
        width = number("tuning", "line_width", line_width, above=0)
    phase_values = np.arange(turns) * 360 / turns
    sign = 1 if choice("tuning", "line", line, ("bright", "dark")) == "bright" else -1
    baseline = bench.field()
    waved = bench.with_gratings(angles, waves, phase_values)
    lined = bench.with_lines(angles, places, width, sign)
    return _read(bench.names, baseline, (angles, waves, phase_values, places), waved, lined)


def _read(
    names: tuple[str, ...],
    baseline: _Array,
    axes: Sequence[_Array],
    waved: _Array,
    lined: _Array,
) -> Tuning:
    """The curves through the strongest responses of each neuron."""
    angles, waves, phases, places = axes
    neurons = np.arange(waved.shape[-1])
    angle, wave, _ = np.unravel_index(
        waved.reshape(-1, len(neurons)).argmax(axis=0), waved.shape[:-1]
    )
    line = lined.max(axis=1).argmax(axis=0)
    best_phase = waved.max(axis=2)

    def curve(name: str, values: _Array, responses: _Array, period: float | None = None) -> Curve:
        return Curve(name, values, responses, baseline, period)

    return Tuning(
        names,
        curve("degrees", angles, best_phase[:, wave, neurons], 180.0),
        curve("cycles per pixel", waves, best_phase[angle, :, neurons].T),
        curve("degrees", phases, waved[angle, wave, :, neurons].T, 360.0),
        curve("degrees", angles, lined.max(axis=1), 180.0),
        curve("pixels", places, lined[line, :, neurons].T),
    )


def _image_shape(lens: Lens, size: Any) -> tuple[int, ...]:
    height, width, channels = lens.input_shape[1:]
    if size is not None:
        given = _sides(size)
        if any(side not in (None, have) for side, have in zip((height, width), given, strict=True)):
            raise UnderstandingError(
                f"tuning: size is that of the images where the model leaves it open. Received "
                f"size={size!r} for {lens.name!r}, which takes {as_text(lens.input_shape[1:])}. "
                "Leave it out."
            )
        height, width = given
    if height is None or width is None or channels is None:
        raise UnderstandingError(
            f"tuning: stimuli are as large as the model's images. Received {lens.name!r}, which "
            f"takes {as_text(lens.input_shape[1:])}. Name a size=(height, width)."
        )
    return height, width, channels


def _sides(size: Any) -> tuple[int, int]:
    if array_of(size).shape != (2,):
        raise UnderstandingError(
            f"tuning: size is (height, width). Received size={size!r}. Write two numbers."
        )
    height, width = (whole("tuning", "size", each, least=1) for each in size)
    return height, width


def _increasing(name: str, values: Any, otherwise: npt.NDArray[Any]) -> _Array:
    """Values of a property as a caller passes them, or others if none are."""
    given = array_of(otherwise if values is None else values)
    if given.ndim != 1 or given.size == 0 or given.dtype.kind not in "fiu":
        raise UnderstandingError(
            f"tuning: {name} are one or more numbers in a row. Received {name}={values!r}. Pass a "
            "list."
        )
    above, most = (0.0, 0.5) if name == "frequencies" else (None, None)
    plain = np.array([number("tuning", name, float(n), above=above, most=most) for n in given])
    if (np.diff(plain) <= 0).any() or (name == "orientations" and plain[-1] - plain[0] >= 180):
        raise UnderstandingError(
            f"tuning: {name} increase, and none comes twice (180 degrees are 0 again). Received "
            f"{name}={plain.tolist()}. Sort them, and leave out what comes twice."
        )
    return plain
