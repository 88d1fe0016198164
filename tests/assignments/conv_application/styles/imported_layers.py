"""Convolutional networks in Keras, exercise of week 1."""
from tensorflow.keras.layers import (
    Input, ZeroPadding2D, Conv2D, BatchNormalization, Activation, MaxPooling2D, Flatten, Dense,
)
from tensorflow.keras.models import Model, Sequential
import numpy as np


def happyModel():
    return Sequential([
        Input(shape=(64, 64, 3)),
        ZeroPadding2D((3, 3)),
        Conv2D(32, (7, 7), strides=(1, 1), name="conv0"),
        BatchNormalization(axis=3, name="bn0"),
        Activation("relu"),
        MaxPooling2D((2, 2), name="max_pool"),
        Flatten(),
        Dense(1, activation="sigmoid", name="fc"),
    ], name="HappyModel")


def convolutional_model(input_shape):
    X_input = Input(input_shape)
    # relu inside the convolution: nothing comes between them here
    X = Conv2D(8, (4, 4), padding="same", activation="relu")(X_input)
    X = MaxPooling2D((8, 8), padding="same")(X)
    X = Conv2D(16, (2, 2), padding="same", activation="relu")(X)
    X = MaxPooling2D((4, 4), padding="same")(X)
    X = Flatten()(X)
    X = Dense(6, activation="softmax")(X)
    return Model(inputs=X_input, outputs=X)


if __name__ == "__main__":
    happyModel().summary()
    convolutional_model((64, 64, 3)).summary()
