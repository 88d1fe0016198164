"""The two networks of the course's first Keras notebook; they know no other network."""

from typing import Literal

from keras import Input, Model, Sequential
from keras.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    MaxPooling2D,
    ReLU,
    ZeroPadding2D,
)

from dlcnn.models.architecture import architecture
from dlcnn.models.errors import ModelError
from dlcnn.models.recipe import Recipe
from dlcnn.models.shapes import Shape

_SOURCE = "DeepLearning.AI, Convolutional Neural Networks, week 1"


@architecture(
    title="Smiling or not: one convolution, in the Sequential API",
    source=_SOURCE,
    recipe=Recipe(epochs=24, batch_size=16, schedule="cosine", augmentation=("flip",)),
)
def happy_model(
    input_shape: Shape = (64, 64, 3),
    num_classes: Literal[2] = 2,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "sigmoid",
) -> Model:
    """Build happy_model, which answers yes or no with one number.

    Args:
        input_shape: (height, width, channels).
        num_classes: 2; its one output is the probability of the second class.
        include_top: end with the classifier; else with the feature maps.
        classifier_activation: "sigmoid" for a probability, None for the logit.

    Returns:
        An untrained Sequential model; 37,633 parameters at its defaults.
    """
    if num_classes != 2:
        raise ModelError(
            f"happy_model: it answers yes or no, so num_classes is 2. Received {num_classes=}. "
            "Build convolutional_model for more classes."
        )
    layers = [
        Input(input_shape),
        ZeroPadding2D(3),
        Conv2D(32, 7),
        BatchNormalization(),
        ReLU(),
        MaxPooling2D(),
    ]
    if include_top:
        layers += [Flatten(), Dense(1, activation=classifier_activation)]
    return Sequential(layers, name="happy_model")


@architecture(
    title="Fingers shown: two convolutions, in the Functional API",
    source=_SOURCE,
    recipe=Recipe(
        epochs=150,
        batch_size=16,
        learning_rate=3e-3,
        schedule="cosine",
        augmentation=("flip", "brightness"),
    ),
)
def convolutional_model(
    input_shape: Shape = (64, 64, 3),
    num_classes: int = 6,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build convolutional_model, small enough to follow by hand.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes to tell apart.
        include_top: end with the classifier; else with the feature maps.
        classifier_activation: "softmax" for probabilities, None for logits.

    Returns:
        An untrained model; 1,310 parameters at its defaults.
    """
    x = inputs = Input(input_shape)
    x = Conv2D(8, 4, padding="same")(x)
    x = ReLU()(x)
    x = MaxPooling2D(8, strides=8, padding="same")(x)
    x = Conv2D(16, 2, padding="same")(x)
    x = ReLU()(x)
    x = MaxPooling2D(4, strides=4, padding="same")(x)
    if include_top:
        x = Flatten()(x)
        x = Dense(num_classes, activation=classifier_activation)(x)
    return Model(inputs, x, name="convolutional_model")
