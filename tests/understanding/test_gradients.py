"""Gradients against rules worked by hand, and functions made ready to run."""

import keras
import numpy as np
import pytest
from keras import ops

from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.gradients import compiled, rectified, value_and_gradient

POINTS = np.array([[1.0, -2.0], [3.0, 0.5]], np.float32)


def _run(function, *arrays, variables=()):
    return compiled(function, list(variables))(*arrays)


def test_value_and_gradient_are_those_of_each_example():
    """The gradient of x1^2 x2 is (2 x1 x2, x1^2), for each row its own."""
    both = value_and_gradient(lambda x: ops.square(x[:, 0]) * x[:, 1])
    values, gradients = _run(both, POINTS)
    np.testing.assert_array_equal(values, [-2, 4.5])
    np.testing.assert_array_equal(gradients, [[-4, 1], [3, 9]])


def test_value_and_gradient_runs_without_being_compiled():
    """The function that it gives can be called as it is."""
    values, gradients = value_and_gradient(lambda x: ops.sum(x * x, axis=-1))(
        ops.convert_to_tensor(POINTS)
    )
    np.testing.assert_array_equal(ops.convert_to_numpy(values), [5, 9.25])
    np.testing.assert_array_equal(ops.convert_to_numpy(gradients), 2 * POINTS)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX gives zeros instead")
@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.sum(ops.stop_gradient(x), axis=-1),
        lambda x: ops.ones_like(x[:, 0]),
        lambda x: ops.cast(ops.argmax(x, axis=-1), "float32"),
    ],
)
def test_value_and_gradient_refuses_what_has_no_gradient(function):
    """Where nothing leads back to the tensor, that is said, with the way out."""
    with pytest.raises(UnderstandingError, match=r"^gradient: .* Received .* occlusion"):
        _run(value_and_gradient(function), POINTS)


def test_rectified_changes_only_the_way_back():
    """Values pass as they are, negative ones too; of gradients what is positive."""
    factors = np.array([[2.0, -3.0], [-0.5, 4.0]], np.float32)
    both = value_and_gradient(lambda x: ops.sum(ops.multiply(rectified(x), factors), axis=-1))
    values, gradients = _run(both, POINTS)
    np.testing.assert_array_equal(values, (POINTS * factors).sum(axis=-1))
    np.testing.assert_array_equal(gradients, [[2, 0], [0, 4]])


def test_compiled_takes_and_gives_trees_of_arrays():
    """NumPy goes in and comes out, in the tree that the function gives."""
    found = _run(lambda x, y: {"sum": x + y, "both": (x, [y])}, POINTS, POINTS * 2)
    assert isinstance(found["sum"], np.ndarray)
    np.testing.assert_array_equal(found["sum"], POINTS * 3)
    np.testing.assert_array_equal(found["both"][1][0], POINTS * 2)


def test_compiled_sees_the_values_of_the_time_of_the_call():
    """Variables are read at each call: a network that learns is not explained as it was."""
    variable = keras.Variable(np.float32(2))
    program = compiled(lambda x: x * variable, [variable])
    np.testing.assert_array_equal(program(POINTS), POINTS * 2)
    variable.assign(np.float32(5))
    np.testing.assert_array_equal(program(POINTS), POINTS * 5)


def test_compiled_knows_all_sizes_but_the_number_of_rows():
    """What is traced again for other sizes still has sizes that Python can read."""
    seen = []

    def function(x):
        seen.append(tuple(x.shape[1:]))
        return ops.reshape(x, (-1, x.shape[1] * x.shape[2]))

    program = compiled(function, [])
    for shape in [(2, 3, 4), (5, 3, 4), (1, 6, 4), (7, 2, 5), (3, 2, 5)]:
        assert program(np.zeros(shape, np.float32)).shape == (shape[0], shape[1] * shape[2])
    assert all(None not in sizes for sizes in seen)


def test_compiled_is_traced_no_more_than_it_must_be():
    """On one size the function is read once, and for any number of rows once more."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow leaves the number of rows open")
    seen = []
    program = compiled(lambda x: seen.append(1) or x * 2, [])
    for rows in (2, 2, 5, 7, 3):
        program(np.zeros((rows, 3), np.float32))
    assert len(seen) == 2
