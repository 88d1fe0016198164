import keras
from keras import layers

KERNEL = dict(kernel_initializer="he_normal")
STAGES = [(64, 3), (128, 4), (256, 6), (512, 3)]


def conv_bn(x, filters, size=1, strides=1, relu=True):
    x = layers.Conv2D(filters, size, strides, "same", **KERNEL)(x)
    x = layers.BatchNormalization()(x)
    return keras.activations.relu(x) if relu else x


def bottleneck(x, f, filters, s):
    for count, size, strides in zip(filters[:2], (1, f), (s, 1)):
        x = conv_bn(x, count, size, strides)
    return conv_bn(x, filters[2], relu=False)


def identity_block(X, f, filters, **_):
    return keras.ops.relu(X + bottleneck(X, f, filters, 1))


def convolutional_block(X, f, filters, s=2, **_):
    shortcut = conv_bn(X, filters[2], strides=s, relu=False)
    return keras.ops.relu(shortcut + bottleneck(X, f, filters, s))


def ResNet50(input_shape=(64, 64, 3), classes=6):
    inputs = keras.Input(input_shape)
    x = layers.ZeroPadding2D(3)(inputs)
    x = layers.Conv2D(64, 7, 2, **KERNEL)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D(3, 2)(x)
    for number, (width, repeats) in enumerate(STAGES):
        filters = [width, width, 4 * width]
        x = convolutional_block(x, 3, filters, s=1 if number == 0 else 2)
        for _ in range(repeats - 1):
            x = identity_block(x, 3, filters)
    x = layers.AveragePooling2D(2)(x)
    outputs = layers.Dense(classes, "softmax")(layers.Flatten()(x))
    return keras.Model(inputs, outputs)
