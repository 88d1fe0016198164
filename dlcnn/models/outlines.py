"""Networks as shapes only: counted, walked and drawn without memory for their weights.

It knows that Keras puts off making weights, and no network by name.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from dlcnn.models.library import build
from dlcnn.models.shapes import Shape

if TYPE_CHECKING:
    import keras

__all__ = ["is_outline", "makes_weights", "outline", "without_weights"]

_PUT_OFF = "uninitialized_variables"  # where Keras notes them; it has no public name for this
_shapes_only = ContextVar("_shapes_only", default=False)


def outline(
    name: str,
    /,
    input_shape: Shape | None = None,
    num_classes: int | None = None,
    *,
    variant: str | None = None,
    **options: Any,
) -> "keras.Model":
    """Build a network as shapes only, in milliseconds and without memory for its weights.

    It can be counted, walked and drawn, however large. It is not for running: its weights were
    never drawn, Keras puts in start values at each use, and what it answers means nothing. The
    arguments are those of `build`, except `weights`.
    """
    with without_weights():
        return build(name, input_shape, num_classes, variant=variant, **options)


@contextlib.contextmanager
def without_weights() -> Iterator[None]:
    """A `with` block in which all networks, patterns too, are built like those of `outline`."""
    import keras
    from keras.src.backend.common import global_state

    put_off = list(global_state.get_global_attribute(_PUT_OFF, []))
    before = _shapes_only.set(True)
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        _shapes_only.reset(before)
        # Or the next stateless scope, in any Lambda layer, would make the weights after all.
        global_state.set_global_attribute(_PUT_OFF, put_off)


def makes_weights() -> bool:
    """Whether what is built now gets weights: not within `without_weights`."""
    return not _shapes_only.get()


def is_outline(model: "keras.Model") -> bool:
    """Whether a model's weights were put off."""
    return any(weight._value is None for weight in model.weights)
