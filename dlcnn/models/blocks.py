"""The parts that deep networks repeat, each a function from tensor to tensor; knows no network.

Source: Szegedy et al. 2014 (inception), He et al. 2015 (residual), the course's second notebook
(identity and convolutional block), Tan & Le 2019 (inverted residual with squeeze and excitation).
"""

import keras
from keras.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    MaxPooling2D,
    Multiply,
    ReLU,
    ZeroPadding2D,
)

from dlcnn.models.shapes import Tensor

__all__ = [
    "basic_block",
    "bottleneck_block",
    "convolution",
    "convolutional_block",
    "fan_out",
    "identity_block",
    "inception_block",
    "inverted_residual_block",
]


def identity_block(
    x: Tensor, kernel_size: int, filters: tuple[int, int, int], *, epsilon: float = 1e-3
) -> Tensor:
    """Three convolutions whose result is added to their input.

    Args:
        x: (batch, height, width, filters[2]).
        kernel_size: window of the middle convolution; the others are 1 x 1.
        filters: of the three convolutions.
        epsilon: of the batch normalizations.

    Returns:
        The shape of `x`.

    Source: the course's residual notebook; He et al. 2015, figure 5, right.
    """
    shortcut = x
    x = _bottleneck(x, kernel_size, filters, 1, epsilon)
    x = Add()([shortcut, x])
    return ReLU()(x)


def convolutional_block(
    x: Tensor,
    kernel_size: int,
    filters: tuple[int, int, int],
    strides: int = 2,
    *,
    epsilon: float = 1e-3,
) -> Tensor:
    """An identity block that changes the shape, with a 1 x 1 convolution on the shortcut.

    Args:
        x: (batch, height, width, channels).
        kernel_size: window of the middle convolution; the others are 1 x 1.
        filters: of the three convolutions.
        strides: of the first convolution and of the shortcut's.
        epsilon: of the batch normalizations.

    Returns:
        (batch, ceil(height / strides), ceil(width / strides), filters[2]).

    Source: the course's residual notebook; He et al. 2015, figure 5, right.
    """
    shortcut = Conv2D(filters[2], 1, strides=strides)(x)
    shortcut = BatchNormalization(epsilon=epsilon)(shortcut)
    x = _bottleneck(x, kernel_size, filters, strides, epsilon)
    x = Add()([shortcut, x])
    return ReLU()(x)


def _bottleneck(
    x: Tensor, kernel_size: int, filters: tuple[int, int, int], strides: int, epsilon: float
) -> Tensor:
    x = Conv2D(filters[0], 1, strides=strides)(x)
    x = BatchNormalization(epsilon=epsilon)(x)
    x = ReLU()(x)
    x = Conv2D(filters[1], kernel_size, padding="same")(x)
    x = BatchNormalization(epsilon=epsilon)(x)
    x = ReLU()(x)
    x = Conv2D(filters[2], 1)(x)
    return BatchNormalization(epsilon=epsilon)(x)


def basic_block(x: Tensor, filters: int, strides: int = 1) -> Tensor:
    """Two 3 x 3 convolutions whose result is added to their input, as in ResNet-18 and -34.

    The shortcut gets a 1 x 1 convolution where the shape changes.

    Args:
        x: (batch, height, width, channels).
        filters: of both convolutions.
        strides: of the first.

    Returns:
        (batch, ceil(height / strides), ceil(width / strides), filters).

    Source: He et al. 2015, figure 5, left; torchvision.models.resnet.
    """
    shortcut = _shortcut(x, filters, strides)
    x = _normalized(x, filters, 3, strides)
    x = ReLU()(x)
    x = _normalized(x, filters, 3)
    x = Add()([shortcut, x])
    return ReLU()(x)


def bottleneck_block(x: Tensor, filters: int, strides: int = 1) -> Tensor:
    """1 x 1, 3 x 3 and 1 x 1 convolutions added to their input, as in torchvision's ResNet-50.

    Unlike `convolutional_block` it strides in the 3 x 3 convolution, which sees every pixel
    ("version 1.5"), and its convolutions have no bias.

    Args:
        x: (batch, height, width, channels).
        filters: of the first two convolutions; the last has four times as many.
        strides: of the 3 x 3 convolution.

    Returns:
        (batch, ceil(height / strides), ceil(width / strides), 4 * filters).

    Source: torchvision.models.resnet; He et al. 2015, figure 5, right.
    """
    shortcut = _shortcut(x, 4 * filters, strides)
    x = _normalized(x, filters, 1)
    x = ReLU()(x)
    x = _normalized(x, filters, 3, strides)
    x = ReLU()(x)
    x = _normalized(x, 4 * filters, 1)
    x = Add()([shortcut, x])
    return ReLU()(x)


def _shortcut(x: Tensor, filters: int, strides: int) -> Tensor:
    if strides == 1 and x.shape[-1] == filters:
        return x
    return _normalized(x, filters, 1, strides)


def _normalized(x: Tensor, filters: int, kernel_size: int, strides: int = 1) -> Tensor:
    # Zeros on all sides: "same" would pad a strided convolution on one side only.
    if kernel_size > 1:
        x = ZeroPadding2D(kernel_size // 2)(x)
    x = Conv2D(filters, kernel_size, strides=strides, use_bias=False)(x)
    return BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def inception_block(
    x: Tensor,
    filters_1x1: int,
    filters_3x3: tuple[int, int],
    filters_5x5: tuple[int, int],
    filters_pool: int,
    *,
    largest_kernel_size: int = 5,
    batch_normalization: bool = False,
) -> Tensor:
    """Four views of the same input side by side: 1 x 1, 3 x 3, 5 x 5 and the maximum around.

    Args:
        x: (batch, height, width, channels).
        filters_1x1: of the 1 x 1 branch.
        filters_3x3: of the 1 x 1 convolution that narrows the input, and of the 3 x 3.
        filters_5x5: the same for the 5 x 5 branch.
        filters_pool: of the 1 x 1 convolution after the pooling.
        largest_kernel_size: 5 as in the paper, or 3 as in torchvision.
        batch_normalization: normalize after each convolution, which then has no bias.

    Returns:
        (batch, height, width, filters_1x1 + filters_3x3[1] + filters_5x5[1] + filters_pool).

    Source: Szegedy et al. 2014, figure 2b.
    """
    normalize = batch_normalization
    one = convolution(x, filters_1x1, 1, batch_normalization=normalize)
    three = convolution(x, filters_3x3[0], 1, batch_normalization=normalize)
    three = convolution(three, filters_3x3[1], 3, batch_normalization=normalize)
    five = convolution(x, filters_5x5[0], 1, batch_normalization=normalize)
    five = convolution(five, filters_5x5[1], largest_kernel_size, batch_normalization=normalize)
    pool = MaxPooling2D(3, strides=1, padding="same")(x)
    pool = convolution(pool, filters_pool, 1, batch_normalization=normalize)
    return Concatenate()([one, three, five, pool])


def convolution(
    x: Tensor, filters: int, kernel_size: int, *, batch_normalization: bool = False
) -> Tensor:
    """A convolution that keeps the size, and ReLU, with or without normalization between them.

    Args:
        x: (batch, height, width, channels).
        filters: of the convolution.
        kernel_size: of the convolution.
        batch_normalization: normalize before ReLU; the convolution then has no bias.

    Returns:
        (batch, height, width, filters).
    """
    x = Conv2D(filters, kernel_size, padding="same", use_bias=not batch_normalization)(x)
    if batch_normalization:
        x = BatchNormalization(momentum=0.9)(x)
    return ReLU()(x)


def inverted_residual_block(
    x: Tensor,
    filters: int,
    kernel_size: int,
    strides: int = 1,
    *,
    expansion: int = 6,
    drop_rate: float = 0.0,
) -> Tensor:
    """Widen, convolve each channel alone, weigh the channels, narrow; add the input where it fits.

    Args:
        x: (batch, height, width, channels).
        filters: of the last convolution.
        kernel_size: of the depthwise convolution.
        strides: of the depthwise convolution.
        expansion: how many times wider the middle is; 1 leaves the first convolution out.
        drop_rate: chance that training skips the block for an image.

    Returns:
        (batch, ceil(height / strides), ceil(width / strides), filters).

    Source: Sandler et al. 2018; Tan & Le 2019, as in keras.applications.
    """
    inputs, channels = x, x.shape[-1]
    wide = channels * expansion
    if expansion > 1:
        x = Conv2D(wide, 1, use_bias=False, kernel_initializer=fan_out())(x)
        x = BatchNormalization()(x)
        x = Activation("swish")(x)
    x = DepthwiseConv2D(
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        depthwise_initializer=fan_out(),
    )(x)
    x = BatchNormalization()(x)
    x = Activation("swish")(x)

    weight = GlobalAveragePooling2D(keepdims=True)(x)
    weight = Conv2D(max(1, channels // 4), 1, activation="swish")(weight)
    weight = Conv2D(wide, 1, activation="sigmoid")(weight)
    x = Multiply()([x, weight])

    x = Conv2D(filters, 1, use_bias=False, kernel_initializer=fan_out())(x)
    x = BatchNormalization()(x)
    if strides == 1 and channels == filters:
        if drop_rate > 0:
            x = Dropout(drop_rate, noise_shape=(None, 1, 1, 1))(x)
        x = Add()([x, inputs])
    return x


def fan_out() -> keras.initializers.Initializer:
    """Start values that keep the size of gradients, as EfficientNet uses them.

    A new one for each layer: an initializer gives the same numbers each time it is asked.
    """
    return keras.initializers.VarianceScaling(2.0, mode="fan_out")
