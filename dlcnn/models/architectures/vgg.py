"""Depth out of 3 x 3 convolutions only; these know no other network.

All four take the arguments of `vgg16`.
"""

from keras import Input, Model
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D

from dlcnn.models.architecture import architecture
from dlcnn.models.shapes import Shape

_SOURCE = "Simonyan & Zisserman 2014, Very deep convolutional networks, table 1"


@architecture(title="VGG of 11 layers (configuration A)", source=_SOURCE)
def vgg11(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build VGG-11, with the arguments of `vgg16`; 132,863,336 parameters."""
    convolutions = (1, 1, 2, 2, 2)
    return _vgg("vgg11", convolutions, input_shape, num_classes, include_top, classifier_activation)


@architecture(title="VGG of 13 layers (configuration B)", source=_SOURCE)
def vgg13(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build VGG-13, with the arguments of `vgg16`; 133,047,848 parameters."""
    convolutions = (2, 2, 2, 2, 2)
    return _vgg("vgg13", convolutions, input_shape, num_classes, include_top, classifier_activation)


@architecture(title="VGG of 16 layers (configuration D)", source=_SOURCE, application="VGG16")
def vgg16(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build VGG-16.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes to tell apart.
        include_top: end with the dense layers; else with the feature maps.
        classifier_activation: "softmax" for probabilities, None for logits.

    Returns:
        An untrained model; 138,357,544 parameters at its defaults.
    """
    convolutions = (2, 2, 3, 3, 3)
    return _vgg("vgg16", convolutions, input_shape, num_classes, include_top, classifier_activation)


@architecture(title="VGG of 19 layers (configuration E)", source=_SOURCE, application="VGG19")
def vgg19(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build VGG-19, with the arguments of `vgg16`; 143,667,240 parameters."""
    convolutions = (2, 2, 4, 4, 4)
    return _vgg("vgg19", convolutions, input_shape, num_classes, include_top, classifier_activation)


def _vgg(
    name: str,
    convolutions: tuple[int, ...],
    input_shape: Shape,
    num_classes: int,
    include_top: bool,
    classifier_activation: str | None,
) -> Model:
    x = inputs = Input(input_shape)
    for filters, repeats in zip((64, 128, 256, 512, 512), convolutions, strict=True):
        for _ in range(repeats):
            # With Glorot's start values, signals shrink at each ReLU and 16 layers stand still.
            x = Conv2D(
                filters, 3, padding="same", activation="relu", kernel_initializer="he_normal"
            )(x)
        x = MaxPooling2D(2)(x)
    if include_top:
        x = Flatten()(x)
        x = Dense(4096, activation="relu", kernel_initializer="he_normal")(x)
        x = Dropout(0.5)(x)
        x = Dense(4096, activation="relu", kernel_initializer="he_normal")(x)
        x = Dropout(0.5)(x)
        x = Dense(num_classes, activation=classifier_activation)(x)
    return Model(inputs, x, name=name)
