"""Why a network cannot be built as asked, in a sentence; it knows builders, and no network by name.

Networks are tried here without memory for their weights, which takes milliseconds.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras

__all__ = ["explain", "without_weights"]


def without_weights() -> keras.StatelessScope:
    """A `with` block in which networks are built as shapes only.

    What is built in it can be counted, walked and drawn, however large, and cannot be run.
    """
    return keras.StatelessScope(initialize_variables=False)


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
        return f"{name}: Keras cannot build it so. Received {arguments}. {_first_sentence(error)}."
    if None in shape:
        return (
            f"{name}: its dense layers need a fixed number of inputs, so the image size must be "
            f"given. Received input_shape={shape}. Give whole pixels, {smallest[:2]} or more."
        )
    reason = _refusal(smallest, shape, function, arguments) or _first_sentence(error)
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
        working = function(**{**arguments, "input_shape": smallest})
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


def _first_sentence(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
