"""Keras' train step with something before it, on whatever framework Keras computes with.

Beside `gradients` the one place that knows frameworks. It knows nothing of what is done there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from dlcnn.models.shapes import Tensor

__all__ = ["changed_batches"]

_STEP = "train_step"


@contextmanager
def changed_batches(
    model: keras.Model, change: Callable[[Tensor, Tensor], Tensor]
) -> Iterator[None]:
    """Let a compiled model learn from changed images while the block lasts.

    The change is a part of the step, so that it is traced and compiled with it, repeated with
    `steps_per_execution`, and sees the weights that the step before left. Validation and
    prediction go on as they were; so does training when the block ends, however it does.

    Args:
        model: compiled.
        change: from the images and the labels of a batch to the images to learn from; of
            operations of `keras.ops` and layers.
    """
    before = vars(model).get(_STEP)
    step = model.train_step
    with_state = keras.backend.backend() == "jax"
    model.train_step = (_with_state if with_state else _plain)(model, step, change)
    model.train_function = None  # it holds the step that it was made of
    try:
        yield
    finally:
        if before is None:
            del model.train_step
        else:
            model.train_step = before
        model.train_function = None


def _changed(data: Any, change: Callable[[Tensor, Tensor], Tensor]) -> Any:
    images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
    first = keras.tree.flatten(labels)[0]  # a model of several outputs has its labels for each
    return keras.utils.pack_x_y_sample_weight(change(images, first), labels, weights)


def _plain(model: keras.Model, step: Any, change: Callable[[Tensor, Tensor], Tensor]) -> Any:  # noqa: ARG001  # TensorFlow and PyTorch have the weights in the layers
    def train_step(data: Any) -> Any:
        return step(_changed(data, change))

    return train_step


def _with_state(model: keras.Model, step: Any, change: Callable[[Tensor, Tensor], Tensor]) -> Any:
    """JAX hands the values of all variables to the step."""

    def train_step(state: Any, data: Any) -> Any:
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        values = [*state[0], *state[1]]
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
            changed = _changed(data, change)
        return step(state, changed)

    return train_step
