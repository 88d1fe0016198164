"""The beginning of a network up to its first bend: what it does is affine, L x + c.

Through it, many points on a line or around an image need not be sent one by one. It must not know
what the points are for.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import layers, ops

from dlcnn.models.answers import activation_of
from dlcnn.models.graph import Node, Place
from dlcnn.models.shapes import Tensor
from dlcnn.understanding.classifier import Classifier
from dlcnn.understanding.lens import without_activation

__all__ = ["Stem", "stem_of"]

_AFFINE = {
    *(layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D, layers.Dense),
    *(layers.BatchNormalization, layers.Normalization, layers.Rescaling),
    *(layers.ZeroPadding2D, layers.Cropping2D, layers.AveragePooling2D, layers.UpSampling2D),
    *(layers.Identity, layers.Dropout, layers.SpatialDropout2D, layers.GaussianNoise),
}


class Stem(NamedTuple):
    """A network in two parts.

    Attributes:
        begin: from images to the float32 values before the first bend, an affine function.
        onwards: from such values to the logits.
    """

    begin: Callable[[Tensor], Tensor]
    onwards: Callable[[Tensor], Tensor]


def stem_of(lens: Classifier) -> Stem:
    """Cut a network behind the layers at its beginning that only add and multiply by constants."""
    steps = lens.steps()
    place, bend = lens.input, None
    while bend is None:
        readers = [step for step in steps if place in lens.nodes[step].reads]
        if len(readers) != 1 or not _is_affine(lens.nodes[readers[0]]):
            break
        if readers[0] in (lens.output.node, *lens.scoring):
            break  # the answer is behind the cut, whatever it is
        place = Place(readers[0], 0)
        bend = _activation(lens.nodes[place.node])
    cut = place
    instead = {} if bend is None else {cut.node: without_activation(lens.nodes[cut.node].layer)}

    def begin(images: Tensor) -> Tensor:
        return ops.cast(lens.run({lens.input: images}, [cut], instead=instead)[0], "float32")

    def onwards(values: Tensor) -> Tensor:
        return lens.logits_from({cut: values if bend is None else bend(values)})

    return Stem(begin, onwards)


def _is_affine(node: Node) -> bool:
    return type(node.layer) in _AFFINE and len(node.reads) == 1


def _activation(node: Node) -> Any:
    """What a layer does to its sums; None if nothing."""
    layer: Any = node.layer
    activation = getattr(layer, "activation", None)
    return None if activation is None or activation_of(node) == "linear" else activation
