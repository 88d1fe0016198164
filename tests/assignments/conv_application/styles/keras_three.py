# %% Setup
import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
from keras import layers, ops

keras.utils.set_random_seed(42)

NUM_CLASSES = 6
SIDE, CHANNELS = 64, 3

# %% Task 1
def happyModel() -> keras.Sequential:
    stack = [
        keras.Input((SIDE, SIDE, CHANNELS)),
        layers.ZeroPadding2D(((3, 3), (3, 3))),
        layers.Conv2D(32, 7, kernel_initializer="he_normal"),
        layers.BatchNormalization(axis=3),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(1, "sigmoid"),
    ]
    return keras.Sequential(stack)

# %% Task 2
def convolutional_model(input_shape) -> keras.Model:
    inputs = keras.Input(shape=input_shape, name="image")
    x = layers.Conv2D(8, 4, padding="same")(inputs)
    x = ops.relu(x)
    x = ops.max_pool(x, 8, 8, padding="same")
    x = layers.Conv2D(16, 2, padding="same")(x)
    x = keras.activations.relu(x)
    x = layers.MaxPooling2D(4, padding="same")(x)
    x = ops.reshape(x, (-1, x.shape[1] * x.shape[2] * x.shape[3]))
    x = layers.Dense(NUM_CLASSES)(x)
    return keras.Model(inputs=[inputs], outputs=[ops.softmax(x)])

# %% Training
happy = happyModel()
happy.compile("adam", "binary_crossentropy", metrics=["accuracy"])
signs = convolutional_model((SIDE, SIDE, CHANNELS))
