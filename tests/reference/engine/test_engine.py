"""The engine gives what `plain` defines: on random cases, within any bounds, for any values."""

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcnn import reference
from dlcnn.reference import engine, plain
from dlcnn.reference.engine import blocks, products
from dlcnn.reference.engine.blocks import Places
from dlcnn.reference.engine.columns import neighbours

from .cases import correlations, draw

pytestmark = pytest.mark.usefixtures("engine_way")

# Of the largest value: sums in another order, and Winograd's as its docstring states.
_TOLERANCES = {"float32": 1e-5, "float64": 1e-13}
_SEVERAL = [  # of each algorithm: few filters, turns, strides, dilation, one row, Winograd, 1x1
    {"inputs": (9, 13, 17, 3), "kernel": (4, 5, 3, 6)},
    {"inputs": (9, 13, 17, 3), "kernel": (5, 3, 3, 30), "strides": (2, 3), "padding": "same"},
    {"inputs": (3, 19, 15, 5), "kernel": (3, 2, 5, 7), "dilation_rate": (2, 3)},
    {"inputs": (8, 200, 4), "kernel": (7, 4, 5), "padding": "same"},
    {"inputs": (5, 18, 23, 34), "kernel": (3, 3, 34, 33), "padding": "same"},
    {"inputs": (6, 12, 14, 32), "kernel": (1, 1, 32, 25)},
]


def results(module, case, kernel=None):
    """(outputs, grad_inputs, grad_kernel) by `engine` or `plain`."""
    kernel = case.kernel if kernel is None else kernel
    inputs, grad_outputs, grid = case.inputs, case.grad_outputs, case.grid
    return (
        module.correlate(inputs, kernel, case.bias, grid, 1),
        module.correlate_inputs_gradient(grad_outputs, kernel, inputs.shape, grid, 1),
        module.correlate_kernel_gradient(inputs, grad_outputs, kernel.shape, grid, 1),
    )


def far_apart(case, kernel=None):
    """The largest difference to `plain`, as a part of the largest value."""
    worst = 0.0
    pairs = zip(results(engine, case, kernel), results(plain, case), strict=True)
    for received, expected in pairs:
        assert received.shape == expected.shape
        assert received.dtype == expected.dtype
        if received.size:
            scale = max(np.abs(expected).max(), np.finfo(expected.dtype).tiny)
            worst = max(worst, np.abs(received - expected).max() / scale)
    return worst


@settings(max_examples=300)
@given(correlations(), st.sampled_from([None, 0.0005, 0.02]), st.integers(1, 3))
def test_correlate_and_gradients_agree_with_plain(case, memory_mb, threads):
    """Windows, strides, dilation, borders wider than the window, no image: forward and backward."""
    with reference.settings(memory_mb=memory_mb, threads=threads):
        assert far_apart(case) <= _TOLERANCES[case.inputs.dtype.name]


@pytest.mark.slow
@settings(max_examples=5000)
@given(correlations(), st.sampled_from([None, 0.0005, 0.02]), st.integers(1, 3))
def test_correlate_and_gradients_agree_with_plain_on_thousands_of_cases(case, memory_mb, threads):
    """The same, on more of them."""
    with reference.settings(memory_mb=memory_mb, threads=threads):
        assert far_apart(case) <= _TOLERANCES[case.inputs.dtype.name]


@settings(max_examples=150)
@given(
    correlations(axes=(2,), window=(3, 3), strides=1, rates=1, channels=40),
    st.sampled_from([None, 0.0005, 0.02]),
)
def test_winograd_is_as_accurate_as_stated(case, memory_mb):
    """1e-5 of the largest output in float32, 1e-13 in float64, whatever tiles are left over."""
    with reference.settings(memory_mb=memory_mb):
        assert far_apart(case) <= _TOLERANCES[case.inputs.dtype.name]


@pytest.mark.parametrize("case", _SEVERAL[:3])
def test_kernels_too_large_for_turns_agree_with_plain(case, monkeypatch):
    """Columns are then copied anew for each row, and sums added to the images themselves."""
    case = draw(**case)
    rolled = results(engine, case)
    monkeypatch.setattr(blocks, "_TURNS_BYTES", 0)
    assert far_apart(case) <= 1e-13
    assert not all(map(np.array_equal, rolled, results(engine, case)))


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("case", _SEVERAL)
def test_products_agree_with_plain_in_pieces_and_whole(case, small, monkeypatch):
    """Whether or not BLAS is one that is quicker with small products."""
    monkeypatch.setattr(products, "takes_small_products", lambda: small)
    monkeypatch.setattr(products, "_SMALL_PRODUCT", 40_000)
    assert far_apart(draw(**case)) <= 1e-13


def test_results_do_not_depend_on_the_thread_that_asks():
    """Another thread of the program gets the bits that the first one gets."""
    case = draw((8, 3000, 16), (9, 16, 16), dtype="f4")
    here, there = results(engine, case), []
    thread = threading.Thread(target=lambda: there.extend(results(engine, case)))
    thread.start()
    thread.join()
    for one, other in zip(here, there, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("inputs", "kernel"),
    [
        ((8, 9, 9, 8), (3, 3, 8, 0)),
        ((8, 9, 9, 0), (3, 3, 0, 4)),
        ((8, 0, 9, 8), (3, 3, 8, 4)),
        ((8, 9, 0, 40), (3, 3, 40, 40)),
        ((0, 9, 9, 8), (3, 3, 8, 4)),
    ],
)
def test_axes_of_no_size_give_what_plain_gives(inputs, kernel):
    """No filters, channels, images, rows or columns, with a border that windows lie on."""
    assert far_apart(draw(inputs, kernel, padding=((2, 2), (2, 2)))) == 0


@pytest.mark.parametrize("case", _SEVERAL)
def test_comparison_sees_a_wrong_weight(case):
    """Outputs and the inputs' gradient of a kernel that is off by one weight are far apart."""
    case = draw(**case, dtype="f4")
    wrong = case.kernel.copy()
    wrong[(0,) * wrong.ndim] += 0.1
    assert far_apart(case) <= 1e-5
    assert far_apart(case, wrong) > 1e-3


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("case", _SEVERAL)
def test_results_do_not_depend_on_the_number_of_threads(case, dtype):
    """Bit for bit, also where memory is short."""
    case = draw(**case, dtype=dtype)
    for memory_mb in (None, 0.05):
        alone, *others = [_with_threads(case, count, memory_mb) for count in (1, 2, 5)]
        for other in others:
            for one, another in zip(alone, other, strict=True):
                np.testing.assert_array_equal(one, another)


def _with_threads(case, threads, memory_mb):
    with reference.settings(threads=threads, memory_mb=memory_mb):
        return (*results(engine, case), engine.bias_gradient(case.grad_outputs))


def test_exact_refuses_winograd():
    """Sums of whole numbers are whole numbers then; by Winograd's roots they are not."""
    case = draw((2, 13, 15, 40), (3, 3, 40, 36), padding="same", dtype="f4")
    for array in (case.inputs, case.kernel, case.bias, case.grad_outputs):
        array[...] = np.round(4 * array)
    whole = results(plain, case)

    with reference.settings(exact=True):
        for received, expected in zip(results(engine, case), whole, strict=True):
            np.testing.assert_array_equal(received, expected)
    assert not any(map(np.array_equal, results(engine, case), whole))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("case", _SEVERAL)
def test_values_that_are_not_finite_stay_in_their_windows(case, value):
    """One in the images, the kernel or the gradient is where `plain` has it, and nowhere else."""
    for name in ("inputs", "kernel", "grad_outputs"):
        spoiled = draw(**case, dtype="f4")
        array = getattr(spoiled, name)
        array[tuple(size // 2 for size in array.shape)] = value
        with np.errstate(invalid="ignore"):
            pairs = zip(results(engine, spoiled), results(plain, spoiled), strict=True)
            for received, expected in pairs:
                for kind in (np.isnan, np.isposinf, np.isneginf):
                    np.testing.assert_array_equal(kind(received), kind(expected))


def test_windows_share_products_where_filters_are_few():
    """So that the test above means something: 0 times infinity is there to be met."""
    places = Places((4, 5), (1, 1), (1, 1), 0, 0, 10, 13)
    assert neighbours(places, 3, 6) > 1
    assert neighbours(places, 3, 48) == 1


@pytest.mark.parametrize("case", _SEVERAL)
def test_arrays_may_lie_in_any_order_and_are_not_written(case):
    """Transposed, strided, backwards and read-only arrays give what contiguous ones give."""
    case = draw(**case)
    expected = results(plain, case)
    for lay in (
        lambda array: np.asfortranarray(array),
        lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
        lambda array: np.ascontiguousarray(array[::-1])[::-1],
    ):
        arrays = [lay(array) for array in (case.inputs, case.kernel, case.bias, case.grad_outputs)]
        for array in arrays:
            array.flags.writeable = False
        other = type(case)(*arrays, case.grid)
        for received, wanted in zip(results(engine, other), expected, strict=True):
            np.testing.assert_allclose(received, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "case",
    [
        {"inputs": (9, 61, 70, 3), "kernel": (4, 5, 3, 6)},
        {"inputs": (9, 61, 70, 4), "kernel": (5, 3, 4, 30), "strides": (2, 3), "padding": "same"},
        {"inputs": (5, 41, 43, 34), "kernel": (3, 3, 34, 33), "padding": "same"},
    ],
)
@pytest.mark.parametrize("threads", [1, 4])
def test_memory_is_bounded(case, threads):
    """What is taken beside arguments and results is a small part of the matrix of all windows."""
    case = draw(**case, dtype="f4")
    window_bytes = case.inputs.shape[0] * np.prod(case.grid.output) * case.kernel[..., 0].nbytes
    with reference.settings(memory_mb=window_bytes / 20 / 2**20, threads=threads):
        bounded = [_peak(engine, case, number) for number in range(3)]
    assert max(bounded) < window_bytes / 3
    assert min(_peak(plain, case, number) for number in range(3)) > window_bytes


def _peak(module, case, number):
    one = (
        lambda: module.correlate(case.inputs, case.kernel, case.bias, case.grid, 1),
        lambda: module.correlate_inputs_gradient(
            case.grad_outputs, case.kernel, case.inputs.shape, case.grid, 1
        ),
        lambda: module.correlate_kernel_gradient(
            case.inputs, case.grad_outputs, case.kernel.shape, case.grid, 1
        ),
    )[number]
    one()
    tracemalloc.start()
    found = one()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak - found.nbytes


def test_other_kinds_are_left_to_plain():
    """Groups, three axes, half precision, strides with dilation: the same numbers as `plain`."""
    halves = draw((2, 9, 8, 3), (3, 3, 3, 4), dtype="f2")
    volumes = draw((2, 5, 6, 7, 3), (3, 2, 3, 3, 4))
    both = draw((2, 12, 13, 3), (3, 3, 3, 4), strides=2, dilation_rate=(2, 1))
    for case in (halves, volumes, both):
        for received, expected in zip(results(engine, case), results(plain, case), strict=True):
            np.testing.assert_allclose(received, expected, rtol=1e-9, atol=1e-9)
    case = draw((2, 9, 8, 6), (3, 3, 2, 9))
    received = engine.correlate(case.inputs, case.kernel, case.bias, case.grid, 3)
    expected = plain.correlate(case.inputs, case.kernel, case.bias, case.grid, 3)
    np.testing.assert_array_equal(received, expected)


def test_bias_gradient_is_accurate_over_many_places():
    """A million and more numbers near one, in float32: each sum to 1e-6, by axis 0 it is not."""
    grad_outputs = np.random.default_rng(0).uniform(0.5, 1.5, (3, 500, 1000, 2)).astype("f4")
    expected = grad_outputs.sum(axis=(0, 1, 2), dtype="f8")

    received = engine.bias_gradient(grad_outputs)

    assert received.dtype == np.float32
    np.testing.assert_allclose(received, expected, rtol=1e-6)
    in_a_row = grad_outputs.reshape(-1, 2).cumsum(axis=0)[-1]
    assert np.abs(in_a_row / expected - 1).max() > 1e-6
    np.testing.assert_allclose(
        engine.bias_gradient(grad_outputs.transpose(0, 2, 1, 3)), expected, rtol=1e-4
    )
