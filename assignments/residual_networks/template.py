# dlcnn: assignment=residual_networks version=1.0

# %% [markdown]
# # Residual networks
#
# A deeper network can express more, and yet plain networks of 50 layers learn worse than those of
# 20: the gradient has to come back through all of them. A residual network gives it a shorter way.
# In this notebook you write its two blocks, and build ResNet-50 of them.
#
# | task | what it does | |
# | --- | --- | --- |
# | 1 `identity_block` | adds its input to what three layers make of it | graded |
# | 2 `convolutional_block` | the same where the shape changes | graded |
# | 3 `ResNet50` | fifty layers, of sixteen blocks | graded |
#
# The hand-out (`README.md`) explains why shortcuts help, what BatchNormalization keeps, and how the
# stages of ResNet-50 are put together.
#
# **How to work.** Replace what stands in a function's body by your own code, run the cell, then run
# the `check(...)` cell under it: it compares what you built layer by layer. Keep the names of the
# functions and these parameters; more parameters with a default value are welcome.

# %%
from keras import Input, Model, layers

from dlcnn import check, data, figures

# %% [markdown]
# ## 1. The identity block
#
# The main path has three convolutions; $F_1, F_2, F_3$ are their numbers of filters:
#
# | | convolution | then |
# | --- | --- | --- |
# | 1 | $F_1$ filters of 1 by 1 | normalization, ReLU |
# | 2 | $F_2$ filters of $f$ by $f$, padding "same" | normalization, ReLU |
# | 3 | $F_3$ filters of 1 by 1 | normalization |
#
# All strides are 1. Then what came into the block is added, and the ReLU of the sum is the answer.
# Every normalization is a `BatchNormalization` along axis 3.


# %%
def identity_block(X, f, filters):
    """Add the input to what three convolutions make of it.

    Arguments:
        X: a tensor of shape (m, n_H, n_W, n_C).
        f: the height and width of the middle convolution's filters.
        filters: [F1, F2, F3], the numbers of filters; F3 is n_C.

    Returns:
        X: a tensor of the shape that came in.
    """
    # The numbers of filters, and what came in, which is needed once more at the end.
    X_shortcut = None

    # Three convolutions, each normalized, the first two followed by a ReLU.
    X = None

    # The sum, and its ReLU.

    return X


# %%
check(identity_block)

# %% [markdown]
# ## 2. The convolutional block
#
# Where a stage begins, the image becomes smaller and gets more channels, so what came in cannot be
# added as it is. It is brought into shape by a convolution of its own:
#
# | path | convolution | then |
# | --- | --- | --- |
# | main 1 | $F_1$ filters of 1 by 1, **stride $s$** | normalization, ReLU |
# | main 2 | $F_2$ filters of $f$ by $f$, padding "same" | normalization, ReLU |
# | main 3 | $F_3$ filters of 1 by 1 | normalization |
# | shortcut | $F_3$ filters of 1 by 1, **stride $s$** | normalization |
#
# The answer is again the ReLU of the sum.


# %%
def convolutional_block(X, f, filters, s=2):
    """Add the input, brought into shape, to what three convolutions make of it.

    Arguments:
        X: a tensor of shape (m, n_H_prev, n_W_prev, n_C_prev).
        f: the height and width of the middle convolution's filters.
        filters: [F1, F2, F3], the numbers of filters on the main path.
        s: the stride of the first convolution and of the shortcut's.

    Returns:
        X: a tensor of shape (m, n_H, n_W, F3), the height and width divided by s, rounded up.
    """
    # The numbers of filters, and what came in.
    X_shortcut = None

    # The main path.
    X = None

    # The shortcut: a convolution and its normalization.

    # The sum, and its ReLU.

    return X


# %%
check(convolutional_block)

# %% [markdown]
# ## 3. ResNet-50
#
# | stage | what it is made of |
# | --- | --- |
# | 0 | `ZeroPadding2D` of 3 pixels |
# | 1 | `Conv2D` with 64 filters of 7 by 7, stride 2; normalization; ReLU |
# | | `MaxPooling2D` over 3 by 3, stride 2 |
# | 2 | convolutional block, `filters` [64, 64, 256], `s` 1; 2 identity blocks |
# | 3 | convolutional block, `filters` [128, 128, 512], `s` 2; 3 identity blocks |
# | 4 | convolutional block, `filters` [256, 256, 1024], `s` 2; 5 identity blocks |
# | 5 | convolutional block, `filters` [512, 512, 2048], `s` 2; 2 identity blocks |
# | end | `AveragePooling2D` 2 by 2; `Flatten`; `Dense` with a unit for each class, softmax |
#
# In every block `f` is 3, and the identity blocks have the filters of their stage.


# %%
def ResNet50(input_shape=(64, 64, 3), classes=6):
    """Build ResNet-50 of the two blocks.

    Arguments:
        input_shape: (height, width, channels) of the images.
        classes: how many classes to tell apart.

    Returns:
        model: a Keras model; not compiled, not trained.
    """
    # The symbolic input, of the shape that was given.

    # Stages 0 and 1.

    # Stages 2 to 5: a convolutional block each, then identity blocks.

    # The end, and the model from the input to the output.
    model = None

    return model


# %%
check(ResNet50)

# %% [markdown]
# ### Train it, if you have the time
#
# An epoch on the 1080 images of *signs* takes about a minute on a laptop, and seconds on a GPU.
# With so many layers and so few images the validation curve stays poor for some epochs before it
# follows: the hand-out says why.

# %%
(x_train, y_train), (x_test, y_test) = data.load("signs").arrays()
resnet = ResNet50()
resnet.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = resnet.fit(x_train, y_train, epochs=10, batch_size=32, validation_data=(x_test, y_test))

# %%
figures.curves(history.history, title="ResNet50")

# %% [markdown]
# ## What you have built
#
# Nobody writes fifty layers down one by one: you wrote two blocks, and a plan of sixteen of them.
# The larger residual networks differ by the plan only. To check the whole file once more, save it
# and run `dlcnn check` with its name in a terminal.
