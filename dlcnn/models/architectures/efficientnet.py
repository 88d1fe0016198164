"""Networks that grow in depth, width and image size at once; these know no other network.

All eight take the arguments of `efficientnet_b0`.
"""

import math
from typing import NamedTuple

from keras import Input, Model
from keras.initializers import VarianceScaling
from keras.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePooling2D,
    Normalization,
    Rescaling,
)

from dlcnn.models.architecture import architecture
from dlcnn.models.blocks import fan_out, inverted_residual_block
from dlcnn.models.shapes import Shape, Tensor

_SOURCE = "Tan & Le 2019, EfficientNet: rethinking model scaling, tables 1 and 2"
# Table 1: expansion, kernel size, strides, filters and repeats of each stage of B0.
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


class _Scaling(NamedTuple):
    """How a member of the family differs from B0."""

    width: float
    depth: float
    drop_rate: float


@architecture(
    title="EfficientNet's base, found by search",
    source=_SOURCE,
    application="EfficientNetB0",
)
def efficientnet_b0(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    include_preprocessing: bool = True,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build EfficientNet-B0.

    Args:
        input_shape: (height, width, channels).
        num_classes: how many classes to tell apart.
        include_preprocessing: begin with layers that bring pixels of 0 to 255 into range, as
            keras.applications does. Leave them out for images in [0, 1].
        include_top: end with the classifier; else with the feature maps.
        classifier_activation: "softmax" for probabilities, None for logits.

    Returns:
        An untrained model; 5,330,571 parameters at its defaults.
    """
    scaling = _Scaling(width=1.0, depth=1.0, drop_rate=0.2)
    top = (num_classes, classifier_activation) if include_top else None
    return _efficientnet("efficientnet_b0", scaling, input_shape, include_preprocessing, top)


@architecture(
    title="B0 with 1.0 times the width, 1.1 times the depth",
    source=_SOURCE,
    application="EfficientNetB1",
)
def efficientnet_b1(
    input_shape: Shape = (240, 240, 3),
    num_classes: int = 1000,
    *,
    include_preprocessing: bool = True,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build EfficientNet-B1, with the arguments of `efficientnet_b0`; 7,856,239 parameters."""
    scaling = _Scaling(width=1.0, depth=1.1, drop_rate=0.2)
    top = (num_classes, classifier_activation) if include_top else None
    return _efficientnet("efficientnet_b1", scaling, input_shape, include_preprocessing, top)


@architecture(
    title="B0 with 1.1 times the width, 1.2 times the depth",
    source=_SOURCE,
    application="EfficientNetB2",
)
def efficientnet_b2(
    input_shape: Shape = (260, 260, 3),
    num_classes: int = 1000,
    *,
    include_preprocessing: bool = True,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build EfficientNet-B2, with the arguments of `efficientnet_b0`; 9,177,569 parameters."""
    scaling = _Scaling(width=1.1, depth=1.2, drop_rate=0.3)
    top = (num_classes, classifier_activation) if include_top else None
    return _efficientnet("efficientnet_b2", scaling, input_shape, include_preprocessing, top)


@architecture(
    title="B0 with 1.2 times the width, 1.4 times the depth",
    source=_SOURCE,
    application="EfficientNetB3",
)
def efficientnet_b3(
    input_shape: Shape = (300, 300, 3),
    num_classes: int = 1000,
    *,
    include_preprocessing: bool = True,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build EfficientNet-B3, with the arguments of `efficientnet_b0`; 12,320,535 parameters."""
    scaling = _Scaling(width=1.2, depth=1.4, drop_rate=0.3)
    top = (num_classes, classifier_activation) if include_top else None
    return _efficientnet("efficientnet_b3", scaling, input_shape, include_preprocessing, top)


@architecture(
    title="B0 with 1.4 times the width, 1.8 times the depth",
    source=_SOURCE,
    application="EfficientNetB4",
)
def efficientnet_b4(
    input_shape: Shape = (380, 380, 3),
    num_classes: int = 1000,
    *,
    include_preprocessing: bool = True,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build EfficientNet-B4, with the arguments of `efficientnet_b0`; 19,466,823 parameters."""
    scaling = _Scaling(width=1.4, depth=1.8, drop_rate=0.4)
    top = (num_classes, classifier_activation) if include_top else None
    return _efficientnet("efficientnet_b4", scaling, input_shape, include_preprocessing, top)


@architecture(
    title="B0 with 1.6 times the width, 2.2 times the depth",
    source=_SOURCE,
    application="EfficientNetB5",
)
def efficientnet_b5(
    input_shape: Shape = (456, 456, 3),
    num_classes: int = 1000,
    *,
    include_preprocessing: bool = True,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build EfficientNet-B5, with the arguments of `efficientnet_b0`; 30,562,527 parameters."""
    scaling = _Scaling(width=1.6, depth=2.2, drop_rate=0.4)
    top = (num_classes, classifier_activation) if include_top else None
    return _efficientnet("efficientnet_b5", scaling, input_shape, include_preprocessing, top)


@architecture(
    title="B0 with 1.8 times the width, 2.6 times the depth",
    source=_SOURCE,
    application="EfficientNetB6",
)
def efficientnet_b6(
    input_shape: Shape = (528, 528, 3),
    num_classes: int = 1000,
    *,
    include_preprocessing: bool = True,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build EfficientNet-B6, with the arguments of `efficientnet_b0`; 43,265,143 parameters."""
    scaling = _Scaling(width=1.8, depth=2.6, drop_rate=0.5)
    top = (num_classes, classifier_activation) if include_top else None
    return _efficientnet("efficientnet_b6", scaling, input_shape, include_preprocessing, top)


@architecture(
    title="B0 with 2.0 times the width, 3.1 times the depth",
    source=_SOURCE,
    application="EfficientNetB7",
)
def efficientnet_b7(
    input_shape: Shape = (600, 600, 3),
    num_classes: int = 1000,
    *,
    include_preprocessing: bool = True,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build EfficientNet-B7, with the arguments of `efficientnet_b0`; 66,658,687 parameters."""
    scaling = _Scaling(width=2.0, depth=3.1, drop_rate=0.5)
    top = (num_classes, classifier_activation) if include_top else None
    return _efficientnet("efficientnet_b7", scaling, input_shape, include_preprocessing, top)


def _efficientnet(
    name: str,
    scaling: _Scaling,
    input_shape: Shape,
    include_preprocessing: bool,
    top: tuple[int, str | None] | None,
) -> Model:
    """The network; `top` is how many classes the classifier tells apart, and its activation."""
    x = inputs = Input(input_shape)
    if include_preprocessing:
        x = _preprocessing(x)
    x = _features(x, scaling.width, scaling.depth)
    if top is not None:
        x = _classifier(x, scaling.drop_rate, *top)
    return Model(inputs, x, name=name)


def _preprocessing(x: Tensor) -> Tensor:
    x = Rescaling(1 / 255)(x)
    return Normalization()(x)


def _features(x: Tensor, width: float, depth: float) -> Tensor:
    x = Conv2D(
        _rounded(32 * width),
        3,
        strides=2,
        padding="same",
        use_bias=False,
        kernel_initializer=fan_out(),
    )(x)
    x = BatchNormalization()(x)
    x = Activation("swish")(x)

    blocks = [
        (expansion, kernel_size, strides if repeat == 0 else 1, filters)
        for expansion, kernel_size, strides, filters, repeats in _STAGES
        for repeat in range(math.ceil(repeats * depth))
    ]
    for number, (expansion, kernel_size, strides, filters) in enumerate(blocks):
        x = inverted_residual_block(
            x,
            _rounded(filters * width),
            kernel_size,
            strides,
            expansion=expansion,
            drop_rate=0.2 * number / len(blocks),
        )

    x = Conv2D(_rounded(1280 * width), 1, use_bias=False, kernel_initializer=fan_out())(x)
    x = BatchNormalization()(x)
    return Activation("swish")(x)


def _classifier(
    x: Tensor, drop_rate: float, num_classes: int, classifier_activation: str | None
) -> Tensor:
    x = GlobalAveragePooling2D()(x)
    x = Dropout(drop_rate)(x)
    return Dense(
        num_classes,
        activation=classifier_activation,
        kernel_initializer=VarianceScaling(1 / 3, mode="fan_out", distribution="uniform"),
    )(x)


def _rounded(filters: float) -> int:
    """The nearest multiple of 8 that is not more than a tenth below."""
    multiple = max(8, int(filters + 4) // 8 * 8)
    return multiple if multiple >= 0.9 * filters else multiple + 8
