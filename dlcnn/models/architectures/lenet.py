"""The networks that read handwritten digits, 1989 to 1998; they know no other network."""

from typing import Literal

from keras import Input, Model
from keras.layers import (
    Activation,
    AveragePooling2D,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    MaxPooling2D,
)

from dlcnn.models.architecture import architecture
from dlcnn.models.layers import RadialBasis, SelectChannels
from dlcnn.models.recipe import Recipe
from dlcnn.models.shapes import Shape, Tensor

_SOURCE = "LeCun, Bottou, Bengio & Haffner 1998, Gradient-based learning, figure 2 and table I"
# Table I of the paper: the maps of S2 that each map of C3 sees, so that no two learn the same.
_TABLE_1 = (
    (0, 1, 2),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)


@architecture(
    title="Digits in 1989: two convolutions, 3,246 parameters",
    source="LeCun et al. 1989 and 1995, with dense connections between the maps",
)
def lenet1(
    input_shape: Shape = (28, 28, 1),
    num_classes: int = 10,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build LeNet-1.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes to tell apart.
        include_top: end with the classifier; else with the feature maps.
        classifier_activation: "softmax" for probabilities, None for logits.

    Returns:
        An untrained model; 3,246 parameters at its defaults.
    """
    x = inputs = Input(input_shape)
    x = Conv2D(4, 5, activation="tanh")(x)
    x = AveragePooling2D(2)(x)
    x = Conv2D(12, 5, activation="tanh")(x)
    x = AveragePooling2D(2)(x)
    if include_top:
        x = Flatten()(x)
        x = Dense(num_classes, activation=classifier_activation)(x)
    return Model(inputs, x, name="lenet1")


@architecture(
    title="Digits in 1998: the pattern that all later networks follow",
    source=_SOURCE,
    recipe=Recipe(epochs=60, batch_size=32, schedule="cosine", augmentation=("shift", "rotate")),
)
def lenet5(
    input_shape: Shape = (32, 32, 1),
    num_classes: int = 10,
    *,
    variant: Literal["dense", "sparse", "course"] = "dense",
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build LeNet-5.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes to tell apart.
        variant: "dense" connects all maps; "sparse" is the paper's, with Table I, trainable
            subsampling and fixed codes to compare with; "course" is the lecture's, with maximum
            pooling and ReLU, usually on (32, 32, 3).
        include_top: end with the classifier; else with the last feature maps.
        classifier_activation: "softmax" for probabilities, None for logits.

    Returns:
        An untrained model; 61,706 parameters at its defaults, 60,000 when sparse, and 62,006 for
        the course's form on (32, 32, 3).
    """
    build = {"dense": _dense, "sparse": _sparse, "course": _course}[variant]
    inputs = Input(input_shape)
    outputs = build(inputs, num_classes, include_top)
    if include_top:
        outputs = Activation(classifier_activation)(outputs)
    return Model(inputs, outputs, name="lenet5")


def _dense(x: Tensor, num_classes: int, include_top: bool) -> Tensor:
    x = Conv2D(6, 5, activation="tanh")(x)
    x = AveragePooling2D(2)(x)
    x = Conv2D(16, 5, activation="tanh")(x)
    x = AveragePooling2D(2)(x)
    x = Conv2D(120, 5, activation="tanh")(x)
    if include_top:
        x = Flatten()(x)
        x = Dense(84, activation="tanh")(x)
        x = Dense(num_classes)(x)
    return x


def _sparse(x: Tensor, num_classes: int, include_top: bool) -> Tensor:
    x = Conv2D(6, 5, activation="tanh")(x)
    x = _subsampling(x)
    x = Concatenate()([Conv2D(1, 5)(SelectChannels(maps)(x)) for maps in _TABLE_1])
    x = Activation("tanh")(x)
    x = _subsampling(x)
    x = Conv2D(120, 5, activation="tanh")(x)
    if include_top:
        x = Flatten()(x)
        x = Dense(84, activation="tanh")(x)
        x = RadialBasis(num_classes)(x)
    return x


def _course(x: Tensor, num_classes: int, include_top: bool) -> Tensor:
    x = Conv2D(6, 5, activation="relu")(x)
    x = MaxPooling2D(2)(x)
    x = Conv2D(16, 5, activation="relu")(x)
    x = MaxPooling2D(2)(x)
    if include_top:
        x = Flatten()(x)
        x = Dense(120, activation="relu")(x)
        x = Dense(84, activation="relu")(x)
        x = Dense(num_classes)(x)
    return x


def _subsampling(x: Tensor) -> Tensor:
    """Average 2 x 2 pixels, times a coefficient and plus a bias that each map learns."""
    x = AveragePooling2D(2)(x)
    x = DepthwiseConv2D(1)(x)
    return Activation("tanh")(x)
