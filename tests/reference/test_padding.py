"""Putting a border on images, taking it off, and what `padding` may be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcnn import reference
from dlcnn.reference import ShapeError
from dlcnn.reference.padding import (
    crop_images,
    fold_mirror,
    mirror_images,
    pad_images,
    resolve_padding,
    split_mode,
)

PIXELS = st.integers(0, 4)
PADS = st.tuples(st.tuples(PIXELS, PIXELS), st.tuples(PIXELS, PIXELS))


def images(dtype=np.float64):
    return np.arange(1, 2 * 3 * 4 * 5 + 1).reshape(2, 3, 4, 5).astype(dtype)


@given(PADS, st.sampled_from([0, -np.inf, 7.5]), st.sampled_from([np.float32, np.float64]))
def test_pad_images_agrees_with_numpy(pads, value, dtype):
    """the same border as `np.pad`, with the dtype kept"""
    padded = pad_images(images(dtype), pads, value)
    expected = np.pad(images(dtype), ((0, 0), *pads, (0, 0)), constant_values=value)
    assert padded.dtype == dtype
    np.testing.assert_array_equal(padded, expected)


@given(PADS)
def test_crop_images_undoes_pad_images(pads):
    """taking the border off gives the images back, also when a side has none"""
    np.testing.assert_array_equal(crop_images(pad_images(images(), pads), pads), images())


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("valid", ((0, 0), (0, 0))),
        ("same", ((0, 1), (2, 2))),
        ("full", ((2, 2), (4, 4))),
        (((1, 2), (3, 0)), ((1, 2), (3, 0))),
        ([[1, 2], [3, np.int64(0)]], ((1, 2), (3, 0))),
    ],
)
def test_resolve_padding_gives_pixels(padding, expected):
    """each way to say padding becomes ((top, bottom), (left, right))"""
    assert resolve_padding("here", padding, (6, 9), (3, 5), (2, 1)) == expected


@pytest.mark.parametrize(
    "padding", ["SAME", "Full", 1, None, (1, 1), ((1, 1), (1, -1)), ((1, 1), (1, 0.5)), ((1, 1),)]
)
def test_resolve_padding_refuses_anything_else(padding):
    """the error names the operation, the rule and what came"""
    with pytest.raises(ShapeError, match=r"^here: padding must be .* Received padding=") as caught:
        resolve_padding("here", padding, (6, 9), (3, 5), (2, 1))
    assert repr(padding) in str(caught.value)


@pytest.mark.parametrize(
    ("padding", "expected"),
    [("same", ((2, 3), (4, 4))), ("full", ((6, 6), (8, 8))), ("valid", ((0, 0), (0, 0)))],
)
def test_resolve_padding_counts_the_holes_of_a_dilated_window(padding, expected):
    """a window of 3 taps three pixels apart is 7 pixels long"""
    assert resolve_padding("here", padding, (6, 9), (3, 5), (2, 1), (3, 2)) == expected


@pytest.mark.parametrize(
    ("image", "window", "expected"),
    [((6,), (3,), ((1, 1),)), ((6, 5, 4), (1, 2, 3), ((0, 0), (0, 1), (1, 1)))],
)
def test_resolve_padding_takes_any_number_of_axes(image, window, expected):
    """a pair for each of them"""
    assert resolve_padding("here", "same", image, window, (1,) * len(image)) == expected
    assert resolve_padding("here", expected, image, window, (1,) * len(image)) == expected


def test_resolve_padding_names_the_pairs_it_wants():
    """one for a sequence, three for a volume"""
    with pytest.raises(ShapeError, match=r"or \(\(before, after\),\) pixels"):
        resolve_padding("here", (1, 1), (6,), (3,), (1,))
    with pytest.raises(
        ShapeError, match=r"or \(\(front, back\), \(top, bottom\), \(left, right\)\)"
    ):
        resolve_padding("here", ((1, 1),), (6, 5, 4), (3, 3, 3), (1, 1, 1))


@pytest.mark.parametrize(
    ("operation", "kernel"),
    [
        ("conv2d", np.ones((3, 2, 5, 4))),
        ("conv2d_transpose", np.ones((3, 2, 4, 5))),
        ("depthwise_conv2d", np.ones((3, 2, 5, 1))),
        ("max_pool2d", (3, 2)),
        ("average_pool2d", (3, 2)),
        ("im2col", (3, 2)),
    ],
)
def test_operations_take_pixels_as_an_array_too(operation, kernel):
    """the same numbers as with tuples, also where they say how wide a mirror is"""

    def padded(padding):
        return getattr(reference, operation)(images(), kernel, strides=1, padding=padding)

    tuples, array = ((1, 0), (1, 1)), np.array([[1, 0], [1, 1]])
    np.testing.assert_array_equal(padded(array), padded(tuples))
    assert not np.array_equal(padded(array), padded("valid"))
    if operation != "conv2d_transpose":  # it has no mirror
        mirrors = [padded({"mode": "reflect", "pad": pads}) for pads in (array, tuples)]
        np.testing.assert_array_equal(*mirrors)
        assert not np.array_equal(mirrors[0], padded(array))


MIRRORS = st.sampled_from(["reflect", "symmetric"])
FEW = st.tuples(st.integers(0, 2), st.integers(0, 2))


@given(st.tuples(FEW, FEW), MIRRORS)
def test_mirror_images_agrees_with_numpy(pads, mode):
    """the same border as `np.pad`; up to a whole mirror image of the smaller axis"""
    expected = np.pad(images(), ((0, 0), *pads, (0, 0)), mode=mode)
    np.testing.assert_array_equal(mirror_images("here", images(), pads, mode), expected)


def test_mirror_images_by_hand():
    """ "reflect" does not repeat the outermost pixel, "symmetric" does"""
    image = np.array([1, 2, 3]).reshape(1, 3, 1)
    reflected = mirror_images("here", image, ((2, 1),), "reflect").ravel()
    np.testing.assert_array_equal(reflected, [3, 2, 1, 2, 3, 2])
    symmetric = mirror_images("here", image, ((3, 1),), "symmetric").ravel()
    np.testing.assert_array_equal(symmetric, [3, 2, 1, 1, 2, 3, 3])


@given(st.tuples(FEW, FEW), MIRRORS)
def test_fold_mirror_is_the_adjoint_of_mirror_images(pads, mode):
    """<mirror(x), g> = <x, fold(g)>, exactly in whole numbers"""
    mirrored = mirror_images("here", images(), pads, mode)
    gradient = np.random.default_rng(0).integers(-9, 9, mirrored.shape).astype(float)
    folded = fold_mirror(gradient, pads, mode)
    assert folded.shape == images().shape
    assert np.sum(mirrored * gradient) == np.sum(images() * folded)


@pytest.mark.parametrize(("mode", "pixels"), [("reflect", 3), ("symmetric", 4)])
def test_mirror_images_refuses_more_than_one_mirror_image(mode, pixels):
    """three rows have two pixels to reflect, and three with the outermost repeated"""
    mirror_images("here", images(), ((pixels - 1, 0), (0, 0)), mode)
    with pytest.raises(
        ShapeError, match=rf"^here: a {mode} border can be at most \({pixels - 1}, "
    ):
        mirror_images("here", images(), ((pixels, 0), (0, 0)), mode)


@pytest.mark.parametrize(
    "padding",
    [{}, {"mode": "reflect"}, {"mode": "wrap", "pad": "same"}, {"mode": "reflect", "pads": "same"}],
)
def test_split_mode_refuses_another_mapping(padding):
    """only {"mode": "reflect" or "symmetric", "pad": ...}"""
    with pytest.raises(ShapeError, match=r"^here: mirror padding must be .* Received padding={"):
        split_mode("here", padding)


def test_split_mode_tells_mirrors_from_zeros():
    """what is no mapping is a border of zeros"""
    assert split_mode("here", "same") == ("zeros", "same")
    assert split_mode("here", {"mode": "reflect", "pad": "same"}) == ("reflect", "same")
