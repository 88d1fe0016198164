"""Untrusted side: have a Keras model that a student's function makes compute, and learn.

Which of its weights stands for which of another model nobody has to find out: weights of one shape
get the same values. Imports Keras at its first use only.
"""

import importlib
import inspect
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import models, recorded  # by path in the worker, as part of dlcnn in tests
from .making import Arguments, Function, Keywords, Made, call, keras, layers, made_by, make

__all__ = ["OPERATIONS", "fit", "gradients", "outputs"]

_MAX_CALLS = 100_000
_SMALL = (0.3, 0.6)
_VARIANCE = "moving_variance"  # as Keras calls it


def outputs(function: Function, args: Arguments, _kwargs: Keywords) -> dict[str, Any]:
    """What a model gives, and the shapes of its weights.

    Args:
        function: makes the model.
        args: its arguments and keywords, a seed of the weights, an array per input, and whether
            it computes as in training.
    """
    call_args, call_kwargs, seed, inputs, training = args
    made = _model_of(made_by(function, call_args, call_kwargs))
    weights = _set_weights(made, inputs, seed)
    found = [np.asarray(each, np.float32) for each in _compute(made, inputs, training)]
    return {"weights": [list(weight.shape) for weight in weights], "outputs": found}


def gradients(function: Function, args: Arguments, _kwargs: Keywords) -> list[list[list[Any]]]:
    """How the outputs, each times a random number, change with the weights.

    Args:
        function: makes the model.
        args: its arguments and keywords, a seed of the weights, an array per input.

    Returns:
        For each layer of the description, or for the model as a whole where it has no graph, a
        list of [shape, trainable, length of the gradient or None] per weight.
    """
    call_args, call_kwargs, seed, inputs = args
    made = _model_of(made_by(function, call_args, call_kwargs))
    _set_weights(made, inputs, seed)
    told = models.told_layers(made.answer, made.inputs)
    weights = [_own_weights(layer) for layer in told] or [list(_weights(made))]
    learned = {id(each): each for own in weights for each in own if each.trainable}
    lengths = dict(zip(learned, _lengths(made, inputs, seed, [*learned.values()]), strict=True))
    return [
        [[list(each.shape), each.trainable, lengths.get(id(each))] for each in own]
        for own in weights
    ]


def fit(function: Function, args: Arguments, _kwargs: Keywords) -> NDArray[Any]:
    """What a model predicts after it was trained from its own initial weights.

    Args:
        function: makes the model.
        args: its arguments and keywords; {"images", "labels", "epochs", "batch_size", "seed"};
            the images to predict for.
    """
    call_args, call_kwargs, training, images = args
    keras().utils.set_random_seed(training["seed"])
    made = _model_of(make(function, call_args, call_kwargs))
    model = made.answer
    if recorded.kind(model) == "tensors":
        model = keras().Model(made.inputs, model)
    model.compile(optimizer="adam", loss=_loss(model.output_shape))
    model.fit(
        training["images"],
        training["labels"],
        epochs=training["epochs"],
        batch_size=training["batch_size"],
        verbose=0,
    )
    return np.asarray(model.predict(images, verbose=0), np.float32)


OPERATIONS = {
    "call": call,
    "layers": layers,
    "outputs": outputs,
    "gradients": gradients,
    "fit": fit,
}


def _model_of(made: Made) -> Made:
    """What was made, where it can be computed with."""
    try:
        recorded.kind(made.answer)
    except recorded.Untellable:
        kind = type(made.answer).__name__
        raise TypeError(f"there is no Keras model to compute with, but {kind}") from None
    return made


def _has_graph(answer: Any) -> bool:
    return recorded.kind(answer) == "tensors" or recorded.has_graph(answer)


def _set_weights(made: Made, inputs: list[Any], seed: int) -> list[Any]:
    """Give every weight values that depend on the seed and its shape, and nothing else.

    Layers in another order, of other names or in a class of the student's own then compute the
    same. The price: two branches that are alike give the same, so their difference is nothing.
    """
    if not _has_graph(made.answer):
        _compute(made, inputs, False)  # builds it
    weights = list(_weights(made))
    drawn: dict[tuple[int, ...], NDArray[Any]] = {}
    for weight in weights:
        shape = tuple(weight.shape)
        if shape not in drawn:
            drawn[shape] = _draw(shape, seed)
        if "float" in str(weight.dtype):
            is_variance = weight.name == _VARIANCE
            weight.assign(np.abs(drawn[shape]) if is_variance else drawn[shape])
    return weights


def _weights(made: Made) -> Iterator[Any]:
    """All weights, each once."""
    if recorded.kind(made.answer) != "tensors":
        yield from made.answer.weights
        return
    nodes, _ = recorded.walk(made.inputs, list(recorded.tensors(made.answer)), _MAX_CALLS)
    seen: set[int] = set()
    for node in nodes:
        for weight in getattr(node.operation, "weights", ()):
            if id(weight) not in seen:
                seen.add(id(weight))
                yield weight


def _own_weights(layer: Any) -> list[Any]:
    """The weights of a layer; those of a model inside are its layers'."""
    return [] if recorded.origin(layer) == "model" else list(getattr(layer, "weights", ()))


def _draw(shape: tuple[int, ...], seed: int) -> NDArray[Any]:
    """Values with which signals pass fifty layers and a softmax at the end still tells them apart.

    Kernels keep a signal's size, the matrices of dense layers halve its power; biases, scales and
    means are small, and of both signs, so that what a ReLU holds back is missed.
    """
    rng = np.random.default_rng([seed, *shape])
    if len(shape) > 1:
        most = math.sqrt((3 if len(shape) > 2 else 1.5) / math.prod(shape[:-1]))
        return rng.uniform(-most, most, shape).astype(np.float32)
    signs = rng.choice([-1, 1], shape)
    return (signs * rng.uniform(*_SMALL, shape)).astype(np.float32)


def _compute(made: Made, inputs: list[Any], training: bool) -> list[Any]:
    """The model's outputs for arrays."""
    answer = made.answer
    if not _has_graph(answer):
        found = answer(inputs[0] if len(inputs) == 1 else inputs, training=training)
        return list(keras().tree.flatten(found))
    if recorded.kind(answer) == "tensors":
        return _run(made.inputs, list(recorded.tensors(answer)), inputs, training)
    return _run(list(answer.inputs), list(answer.outputs), inputs, training)


def _run(
    symbols: list[Any] | None, wanted: list[Any], values: list[Any], training: bool
) -> list[Any]:
    """Do again with values what Keras recorded between symbolic tensors.

    Keras itself lets the mode of the whole model overrule what a single call was given. Here a
    call that was given `training=False` keeps to it, as in eager code, and `training=True` means
    as in training only. What draws at random never does so: two draws cannot be compared.
    """
    nodes, found = recorded.walk(symbols, wanted, _MAX_CALLS)
    known = dict(_matched(found if symbols is None else symbols, values))
    for node in nodes:
        layer = node.operation
        args, kwargs = node.arguments.fill_in(known)
        mode = training and not _is_off(kwargs.get("training")) and not _is_random(layer)
        if recorded.origin(layer) == "model":
            given = keras().tree.flatten(args[0] if args else kwargs["inputs"])
            results = _run(list(layer.inputs), list(layer.outputs), given, mode)
        else:
            if "training" in inspect.signature(layer.call).parameters:
                kwargs["training"] = mode
            results = keras().tree.flatten(layer(*args, **kwargs))
        known.update(zip(map(id, node.outputs), results, strict=True))
    return [known[id(tensor)] for tensor in wanted]


def _matched(symbols: list[Any], values: list[Any]) -> Iterator[tuple[int, Any]]:
    """Each symbolic input with its value."""
    if len(symbols) != len(values):
        raise ValueError(f"the model takes {len(symbols)} inputs, it was given {len(values)}")
    for symbol, value in zip(symbols, values, strict=True):
        sizes = zip(symbol.shape, value.shape, strict=False)
        alike = len(symbol.shape) == len(value.shape)
        if not alike or any(wanted not in (None, size) for wanted, size in sizes):
            raise ValueError(
                f"the model takes an input of shape {tuple(symbol.shape)}, it was given one of "
                f"shape {tuple(value.shape)}"
            )
        yield id(symbol), keras().ops.convert_to_tensor(value, dtype=symbol.dtype)


def _is_off(training: Any) -> bool:
    return isinstance(training, bool | int | np.bool_) and not training


def _is_random(layer: Any) -> bool:
    return hasattr(layer, "seed_generator")


def _lengths(
    made: Made, inputs: list[Any], seed: int, weights: list[Any]
) -> Iterator[float | None]:
    """How long the gradient of each weight is."""
    tensorflow = importlib.import_module("tensorflow")
    rng = np.random.default_rng(seed)
    variables = [weight.value for weight in weights]
    with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        loss = 0.0
        for each in _compute(made, inputs, False):
            factors = rng.standard_normal(tuple(each.shape)).astype(np.float32)
            loss += tensorflow.reduce_sum(tensorflow.cast(each, "float32") * factors)
    for gradient in tape.gradient(loss, variables):
        yield (
            None
            if gradient is None
            else float(tensorflow.norm(tensorflow.convert_to_tensor(gradient)))
        )


def _loss(output_shape: Any) -> str:
    """The loss that goes with how many numbers a model gives for an image."""
    return "binary_crossentropy" if output_shape[-1] == 1 else "sparse_categorical_crossentropy"
