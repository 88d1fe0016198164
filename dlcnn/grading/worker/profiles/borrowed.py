"""Untrusted side: what stands for a task that the grader answers, in a Keras model that is made.

A symbolic tensor cannot be sent, so the grader is asked only which shape comes out. A layer that
computes nothing takes the place of what the task would have added, and tells how it was called.
"""

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from . import recorded  # by path in the worker, as part of dlcnn in tests

__all__ = ["stand_in"]

_PLAIN = (type(None), bool, int, float, str)


def stand_in(name: str, ask: Callable[..., Any]) -> Callable[..., object]:
    """The function that stands for the task `name`; `ask` has the grader answer a call of it."""

    def function(*args: object, **kwargs: object) -> object:
        tensors = [*recorded.tensors([args, kwargs])]
        if not tensors:
            raise TypeError(f"{name} takes a Keras tensor, as keras.Input(...) or a layer gives it")
        arguments = [_told(each) for each in args]
        keywords = {
            key: _told(kwargs[key])
            for key in sorted(kwargs)
            if kwargs[key] is not None and _is_plain(kwargs[key])
        }
        shape = ask(*arguments, **keywords)
        said = {"function": name, "arguments": arguments, "keywords": keywords}
        return _layer_class()(said, tuple(shape))(tensors)

    return function


def _is_plain(value: Any) -> bool:
    """Whether it can be sent; an initializer, say, decides nothing that is compared."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, _PLAIN) or recorded.is_tensor(value)


def _told(value: Any) -> Any:
    if recorded.is_tensor(value):
        return {"keras": "tensor", "shape": list(value.shape)}
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]
    return value if _is_plain(value) else None


@cache
def _layer_class() -> type:
    """Made late, since Keras is loaded by the profile."""
    keras: Any = importlib.import_module("keras")

    class Borrowed(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        def __init__(self, said: dict[str, Any], shape: tuple[int | None, ...]) -> None:
            super().__init__()
            self.borrowed = said
            self._shape = shape

        def call(self, inputs: Any) -> Any:
            raise NotImplementedError("what the grader answered has a shape and no values")

        def compute_output_spec(self, inputs: Any) -> Any:
            return keras.KerasTensor(self._shape, inputs[0].dtype)

    return Borrowed
