import tensorflow as tf
import tensorflow.keras.layers as tfl


def happyModel():
    model = tf.keras.Sequential([
        tfl.ZeroPadding2D(3, input_shape=(64, 64, 3)),
        tfl.Conv2d(32, 7),
        tfl.BatchNormalization(axis=3),
        tfl.ReLU(),
        tfl.MaxPooling2D(),
        tfl.Flatten(),
        tfl.Dense(1, activation='sigmoid'),
    ])
    return model


def convolutional_model(input_shape):
    input_img = tf.keras.Input(shape=input_shape)
    Z1 = tfl.Conv2D(8, 4, padding='same')(input_img)
    A1 = tfl.ReLU(Z1)
    P1 = tfl.MaxPool2D(8, 8, padding='same')(A1)
    Z2 = tfl.Conv2D(16, 2, padding='same')(P1)
    A2 = tfl.ReLU(Z2)
    P2 = tfl.MaxPool2D(4, 4, padding='same')(A2)
    F = tfl.Flatten(P2)
    outputs = tfl.Dense(6, activation='softmax')(F)
    return tf.keras.Model(inputs=input_img, outputs=outputs)
