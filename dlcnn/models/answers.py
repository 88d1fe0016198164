"""What a model answers with, read off its last layers; it knows nothing of data and of losses."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras

from dlcnn.models.graph import Node, Place

__all__ = ["LINEAR", "Answer", "activation_of", "answer_at"]

LINEAR = "linear"
_NAMES = ("softmax", "sigmoid", LINEAR)
# Behind these an answer stays what it is: the mean of probabilities is one, that of logits too.
_KEEPING = {"Dropout", "Flatten", "Identity", "Reshape", "Squeeze"}
_KEEPING |= {"AveragePooling2D", "GlobalAveragePooling2D"}
# Of logits these give logits: numbers of any sign and size, the largest for the likeliest class.
_OF_LOGITS = {"Add", "Average", "Concatenate", "BatchNormalization", "Rescaling"}
_OF_LOGITS |= {"MaxPooling2D", "GlobalMaxPooling2D"}
_BY_A_NUMBER = {"Multiply", "Subtract", "TrueDivide"}  # these, with a number for the other part
_ONLY_AN_ACTIVATION = {"Activation", "Sigmoid", "Softmax"}  # Keras' layers, and its operations


@dataclass(frozen=True)
class Answer:
    """The layer that makes a model's numbers what they are.

    Attributes:
        place: the first output of its node.
        activation: "softmax", "sigmoid", or "linear" where it gives logits; else the name of
            another activation, or of the kind of layer.
        separate: whether the layer is nothing but this activation, so that it reads the logits.
    """

    place: Place
    activation: str
    separate: bool

    @property
    def is_known(self) -> bool:
        """Whether these are probabilities or logits."""
        return self.activation in _NAMES


def answer_at(nodes: Sequence[Node], output: Place) -> Answer:
    """What the numbers at `output` are: layers that leave an answer what it is are passed."""
    place = output
    while nodes[place.node].kind in _KEEPING or _is_plain_activation(nodes[place.node]):
        place = nodes[place.node].reads[0]
    node = nodes[place.node]
    activation = activation_of(node)
    if node.kind in _OF_LOGITS or _keeps_order(node):
        read = {answer_at(nodes, each).activation for each in node.reads}
        if read == {LINEAR} or (node.kind == "Average" and read in ({"softmax"}, {"sigmoid"})):
            activation = read.pop()
    return Answer(place, activation, node.kind in _ONLY_AN_ACTIVATION)


def activation_of(node: Node) -> str:
    """The name of the activation that a layer ends with, else its kind; "linear" for none."""
    layer = node.layers[-1]
    activation = getattr(layer, "activation", type(layer))
    # A layer can be another's activation; Keras calls functions softmax and layers Softmax.
    name: str = getattr(activation, "__name__", type(activation).__name__)
    return name.lower() if name.lower() in _NAMES else name


def _keeps_order(node: Node) -> bool:
    """Whether a number is subtracted, or one above 0 multiplied or divided by."""
    arguments = node.record.arguments.args
    if node.kind not in _BY_A_NUMBER or len(node.reads) != 1 or len(arguments) != 2:
        return False
    tensor_first = isinstance(arguments[0], keras.KerasTensor)
    if node.kind == "Subtract":
        return tensor_first
    number = keras.ops.convert_to_numpy(arguments[int(tensor_first)])
    return (tensor_first or node.kind == "Multiply") and bool((number > 0).all())


def _is_plain_activation(node: Node) -> bool:
    return node.kind == "Activation" and activation_of(node) == LINEAR
