import tensorflow as tf
from tensorflow.keras import layers


def main_path(X, f, filters, s):
    F1, F2, F3 = filters
    X = layers.Conv2D(F1, 1, strides=s)(X)
    X = layers.BatchNormalization(axis=3)(X, training=False)
    X = layers.ReLU()(X)
    X = layers.Conv2D(F2, f, padding="same")(X)
    X = layers.BatchNormalization(axis=3)(X, training=False)
    X = layers.ReLU()(X)
    X = layers.Conv2D(F3, 1)(X)
    return layers.BatchNormalization(axis=3)(X, training=False)


def identity_block(X, f, filters):
    return layers.ReLU()(layers.Add()([X, main_path(X, f, filters, 1)]))


def convolutional_block(X, f, filters, s=2):
    X_shortcut = layers.Conv2D(filters[2], 1, strides=s)(X)
    X_shortcut = layers.BatchNormalization(axis=3)(X_shortcut)
    X = main_path(X, f, filters, s)
    X = layers.Add()([X, X_shorcut])
    return layers.ReLU()(X)


def ResNet50(input_shape=(64, 64, 3), classes=6):
    X_input = layers.Input(input_shape)
    X = layers.ZeroPadding2D(3)(X_input)
    X = layers.Conv2D(64, 7, strides=2)(X)
    X = layers.BatchNormalization(axis=3)(X)
    X = layers.ReLU()(X)
    X = layers.MaxPooling2D(3, strides=2)(X)
    for width, count, s in [(64, 2, 1), (128, 3, 2), (256, 5, 2), (512, 2, 2)]:
        X = convolutional_block(X, 3, [width, width, 4 * width], s)
        for _ in range(count):
            X = identity_block(X, 3, [width, width, 4 * width])
    X = layers.AveragePooling2D(2)(X)
    X = layers.Flatten()(X)
    X = layers.Dense(classes, activation="softmax")(X)
    return tf.keras.Model(X_input, X)
