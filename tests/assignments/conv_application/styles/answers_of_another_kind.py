import tensorflow as tf
import tensorflow.keras.layers as tfl


def happyModel():
    model = tf.keras.Sequential([
        tfl.ZeroPadding2D(3, input_shape=(64, 64, 3)),
        tfl.Conv2D(32, 7),
        tfl.BatchNormalization(axis=3),
        tfl.ReLU(),
        tfl.MaxPooling2D(),
        tfl.Flatten(),
        tfl.Dense(1, activation='sigmoid'),
    ])
    model.summary()


def convolutional_model(input_shape):
    X = tf.keras.Input(shape=input_shape)
    X = tfl.Conv2D(8, 4, padding='same')(X)
    X = tfl.ReLU()(X)
    X = tfl.MaxPool2D(8, 8, padding='same')(X)
    X = tfl.Conv2D(16, 2, padding='same')(X)
    X = tfl.ReLU()(X)
    X = tfl.MaxPool2D(4, 4, padding='same')(X)
    X = tfl.Flatten()(X)
    return tfl.Dense(6, activation='softmax')(X)
