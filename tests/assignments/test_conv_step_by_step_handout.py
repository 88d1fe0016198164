"""The hand-out of "Convolutional networks, step by step" says what is so."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlcnn.course.discover import find_course
from dlcnn.grading.exam import Exam, load_exam

ROOT = Path(__file__).parents[2]
IMAGE = np.array([[1.0, 2, 0, 1], [3, 1, 2, 0], [0, 1, 1, 2]])
FILTER = np.array([[1.0, 0], [2, -1]])


@pytest.fixture(scope="module")
def exam() -> Exam:
    return load_exam(find_course(ROOT), "conv_step_by_step")


@pytest.fixture(scope="module")
def handout(exam: Exam) -> str:
    return exam.assignment.readme_path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def functions(exam: Exam) -> dict[str, Any]:
    """The solution's functions, live."""
    namespace: dict[str, Any] = {}
    for cell in exam.solution.cells:
        exec(cell.source, namespace)
    return namespace


def matrices(handout: str) -> list[list[list[float]]]:
    """Every matrix that the hand-out prints, row by row."""
    bodies = re.findall(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", handout)
    return [
        [[float(cell) for cell in row.split("&")] for row in body.split(r"\\")] for body in bodies
    ]


def test_handout_points_are_those_of_the_checks(exam: Exam, handout: str) -> None:
    """The table of points adds up what the checks of each task are worth."""
    told = dict(re.findall(r"^\| \d \| `(\w+)` \| (\d+)", handout, flags=re.MULTILINE))
    worth: Counter[str] = Counter()
    for check in exam.checks:
        worth[check.task] += int(check.points)

    assert {task: int(points) for task, points in told.items()} == worth


def test_handout_example_of_a_convolution_is_right(functions: dict[str, Any], handout: str) -> None:
    """Z, dA_prev and dW of the worked example are what the solution computes."""
    A_prev, W, b = IMAGE[None, :, :, None], FILTER[:, :, None, None], np.ones((1, 1, 1, 1))
    dZ = np.array([[1.0, 0, 2], [-1, 1, 0]])

    Z, cache = functions["conv_forward"](A_prev, W, b, {"stride": 1, "pad": 0})
    Z_strided, _ = functions["conv_forward"](A_prev, W, b, {"stride": 2, "pad": 1})
    dA_prev, dW, db = functions["conv_backward"](dZ[None, :, :, None], cache)

    computed = [IMAGE, FILTER, Z[0, :, :, 0], Z_strided[0, :, :, 0], dZ, dA_prev[0, :, :, 0]]
    computed.append(dW[:, :, 0, 0])
    assert matrices(handout)[:7] == [array.tolist() for array in computed]
    assert f"db = {db.item():.0f}.$" in handout


@pytest.mark.parametrize(("mode", "position"), [("max", 7), ("average", 8)])
def test_handout_example_of_pooling_is_right(
    mode: str, position: int, functions: dict[str, Any], handout: str
) -> None:
    """The gradients of the pooling example are what the solution computes."""
    dA = np.array([4.0, 8.0]).reshape(1, 1, 2, 1)

    A, cache = functions["pool_forward"](IMAGE[None, :, :, None], {"f": 2, "stride": 2}, mode)
    dA_prev = functions["pool_backward"](dA, cache, mode)

    assert matrices(handout)[position] == dA_prev[0, :, :, 0].tolist()
    assert ",\\ ".join(f"{value:g}" for value in A.ravel()) in handout


@pytest.mark.parametrize(
    ("f", "stride", "pad"), [(3, 2, 1), (2, 1, 0), (2, 3, 0), (1, 2, 2)], ids=str
)
def test_solution_gradients_agree_with_central_differences(
    f: int, stride: int, pad: int, functions: dict[str, Any]
) -> None:
    """The solution's conv_backward is right at every pad, 0 included."""
    rng = np.random.default_rng(0)
    A_prev, W = rng.standard_normal((2, 4, 5, 2)), rng.standard_normal((f, f, 2, 3))
    b = rng.standard_normal((1, 1, 1, 3))
    hparameters = {"stride": stride, "pad": pad}
    Z, cache = functions["conv_forward"](A_prev, W, b, hparameters)
    dZ = rng.standard_normal(Z.shape)

    gradients = functions["conv_backward"](dZ, cache)

    for array, gradient in zip((A_prev, W, b), gradients, strict=True):
        index = tuple(int(rng.integers(length)) for length in array.shape)
        array[index] += 1e-5
        above = np.sum(dZ * functions["conv_forward"](A_prev, W, b, hparameters)[0])
        array[index] -= 2e-5
        below = np.sum(dZ * functions["conv_forward"](A_prev, W, b, hparameters)[0])
        array[index] += 1e-5
        assert gradient.shape == array.shape
        assert gradient[index] == pytest.approx((above - below) / 2e-5, rel=1e-6, abs=1e-8)
