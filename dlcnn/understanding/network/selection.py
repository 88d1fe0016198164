"""Single neurons and subsets of a layer, named as NumPy names parts of an array.

It says which units are meant. It must not know what is asked of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Place
from dlcnn.models.shapes import Tensor, as_text
from dlcnn.understanding.arguments import array_of
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.images import expect_size
from dlcnn.understanding.lens import Lens

__all__ = ["Selected", "Selection", "Units", "layer", "picked", "places_of", "units_of"]


@dataclass(frozen=True)
class Selection:
    """Some units of a layer: `layer["conv2"][..., 5]`.

    Attributes:
        layer: the layer, or its name as `models.summary_table` shows it.
        index: NumPy's index into the layer's output behind the batch axis; () for all of it.
    """

    layer: str | keras.Layer
    index: tuple[Any, ...] = ()

    def __getitem__(self, index: Any) -> "Selection":
        """The part of the layer that NumPy would cut out with this index.

        Raises:
            UnderstandingError: it is a part already, or the index is of another sort.
        """
        if self.index:
            raise UnderstandingError(
                f"layer: a layer is indexed once, with an index for all axes. Received {self}"
                f"[{index!r}]. Write it as one, such as layer[name][2, 3, 5]."
            )
        parts = index if isinstance(index, tuple) else (index,)
        return Selection(self.layer, tuple(map(self._checked, parts)))

    def _checked(self, part: Any) -> Any:
        """One axis' index, made of what does not change."""
        if part is Ellipsis or _is_slice(part):
            return part
        array = array_of(part)
        if array.dtype.kind not in "iu" or array.ndim > 1 or array.size == 0:
            shown = _as_written(part) if isinstance(part, slice) else repr(part)
            raise UnderstandingError(
                "layer: an index is made of whole numbers, slices, lists of whole numbers and "
                f"`...`. Received {shown} for {self.name!r}. Index it as a NumPy array."
            )
        return int(array) if array.ndim == 0 else tuple(array.tolist())

    @property
    def name(self) -> str:
        """The layer's name."""
        return str(getattr(self.layer, "name", self.layer))

    def __str__(self) -> str:
        return (
            f"{self.name}[{', '.join(map(_as_written, self.index))}]" if self.index else self.name
        )

    def __hash__(self) -> int:
        return hash((self.name, str(self)))  # slices have no hash before Python 3.12


Selected: TypeAlias = Selection | str | keras.Layer
"""What callers may name units with; a layer's name means all of it."""


def _is_slice(part: Any) -> bool:
    """Whether it is a slice that Python can cut with: of whole numbers, its step not 0."""
    try:
        return isinstance(part, slice) and bool(part.indices(1))
    except (TypeError, ValueError):
        return False


def _as_written(part: Any) -> str:
    if part is Ellipsis:
        return "..."
    if isinstance(part, slice):
        step = "" if part.step is None else f":{part.step}"
        ends = ("" if end is None else str(end) for end in (part.start, part.stop))
        return ":".join(ends) + step
    return str(list(part)) if isinstance(part, tuple) else str(part)


class _Layers:
    """What `understanding.layer` is: it turns a name in brackets into a selection."""

    def __getitem__(self, name: str | keras.Layer) -> Selection:
        if not isinstance(name, str | keras.Layer):
            raise UnderstandingError(
                f"layer: a layer is named first, then its units. Received {name!r}. Write "
                'layer["conv2"][..., 5].'
            )
        return Selection(name)


layer = _Layers()
"""`layer["conv2"]` is a layer, `layer["conv2"][..., 5]` its channel 5."""


@dataclass(frozen=True)
class Units:
    """Selected units as a network has them.

    Attributes:
        place: the layer's output.
        name: of the selection, for people.
        shape: of the layer's output, without the batch axis.
        indices: where in the flattened output the units stand; its shape is the selection's.
        whole: whether these are all units, in their order.
        channel_axis: the axis of `indices` that counts channels; None where all units are of one.
    """

    place: Place
    name: str
    shape: tuple[int, ...]
    indices: npt.NDArray[np.int32]
    whole: bool
    channel_axis: int | None

    @property
    def size(self) -> int:
        """How many units the layer has."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def flat(self) -> npt.NDArray[np.int32]:
        """The indices as one axis, as programs take them."""
        return self.indices.reshape(-1)

    @property
    def by_channel(self) -> npt.NDArray[np.int32]:
        """(positions, channels) of the indices: a column for each channel."""
        if self.channel_axis is None:
            return self.indices.reshape(-1, 1)
        channels = self.indices.shape[self.channel_axis]
        return np.moveaxis(self.indices, self.channel_axis, -1).reshape(-1, channels)


def places_of(lens: Lens, selected: Sequence[Selected], where: str) -> list[Place]:
    """The outputs of the layers of selections.

    Raises:
        ModelError: there is no such layer.
    """
    return [lens.find(_selection(each).layer, where) for each in selected]


def _selection(selected: Selected) -> Selection:
    return selected if isinstance(selected, Selection) else Selection(selected)


def units_of(lens: Lens, selected: Selected, image_shape: Sequence[int], where: str) -> Units:
    """Find the units that a caller names.

    Args:
        lens: of the model.
        selected: a selection, a layer or its name.
        image_shape: (H, W, C), which decides the size of layers where the model leaves it open.
        where: the function that errors name.

    Raises:
        ModelError: there is no such layer.
        UnderstandingError: the index does not fit the layer's output, or a layer on the way does
            not fit the images.
    """
    selection = _selection(selected)
    place = lens.find(selection.layer, where)
    shape = expect_size(where, lens, image_shape, [place], "Pass larger ones.")[place]
    name = lens.nodes[place.node].name
    indices = np.arange(np.prod(shape, dtype=int), dtype=np.int32).reshape(shape)
    try:
        chosen = np.asarray(indices[selection.index])
    except IndexError as error:
        raise _no_such_units(selection, shape, str(error), where) from None
    if chosen.size == 0:
        raise _no_such_units(selection, shape, "it selects nothing", where)
    return Units(
        place,
        str(Selection(name, selection.index)),
        shape,
        chosen,
        chosen.size == indices.size and not selection.index,
        _channel_axis(selection.index, len(shape)),
    )


def _channel_axis(index: tuple[Any, ...], axes: int) -> int | None:
    """Where NumPy puts the last of some axes, that of channels; None if the index takes one."""
    filled = index if Ellipsis in index else (*index, Ellipsis)
    dots = filled.index(Ellipsis)
    untouched = [slice(None)] * (axes + 1 - len(filled))
    parts = [*filled[:dots], *untouched, *filled[dots + 1 :]]
    if not parts or isinstance(parts[-1], int):
        return None
    if isinstance(parts[-1], slice):
        return -1
    # What a list picks stands first if a slice lies between it and other numbers.
    numbered = [not isinstance(part, slice) for part in parts]
    return -1 if all(numbered[numbered.index(True) :]) else 0


def _no_such_units(
    selection: Selection, shape: tuple[int, ...], reason: str, where: str
) -> UnderstandingError:
    return UnderstandingError(
        f"{where}: an index selects units of a layer's output {as_text(shape)}, the batch axis "
        f"left out. Received {selection}: {reason}. Each axis counts from 0."
    )


def picked(outputs: Tensor, indices: Tensor, size: int) -> Tensor:
    """(N, selected) in float32 of a layer's outputs: the units at flat indices, in that order."""
    flat = ops.reshape(ops.cast(outputs, "float32"), (-1, size))
    return ops.take(flat, indices, axis=1)
