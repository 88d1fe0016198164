"""A Keras model of a student's as the grader has it: what it is said to be, and what it answers.

The model itself stays in the worker. What is said of it is believed in its form only, and what is
of no known form is the student's answer too: it fails the check and never breaks the grader.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from dlcnn.grading.checks import CheckFailed
from dlcnn.grading.graph import Comparison, Graph, canonical, compare
from dlcnn.grading.graph.settings import Group
from dlcnn.grading.report import Facts
from dlcnn.grading.worker.wire import WireError

__all__ = ["Ask", "Gradient", "Model", "Outputs", "Shape", "is_model"]

Ask = Callable[[str, tuple[Any, ...]], object]
Shape = tuple[int, ...]
T = TypeVar("T")

_MAX_RANK = 16


@dataclass(frozen=True)
class Outputs:
    """What a model gives for inputs, and the shapes of the weights that it was given before."""

    arrays: list[NDArray[Any]]
    weights: list[Shape]


@dataclass(frozen=True)
class Gradient:
    """What reaches one weight: the length of the gradient, or None where none does."""

    layer: int  # as the description numbers them; -1 where it tells none
    shape: Shape
    trainable: bool
    length: float | None


class Model:
    """A model, or what a block makes of its inputs.

    Args:
        function: the student's function that made it.
        description: what the worker said it is, see `graph.description`.
        ask: has an operation of the worker's done with it, with further arguments.
        solve: gives what the solution's function makes of the same call.
    """

    def __init__(
        self, function: str, description: object, ask: Ask, solve: Callable[[], "Model"]
    ) -> None:
        self.function = function
        self._description = description
        self._ask = ask
        self._solve = solve
        self._solution: Model | None = None
        self._graphs: dict[tuple[Group, ...], Graph] = {}
        self._comparisons: dict[tuple[Group, ...], Comparison] = {}
        self._facts: dict[tuple[str, tuple[Group, ...]], Facts | None] = {}

    def of_solution(self, question: Callable[["Model"], T]) -> T:
        """What the solution's model says to a question.

        Raises:
            RuntimeError: it says nothing; that is no fault of the student's.
        """
        try:
            if self._solution is None:
                self._solution = self._solve()
            return question(self._solution)
        except CheckFailed as failed:
            raise RuntimeError(
                f"{self.function}: the solution must answer what a check asks of a model. "
                f"Received {failed.facts}."
            ) from failed

    def graph(self, also: Collection[Group] = ()) -> Graph:
        """Its canonical graph, with further groups of settings where asked for."""
        groups = tuple(sorted(also))
        if groups not in self._graphs:
            try:
                self._graphs[groups] = canonical(self._description, groups)
            except WireError:
                raise self._unreadable() from None
        return self._graphs[groups]

    def comparison(self, also: Collection[Group] = ()) -> Comparison:
        """How its graph compares with the solution's; ValueError where that one has none."""
        groups = tuple(sorted(also))
        if groups not in self._comparisons:
            yours = self.graph(groups)
            expected = self.of_solution(lambda ours: ours.graph(groups))
            self._comparisons[groups] = compare(expected, yours)
        return self._comparisons[groups]

    def differences(self, name: str, also: Collection[Group] = ()) -> Facts | None:
        """The comparison as one fact, the same object however often it is asked for."""
        key = (name, tuple(sorted(also)))
        if key not in self._facts:
            self._facts[key] = self.comparison(also).facts(name)
        return self._facts[key]

    def outputs(self, inputs: Sequence[NDArray[Any]], seed: int, *, training: bool) -> Outputs:
        """What it gives for one array per input, with the weights that a seed stands for."""
        said = self._ask("outputs", (seed, list(inputs), training))
        if not isinstance(said, dict) or set(said) != {"weights", "outputs"}:
            raise self._unreadable()
        arrays = self._list(said["outputs"])
        if not all(isinstance(each, np.ndarray) for each in arrays):
            raise self._unreadable()
        return Outputs(arrays, [self._shape(each) for each in self._list(said["weights"])])

    def gradients(self, inputs: Sequence[NDArray[Any]], seed: int) -> list[Gradient]:
        """What reaches each of its weights, which are those of the seed as well."""
        layers = self._list(self._ask("gradients", (seed, list(inputs))))
        numbers = range(len(layers)) if self.graph().problem is None else [-1] * len(layers)
        return [
            self._gradient(number, each)
            for number, weights in zip(numbers, layers, strict=True)
            for each in self._list(weights)
        ]

    def fit(
        self,
        images: NDArray[Any],
        labels: NDArray[Any],
        test_images: NDArray[Any],
        *,
        epochs: int,
        batch_size: int,
        seed: int,
    ) -> object:
        """What it predicts for test images after training."""
        training = {
            "images": images,
            "labels": labels,
            "epochs": epochs,
            "batch_size": batch_size,
            "seed": seed,
        }
        return self._ask("fit", (training, test_images))

    def _gradient(self, layer: int, said: object) -> Gradient:
        told = self._list(said)
        if len(told) != 3 or type(told[1]) is not bool or type(told[2]) not in (float, type(None)):
            raise self._unreadable()
        return Gradient(layer, self._shape(told[0]), told[1], told[2])

    def _shape(self, said: object) -> Shape:
        sizes = self._list(said)
        if len(sizes) > _MAX_RANK or not all(type(each) is int and each >= 0 for each in sizes):
            raise self._unreadable()
        return tuple(sizes)

    def _list(self, said: object) -> list[Any]:
        if not isinstance(said, list):
            raise self._unreadable()
        return said

    def _unreadable(self) -> CheckFailed:
        return CheckFailed({"kind": "protocol", "function": self.function})


def is_model(answer: object) -> TypeGuard[dict[str, Any]]:
    """Whether a worker says of an answer that it is a model."""
    return (
        isinstance(answer, dict)
        and set(answer) == {"keras", "description"}
        and isinstance(answer["keras"], str)
        and answer["keras"] == "model"
    )
