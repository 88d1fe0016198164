"""Networks whose blocks add to what they are given; these know no other network.

ResNet-18 and -34 take the arguments of `resnet50` without `variant`, ResNet-101 and -152 all of
them, in the variants "keras" and "torchvision".
"""

from typing import Any, Literal

from keras import Input, Model
from keras.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
    ZeroPadding2D,
)

from dlcnn.models.architecture import architecture
from dlcnn.models.blocks import (
    basic_block,
    bottleneck_block,
    convolutional_block,
    identity_block,
)
from dlcnn.models.recipe import Recipe
from dlcnn.models.shapes import Shape, Tensor

_SOURCE = "He, Zhang, Ren & Sun 2015, Deep residual learning, table 1"
_FILTERS = (64, 128, 256, 512)


@architecture(
    title="Residual network of 18 layers",
    source=_SOURCE,
    recipe=Recipe(epochs=12, batch_size=32, schedule="cosine", augmentation=("flip", "brightness")),
)
def resnet18(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build ResNet-18 as torchvision does, like `resnet50` without variants.

    It has 11,699,112 parameters at its defaults.
    """
    inputs = Input(input_shape)
    x = _torchvision(inputs, basic_block, (2, 2, 2, 2))
    return _model("resnet18", inputs, x, num_classes, include_top, classifier_activation)


@architecture(title="Residual network of 34 layers", source=_SOURCE)
def resnet34(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build ResNet-34 as torchvision does, like `resnet50` without variants.

    It has 21,814,696 parameters at its defaults.
    """
    inputs = Input(input_shape)
    x = _torchvision(inputs, basic_block, (3, 4, 6, 3))
    return _model("resnet34", inputs, x, num_classes, include_top, classifier_activation)


@architecture(
    title="Residual network of 50 layers",
    source=f"{_SOURCE}; the course's residual notebook",
    application="ResNet50",
)
def resnet50(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    variant: Literal["keras", "torchvision", "course"] = "keras",
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build ResNet-50.

    Args:
        input_shape: (height, width, channels); the course's form is usually on (64, 64, 3).
        num_classes: how many classes to tell apart.
        variant: "keras" strides in a block's first 1 x 1 convolution, like the paper;
            "torchvision" strides in the 3 x 3 and has no biases; "course" is the first without
            padding before the pooling, and an average of 2 x 2 pixels before the classifier.
        include_top: end with the classifier; else with the feature maps.
        classifier_activation: "softmax" for probabilities, None for logits.

    Returns:
        An untrained model; 25,636,712 parameters at its defaults, 25,610,152 as in torchvision,
        23,600,006 for the course's form on (64, 64, 3) with 6 classes.
    """
    inputs = Input(input_shape)
    if variant == "course":
        x = _course(inputs, include_top)
        if include_top:
            x = Dense(num_classes, activation=classifier_activation)(x)
        return Model(inputs, x, name="resnet50")
    x = _bottlenecks(inputs, variant, (3, 4, 6, 3))
    return _model("resnet50", inputs, x, num_classes, include_top, classifier_activation)


@architecture(
    title="Residual network of 101 layers",
    source=_SOURCE,
    application="ResNet101",
)
def resnet101(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    variant: Literal["keras", "torchvision"] = "keras",
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build ResNet-101, with the arguments of `resnet50`; 44,707,176 parameters."""
    inputs = Input(input_shape)
    x = _bottlenecks(inputs, variant, (3, 4, 23, 3))
    return _model("resnet101", inputs, x, num_classes, include_top, classifier_activation)


@architecture(
    title="Residual network of 152 layers",
    source=_SOURCE,
    application="ResNet152",
)
def resnet152(
    input_shape: Shape = (224, 224, 3),
    num_classes: int = 1000,
    *,
    variant: Literal["keras", "torchvision"] = "keras",
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
) -> Model:
    """Build ResNet-152, with the arguments of `resnet50`; 60,419,944 parameters."""
    inputs = Input(input_shape)
    x = _bottlenecks(inputs, variant, (3, 8, 36, 3))
    return _model("resnet152", inputs, x, num_classes, include_top, classifier_activation)


def _bottlenecks(x: Tensor, variant: str, blocks: tuple[int, ...]) -> Tensor:
    if variant == "torchvision":
        return _torchvision(x, bottleneck_block, blocks)
    x = ZeroPadding2D(3)(x)
    x = Conv2D(64, 7, strides=2)(x)
    x = BatchNormalization(epsilon=1.001e-5)(x)
    x = ReLU()(x)
    x = ZeroPadding2D(1)(x)
    x = MaxPooling2D(3, strides=2)(x)
    return _stages(x, blocks, epsilon=1.001e-5)


def _torchvision(x: Tensor, block: Any, blocks: tuple[int, ...]) -> Tensor:
    x = ZeroPadding2D(3)(x)
    x = Conv2D(64, 7, strides=2, use_bias=False)(x)
    x = BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    x = ReLU()(x)
    x = ZeroPadding2D(1)(x)
    x = MaxPooling2D(3, strides=2)(x)
    for stage, (filters, repeats) in enumerate(zip(_FILTERS, blocks, strict=True)):
        x = block(x, filters, strides=1 if stage == 0 else 2)
        for _ in range(repeats - 1):
            x = block(x, filters)
    return x


def _course(x: Tensor, include_top: bool) -> Tensor:
    x = ZeroPadding2D(3)(x)
    x = Conv2D(64, 7, strides=2)(x)
    x = BatchNormalization()(x)
    x = ReLU()(x)
    x = MaxPooling2D(3, strides=2)(x)
    x = _stages(x, (3, 4, 6, 3), epsilon=1e-3)
    if include_top:
        x = AveragePooling2D(2)(x)
        x = Flatten()(x)
    return x


def _stages(x: Tensor, blocks: tuple[int, ...], epsilon: float) -> Tensor:
    for stage, (width, repeats) in enumerate(zip(_FILTERS, blocks, strict=True)):
        filters = (width, width, 4 * width)
        x = convolutional_block(x, 3, filters, strides=1 if stage == 0 else 2, epsilon=epsilon)
        for _ in range(repeats - 1):
            x = identity_block(x, 3, filters, epsilon=epsilon)
    return x


def _model(
    name: str,
    inputs: Tensor,
    x: Tensor,
    num_classes: int,
    include_top: bool,
    classifier_activation: str | None,
) -> Model:
    if include_top:
        x = GlobalAveragePooling2D()(x)
        x = Dense(num_classes, activation=classifier_activation)(x)
    return Model(inputs, x, name=name)
