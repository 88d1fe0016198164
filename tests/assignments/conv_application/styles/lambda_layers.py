import tensorflow as tf
from tensorflow.keras import layers as L


def happyModel():
    return tf.keras.Sequential([
        L.Input((64, 64, 3)),
        L.ZeroPadding2D(3),
        L.Conv2D(32, 7),
        L.BatchNormalization(axis=3),
        L.Lambda(lambda z: tf.maximum(z, 0.0)),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dense(1, activation="sigmoid"),
    ])


relu = lambda t: t * tf.cast(t > 0, t.dtype)


def convolutional_model(input_shape):
    inputs = L.Input(input_shape)
    x = L.Conv2D(8, 4, padding="same")(inputs)
    x = L.Lambda(relu)(x)
    x = L.MaxPool2D(8, 8, padding="same")(x)
    x = L.Conv2D(16, 2, padding="same")(x)
    x = L.Lambda(relu)(x)
    x = L.MaxPool2D(4, 4, padding="same")(x)
    x = L.Flatten()(x)
    x = L.Dense(6, activation=lambda z: tf.exp(z) / tf.reduce_sum(tf.exp(z), axis=-1, keepdims=True))(x)
    return tf.keras.Model(inputs, x)
