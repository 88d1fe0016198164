"""The weights of a layer as pictures. It runs nothing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from dlcnn.models.graph import Node
from dlcnn.understanding.arguments import whole
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.lens import Lens, lens_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Kernels", "kernels", "kernels_of"]

_Array = npt.NDArray[np.float32]
_PICTURES, _ROWS = 64, 16  # filters that a figure shows: small ones, and a row of maps each


@dataclass(frozen=True)
class Kernels:
    """The kernels of a layer.

    Attributes:
        layer: its name.
        values: (height, width, in_channels, filters) float32.
        colour: whether the layer reads the three channels of the images themselves.
    """

    layer: str
    values: _Array
    colour: bool

    def figure(self, *, filters: int | None = None, channels: int = 8) -> "Figure":
        """Draw each filter: in colour where it reads one, else a map for each input channel.

        Grey is 0 in colour; else red is more than 0 and blue is less. Each filter has its own
        scale.

        Args:
            filters: how many to draw at most, from the first; by default 64, or 16 where each
                has a row of maps.
            channels: how many input channels to draw at most, from the first.

        Raises:
            UnderstandingError: they are no such numbers.
        """
        from dlcnn.figures import feature_maps, image_grid

        channels = whole("figure", "channels", channels, least=1)
        if filters is None:
            alone = min(channels, self.values.shape[2]) == 1 or (self.colour and channels >= 3)
            filters = _PICTURES if alone else _ROWS
        filters = whole("figure", "filters", filters, least=1)
        shown = self.values[:, :, :channels, :filters]
        rows = np.moveaxis(shown, -1, 0)  # (filters, height, width, channels)
        title = f"Kernels of {self.layer}"
        names = [f"filter {number}" for number in range(len(rows))]
        if self.colour and channels >= 3:
            most = np.abs(rows).max(axis=(1, 2, 3), keepdims=True)
            coloured = 0.5 + 0.5 * rows / np.where(most > 0, most, 1)
            return image_grid(coloured, names, title=title)
        if rows.shape[-1] == 1:
            maps = {"": np.moveaxis(rows[..., 0], 0, -1)}
            return feature_maps(maps, [names], title=title, signed=True)
        labels = [f"channel {number}" for number in range(rows.shape[-1])]
        named = dict(zip(names, rows, strict=True))
        return feature_maps(
            named, [labels] * len(rows), title=title, signed=True, scale_per_row=True
        )


def kernels(model: keras.Model, layer: str | keras.Layer | None = None) -> Kernels:
    """Read the kernels of a layer.

    Args:
        model: Functional or Sequential, of images; it needs no head.
        layer: a convolution of any sort or a Dense layer, or its name; None: the first.

    Returns:
        `values` (height, width, in_channels, filters). A depthwise convolution has one input
        channel for each filter; a separable one is multiplied out to the filters that it amounts
        to; a transposed one is turned to the same order; a Dense layer behind Flatten is
        as large as the maps that it reads, any other 1 pixel.

    Raises:
        ModelError: there is no such layer.
        UnderstandingError: it has no kernels, or they are NaN or infinite.
    """
    lens = lens_of(model, "kernels")
    if layer is None:
        found = [node for node in lens.nodes if isinstance(node.layer, _WITH_KERNELS)]
        if not found:
            raise UnderstandingError(
                f"kernels: there is a convolution or Dense layer to show. Received model="
                f"{lens.name!r}, which has none. Look at its activations."
            )
        return kernels_of(lens, found[0], "kernels")
    return kernels_of(lens, lens.nodes[lens.find(layer, "kernels").node], "kernels")


def kernels_of(lens: Lens, node: Node, where: str) -> Kernels:
    """The kernels of one call of a layer.

    Raises:
        UnderstandingError: it has none, or they are NaN or infinite.
    """
    if not isinstance(node.layer, _WITH_KERNELS):
        names = [each.name for each in lens.nodes if isinstance(each.layer, _WITH_KERNELS)]
        raise UnderstandingError(
            f"{where}: a convolution or Dense layer has kernels. Received layer={node.name!r}, a "
            f"{node.kind}. Layers that have some: {', '.join(map(repr, names[:8])) or 'none'}."
        )
    values = _values(lens, node)
    if not np.isfinite(values).all():
        raise UnderstandingError(
            f"{where}: weights are finite numbers. Received NaN or infinity in {node.name!r}. "
            "Train again with a smaller learning rate."
        )
    from_images = lens.input in node.reads and values.shape[2] == lens.input_shape[-1] == 3
    return Kernels(node.name, np.ascontiguousarray(values, np.float32), from_images)


_WITH_KERNELS = (
    layers.Conv2D,
    layers.Conv2DTranspose,
    layers.DepthwiseConv2D,
    layers.SeparableConv2D,
    layers.Dense,
)


def _values(lens: Lens, node: Node) -> _Array:
    layer: Any = node.layer
    if isinstance(layer, layers.SeparableConv2D):
        depthwise, pointwise = _read(layer.depthwise_kernel), _read(layer.pointwise_kernel)
        by_channel = pointwise.reshape(*depthwise.shape[2:], -1)
        return np.asarray(np.einsum("hwcm,cmf->hwcf", depthwise, by_channel))
    kernel = _read(layer.kernel)
    if isinstance(layer, layers.DepthwiseConv2D):
        return kernel.reshape(*kernel.shape[:2], 1, -1)
    if isinstance(layer, layers.Conv2DTranspose):
        return kernel.swapaxes(2, 3)
    if isinstance(layer, layers.Dense):
        before = lens.nodes[node.reads[0].node]
        seen = before.input_shapes[0][1:] if before.kind == "Flatten" else ()
        known = [size for size in seen if size is not None]
        return kernel.reshape(*(known if len(known) == 3 else (1, 1, len(kernel))), -1)
    return kernel


def _read(variable: Any) -> _Array:
    values: _Array = keras.ops.convert_to_numpy(keras.ops.cast(variable, "float32"))
    return values
