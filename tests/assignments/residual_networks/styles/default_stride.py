import tensorflow as tf
import tensorflow.keras.layers as tfl


def identity_block(X, f, filters):
    F1, F2, F3 = filters
    shortcut = X
    X = tfl.Conv2D(F1, 1)(X)
    X = tfl.BatchNormalization(axis=3)(X)
    X = tfl.ReLU()(X)
    X = tfl.Conv2D(F2, f, padding='same')(X)
    X = tfl.BatchNormalization(axis=3)(X)
    X = tfl.ReLU()(X)
    X = tfl.Conv2D(F3, 1)(X)
    X = tfl.BatchNormalization(axis=3)(X)
    return tfl.ReLU()(tfl.add([X, shortcut]))


def convolutional_block(X, f, filters, s=2):
    F1, F2, F3 = filters
    shortcut = tfl.Conv2D(F3, 1, strides=s)(X)
    shortcut = tfl.BatchNormalization(axis=3)(shortcut)
    X = tfl.Conv2D(F1, 1, strides=s)(X)
    X = tfl.BatchNormalization(axis=3)(X)
    X = tfl.ReLU()(X)
    X = tfl.Conv2D(F2, f, padding='same')(X)
    X = tfl.BatchNormalization(axis=3)(X)
    X = tfl.ReLU()(X)
    X = tfl.Conv2D(F3, 1)(X)
    X = tfl.BatchNormalization(axis=3)(X)
    return tfl.ReLU()(tfl.add([X, shortcut]))


def ResNet50(input_shape=(64, 64, 3), classes=6):
    X_input = tf.keras.Input(input_shape)
    X = tfl.ZeroPadding2D(3)(X_input)
    X = tfl.Conv2D(64, 7, strides=2)(X)
    X = tfl.BatchNormalization(axis=3)(X)
    X = tfl.ReLU()(X)
    X = tfl.MaxPooling2D(3, strides=2)(X)
    for filters, blocks in [([64, 64, 256], 2), ([128, 128, 512], 3), ([256, 256, 1024], 5), ([512, 512, 2048], 2)]:
        X = convolutional_block(X, 3, filters)
        for _ in range(blocks):
            X = identity_block(X, 3, filters)
    X = tfl.AveragePooling2D((2, 2))(X)
    X = tfl.Flatten()(X)
    X = tfl.Dense(classes, activation='softmax')(X)
    return tf.keras.Model(X_input, X)
