import tensorflow as tf

tfl = tf.keras.layers
SAME = dict(padding="same")


def stage(x, filters, size, pool):
    """Convolution, ReLU, pooling."""
    x = tfl.Conv2D(filters, size, **SAME)(x)
    x = tfl.ReLU()(x)
    return tfl.MaxPool2D(pool, pool, **SAME)(x)


def head(x, units, activation):
    return tfl.Dense(units, activation=activation)(tfl.Flatten()(x))


def convolutional_model(input_shape, stages=((8, 4, 8), (16, 2, 4))):
    x = inp = tf.keras.Input(input_shape)
    for filters, size, pool in stages:
        x = stage(x, filters, size, pool)
    return tf.keras.Model(inp, head(x, 6, "softmax"))


def block():
    yield tfl.ZeroPadding2D(3)
    yield tfl.Conv2D(32, 7)
    yield tfl.BatchNormalization(axis=-1)
    yield tfl.ReLU()
    yield tfl.MaxPooling2D()


happyModel = lambda: tf.keras.Sequential(
    [tf.keras.Input((64, 64, 3)), *block(), tfl.Flatten(), tfl.Dense(1, activation=tf.keras.activations.sigmoid)]
)
