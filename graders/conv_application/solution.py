# %% [markdown]
# # Convolutional networks in Keras
#
# In the assignment before this one you wrote a convolution with loops. From here on a library
# computes it, and you decide what comes after what. In this notebook you build two networks, train
# both and read from their curves how well they learn.
#
# | task | what it does | |
# | --- | --- | --- |
# | 1 `happyModel` | tells smiling faces from others, Sequential API | graded |
# | 2 `convolutional_model` | tells six hand signs apart, Functional API | graded |
#
# The hand-out (`README.md`) explains what a layer is, when to use which of the two APIs, how shapes
# and parameters are worked out, and what the curves say.
#
# **How to work.** Replace what stands in a function's body by your own code, run the cell, then run
# the `check(...)` cell under it: it builds your network and says which layers differ from what the
# task asks for. Keep the names and the parameters of the functions as they are. The cells that
# train are for you: nobody marks what they print.

# %%
from keras import Input, Model, Sequential, layers

from dlcnn import check, data, figures

# %% [markdown]
# ## 1. Smiling or not: the Sequential API
#
# `Sequential` takes a list of layers, of which each gets what the one before it gives. That is all
# it can do, and for many networks it is enough. Build this one:
#
# | layer | configuration |
# | --- | --- |
# | input | images of 64 by 64 pixels, 3 channels |
# | `ZeroPadding2D` | 3 pixels on each side |
# | `Conv2D` | 32 filters of 7 by 7, stride 1 |
# | `BatchNormalization` | along axis 3, that of the channels |
# | `ReLU` | |
# | `MaxPooling2D` | as Keras configures it when it is told nothing: 2 by 2, stride 2 |
# | `Flatten` | |
# | `Dense` | 1 unit, sigmoid: the probability of a smile |


# %%
def happyModel():
    """Build the network that tells smiling faces from others.

    Returns:
        model: a Sequential model for images of shape (64, 64, 3); not compiled, not trained.
    """
    # BEGIN SOLUTION
    return Sequential(
        [
            Input((64, 64, 3)),
            layers.ZeroPadding2D(3),
            layers.Conv2D(32, 7),
            layers.BatchNormalization(axis=3),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    # TEMPLATE
    # # The input and the seven layers, in a list.
    # model = None

    # return model
    # END SOLUTION


# %%
check(happyModel)

# %% [markdown]
# ### Train it
#
# `compile` says how good is measured and how the weights are moved; `fit` goes through the images
# several times. The images that the network never learns from, `validation_data`, show whether it
# learned something about faces or only these faces.

# %%
(x_train, y_train), (x_test, y_test) = data.load("happy").arrays()
print(
    "images:", x_train.shape, "labels:", y_train.shape, "from", y_train.min(), "to", y_train.max()
)

# %%
happy_model = happyModel()
happy_model.summary()
happy_model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
happy_history = happy_model.fit(
    x_train, y_train, epochs=12, batch_size=16, validation_data=(x_test, y_test)
)

# %%
figures.curves(happy_history.history, title="happyModel")

# %% [markdown]
# ## 2. Six hand signs: the Functional API
#
# Here every layer is called with a tensor and gives the next one, and you keep what it gives under
# a name: `Z` after a convolution, `A` after its activation, `P` after pooling.
#
# | name | layer | configuration |
# | --- | --- | --- |
# | `Z1` | `Conv2D` | 8 filters of 4 by 4, stride 1, padding "same" |
# | `A1` | `ReLU` | |
# | `P1` | `MaxPool2D` | windows of 8 by 8, stride 8, padding "same" |
# | `Z2` | `Conv2D` | 16 filters of 2 by 2, stride 1, padding "same" |
# | `A2` | `ReLU` | |
# | `P2` | `MaxPool2D` | windows of 4 by 4, stride 4, padding "same" |
# | `F` | `Flatten` | |
# | `outputs` | `Dense` | 6 units, softmax: one probability for each sign |
#
# `input_shape` is a parameter, so the function builds the network for images of any size.


# %%
def convolutional_model(input_shape):
    """Build the network that tells six hand signs apart.

    Arguments:
        input_shape: (height, width, channels) of the images, such as (64, 64, 3).

    Returns:
        model: a model made with the Functional API; not compiled, not trained.
    """
    # BEGIN SOLUTION
    inputs = Input(input_shape)
    Z1 = layers.Conv2D(8, 4, padding="same")(inputs)
    A1 = layers.ReLU()(Z1)
    P1 = layers.MaxPool2D(8, strides=8, padding="same")(A1)
    Z2 = layers.Conv2D(16, 2, padding="same")(P1)
    A2 = layers.ReLU()(Z2)
    P2 = layers.MaxPool2D(4, strides=4, padding="same")(A2)
    F = layers.Flatten()(P2)
    outputs = layers.Dense(6, activation="softmax")(F)
    return Model(inputs, outputs)
    # TEMPLATE
    # # The symbolic input, of the shape that was given.

    # # First convolution, ReLU and pooling: Z1, A1, P1.

    # # Second convolution, ReLU and pooling: Z2, A2, P2.

    # # Flatten and Dense: F, outputs.

    # # The model from the input to the output.
    # model = None

    # return model
    # END SOLUTION


# %%
check(convolutional_model)

# %% [markdown]
# ### Train it
#
# A label here is the number of a class, 0 to 5, so the loss is the *sparse* categorical
# crossentropy. If you have one-hot labels, six numbers for each image, it is
# `"categorical_crossentropy"`.

# %%
(x_train, y_train), (x_test, y_test) = data.load("signs").arrays()
print(
    "images:", x_train.shape, "labels:", y_train.shape, "from", y_train.min(), "to", y_train.max()
)

# %%
signs_model = convolutional_model((64, 64, 3))
signs_model.summary()
signs_model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
signs_history = signs_model.fit(
    x_train, y_train, epochs=60, batch_size=32, validation_data=(x_test, y_test)
)

# %%
figures.curves(signs_history.history, title="convolutional_model")

# %% [markdown]
# ## 3. Read the curves
#
# Look at both figures with the hand-out's section *Reading the curves* beside you, and answer for
# yourself: Is the training loss still falling at the last epoch? How far apart are training and
# validation? Which of the two networks would gain from more epochs, which from more images? Change
# one thing at a time (epochs, batch size, the number of filters), predict what the curves will do,
# and see whether you were right.
#
# To check the whole file once more, save it and run `dlcnn check` with its name in a terminal.
