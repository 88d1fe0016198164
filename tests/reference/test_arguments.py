"""What every operation does with arrays that are unusual: the right thing, or a clear refusal."""

import numpy as np
import pytest

from dlcnn import reference
from dlcnn.reference import ShapeError, conv2d, conv2d_gradients

pytestmark = pytest.mark.usefixtures("both_ways")

SPATIAL = {1: (7,), 2: (5, 7), 3: (4, 5, 6)}
OUT = {1: (5,), 2: (4, 5), 3: (3, 4, 4)}  # what a window of WINDOW makes of it
BACK = {1: (9,), 2: (6, 9), 3: (5, 6, 8)}  # what a transposed convolution makes of it
WINDOW = {1: (3,), 2: (2, 3), 3: (2, 2, 3)}


def convolutions(axes):
    """Each convolution of so many axes with its arrays' shapes, by name."""
    inputs, out, back = ((2, *sizes[axes]) for sizes in (SPATIAL, OUT, BACK))
    window = WINDOW[axes]
    shapes = {
        f"conv{axes}d": [(*inputs, 4), (*window, 4, 6), (6,)],
        f"conv{axes}d_gradients": [(*out, 6), (*inputs, 4), (*window, 4, 6)],
        f"true_convolution{axes}d": [(*inputs, 4), (*window, 4, 6), (6,)],
        f"true_convolution{axes}d_gradients": [(*out, 6), (*inputs, 4), (*window, 4, 6)],
        f"conv{axes}d_transpose": [(*inputs, 4), (*window, 6, 4), (6,)],
        f"conv{axes}d_transpose_gradients": [(*back, 6), (*inputs, 4), (*window, 6, 4)],
    }
    if axes < 3:
        shapes[f"depthwise_conv{axes}d"] = [(*inputs, 4), (*window, 4, 2), (8,)]
        shapes[f"depthwise_conv{axes}d_gradients"] = [(*out, 8), (*inputs, 4), (*window, 4, 2)]
    return shapes


def pools(axes):
    """Each pool of so many axes with its arrays' shapes, by name."""
    inputs, out = ((2, *sizes[axes], 4) for sizes in (SPATIAL, OUT))
    shapes = {}
    for kind in ("max", "average"):
        shapes[f"{kind}_pool{axes}d"] = [inputs]
        shapes[f"{kind}_pool{axes}d_gradients"] = [out, inputs]
        shapes[f"global_{kind}_pool{axes}d"] = [inputs]
        shapes[f"global_{kind}_pool{axes}d_gradients"] = [(2, 4), inputs]
    return shapes


OPERATIONS = {
    name: shapes
    for axes in (1, 2, 3)
    for name, shapes in {**convolutions(axes), **(pools(axes) if axes < 3 else {})}.items()
}
WITH_STRIDES = [name for name in OPERATIONS if not name.startswith("global")]
EVERY = pytest.mark.parametrize("name", OPERATIONS)


def draw(name, dtype=np.float64):
    """The arrays of an operation."""
    rng = np.random.default_rng(12)
    return [
        (rng.permutation(int(np.prod(shape))).reshape(shape) % 17).astype(dtype)
        for shape in OPERATIONS[name]
    ]


def call(name, arrays, **options):
    """All results of an operation, as a list."""
    if "_pool" in name and not name.startswith("global"):
        options["pool_size"] = WINDOW[int(name.split("pool")[1][0])]
        options.setdefault("strides", 1)
    results = getattr(reference, name)(*arrays, **options)
    return list(results) if isinstance(results, tuple) else [results]


def assert_same(received, expected):
    """The same numbers; how an array lies in memory may move the last bit."""
    for ours, theirs in zip(received, expected, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_every_operation_is_here():
    """whatever takes images and is exported, but for the matrices and the course's own"""
    others = {"im2col", "col2im", "convolution_matrix", "convolution_as_dense"}
    course = set(reference.step_by_step.__all__)
    functions = {name for name in reference.__all__ if callable(getattr(reference, name))}
    assert functions - others - course - {"ShapeError", "settings"} == set(OPERATIONS)


def widened(array):
    """A view of every other number of a larger array."""
    wide = np.zeros([size * 2 for size in array.shape], array.dtype)
    view = wide[(slice(None, None, 2),) * array.ndim]
    view[...] = array
    return view


LAYOUTS = {
    "fortran order": np.asfortranarray,
    "reversed": lambda array: np.flip(np.flip(array).copy()),
    "every other number": widened,
    "the other byte order": lambda array: array.astype(array.dtype.newbyteorder()),
    "nested lists": np.ndarray.tolist,
    "integers": lambda array: array.astype(np.int32),
}


@EVERY
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_operations_do_not_mind_how_an_array_lies(name, layout):
    """views, both orders, both byte orders, lists and integers: the same numbers"""
    arrays = draw(name)
    assert_same(call(name, [layout(array) for array in arrays]), call(name, arrays))


@EVERY
def test_operations_only_read_their_arrays(name):
    """read-only arrays will do, and no result is one of them in disguise"""
    arrays = draw(name)
    for array in arrays:
        array.flags.writeable = False
    for result in call(name, arrays):
        assert result.flags.writeable
        assert not any(np.shares_memory(result, array) for array in arrays)


@EVERY
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_operations_keep_the_dtype_of_inputs(name, dtype):
    """whatever the others have"""
    arrays = draw(name)
    place = int(name.endswith("_gradients"))
    arrays[place] = arrays[place].astype(dtype)
    assert {result.dtype for result in call(name, arrays)} == {np.dtype(dtype)}


@EVERY
@pytest.mark.parametrize("dtype", [np.complex128, object, "U3", "M8[s]"])
def test_operations_refuse_what_is_no_real_number(name, dtype):
    """a ValueError that names the operation, the argument and its dtype, for each array"""
    arrays = draw(name)
    for place, array in enumerate(arrays):
        wrong = [*arrays[:place], np.zeros(array.shape, dtype), *arrays[place + 1 :]]
        with pytest.raises(ValueError, match=rf"^{name}: \w+ must hold .* Received \w+\.dtype="):
            call(name, wrong)


@EVERY
def test_operations_take_truth_values_as_0_and_1(name):
    """a mask is an image too; its maximum stays a mask"""
    arrays = [array > 8 for array in draw(name)]
    received = call(name, arrays)
    assert_same(received, call(name, [array.astype(float) for array in arrays]))
    keeps = "max_pool" in name and not name.endswith("_gradients")
    assert received[0].dtype == (np.bool_ if keeps else np.float64)


@EVERY
def test_operations_take_an_empty_batch(name):
    """no images in, none out; weights of no images have no gradient"""
    arrays = draw(name)
    images = 2 if name.endswith("_gradients") else 1
    results = call(name, [*(array[:0] for array in arrays[:images]), *arrays[images:]])
    full = call(name, arrays)
    assert results[0].shape == (0, *full[0].shape[1:])
    for result, like in zip(results[1:], full[1:], strict=True):
        assert result.shape == like.shape
        assert not result.any()


@pytest.mark.parametrize("name", WITH_STRIDES)
@pytest.mark.parametrize("strides", [0, -1, 1.5, "2", (), (1, 1, 1, 1)])
def test_operations_refuse_strides_that_lead_nowhere(name, strides):
    """zero, backwards, broken, text or for other axes"""
    with pytest.raises(ShapeError, match=rf"^{name}: strides must be .* Received strides="):
        call(name, draw(name), strides=strides)


@EVERY
def test_operations_refuse_an_array_of_other_axes(name):
    """one axis too many or too few, for each array"""
    arrays = draw(name)
    for place, array in enumerate(arrays):
        for wrong in (array[None], array[0]):
            with pytest.raises(ShapeError, match=rf"^{name}: "):
                call(name, [*arrays[:place], wrong, *arrays[place + 1 :]])


@EVERY
def test_operations_refuse_another_data_format(name):
    """the two are named"""
    with pytest.raises(ValueError, match=rf"^{name}: data_format must be .*='NHWC'\.$"):
        call(name, draw(name), data_format="NHWC")


def test_errors_show_shapes_as_they_were_given():
    """in channels_first too"""
    inputs, kernel = np.zeros((2, 3, 5, 7)), np.zeros((3, 3, 4, 6))
    with pytest.raises(ShapeError, match=r"inputs has 3\. Received inputs\.shape=\(2, 3, 5, 7\)"):
        conv2d(inputs, kernel, data_format="channels_first")
    with pytest.raises(ShapeError, match=r"4 axes \(batch, channels, height, width\)"):
        conv2d(inputs[0], kernel, data_format="channels_first")
    with pytest.raises(ShapeError, match=r"grad_outputs must have shape \(2, 6, 3, 5\)"):
        conv2d_gradients(inputs, inputs, kernel[:, :, :3], data_format="channels_first")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": 0}, r"groups must be one integer"),
        ({"groups": -2}, r"groups must be one integer"),
        ({"groups": 3}, r"kernel expects 12 input channels \(4 in each of 3 groups\)"),
        ({"groups": 4}, r"filters must be a multiple of groups\. Received filters=6, groups=4\.$"),
        ({"dilation_rate": 0}, r"dilation_rate must be.*Received dilation_rate=0\.$"),
        ({"dilation_rate": 3}, r"must fit.*window=\(3, 3\), dilation_rate=\(3, 3\), image"),
        ({"padding": {"mode": "wrap", "pad": "same"}}, r"mirror padding must be"),
        ({"padding": {"mode": "reflect", "pad": 1}}, r"padding must be.*padding=1\.$"),
        ({"padding": {"mode": "reflect", "pad": ((5, 0), (0, 0))}}, r"at most \(4, 6\) pixels"),
        ({"padding": ((1, 1),)}, r"padding must be"),
    ],
)
def test_conv2d_refuses_options_that_do_not_fit(options, message):
    """a ShapeError with the rule and what was received"""
    with pytest.raises(ShapeError, match=rf"^conv2d: .*{message}"):
        conv2d(np.zeros((2, 5, 7, 4)), np.zeros((3, 3, 4, 6)), **options)


def test_conv2d_of_no_channels_or_filters():
    """nothing but the bias, and nothing at all"""
    inputs, kernel = np.zeros((2, 5, 7, 0)), np.zeros((3, 3, 0, 4))
    bias = np.arange(4.0)
    np.testing.assert_array_equal(conv2d(inputs, kernel, bias), np.broadcast_to(bias, (2, 3, 5, 4)))
    gradients = conv2d_gradients(np.ones((2, 3, 5, 4)), inputs, kernel)
    assert [gradient.shape for gradient in gradients] == [inputs.shape, kernel.shape, (4,)]
    assert conv2d(np.zeros((2, 5, 7, 3)), np.zeros((3, 3, 3, 0))).shape == (2, 3, 5, 0)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # infinity less infinity
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_conv2d_hands_on_what_is_not_finite_where_it_belongs(value):
    """to the windows that hold it and to no others, forward and backward"""
    inputs = np.ones((1, 4, 6, 1))
    inputs[0, 1, 2, 0] = value
    outputs = conv2d(inputs, np.ones((2, 2, 1, 3)))
    rows, cols = np.nonzero(~np.isfinite(outputs[0, :, :, 0]))
    assert set(zip(rows.tolist(), cols.tolist(), strict=True)) == {(0, 1), (0, 2), (1, 1), (1, 2)}
    grad_outputs = np.ones((1, 3, 5, 3))
    grad_outputs[0, 0, 0, 1] = value
    grad_inputs, grad_kernel, grad_bias = conv2d_gradients(
        grad_outputs, np.ones((1, 4, 6, 1)), np.ones((2, 2, 1, 3))
    )
    assert np.count_nonzero(~np.isfinite(grad_inputs)) == 4
    assert np.isfinite(grad_kernel[..., [0, 2]]).all()
    np.testing.assert_array_equal(np.isfinite(grad_bias), [True, False, True])
