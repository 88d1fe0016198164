"""The inception network of 2014; it knows no other network."""

from typing import Any, Literal

from keras import Input, Model
from keras.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
    ZeroPadding2D,
)

from dlcnn.models.architecture import architecture
from dlcnn.models.blocks import convolution, inception_block
from dlcnn.models.layers import LocalResponseNormalization
from dlcnn.models.shapes import Shape, Tensor


@architecture(
    title="Inception in 2014: four kernel sizes side by side, 22 layers",
    source="Szegedy et al. 2014, Going deeper with convolutions, table 1; torchvision",
)
def googlenet(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    variant: Literal["paper", "torchvision"] = "paper",
    auxiliary_heads: bool = False,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build GoogLeNet.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes to tell apart.
        variant: "paper", with local response normalization; or "torchvision", with batch
            normalization and 3 x 3 convolutions for the 5 x 5.
        auxiliary_heads: two more classifiers half-way, for training: the outputs are then the
            main one, and those after blocks 4a and 4d, whose losses the paper weighs with 0.3.
        include_top: end with the classifier, and have the heads; else end with the feature maps.
        classifier_activation: "softmax" for probabilities, None for logits.

    Returns:
        An untrained model; 6,998,552 parameters at its defaults, 13,378,280 with auxiliary heads,
        6,639,464 as in torchvision.
    """
    normalize = variant == "torchvision"
    inputs = Input(input_shape)
    x = _stem(inputs, normalize)
    features, after_4a, after_4d = _inception(x, normalize)
    if not include_top:
        return Model(inputs, features, name="googlenet")

    x = GlobalAveragePooling2D()(features)
    x = Dropout(0.2 if normalize else 0.4)(x)
    outputs = Dense(num_classes, activation=classifier_activation)(x)
    if auxiliary_heads:
        heads = [
            _auxiliary_head(x, normalize, num_classes, classifier_activation)
            for x in (after_4a, after_4d)
        ]
        outputs = [outputs, *heads]
    return Model(inputs, outputs, name="googlenet")


def _stem(x: Tensor, normalize: bool) -> Tensor:
    x = ZeroPadding2D(3)(x)
    x = Conv2D(64, 7, strides=2, use_bias=not normalize)(x)
    if normalize:
        x = BatchNormalization(momentum=0.9)(x)
    x = ReLU()(x)
    x = MaxPooling2D(3, strides=2, padding="same")(x)
    if not normalize:
        x = LocalResponseNormalization()(x)
    x = convolution(x, 64, 1, batch_normalization=normalize)
    x = convolution(x, 192, 3, batch_normalization=normalize)
    if not normalize:
        x = LocalResponseNormalization()(x)
    return MaxPooling2D(3, strides=2, padding="same")(x)


def _inception(x: Tensor, normalize: bool) -> tuple[Tensor, Tensor, Tensor]:
    """The nine blocks: the last one's output, and what the two auxiliary heads look at."""

    def block(x: Tensor, *filters: Any) -> Tensor:
        return inception_block(
            x,
            *filters,
            largest_kernel_size=3 if normalize else 5,
            batch_normalization=normalize,
        )

    x = block(x, 64, (96, 128), (16, 32), 32)
    x = block(x, 128, (128, 192), (32, 96), 64)
    x = MaxPooling2D(3, strides=2, padding="same")(x)
    x = after_4a = block(x, 192, (96, 208), (16, 48), 64)
    x = block(x, 160, (112, 224), (24, 64), 64)
    x = block(x, 128, (128, 256), (24, 64), 64)
    x = after_4d = block(x, 112, (144, 288), (32, 64), 64)
    x = block(x, 256, (160, 320), (32, 128), 128)
    x = MaxPooling2D(2 if normalize else 3, strides=2, padding="same")(x)
    x = block(x, 256, (160, 320), (32, 128), 128)
    x = block(x, 384, (192, 384), (48, 128), 128)
    return x, after_4a, after_4d


def _auxiliary_head(
    x: Tensor, normalize: bool, num_classes: int, classifier_activation: str | None
) -> Tensor:
    x = AveragePooling2D(5, strides=3)(x)
    x = convolution(x, 128, 1, batch_normalization=normalize)
    x = Flatten()(x)
    x = Dense(1024, activation="relu")(x)
    x = Dropout(0.7)(x)
    return Dense(num_classes, activation=classifier_activation)(x)
