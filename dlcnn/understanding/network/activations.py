"""What layers give for images, as named arrays."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.arguments import batch_of, whole
from dlcnn.understanding.batches import in_batches
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.finite import expect_finite, expect_finite_layers
from dlcnn.understanding.images import images_for
from dlcnn.understanding.lens import Lens, lens_of
from dlcnn.understanding.network.selection import (
    Selected,
    Selection,
    Units,
    picked,
    places_of,
    units_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Activations", "activations", "layers_of"]

_Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Activations:
    """The outputs of layers, or of selected units of them.

    Attributes:
        arrays: (N, ...) float32 by the name of the layer or selection, such as "conv2[..., 5]".
        images: (N, H, W, C) that they are the answers to.
    """

    arrays: dict[str, _Array]
    images: _Array

    def __getitem__(self, name: str | Selection) -> _Array:
        return self.arrays[str(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def figure(self, image: int = 0, *, channels: int = 8) -> "Figure":
        """Draw a row for each layer: the mean over its channels, then channels.

        Args:
            image: which of the images.
            channels: how many channels to draw at most: those of the largest mean, in order.

        Raises:
            UnderstandingError: there is no such image, or no number of channels.
        """
        from dlcnn.figures import feature_maps

        last = len(self.images) - 1
        whole("figure", "image", image, least=0, most=last)
        channels = whole("figure", "channels", channels, least=1)
        rows: dict[str, _Array] = {}
        labels: list[list[str]] = []
        for name, array in self.arrays.items():
            values = array[image]
            if values.ndim == 3:
                strongest = np.sort(np.argsort(-values.mean(axis=(0, 1)), kind="stable")[:channels])
                shown = [values.mean(axis=-1), *(values[..., each] for each in strongest)]
                rows[name] = np.stack(shown, axis=-1)
                labels.append(["mean", *(f"channel {each}" for each in strongest)])
            else:
                rows[name] = values[..., None] if values.ndim == 2 else values.reshape(-1)
                labels.append([""])
        return feature_maps(
            rows, labels, title=f"Activations of image {image}", image=self.images[image]
        )


def activations(
    model: keras.Model,
    images: npt.ArrayLike,
    layers: Selected | Sequence[Selected] | None = None,
    batch_size: int = 64,
) -> Activations:
    """Compute what layers give for images.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        images: (N, H, W, C) as the model takes them.
        layers: a layer, its name or a selection such as `layer["conv2"][..., 5]`, or several;
            None: every layer.
        batch_size: images at a time.

    Returns:
        Arrays by name: the whole output of a layer, (N, ...), or what the selection cuts out.

    Raises:
        ModelError, UnderstandingError: the model, images, layers or batch size cannot be;
            activations are NaN or infinite.
    """
    lens = lens_of(model, "activations")
    size = batch_of(batch_size, "activations")
    selected = layers_of(lens, layers, "activations")
    places = places_of(lens, selected, "activations")
    given = images_for(lens, images, "activations", places=places)
    units = [units_of(lens, each, given.shape[1:], "activations") for each in selected]
    key = tuple((each.place, each.size, each.whole) for each in units)
    program = lens.program(("activations", key), lambda: _program(lens, units))
    indices = [each.flat for each in units if not each.whole]
    found = in_batches(program, [given], size, label="activations", shared=indices)
    expect_finite("activations", lens, given, *found, places=places)
    if not all(values.any() for values in found):
        expect_finite_layers("activations", lens, given, places)
    arrays = {
        each.name: values.reshape(len(given), *each.indices.shape)
        for each, values in zip(units, found, strict=True)
    }
    return Activations(arrays, given)


def layers_of(
    lens: Lens, layers: Selected | Sequence[Selected] | None, where: str
) -> list[Selected]:
    """The layers that a caller names, as a list; all but the input for None.

    Raises:
        UnderstandingError: there is none among them, or something that is no layer.
    """
    if layers is None:
        chosen: list[Selected] = [node.name for node in lens.nodes if node.reads]
    else:
        alone = isinstance(layers, str | Selection | keras.Operation)
        chosen = [layers] if alone or not isinstance(layers, Iterable) else list(layers)
    wrong = [each for each in chosen if not isinstance(each, str | Selection | keras.Operation)]
    if wrong or not chosen:
        what = f"one of type {type(wrong[0]).__name__}" if wrong else "none"
        raise UnderstandingError(
            f"{where}: layers are layers or their names, one or more. Received {what}. Pass such "
            'as ["conv1", "conv2"], or leave it out.'
        )
    return chosen


def _program(lens: Lens, units: Sequence[Units]) -> Callable[..., list[Tensor]]:
    places = [each.place for each in units]
    sizes = [None if each.whole else each.size for each in units]

    def run(images: Tensor, *indices: Any) -> list[Tensor]:
        outputs = lens.run({lens.input: images}, places)
        waiting = iter(indices)
        return [
            ops.cast(output, "float32") if size is None else picked(output, next(waiting), size)
            for output, size in zip(outputs, sizes, strict=True)
        ]

    return run
