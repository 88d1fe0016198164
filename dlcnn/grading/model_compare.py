"""Compare what two models do and state the difference as facts, as `compare` does for values.

Both models have the same values in weights of the same shape, so which weight of the one stands
for which of the other plays no part. Of what is different, the layers are told where they are
certain to be: they say more than numbers do.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcnn.grading.checks import CheckFailed
from dlcnn.grading.compare import compare_array, describe, plain_number
from dlcnn.grading.graph import Graph
from dlcnn.grading.graph.description import JUDGED_BY_OUTPUTS
from dlcnn.grading.graph.settings import Group
from dlcnn.grading.models import Gradient, Model, Outputs, Shape
from dlcnn.grading.report import Facts

__all__ = ["accuracy_below", "gradients_unlike", "outputs_unlike"]

_RTOL, _ATOL = 1e-3, 1e-5  # of float32, through many layers
_GRADIENT_RTOL, _GRADIENT_ATOL = 1e-2, 1e-5  # a rounding may close or open a ReLU
_MAX_TOLD = 4
_WITH_MODE: tuple[Group, ...] = ("training",)

Arrays = Sequence[NDArray[Any]]


def outputs_unlike(
    name: str, model: Model, inputs: Arrays, seed: int, *, training: bool
) -> Facts | None:
    """State how a model's outputs differ from the solution's, or None where they do not.

    Args:
        name: what the model is called.
        model: the student's.
        inputs: an array per input.
        seed: of the weights.
        training: whether both compute as in training.
    """
    expected = model.of_solution(lambda ours: ours.outputs(inputs, seed, training=training))
    try:
        yours = model.outputs(inputs, seed, training=training)
    except CheckFailed:
        if (certain := _layers_unlike(name, model)) is None:
            raise
        return certain
    called = f"{name}(inputs, training=True)" if training else f"{name}(inputs)"
    facts = _arrays_unlike(called, yours, expected)
    if facts is None:
        return None
    certain = _layers_unlike(name, model) or _weights_unlike(name, yours.weights, expected.weights)
    return certain or (_mode_fixed(name, model) if training else None) or facts


def gradients_unlike(name: str, model: Model, inputs: Arrays, seed: int) -> Facts | None:
    """State which of a model's weights do not get the gradient that the solution's get.

    Args:
        name: what the model is called.
        model: the student's.
        inputs: an array per input.
        seed: of the weights, and of what the outputs are multiplied by.
    """
    expected = model.of_solution(lambda ours: ours.gradients(inputs, seed))
    try:
        yours = model.gradients(inputs, seed)
    except CheckFailed:
        if (certain := _layers_unlike(name, model)) is None:
            raise
        return certain
    wrong = list(_unlike(expected, yours))
    if any(each["why"] in ("frozen", "none") for each in wrong):
        wrong = [each for each in wrong if each["why"] in ("frozen", "none")]
        return _gradients(name, wrong, model.graph())
    shapes = [[each.shape for each in gradients] for gradients in (yours, expected)]
    missing = _weights_unlike(name, *shapes)
    if not wrong and missing is None:
        return None
    return _layers_unlike(name, model) or missing or _gradients(name, wrong, model.graph())


def accuracy_below(
    name: str, predictions: object, labels: NDArray[Any], at_least: float, epochs: int
) -> Facts | None:
    """State how often predictions are right, or None where that is often enough.

    Args:
        name: what the model is called.
        predictions: a row per image: one number for each class, or one for two classes.
        labels: the classes by their numbers.
        at_least: the accuracy to reach, 0 to 1.
        epochs: how long the model was trained.
    """
    labels = labels.reshape(-1)
    if not isinstance(predictions, np.ndarray) or not _is_table(predictions, len(labels)):
        return {
            "kind": "type",
            "name": f"what {name} predicts",
            "received": describe(predictions),
            "expected": f"a row of numbers for each of {len(labels)} images",
        }
    single = predictions.shape[1] == 1
    classes = predictions[:, 0] > 0.5 if single else predictions.argmax(axis=1)
    right = int(np.count_nonzero(classes == labels))
    if right >= at_least * len(labels):
        return None
    return {
        "kind": "accuracy",
        "name": name,
        "right": right,
        "images": len(labels),
        "at_least": at_least,
        "epochs": epochs,
    }


def _is_table(predictions: NDArray[Any], rows: int) -> bool:
    shape = predictions.shape
    return predictions.dtype.kind == "f" and len(shape) == 2 and shape[0] == rows and shape[1] > 0


def _layers_unlike(name: str, model: Model) -> Facts | None:
    """The layers that differ for certain; None where behaviour has to tell."""
    if model.of_solution(lambda ours: ours.graph().problem) is not None:
        return None
    hidden = model.graph().problem in (None, *JUDGED_BY_OUTPUTS)
    if model.comparison().verdict == "unseen" and hidden:
        return None
    return model.differences(name)


def _arrays_unlike(called: str, yours: Outputs, expected: Outputs) -> Facts | None:
    """The first of the outputs that differs."""
    if len(yours.arrays) != len(expected.arrays):
        amounts = [f"{len(each.arrays)} outputs" for each in (yours, expected)]
        return {"kind": "equal", "name": called, "yours": amounts[0], "expected": amounts[1]}
    one = len(expected.arrays) == 1
    for number, (mine, wanted) in enumerate(zip(yours.arrays, expected.arrays, strict=True)):
        name = called if one else f"{called}[{number}]"
        facts = compare_array(name, mine, wanted, rtol=_RTOL, atol=_ATOL)
        if facts is not None:
            return facts
    return None


def _weights_unlike(name: str, yours: Sequence[Shape], expected: Sequence[Shape]) -> Facts | None:
    """Weights that one model has and the other has not, by their shapes."""
    missing, extra = Counter(expected) - Counter(yours), Counter(yours) - Counter(expected)
    if not missing and not extra:
        return None
    told = [[list(shape) for shape in sorted(each.elements())] for each in (missing, extra)]
    return {
        "kind": "weights",
        "name": name,
        "missing": told[0][:_MAX_TOLD],
        "extra": told[1][:_MAX_TOLD],
        "more": sum(max(0, len(each) - _MAX_TOLD) for each in told),
    }


def _mode_fixed(name: str, model: Model) -> Facts | None:
    """The layers that are called with `training=False` and so never compute as in training."""
    graph = model.graph(_WITH_MODE)
    held = [
        graph.reference(number)
        for number, node in enumerate(graph.nodes)
        if isinstance(given := node.settings.get("call"), dict) and given.get("training") is False
    ]
    if not held:
        return None
    told = {"layers": held[:_MAX_TOLD], "more": max(0, len(held) - _MAX_TOLD)}
    return {"kind": "training", "name": name, **told}


def _unlike(expected: Sequence[Gradient], yours: Sequence[Gradient]) -> Iterator[Facts]:
    """The student's weights that no weight of the same shape stands for, and why."""
    left: dict[Shape, list[Gradient]] = defaultdict(list)
    for each in expected:
        left[each.shape].append(each)
    longest = max((each.length or 0.0 for each in expected), default=0.0)
    unpaired = []
    for each in yours:
        alike = (other for other in left[each.shape] if _agree(each, other, longest))
        if (mate := next(alike, None)) is None:
            unpaired.append(each)
        else:
            left[each.shape].remove(mate)
    for each in unpaired:
        rivals = [other for other in left[each.shape] if other.trainable]
        if not rivals:
            continue  # a weight too many is told as such
        mate = rivals[0]
        left[each.shape].remove(mate)
        yield {
            "why": _why(each),
            "number": each.layer,
            "shape": list(each.shape),
            "length": plain_number(each.length or 0.0),
            "expected": plain_number(mate.length or 0.0),
        }


def _agree(one: Gradient, other: Gradient, longest: float) -> bool:
    if one.length is None or other.length is None:
        return one.length is other.length and one.trainable == other.trainable
    allowed = _GRADIENT_ATOL * longest + _GRADIENT_RTOL * other.length
    return abs(one.length - other.length) <= allowed


def _why(gradient: Gradient) -> str:
    if not gradient.trainable:
        return "frozen"
    return "other" if gradient.length else "none"


def _gradients(name: str, wrong: Sequence[Facts], graph: Graph) -> Facts:
    """The facts about gradients, each layer told once."""
    nodes = {node.layer: number for number, node in enumerate(graph.nodes) if node.weights}
    told: dict[Any, Facts] = {}
    for each in wrong:
        number = nodes.get(each["number"])
        layer = None if number is None else graph.reference(number)
        key = ("shape", *each["shape"]) if number is None else number
        told.setdefault(key, {**each, "layer": layer})
    layers = list(told.values())
    more = max(0, len(layers) - _MAX_TOLD)
    return {"kind": "gradients", "name": name, "layers": layers[:_MAX_TOLD], "more": more}
