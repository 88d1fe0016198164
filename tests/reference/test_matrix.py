"""Windows as rows, convolution as a matrix, and as a fully connected layer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.reference import (
    ShapeError,
    col2im,
    conv2d,
    conv2d_gradients,
    convolution_as_dense,
    convolution_matrix,
    im2col,
)

from .cases import Case, convolutions

IMAGE = np.array([[4, 5, 8, 7], [1, 8, 8, 8], [3, 6, 6, 4], [6, 5, 7, 8]])
KERNEL = np.array([[1, 4, 1], [1, 4, 3], [3, 3, 1]])
TWO_AXES = convolutions(axes=(2,), grouped=False)


def without_rounding(case):
    """The case in float64."""
    return Case(case.inputs, case.kernel, case.options, np.float64, case.seed)


def test_convolution_matrix_of_the_lecture():
    """4x16, and the four places of a 3x3 kernel on a 4x4 image, worked by hand"""
    matrix = convolution_matrix(KERNEL, (4, 4))
    assert matrix.shape == (4, 16)
    np.testing.assert_array_equal(
        matrix,
        [
            [1, 4, 1, 0, 1, 4, 3, 0, 3, 3, 1, 0, 0, 0, 0, 0],
            [0, 1, 4, 1, 0, 1, 4, 3, 0, 3, 3, 1, 0, 0, 0, 0],
            [0, 0, 0, 0, 1, 4, 1, 0, 1, 4, 3, 0, 3, 3, 1, 0],
            [0, 0, 0, 0, 0, 1, 4, 1, 0, 1, 4, 3, 0, 3, 3, 1],
        ],
    )
    np.testing.assert_array_equal(matrix @ IMAGE.reshape(-1), [122, 148, 126, 134])


def test_the_lecture_s_numbers_notice_a_flipped_kernel():
    """true convolution gives others"""
    flipped = convolution_matrix(KERNEL[::-1, ::-1], (4, 4)) @ IMAGE.reshape(-1)
    assert not np.array_equal(flipped, [122, 148, 126, 134])


@given(TWO_AXES)
def test_convolution_matrix_times_the_image_is_the_convolution(case):
    """for any kernel, image, stride, dilation and border, and backwards with U transposed"""
    case = without_rounding(case)
    shape = (1, *case.inputs[1:3], 1)
    image, kernel = case.draw(shape, (*case.kernel[:2], 1, 1))
    matrix = convolution_matrix(kernel[:, :, 0, 0], shape[1:3], **case.options)
    outputs = conv2d(image, kernel, **case.options)
    np.testing.assert_allclose(matrix @ image.reshape(-1), outputs.reshape(-1), atol=1e-10)
    (grad_outputs,) = case.draw(outputs.shape)
    grad_inputs = conv2d_gradients(grad_outputs, image, kernel, **case.options)[0]
    np.testing.assert_allclose(
        matrix.T @ grad_outputs.reshape(-1), grad_inputs.reshape(-1), atol=1e-10
    )


@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 3), st.integers(0, 3))
def test_convolution_matrix_is_block_toeplitz(rows, cols, more_rows, more_cols):
    """block (i, j) is that of (i + 1, j + 1), each block is Toeplitz, and the rest is 0"""
    kernel = np.arange(1.0, rows * cols + 1).reshape(rows, cols)
    height, width = rows + more_rows, cols + more_cols
    matrix = convolution_matrix(kernel, (height, width))
    blocks = matrix.reshape(more_rows + 1, more_cols + 1, height, width).transpose(0, 2, 1, 3)
    for i, j in np.ndindex(more_rows + 1, height):
        block = blocks[i, j]
        inside = 0 <= j - i < rows
        row = np.pad(kernel[j - i], (0, more_cols)) if inside else np.zeros(width)
        np.testing.assert_array_equal(block, [np.roll(row, by) for by in range(more_cols + 1)])


@given(convolutions(axes=(2,)))
def test_convolution_as_dense_is_the_convolution_flattened(case):
    """flat inputs times the weights plus the biases, several channels and groups too"""
    case = without_rounding(case)
    inputs, kernel, bias = case.draw(case.inputs, case.kernel, case.kernel[-1:])
    weights, biases = convolution_as_dense(kernel, bias, case.inputs[1:3], **case.options)
    expected = conv2d(inputs, kernel, bias, **case.options)
    flat = inputs.reshape(len(inputs), -1)
    np.testing.assert_allclose(
        flat @ weights + biases, expected.reshape(len(inputs), -1), atol=1e-10
    )
    _, no_biases = convolution_as_dense(kernel, None, case.inputs[1:3], **case.options)
    np.testing.assert_array_equal(no_biases, np.zeros_like(biases))


def test_convolution_as_dense_shares_few_weights_among_many():
    """each number of the kernel stands once for each place, and all others are 0"""
    kernel = np.arange(1.0, 2 * 3 * 2 * 4 + 1).reshape(2, 3, 2, 4)
    weights, _ = convolution_as_dense(kernel, None, (4, 6))
    values, counts = np.unique(weights, return_counts=True)
    np.testing.assert_array_equal(values, np.arange(0.0, kernel.size + 1))
    assert set(counts[1:]) == {3 * 4}
    assert counts[0] == weights.size - kernel.size * 3 * 4


def test_im2col_by_hand():
    """two windows of 2x2 pixels with two channels each, in reading order"""
    image = np.arange(12).reshape(1, 2, 3, 2)
    expected = [[0, 1, 2, 3, 6, 7, 8, 9], [2, 3, 4, 5, 8, 9, 10, 11]]
    columns = im2col(image, 2)
    np.testing.assert_array_equal(columns, expected)
    assert columns.dtype == image.dtype
    np.testing.assert_array_equal(im2col(image, (2, 3), strides=2), [np.arange(12)])


@given(TWO_AXES)
def test_im2col_times_the_kernel_is_the_convolution(case):
    """one matrix product over all windows of all images"""
    case = without_rounding(case)
    inputs, kernel = case.draw(case.inputs, case.kernel)
    columns = im2col(inputs, case.kernel[:2], **case.options)
    outputs = conv2d(inputs, kernel, **case.options)
    received = columns @ kernel.reshape(-1, kernel.shape[-1])
    np.testing.assert_allclose(received.reshape(outputs.shape), outputs, atol=1e-10)


@given(TWO_AXES)
def test_col2im_is_the_adjoint_of_im2col(case):
    """<im2col(x), c> = <x, col2im(c)>, with each border"""
    case = without_rounding(case)
    (inputs,) = case.draw(case.inputs)
    columns = im2col(inputs, case.kernel[:2], **case.options)
    (other,) = case.draw(columns.shape)
    images = col2im(other, inputs.shape, case.kernel[:2], **case.options)
    assert images.shape == inputs.shape
    np.testing.assert_allclose(np.sum(columns * other), np.sum(inputs * images), atol=1e-9)


def test_col2im_adds_up_what_windows_share():
    """ones come back as the number of windows that each pixel lies in"""
    columns = im2col(np.ones((1, 3, 4, 1)), 2)
    counts = col2im(columns, (1, 3, 4, 1), 2)[0, :, :, 0]
    np.testing.assert_array_equal(counts, [[1, 2, 2, 1], [2, 4, 4, 2], [1, 2, 2, 1]])


def test_matrices_are_new_arrays():
    """a window of one pixel is still a copy"""
    image = np.arange(24.0).reshape(1, 4, 3, 2)
    image.flags.writeable = False
    columns = im2col(image, 1)
    assert not np.shares_memory(columns, image)
    assert columns.flags.writeable
    assert not np.shares_memory(col2im(columns, image.shape, 1), columns)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: im2col(np.zeros((5, 7, 4)), 2), r"^im2col: inputs must have the 4 axes"),
        (lambda: im2col(np.zeros((2, 5, 7, 4)), 6), r"^im2col: the window must fit"),
        (lambda: im2col(np.zeros((2, 5, 7, 4)), 0), r"^im2col: window must be one integer"),
        (lambda: col2im(np.zeros((4, 4)), (1, 3, 3), 2), r"^col2im: inputs_shape must be"),
        (lambda: col2im(np.zeros((4, 4)), 7, 2), r"^col2im: inputs_shape must .* Received .*=7\.$"),
        (lambda: col2im(np.zeros((4, 4)), (1, 3.0, 3, 1), 2), r"^col2im: inputs_shape must be"),
        (lambda: col2im(np.zeros((4, 4)), (-1, 3, 3, 1), 2), r"^col2im: inputs_shape must be"),
        (lambda: col2im(np.zeros((4, 3)), (1, 3, 3, 1), 2), r"^col2im: columns must .* \(4, 4\)"),
        (lambda: convolution_matrix(np.zeros(3), (4, 4)), r"must have the 2 axes.*=\(3,\)\.$"),
        (lambda: convolution_matrix(KERNEL, (2, 4)), r"^convolution_matrix: the window must fit"),
        (lambda: convolution_matrix(KERNEL, (4, 4, 1)), r"^convolution_matrix: input_size must"),
        (lambda: convolution_as_dense(KERNEL, None, (4, 4)), r"^convolution_as_dense: kernel must"),
        (
            lambda: convolution_as_dense(np.zeros((3, 3, 1, 2)), None, (4, 4), groups=1.0),
            r"^convolution_as_dense: groups must be one integer, .*groups=1\.0\.$",
        ),
        (
            lambda: convolution_as_dense(np.zeros((3, 3, 1, 2)), np.zeros(3), (4, 4)),
            r"^convolution_as_dense: bias must have shape \(2,\)",
        ),
    ],
)
def test_matrix_refuses_what_does_not_fit(call, message):
    """a ShapeError that names the operation and the rule"""
    with pytest.raises(ShapeError, match=message):
        call()
