"""Convolution with the kernel flipped, and how it and cross-correlation undo each other's steps."""

import numpy as np
import pytest
from hypothesis import given

from dlcnn import reference
from dlcnn.reference import (
    ShapeError,
    conv2d,
    conv2d_gradients,
    true_convolution1d,
    true_convolution2d,
    true_convolution2d_gradients,
)

from .cases import Case, convolutions
from .oracles import assert_agree, per_axis


def named(name, axes, suffix=""):
    """The function of this many axes."""
    return getattr(reference, f"{name}{axes}d{suffix}")


@given(convolutions())
def test_true_convolution_is_conv_with_the_kernel_flipped(case):
    """outputs and gradients, to the last bit; the kernel's gradient is flipped back"""
    axes, options = case.axes, case.options
    inputs, kernel, bias = case.draw(case.inputs, case.kernel, case.kernel[-1:])
    flipped = np.flip(kernel, axis=range(axes))
    outputs = named("true_convolution", axes)(inputs, kernel, bias, **options)
    expected = named("conv", axes)(inputs, flipped, bias, **options)
    np.testing.assert_array_equal(outputs, expected)
    (grad_outputs,) = case.draw(outputs.shape)
    received = named("true_convolution", axes, "_gradients")(
        grad_outputs, inputs, kernel, **options
    )
    grad_inputs, grad_flipped, grad_bias = named("conv", axes, "_gradients")(
        grad_outputs, inputs, flipped, **options
    )
    expected = (grad_inputs, np.flip(grad_flipped, axis=range(axes)), grad_bias)
    for ours, theirs in zip(received, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_true_convolution1d_is_the_product_of_polynomials():
    """with "full" padding it is `np.convolve`: (1 + 2x + 3x²)(4 + 5x) = 4 + 13x + 22x² + 15x³"""
    inputs, kernel = np.array([1.0, 2, 3]), np.array([4.0, 5])
    outputs = true_convolution1d(inputs.reshape(1, 3, 1), kernel.reshape(2, 1, 1), padding="full")
    np.testing.assert_array_equal(outputs.ravel(), [4, 13, 22, 15])
    np.testing.assert_array_equal(outputs.ravel(), np.convolve(inputs, kernel))


def test_true_convolution_is_commutative_and_cross_correlation_is_not():
    """k * x = x * k with "full" padding; that is what the flip is for"""
    rng = np.random.default_rng(1)
    image, kernel = rng.standard_normal((1, 4, 5, 1)), rng.standard_normal((3, 2, 1, 1))
    image_as_kernel, kernel_as_image = image[0][..., None], kernel[None, ..., 0]
    for conv, commutes in [(true_convolution2d, True), (conv2d, False)]:
        one = conv(image, kernel, padding="full")
        other = conv(kernel_as_image, image_as_kernel, padding="full")
        assert np.allclose(one, other) == commutes


def spread(gradients, strides):
    """The gradients with stride - 1 zeros after each but the last, along the spatial axes."""
    sizes = [
        (size - 1) * stride + 1 for size, stride in zip(gradients.shape[1:-1], strides, strict=True)
    ]
    zeros = np.zeros((gradients.shape[0], *sizes, gradients.shape[-1]))
    zeros[(slice(None), *[slice(None, None, stride) for stride in strides])] = gradients
    return zeros


@pytest.mark.parametrize(
    ("forward", "backward"), [("conv", "true_convolution"), ("true_convolution", "conv")]
)
@given(case=convolutions(grouped=False))
def test_the_way_back_through_one_is_a_full_other(forward, backward, case):
    """grad_inputs of a valid one = the full other of the gradients, channels and filters swapped

    With a stride the gradients stand that far apart; pixels that no window reached get nothing.
    """
    axes = case.axes
    options = {**case.options, "padding": "valid"}
    case = Case(case.inputs, case.kernel, options, np.float64, case.seed)
    inputs, kernel = case.draw(case.inputs, case.kernel)
    (grad_outputs,) = case.draw(named(forward, axes)(inputs, kernel, **options).shape)
    grad_inputs = named(forward, axes, "_gradients")(grad_outputs, inputs, kernel, **options)[0]

    apart = spread(grad_outputs, per_axis(options["strides"], axes))
    full = named(backward, axes)(
        apart,
        kernel.swapaxes(-2, -1),
        padding="full",
        dilation_rate=options["dilation_rate"],
    )
    reached = grad_inputs[tuple(slice(size) for size in full.shape)]
    np.testing.assert_allclose(reached, full, atol=1e-10)
    assert np.sum(np.abs(grad_inputs)) == pytest.approx(np.sum(np.abs(reached)))


def test_the_identity_of_the_module_s_docstring():
    """word for word, and with a border: what was padding is cropped"""
    rng = np.random.default_rng(2)
    inputs, kernel = rng.standard_normal((2, 5, 7, 4)), rng.standard_normal((3, 2, 4, 6))
    grad_outputs = rng.standard_normal((2, 3, 6, 6))
    grad_inputs = conv2d_gradients(grad_outputs, inputs, kernel)[0]
    full = true_convolution2d(grad_outputs, kernel.swapaxes(2, 3), padding="full")
    assert_agree(grad_inputs, full)
    not_flipped = conv2d(grad_outputs, kernel.swapaxes(2, 3), padding="full")
    assert not np.allclose(grad_inputs, not_flipped)

    inside = rng.standard_normal((2, 3, 6, 4))
    border = ((1, 1), (0, 1))
    cropped = conv2d_gradients(grad_outputs, inside, kernel, padding=border)[0]
    assert_agree(cropped, full[:, 1:-1, :-1])


def test_true_convolution_names_itself_in_errors():
    """not the cross-correlation that computes it"""
    inputs, kernel = np.zeros((2, 5, 7, 4)), np.zeros((3, 3, 3, 6))
    with pytest.raises(ShapeError, match=r"^true_convolution2d: kernel expects 3 input channels"):
        true_convolution2d(inputs, kernel)
    with pytest.raises(ShapeError, match=r"^true_convolution2d_gradients: kernel expects"):
        true_convolution2d_gradients(inputs, inputs, kernel)
    with pytest.raises(ShapeError, match=r"^true_convolution2d: kernel must have the 4 axes"):
        true_convolution2d(inputs, np.zeros(3))
