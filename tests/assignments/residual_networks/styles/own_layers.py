import tensorflow as tf
from tensorflow.keras.layers import *
from tensorflow.keras import Model


class ConvBN(Layer):
    """Convolution and normalization as one layer."""

    def __init__(self, filters, size, strides=1, **kwargs):
        super().__init__(**kwargs)
        self.conv = Conv2D(filters, size, strides=strides, padding="same")
        self.bn = BatchNormalization(axis=3)

    def build(self, input_shape):
        self.conv.build(input_shape)
        self.bn.build(self.conv.compute_output_shape(input_shape))

    def call(self, x, training=None):
        return self.bn(self.conv(x), training=training)


def identity_block(X, f, filters):
    F1, F2, F3 = filters
    Y = ReLU()(ConvBN(F1, 1)(X))
    Y = ReLU()(ConvBN(F2, f)(Y))
    Y = ConvBN(F3, 1)(Y)
    return Lambda(lambda both: tf.nn.relu(both[0] + both[1]))([X, Y])


def convolutional_block(X, f, filters, s=2):
    F1, F2, F3 = filters
    Y = ReLU()(ConvBN(F1, 1, strides=s)(X))
    Y = ReLU()(ConvBN(F2, f)(Y))
    Y = ConvBN(F3, 1)(Y)
    return Lambda(lambda both: tf.nn.relu(both[0] + both[1]))([ConvBN(F3, 1, strides=s)(X), Y])


def ResNet50(input_shape=(64, 64, 3), classes=6):
    inputs = Input(input_shape)
    x = ZeroPadding2D(3)(inputs)
    x = Conv2D(64, 7, strides=2)(x)
    x = BatchNormalization(axis=3)(x)
    x = ReLU()(x)
    x = MaxPooling2D(3, strides=2)(x)
    for width, count, s in ((64, 2, 1), (128, 3, 2), (256, 5, 2), (512, 2, 2)):
        x = convolutional_block(x, 3, [width, width, 4 * width], s)
        for _ in range(count):
            x = identity_block(x, 3, [width, width, 4 * width])
    x = AveragePooling2D(2)(x)
    x = Flatten()(x)
    return Model(inputs, Dense(classes, activation="softmax")(x))
