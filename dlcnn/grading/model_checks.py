"""The vocabulary of `checks.py` for Keras models: what a check may send and what it may expect.

A model is compared with what the solution's function makes of the same call: by its layers, by
what it computes with the same weights, by which weights training reaches.
"""

from collections.abc import Collection, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcnn.grading.checks import Asked, current_run, judge
from dlcnn.grading.compare import describe
from dlcnn.grading.graph.description import JUDGED_BY_OUTPUTS
from dlcnn.grading.graph.settings import Group
from dlcnn.grading.model_compare import accuracy_below, gradients_unlike, outputs_unlike
from dlcnn.grading.models import Model
from dlcnn.grading.report import Facts

__all__ = [
    "expect_accuracy",
    "expect_api",
    "expect_gradients",
    "expect_model",
    "expect_outputs",
    "if_accepted",
    "keras_input",
]

_BATCH = 3
_ANY_SIZE = 16  # for a size that an input leaves open
_MAX_SEED = 1 << 31

Inputs = ArrayLike | Sequence[NDArray[Any]]
Split = tuple[ArrayLike, ArrayLike]
Api = Literal["Sequential", "Functional"]


def keras_input(*shape: int | None) -> dict[str, object]:
    """A symbolic `keras.Input` to call a function with, of this shape without the batch."""
    return {"keras": "input", "shape": list(shape)}


def if_accepted(value: object) -> dict[str, object]:
    """A keyword argument that is passed to those functions only that take it.

    The course's functions had `stage` and `block` once, later `training` and `initializer`.
    """
    return {"keras": "if_accepted", "value": value}


def expect_model(
    name: str, model: object, rng: np.random.Generator, also: Collection[Group] = ()
) -> None:
    """Expect the layers of the solution's model: the same ones, set alike, joined alike.

    In a partial check each layer is a part. A model that hides layers, in a Lambda or in a class
    of the student's own, is judged by its outputs.

    Args:
        name: what the model is called.
        model: what the student's function returned.
        rng: draws inputs and weights where outputs are asked for.
        also: groups of settings that are otherwise left out: "initializers", "regularizers",
            "constraints", "dtype", "trainable", "training".
    """
    found = _model(model)
    if found is None:
        return
    comparison = found.comparison(also)
    facts = found.differences(name, also)
    missed = max(1, comparison.layers - comparison.matched)
    problem = found.graph().problem
    if comparison.verdict == "unseen" and problem in (None, "unbuilt", *JUDGED_BY_OUTPUTS):
        told = outputs_unlike(name, found, _inputs_for(found, rng), _seed(rng), training=False)
        if problem != "unbuilt":
            facts = told
        elif told is None:
            missed = 1  # all of it is there but the input
    judge(facts, missed, comparison.layers)


def expect_outputs(
    name: str, model: object, inputs: Inputs, rng: np.random.Generator, *, training: bool = False
) -> None:
    """Expect what the solution's model gives for the same inputs with the same weights.

    Args:
        name: what the model is called.
        model: what the student's function returned.
        inputs: an array with the batch first, or a list of one array per input.
        rng: draws the weights; those of one shape get the same values.
        training: whether both compute as in training, with the statistics of the batch. Layers
            that draw at random, such as Dropout, never do so here.
    """
    found = _model(model)
    if found is not None:
        judge(outputs_unlike(name, found, _arrays(inputs), _seed(rng), training=training))


def expect_gradients(name: str, model: object, inputs: Inputs, rng: np.random.Generator) -> None:
    """Expect that training reaches every weight that it reaches in the solution's model.

    Args:
        name: what the model is called.
        model: what the student's function returned.
        inputs: an array with the batch first, or a list of one array per input.
        rng: draws the weights, and what the outputs are multiplied by.
    """
    found = _model(model)
    if found is not None:
        judge(gradients_unlike(name, found, _arrays(inputs), _seed(rng)))


def expect_api(name: str, model: object, api: Api) -> None:
    """Expect a model that was made with the Sequential or with the Functional API."""
    found = _model(model)
    if found is not None:
        kind = found.graph().kind
        facts: Facts = {"kind": "api", "name": name, "yours": kind, "expected": api}
        judge(None if kind == api else facts)


def expect_accuracy(
    name: str,
    model: object,
    train: Split,
    test: Split,
    rng: np.random.Generator,
    *,
    epochs: int,
    at_least: float,
    batch_size: int = 32,
) -> None:
    """Expect that a model learns: it is trained with Adam, then it has to tell test images apart.

    Args:
        name: what the model is called.
        model: what the student's function returned.
        train: images and labels, which are whole numbers from 0.
        test: images that are not trained on, and their labels.
        rng: draws the initial weights and the order of the images.
        epochs: how often all images are gone through.
        at_least: the accuracy to reach, 0 to 1.
        batch_size: images per step.
    """
    found = _model(model)
    if found is None:
        return
    images, labels, test_images, test_labels = map(np.asarray, (*train, *test))
    predictions = found.fit(
        images, labels, test_images, epochs=epochs, batch_size=batch_size, seed=_seed(rng)
    )
    judge(accuracy_below(name, predictions, test_labels, at_least, epochs))


def _model(value: object) -> Model | None:
    """The value where it is a model, or a tensor where the solution gives one; else it is told."""
    if not isinstance(value, Model):
        asked = _asked_for(value)
        judge(_no_model(asked.function, describe(value), tensor=_has_form(asked.arguments)))
        return None
    tensor = value.of_solution(lambda ours: ours.graph().kind) == "tensors"
    if tensor == (value.graph().kind == "tensors"):
        return value
    received = "a Keras model" if tensor else "a Keras tensor"
    judge(_no_model(value.function, received, tensor=tensor))
    return None


def _asked_for(value: object) -> Asked:
    """The call that gave a value."""
    asked = current_run().asked
    if not asked:
        raise TypeError(f"expect_*: takes what a student's function returned. Received {value!r}.")
    return next((each for each in asked if each.reply.value is value), asked[-1])


def _has_form(arguments: object) -> bool:
    """Whether a symbolic input was sent: what is made of it is a symbolic tensor."""
    if isinstance(arguments, dict):
        return arguments.get("keras") == "input" or any(map(_has_form, arguments.values()))
    return isinstance(arguments, list | tuple) and any(map(_has_form, arguments))


def _no_model(function: str, received: str, *, tensor: bool) -> Facts:
    wanted = "a Keras tensor" if tensor else "a Keras model"
    return {"kind": "no_model", "function": function, "received": received, "expected": wanted}


def _inputs_for(model: Model, rng: np.random.Generator) -> list[NDArray[Any]]:
    """Arrays that the solution's model takes: noise, and shades that an average leaves over."""
    nodes = model.of_solution(lambda ours: ours.graph()).inputs
    arrays = []
    for node in nodes:
        shape = (_BATCH, *(size or _ANY_SIZE for size in node.settings["shape"]))
        shades = rng.standard_normal((_BATCH, *[1] * (len(shape) - 2), shape[-1]))
        arrays.append((rng.standard_normal(shape) + shades).astype(np.float32))
    return arrays


def _arrays(inputs: Inputs) -> list[NDArray[Any]]:
    """One array per input, in single precision."""
    arrays = [np.asarray(each) for each in (inputs if isinstance(inputs, list) else [inputs])]
    return [each.astype(np.float32) if each.dtype.kind == "f" else each for each in arrays]


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(_MAX_SEED))
