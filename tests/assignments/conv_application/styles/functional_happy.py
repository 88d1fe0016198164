import tensorflow as tf
import tensorflow.keras.layers as tfl


def happyModel():
    """I find the functional way clearer."""
    image = tf.keras.Input(shape=(64, 64, 3))
    x = tfl.ZeroPadding2D(3)(image)
    x = tfl.Conv2D(32, 7)(x)
    x = tfl.BatchNormalization(axis=3)(x)
    x = tfl.ReLU()(x)
    x = tfl.MaxPooling2D()(x)
    x = tfl.Flatten()(x)
    x = tfl.Dense(1, activation='sigmoid')(x)
    return tf.keras.Model(image, x)


def convolutional_model(input_shape):
    """And here the sequential one, a chain is a chain."""
    return tf.keras.Sequential([
        tf.keras.Input(shape=input_shape),
        tfl.Conv2D(8, 4, padding='same', activation='relu'),
        tfl.MaxPool2D(8, padding='same'),
        tfl.Conv2D(16, 2, padding='same', activation='relu'),
        tfl.MaxPool2D(4, padding='same'),
        tfl.Flatten(),
        tfl.Dense(6, activation='softmax'),
    ])
