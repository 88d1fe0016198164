# dlcnn: assignment=conv_step_by_step version=1.0

# %% [markdown]
# # Convolutional networks, step by step
#
# In this notebook you write the two layers that every convolutional network is made of, with
# nothing but NumPy and `for` loops. Four tasks build the forward pass and are graded; four more
# carry the gradient back and are optional.
#
# | task | what it does | |
# | --- | --- | --- |
# | 1 `zero_pad` | frames images with zeros | graded |
# | 2 `conv_single_step` | one filter at one place | graded |
# | 3 `conv_forward` | all filters at all places | graded |
# | 4 `pool_forward` | the maximum or average of each window | graded |
# | 5 `conv_backward` | the gradients of a convolution | optional |
# | 6 `create_mask_from_window` | where the maximum was | optional |
# | 7 `distribute_value` | an average, backwards | optional |
# | 8 `pool_backward` | the gradients of pooling | optional |
#
# The hand-out (`README.md`) derives every formula and works an example with small numbers.
#
# **How to work.** Replace what stands in a function's body by your own code, run the cell, then run
# the `check(...)` cell under it: it tries your function on inputs made for the purpose and says
# what differs. Keep names and parameters as they are. Helper functions of your own are welcome.
#
# **Names.** A batch of images is an array of shape $(m, n_H, n_W, n_C)$: examples, rows, columns,
# channels. `A_prev` enters a layer; `Z` (convolution) or `A` (pooling) leaves it. A convolution
# has $n_C$ filters of $f \times f$ pixels, in `W` of shape $(f, f, n_C^{prev}, n_C)$, and one bias
# per filter, in `b` of shape $(1, 1, 1, n_C)$. A name that begins with `d` is the gradient of the
# loss with respect to what follows: `dW` has the shape of `W`.

# %%
import numpy as np

from dlcnn import check

# %% [markdown]
# ## 1. Padding with zeros
#
# A pixel in a corner lies under one position of the filter, a pixel in the middle under many, and
# each convolution makes the image smaller. A frame of zeros helps with both:
#
# $$X_{pad}[i, \; h + pad, \; w + pad, \; c] = X[i, h, w, c], \qquad 0 \text{ in the frame.}$$
#
# Height and width grow by $2 \cdot pad$. The number of examples and the number of channels stay.


# %%
def zero_pad(X, pad):
    """Frame every image of a batch with zeros.

    Arguments:
        X: images, of shape (m, n_H, n_W, n_C).
        pad: how many pixels to add on each of the four sides, an integer >= 0.

    Returns:
        X_pad: the framed images, of shape (m, n_H + 2 * pad, n_W + 2 * pad, n_C).
    """
    raise NotImplementedError("task zero_pad: write your code in place of this line")


# %%
check(zero_pad)

# %% [markdown]
# ## 2. One filter at one place
#
# Lay a filter on a window of the image that is as large as the filter, multiply the numbers that
# lie on each other, add all products up, and add the bias to that sum, once:
#
# $$z = b + \sum_{u=0}^{f-1} \sum_{v=0}^{f-1} \sum_{k=0}^{n_C^{prev}-1} a[u, v, k] \, W[u, v, k]$$
#
# The window has all channels of the image, and so has the filter. The answer is one number.


# %%
def conv_single_step(a_slice_prev, W, b):
    """Apply one filter to one window.

    Arguments:
        a_slice_prev: the window, of shape (f, f, n_C_prev).
        W: the filter, of shape (f, f, n_C_prev).
        b: the filter's bias, of shape (1, 1, 1).

    Returns:
        Z: one number, the weighted sum of the window plus the bias.
    """
    raise NotImplementedError("task conv_single_step: write your code in place of this line")


# %%
check(conv_single_step)

# %% [markdown]
# ## 3. Convolution, forward
#
# The filter now visits the whole padded image, `stride` pixels further at each step. Output
# position $(h, w)$ looks at the rows from $h \cdot stride$ up to, but without,
# $h \cdot stride + f$, and at the columns in the same way. Only windows that lie wholly inside the
# padded image count, so the size is rounded down:
#
# $$n_H = \left\lfloor \frac{n_H^{prev} - f + 2 \, pad}{stride} \right\rfloor + 1, \qquad
# n_W = \left\lfloor \frac{n_W^{prev} - f + 2 \, pad}{stride} \right\rfloor + 1.$$
#
# Every filter makes one channel of the output. Besides `Z`, return a `cache` with what the backward
# pass will need: `(A_prev, W, b, hparameters)`.


# %%
def conv_forward(A_prev, W, b, hparameters):
    """Convolve a batch of images with the filters of a layer.

    Arguments:
        A_prev: the layer's input, of shape (m, n_H_prev, n_W_prev, n_C_prev).
        W: the filters, of shape (f, f, n_C_prev, n_C).
        b: the biases, of shape (1, 1, 1, n_C).
        hparameters: a dictionary with the integers "stride" and "pad".

    Returns:
        Z: the layer's output, of shape (m, n_H, n_W, n_C).
        cache: (A_prev, W, b, hparameters), for conv_backward.
    """
    # The sizes are in the shapes of A_prev and W, the stride and the pad in hparameters.

    # The size of the output, rounded down to whole positions.

    # Z, with zeros to begin with, and the padded input.
    Z = None

    # For each example, row, column and filter: cut the window out of the padded example and
    # let conv_single_step work on it.

    cache = (A_prev, W, b, hparameters)
    return Z, cache


# %%
check(conv_forward)

# %% [markdown]
# ## 4. Pooling, forward
#
# Pooling makes images smaller without any weights. It looks at each channel by itself and keeps
# one number per window: its largest value (`mode="max"`) or its mean (`mode="average"`). There is
# no padding here, so
#
# $$n_H = \left\lfloor \frac{n_H^{prev} - f}{stride} \right\rfloor + 1, \qquad
# n_W = \left\lfloor \frac{n_W^{prev} - f}{stride} \right\rfloor + 1, \qquad n_C = n_C^{prev}.$$


# %%
def pool_forward(A_prev, hparameters, mode="max"):
    """Pool a batch of images.

    Arguments:
        A_prev: the layer's input, of shape (m, n_H_prev, n_W_prev, n_C_prev).
        hparameters: a dictionary with the integers "f" (height and width of the window) and
            "stride".
        mode: "max" or "average".

    Returns:
        A: the layer's output, of shape (m, n_H, n_W, n_C_prev).
        cache: (A_prev, hparameters), for pool_backward.
    """
    # The sizes, as in conv_forward but without padding.

    # A, with zeros to begin with.
    A = None

    # For each example, row, column and channel: cut the window out of that one channel and
    # keep its maximum or its mean.

    cache = (A_prev, hparameters)
    return A, cache


# %%
check(pool_forward)

# %% [markdown]
# ## 5. Convolution, backward (optional)
#
# From here on you are given how the loss changes with the output, `dZ`, and find how it changes
# with everything that made the output. One output number $Z[i, h, w, c]$ was made of one window,
# one filter and one bias, so it sends its gradient to those three:
#
# $$\begin{aligned}
# dA_{window} &\mathrel{+}= W[:, :, :, c] \cdot dZ[i, h, w, c] \\
# dW[:, :, :, c] &\mathrel{+}= a_{window} \cdot dZ[i, h, w, c] \\
# db[:, :, :, c] &\mathrel{+}= dZ[i, h, w, c]
# \end{aligned}$$
#
# Windows overlap, and a filter is used at every place, which is why these are sums. The windows
# belong to the *padded* images, so the gradient is collected in a padded array. Its frame belongs
# to zeros that nobody learns from: cut it off at the end.


# %%
def conv_backward(dZ, cache):
    """Carry the gradient back through conv_forward.

    Arguments:
        dZ: the gradient with respect to Z, of shape (m, n_H, n_W, n_C).
        cache: what conv_forward returned besides Z.

    Returns:
        dA_prev: the gradient with respect to A_prev, of shape (m, n_H_prev, n_W_prev, n_C_prev).
        dW: the gradient with respect to W, of shape (f, f, n_C_prev, n_C).
        db: the gradient with respect to b, of shape (1, 1, 1, n_C).
    """
    # What conv_forward kept, and the sizes.

    # The gradients, with zeros to begin with; the padded input and its gradient.
    dA_prev, dW, db = None, None, None

    # For each example, row, column and filter: add to the gradients of the window, of the
    # filter and of the bias.

    # Cut the frame off the padded gradient.

    return dA_prev, dW, db


# %%
check(conv_backward)

# %% [markdown]
# ## 6. Where the maximum was (optional)
#
# When the loss changes with the maximum of a window, it changes with the one pixel that *is* the
# maximum, and with no other. A mask remembers which:
#
# $$mask[u, v] = \begin{cases} \text{True} & x[u, v] = \max x \\ \text{False} & \text{otherwise}
# \end{cases}$$


# %%
def create_mask_from_window(x):
    """Mark the largest value of a window.

    Arguments:
        x: the window, a two-dimensional array.

    Returns:
        mask: an array of booleans of the same shape, True where x has its maximum.
    """
    raise NotImplementedError("task create_mask_from_window: write your code in place of this line")


# %%
check(create_mask_from_window)

# %% [markdown]
# ## 7. An average, backwards (optional)
#
# Each of the $n_H \cdot n_W$ pixels of a window has the same part in its mean, so each gets the
# same share of the gradient:
#
# $$a[u, v] = \frac{dz}{n_H \cdot n_W}$$


# %%
def distribute_value(dz, shape):
    """Share a number equally among the pixels of a window.

    Arguments:
        dz: the number.
        shape: (n_H, n_W), the shape of the window.

    Returns:
        a: an array of that shape, whose equal entries add up to dz.
    """
    raise NotImplementedError("task distribute_value: write your code in place of this line")


# %%
check(distribute_value)

# %% [markdown]
# ## 8. Pooling, backward (optional)
#
# Every number of `dA` goes back to the window that it came from: to its maximum if the layer took
# the maximum, to all its pixels in equal shares if it took the mean. Where windows overlap, a pixel
# adds up what it gets from each.


# %%
def pool_backward(dA, cache, mode="max"):
    """Carry the gradient back through pool_forward.

    Arguments:
        dA: the gradient with respect to A, of shape (m, n_H, n_W, n_C).
        cache: what pool_forward returned besides A.
        mode: "max" or "average".

    Returns:
        dA_prev: the gradient with respect to A_prev, of the shape of A_prev.
    """
    # What pool_forward kept, and the sizes.

    # The gradient, with zeros to begin with.
    dA_prev = None

    # For each example, row, column and channel: give the window its part, with
    # create_mask_from_window or distribute_value.

    return dA_prev


# %%
check(pool_backward)

# %% [markdown]
# ## What you have built
#
# These loops say exactly what a convolutional layer does. Libraries compute the same numbers with
# matrix products, thousands of times faster; what the numbers mean stays what you wrote here. Hand
# in this notebook as your teacher tells you, or check the whole file once more in a terminal with
# `dlcnn check`, followed by its name.
