"""Why a network cannot be built as asked, in a sentence; it knows builders, and no network by name.

Networks are tried here without memory for their weights, which takes milliseconds.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras

from dlcnn.models.errors import ModelError, first_line
from dlcnn.models.outlines import makes_weights, without_weights

__all__ = ["MAX_PARAMETERS", "explain", "refuse_too_large"]

MAX_PARAMETERS = 250_000_000
"""A gigabyte of weights, nearly twice VGG-19: more is taken for a slip."""


def refuse_too_large(
    name: str,
    function: Callable[..., keras.Model],
    arguments: Mapping[str, Any],
    defaults: Mapping[str, Any],
) -> None:
    """Refuse a network that memory may not hold, before its weights are made.

    Args:
        name: the network's name.
        function: its builder.
        arguments: all arguments of the builder.
        defaults: those of its own size, which is known to be small enough.

    Raises:
        ModelError: it would have more than `MAX_PARAMETERS`.
    """
    sizes, own = ((*each["input_shape"], each["num_classes"]) for each in (arguments, defaults))
    larger = any((size or 0) > usual for size, usual in zip(sizes, own, strict=True))
    if not larger or not makes_weights():
        return
    with without_weights():
        parameters = function(**arguments).count_params()
    if parameters > MAX_PARAMETERS:
        raise ModelError(
            f"{name}: a network has {MAX_PARAMETERS:,} parameters at most, this one would have "
            f"{parameters:,}. Received input_shape={arguments['input_shape']}, "
            f"num_classes={arguments['num_classes']}. Make one of them smaller; models.outline "
            "shows networks of any size."
        )


def explain(
    name: str,
    function: Callable[..., keras.Model],
    arguments: Mapping[str, Any],
    error: Exception,
) -> str:
    """Say why `function(**arguments)` raised `error`: the layer, its need, the smallest size.

    Args:
        name: the network's name.
        function: its builder.
        arguments: all arguments of the builder, `input_shape` among them.
        error: what Keras raised.

    Returns:
        The message for a `ModelError`.
    """
    shape = arguments["input_shape"]
    smallest = _smallest(function, arguments)
    if smallest is None:
        return f"{name}: Keras cannot build it so. Received {arguments}. {first_line(error)}."
    if None in shape:
        return (
            f"{name}: its dense layers need a fixed number of inputs, so the image size must be "
            f"given. Received input_shape={shape}. Give whole pixels, {smallest[:2]} or more."
        )
    reason = _refusal(smallest, shape, function, arguments) or first_line(error)
    return (
        f"{name}: {reason}. Received input_shape={shape}. The smallest square that it takes is "
        f"{smallest}."
    )


def _smallest(
    function: Callable[..., keras.Model], arguments: Mapping[str, Any]
) -> tuple[int, int, int] | None:
    """The smallest square input that can be built with the other arguments; None if none can."""
    channels = arguments["input_shape"][2]
    too_small, enough = 0, 1024
    while enough - too_small > 1:
        size = (too_small + enough) // 2
        if _build(function, {**arguments, "input_shape": (size, size, channels)}):
            enough = size
        else:
            too_small = size
    return None if enough == 1024 else (enough, enough, channels)


def _build(
    function: Callable[..., keras.Model], arguments: Mapping[str, Any]
) -> keras.Model | None:
    with without_weights():
        try:
            return function(**arguments)
        except ValueError:
            return None


def _refusal(
    smallest: tuple[int, int, int],
    shape: tuple[int, int, int],
    function: Callable[..., keras.Model],
    arguments: Mapping[str, Any],
) -> str | None:
    """Send `shape` through the layers of a network that works, up to the one that refuses it."""
    calls: list[tuple[keras.Layer, Any]] = []

    def call(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
        calls.append((layer, args[0]))
        return layer(*args, **kwargs)

    with without_weights():
        sized = function(**{**arguments, "input_shape": smallest})
        working = keras.Model(sized.inputs[0], sized.outputs)  # Sequential ones hide their calls
        try:
            keras.models.clone_model(working, input_tensors=keras.Input(shape), call_function=call)
            return None
        except ValueError:
            layer, received = calls[-1]
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if window is None:
        return None
    kind = type(layer).__name__
    alike = [other.name for other in working.layers if type(other) is type(layer)]
    return (
        f"{kind} {alike.index(layer.name) + 1} of {len(alike)} needs {window[0]} x {window[1]} "
        f"pixels and receives {received.shape[1]} x {received.shape[2]}"
    )
