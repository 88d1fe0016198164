"""The kernels with a name: their numbers, and what they do to an image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn.reference import ShapeError, conv2d, kernels

SLOPE = np.add.outer(2.0 * np.arange(6), 3.0 * np.arange(7))  # 2 more each row, 3 each column
EDGE_KERNELS = [kernels.prewitt, kernels.sobel, kernels.scharr]


def apply(kernel, image, padding="valid"):
    """One kernel over one grey image."""
    return conv2d(image[None, :, :, None], kernels.filter_bank([kernel]), padding=padding)[
        0, ..., 0
    ]


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        (kernels.vertical_edge(), [[1, 0, -1], [1, 0, -1], [1, 0, -1]]),
        (kernels.horizontal_edge(), [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]),
        (kernels.prewitt(), [[1, 0, -1], [1, 0, -1], [1, 0, -1]]),
        (kernels.sobel(), [[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
        (kernels.scharr(), [[3, 0, -3], [10, 0, -10], [3, 0, -3]]),
        (kernels.laplacian(), [[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        (kernels.laplacian(diagonals=True), [[1, 1, 1], [1, -8, 1], [1, 1, 1]]),
        (kernels.identity(), [[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        (kernels.sharpen(), [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    ],
)
def test_kernels_are_the_books_numbers(kernel, expected):
    """as float64"""
    np.testing.assert_array_equal(kernel, expected)
    assert kernel.dtype == np.float64


def test_vertical_edge_finds_the_lecture_s_edge():
    """an image of 10s beside 0s: 30 along the edge, nothing elsewhere, -30 if dark comes first"""
    image = np.repeat([[10.0, 10, 10, 0, 0, 0]], 6, axis=0)
    np.testing.assert_array_equal(apply(kernels.vertical_edge(), image), [[0, 30, 30, 0]] * 4)
    mirrored = apply(kernels.vertical_edge(), image[:, ::-1])
    np.testing.assert_array_equal(mirrored, [[0, -30, -30, 0]] * 4)
    assert not apply(kernels.horizontal_edge(), image).any()


@pytest.mark.parametrize("kernel", EDGE_KERNELS)
def test_edge_kernels_measure_a_slope_in_their_direction(kernel):
    """so much per pixel, two pixels apart, as often as the weights say; darker is positive"""
    weight = np.abs(kernel("vertical")).sum() / 2
    np.testing.assert_allclose(apply(kernel("vertical"), SLOPE), -2 * 3 * weight)
    np.testing.assert_allclose(apply(kernel("horizontal"), SLOPE), -2 * 2 * weight)
    np.testing.assert_array_equal(kernel("horizontal"), kernel("vertical").T)
    with pytest.raises(ValueError, match=rf"^{kernel.__name__}: direction must be .*='diagonal'"):
        kernel("diagonal")


@pytest.mark.parametrize("diagonals", [False, True])
def test_laplacian_is_blind_to_a_slope_and_sees_a_spot(diagonals):
    """0 on what rises evenly"""
    kernel = kernels.laplacian(diagonals=diagonals)
    np.testing.assert_allclose(apply(kernel, SLOPE), 0, atol=1e-12)
    spot = np.zeros((5, 5))
    spot[2, 2] = 1
    np.testing.assert_array_equal(apply(kernel, spot), kernel)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_identity_and_sharpen_keep_even_ground(size):
    """the identity keeps every image"""
    np.testing.assert_array_equal(apply(kernels.identity(size), SLOPE, "same"), SLOPE)
    np.testing.assert_allclose(apply(kernels.sharpen(), SLOPE), SLOPE[1:-1, 1:-1])


@given(st.sampled_from([1, 3, 5, 9]), st.one_of(st.none(), st.floats(0.3, 5)))
def test_gaussian_is_a_bell_that_keeps_brightness(size, sigma):
    """adds up to 1, the same turned by a quarter, largest in the middle, product of two bells"""
    kernel = kernels.gaussian(size, sigma)
    assert kernel.shape == (size, size)
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_allclose(kernel, np.rot90(kernel))
    assert kernel.max() == kernel[size // 2, size // 2]
    assert np.linalg.matrix_rank(kernel) == 1


def test_gaussian_falls_as_its_sigma_says():
    """one sigma from the middle it is exp(-1/2) of the middle"""
    kernel = kernels.gaussian(7, 2)
    assert kernel[3, 5] / kernel[3, 3] == pytest.approx(np.exp(-0.5))
    with pytest.raises(ValueError, match=r"^gaussian: sigma must be above 0\. Received sigma=0"):
        kernels.gaussian(3, 0)


@pytest.mark.parametrize("size", [3, 5, 9])
def test_gaussian_without_sigma_holds_three_of_them_to_each_side(size):
    """sigma is size / 6: half the size away, where the kernel ends, is three sigmas"""
    bell = kernels.gaussian(size)[size // 2]
    sigmas = (np.arange(size) - size // 2) / (size / 2) * 3
    np.testing.assert_allclose(bell / bell[size // 2], np.exp(-(sigmas**2) / 2))


@pytest.mark.parametrize("kernel", [kernels.identity, kernels.gaussian])
@pytest.mark.parametrize("size", [-1, 0, 2])
def test_kernels_with_a_middle_are_odd(kernel, size):
    """an even size is refused"""
    with pytest.raises(ShapeError, match=rf"^{kernel.__name__}: size must be odd.*size={size}\."):
        kernel(size)


def test_filter_bank_averages_the_channels():
    """a grey picture in three channels gives what one channel gives"""
    bank = kernels.filter_bank([kernels.sobel(), kernels.laplacian()], in_channels=3)
    assert bank.shape == (3, 3, 3, 2)
    grey = np.repeat(SLOPE[None, :, :, None], 3, axis=-1)
    outputs = conv2d(grey, bank)[0]
    np.testing.assert_allclose(outputs[..., 0], apply(kernels.sobel(), SLOPE))
    np.testing.assert_allclose(outputs[..., 1], apply(kernels.laplacian(), SLOPE), atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "received"),
    [
        (([],), r"shapes=\[\]"),
        (([np.zeros((3, 3)), np.zeros((5, 5))],), r"shapes=\[\(3, 3\), \(5, 5\)\]"),
        (([np.zeros(3)],), r"shapes=\[\(3,\)\]"),
        (([np.zeros((3, 3))], 0), r"in_channels=0"),
    ],
)
def test_filter_bank_refuses_what_does_not_stack(arguments, received):
    """kernels of one shape, at least one, and at least one channel"""
    with pytest.raises(ShapeError, match=rf"^filter_bank: .*{received}"):
        kernels.filter_bank(*arguments)


def test_kernels_are_new_arrays():
    """changing one changes no other"""
    kernels.sobel()[0, 0] = 99
    assert kernels.sobel()[0, 0] == 1
