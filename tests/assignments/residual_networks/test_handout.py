"""The hand-out of "Residual networks" says what is so."""

import re
from collections import Counter
from typing import Any

import keras
import pytest

from dlcnn.grading.exam import Exam
from tests.assignments.graded import exam_of


@pytest.fixture(scope="module")
def exam() -> Exam:
    return exam_of("residual_networks")


@pytest.fixture(scope="module")
def handout(exam: Exam) -> str:
    return exam.assignment.readme_path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def functions(exam: Exam) -> dict[str, Any]:
    """The solution's functions, live."""
    return exam.functions(exam.source)


def rows_of(handout: str) -> list[tuple[str, tuple[int, ...], int]]:
    """The table of the stages: what each is made of, gives and has."""
    table = handout[handout.index("| stage | layers |") :].split("\n\n")[0]
    cells = [[cell.strip() for cell in line.split("|")[2:5]] for line in table.splitlines()[2:]]
    return [
        (layers, tuple(map(int, re.findall(r"\d+", gives))), int(parameters.replace(",", "")))
        for layers, gives, parameters in cells
        if gives
    ]


def test_handout_points_are_those_of_the_checks(exam: Exam, handout: str) -> None:
    """The table of points adds up what the checks of each task are worth."""
    told = dict(re.findall(r"^\| \d \| `(\w+)` \| (\d+)", handout, flags=re.MULTILINE))
    worth: Counter[str] = Counter()
    for check in exam.checks:
        worth[check.task] += int(check.points)

    assert {task: int(points) for task, points in told.items()} == worth


def test_handout_stages_are_those_of_the_network(handout: str, functions: dict[str, Any]) -> None:
    """Built as the table says, each stage gives the shape and has the parameters it says."""
    shape: tuple[int, ...] = (64, 64, 3)
    told = 0
    for layers, gives, parameters in rows_of(handout):
        stage = re.fullmatch(
            r"convolutional block (\[.*\]), s = (\d); (\d) identity blocks", layers
        )
        if stage:
            filters, s, count = map(eval, stage.groups())
            inputs = X = keras.Input(shape)
            X = functions["convolutional_block"](X, 3, filters, s=s)
            for _ in range(count):
                X = functions["identity_block"](X, 3, filters)
            model = keras.Model(inputs, X)
            assert (model.output_shape[1:], model.count_params()) == (gives, parameters)
        shape, told = gives, told + parameters
    model = functions["ResNet50"]()

    assert shape == model.output_shape[1:]
    assert told == model.count_params() == 23_600_006
    assert "23,600,006" in handout


def test_handout_counts_fifty_layers(functions: dict[str, Any]) -> None:
    """One convolution, three in each of sixteen blocks, a dense layer; four more on shortcuts."""
    made = Counter(type(layer).__name__ for layer in functions["ResNet50"]().layers)

    assert made["Add"] == 16
    assert made["Conv2D"] - 4 + made["Dense"] == 50


def test_handout_numbers_are_right(handout: str) -> None:
    """The products, powers and counts that the text names."""
    for said, value in [
        ("$0.8^{50} \\approx 0.000014$", 0.8**50 / 0.000014),
        ("70,000 times", 1.25**50 / 70_000),
        ("71 % after the first epoch", 0.99**34 / 0.71),
        ("18 % after the fifth", 0.99 ** (5 * 34) / 0.18),
        ("70,016 weights", (256 * 64 + 64 + 9 * 64 * 64 + 64 + 64 * 256 + 256) / 70_016),
        ("has 590,080", (9 * 256 * 256 + 256) / 590_080),
    ]:
        assert said in " ".join(handout.split())
        assert value == pytest.approx(1, abs=0.03)
