"""The network that won ImageNet in 2012; it knows no other network."""

from typing import Literal

from keras import Input, Model
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D, ZeroPadding2D

from dlcnn.models.architecture import architecture
from dlcnn.models.layers import LocalResponseNormalization
from dlcnn.models.shapes import Shape, Tensor


@architecture(
    title="ImageNet in 2012: five convolutions, ReLU and dropout",
    source="Krizhevsky, Sutskever & Hinton 2012; torchvision (Krizhevsky 2014)",
)
def alexnet(
    input_shape: Shape = (227, 227, 3),
    num_classes: int = 1000,
    *,
    variant: Literal["two_tower", "single", "torchvision"] = "two_tower",
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build AlexNet.

    Args:
        input_shape: (height, width, channels); torchvision's form is usually on (224, 224, 3).
        num_classes: how many classes to tell apart.
        variant: "two_tower" is the paper's, split over two processors that meet in the third
            convolution; "single" has the same widths unsplit; "torchvision" is the narrower one
            of 2014 without normalization.
        include_top: end with the dense layers; else with the feature maps.
        classifier_activation: "softmax" for probabilities, None for logits.

    Returns:
        An untrained model; 60,965,224 parameters at its defaults, 62,378,344 unsplit and
        61,100,840 as in torchvision.
    """
    inputs = Input(input_shape)
    if variant == "torchvision":
        x = _torchvision(inputs, num_classes, include_top, classifier_activation)
    else:
        towers = 2 if variant == "two_tower" else 1
        x = _paper(inputs, towers, num_classes, include_top, classifier_activation)
    return Model(inputs, x, name="alexnet")


def _paper(
    x: Tensor, towers: int, num_classes: int, include_top: bool, classifier_activation: str | None
) -> Tensor:
    x = Conv2D(96, 11, strides=4, activation="relu")(x)
    x = LocalResponseNormalization()(x)
    x = MaxPooling2D(3, strides=2)(x)
    x = Conv2D(256, 5, padding="same", groups=towers, activation="relu")(x)
    x = LocalResponseNormalization()(x)
    x = MaxPooling2D(3, strides=2)(x)
    x = Conv2D(384, 3, padding="same", activation="relu")(x)
    x = Conv2D(384, 3, padding="same", groups=towers, activation="relu")(x)
    x = Conv2D(256, 3, padding="same", groups=towers, activation="relu")(x)
    x = MaxPooling2D(3, strides=2)(x)
    if include_top:
        x = Flatten()(x)
        x = Dense(4096, activation="relu")(x)
        x = Dropout(0.5)(x)
        x = Dense(4096, activation="relu")(x)
        x = Dropout(0.5)(x)
        x = Dense(num_classes, activation=classifier_activation)(x)
    return x


def _torchvision(
    x: Tensor, num_classes: int, include_top: bool, classifier_activation: str | None
) -> Tensor:
    x = ZeroPadding2D(2)(x)
    x = Conv2D(64, 11, strides=4, activation="relu")(x)
    x = MaxPooling2D(3, strides=2)(x)
    x = Conv2D(192, 5, padding="same", activation="relu")(x)
    x = MaxPooling2D(3, strides=2)(x)
    x = Conv2D(384, 3, padding="same", activation="relu")(x)
    x = Conv2D(256, 3, padding="same", activation="relu")(x)
    x = Conv2D(256, 3, padding="same", activation="relu")(x)
    x = MaxPooling2D(3, strides=2)(x)
    if include_top:
        x = Flatten()(x)
        x = Dropout(0.5)(x)
        x = Dense(4096, activation="relu")(x)
        x = Dropout(0.5)(x)
        x = Dense(4096, activation="relu")(x)
        x = Dense(num_classes, activation=classifier_activation)(x)
    return x
