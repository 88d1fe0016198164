"""The hand-out of "Convolutional networks in Keras" says what is so."""

import re
from collections import Counter
from typing import Any

import keras
import pytest

from dlcnn.grading.exam import Exam
from tests.assignments.graded import exam_of


@pytest.fixture(scope="module")
def exam() -> Exam:
    return exam_of("conv_application")


@pytest.fixture(scope="module")
def handout(exam: Exam) -> str:
    return exam.assignment.readme_path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def functions(exam: Exam) -> dict[str, Any]:
    """The solution's functions, live."""
    return exam.functions(exam.source)


def table_after(handout: str, heading: str) -> list[list[str]]:
    """The rows of the first table behind a text, without its head."""
    lines = handout[handout.index(heading) :].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("| --- "))
    rows = []
    for line in lines[first + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def sizes(told: str) -> tuple[int, ...]:
    """A shape as the hand-out writes it."""
    return tuple(map(int, re.findall(r"\d+", told)))


def worked_out(told: str) -> int:
    """What a sum such as `7 · 7 · 3 · 32 + 32 = 4,736` comes to, held against what it says."""
    *sums, result = [each.replace(",", "") for each in told.split(" = ")]
    for each in sums:
        terms = [term.split(" · ") for term in each.split(" + ")]
        assert sum(eval("*".join(factors)) for factors in terms) == int(result)
    return int(result)


def test_handout_points_are_those_of_the_checks(exam: Exam, handout: str) -> None:
    """The table of points adds up what the checks of each task are worth."""
    told = dict(re.findall(r"^\| \d \| `(\w+)` \| (\d+)", handout, flags=re.MULTILINE))
    worth: Counter[str] = Counter()
    for check in exam.checks:
        worth[check.task] += int(check.points)

    assert {task: int(points) for task, points in told.items()} == worth


@pytest.mark.parametrize(
    ("heading", "task", "arguments"),
    [
        ("\n`happyModel`:", "happyModel", ()),
        ("\n`convolutional_model` for 64", "convolutional_model", ((64, 64, 3),)),
    ],
)
def test_handout_shapes_and_parameters_are_those_of_the_network(
    heading: str, task: str, arguments: tuple[Any, ...], handout: str, functions: dict[str, Any]
) -> None:
    """Each row of the table is a layer of the solution, with what it gives and has."""
    model = functions[task](*arguments)
    network = [each for each in model.layers if not isinstance(each, keras.layers.InputLayer)]

    image, *rows, total = table_after(handout, heading)

    assert sizes(image[1]) == (64, 64, 3)
    assert worked_out(total[2]) == model.count_params()
    assert len(rows) == len(network)
    for (name, gives, parameters), layer in zip(rows, network, strict=True):
        assert type(layer).__name__.replace("Pooling", "Pool") in name.replace("Pooling", "Pool")
        assert sizes(gives) == layer.output.shape[1:]
        assert worked_out(parameters) == layer.count_params()


def test_handout_examples_run(handout: str) -> None:
    """The code that explains a layer runs, and gives the shapes that are told."""
    names = {each: getattr(keras, each) for each in ("Input", "Model", "Sequential", "layers")}
    built = []
    for code in re.findall(r"```python\n(.*?)```", handout, flags=re.DOTALL):
        exec(code, names)
        built.append(names.get("small"))

    assert names["conv"].kernel.shape == (3, 3, 3, 5)
    assert names["conv"](names["picture"]).shape == (None, 20, 30, 5)
    assert [type(model).__name__ for model in built[1:]] == ["Sequential", "Functional"]
    assert built[1].output_shape == built[2].output_shape
    assert built[1].count_params() == built[2].count_params()


def test_handout_examples_are_other_networks(handout: str) -> None:
    """They have other filters than the networks that are asked for."""
    examples = "".join(re.findall(r"```python\n(.*?)```", handout, flags=re.DOTALL))
    assert set(re.findall(r"Conv2D\(([^)]*)\)", examples)) == {'5, 3, padding="same"', "5, 3"}
