"""Gradients, and functions made ready to run often, on whatever framework Keras computes with.

With `train_steps` the only place that knows frameworks: all else is written with `keras.ops`. It
knows nothing of what is differentiated.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras

from dlcnn.models.shapes import Tensor
from dlcnn.understanding.errors import UnderstandingError

__all__ = ["compiled", "rectified", "value_and_gradient"]


def value_and_gradient(
    function: Callable[[Tensor], Tensor],
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """Turn a function into one that also gives the gradient of the sum of its values.

    Where the values are one per example, and each depends on its own example only, that is the
    gradient of each.

    Args:
        function: from a tensor to a tensor of any shape, of operations of `keras.ops` and layers.

    Returns:
        From a tensor to (values, gradient); the gradient has the shape of the tensor.

    Raises:
        UnderstandingError: when the result is called, if no gradient leads back to the tensor.
            JAX gives zeros instead.
    """
    return {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[keras.backend.backend()](
        function
    )


def _no_gradient() -> UnderstandingError:
    return UnderstandingError(
        "gradient: operations that can be differentiated lead from the images to the score. "
        "Received a model in which none do: a layer rounds, compares, counts or stops gradients. "
        "Explain it up to there, or with occlusion, which needs no gradient."
    )


def _tensorflow(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    import tensorflow as tf

    def both(inputs: Tensor) -> tuple[Tensor, Tensor]:
        # A tensor of its own: layers such as Identity give back the very tensor that they got, and
        # what else reads that one is not to be followed.
        inputs = tf.identity(inputs)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            values = function(inputs)
        gradient = tape.gradient(values, inputs)
        if gradient is None:
            raise _no_gradient()
        return values, gradient

    return both


def _jax(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    import jax

    def total(inputs: Tensor) -> tuple[Tensor, Tensor]:
        values = function(inputs)
        return values.sum(), values

    def both(inputs: Tensor) -> tuple[Tensor, Tensor]:
        (_, values), gradient = jax.value_and_grad(total, has_aux=True)(inputs)
        return values, gradient

    return both


def _torch(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    import torch

    def both(inputs: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            inputs = inputs.detach().requires_grad_(True)
            values = function(inputs)
            if not values.requires_grad:
                raise _no_gradient()
            (gradient,) = torch.autograd.grad(values.sum(), [inputs], allow_unused=True)
        if gradient is None:
            raise _no_gradient()
        return values.detach(), gradient

    return both


@keras.ops.custom_gradient  # type: ignore[untyped-decorator]  # Keras has no types
def rectified(inputs: Tensor) -> Any:
    """Give the inputs as they are; on the way back, only what is positive of a gradient."""

    def gradient(*upstream_as_arguments: Tensor, upstream: Tensor = None) -> Tensor:
        (given,) = upstream_as_arguments if upstream is None else (upstream,)
        return keras.ops.relu(given)

    return keras.ops.convert_to_tensor(inputs), gradient


def compiled(function: Callable[..., Any], variables: Sequence[keras.Variable]) -> Any:
    """Make a function ready to run often: traced or compiled where the framework can.

    Args:
        function: from tensors to a tree of tensors, of operations of `keras.ops` and layers.
        variables: all that it reads; their values are those of the time of each call.

    Returns:
        From arrays to the same tree of NumPy arrays.
    """
    run = {"tensorflow": _traced, "jax": _jitted, "torch": _plain}[keras.backend.backend()](
        function, variables
    )

    def on_arrays(*arrays: Any) -> Any:
        outputs = run(*map(keras.ops.convert_to_tensor, arrays))
        return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)

    return on_arrays


def _traced(function: Callable[..., Any], variables: Sequence[keras.Variable]) -> Any:  # noqa: ARG001  # TensorFlow finds them
    import tensorflow as tf

    made: dict[Any, Any] = {}

    def run(*tensors: Tensor) -> Any:
        # Only the number of rows may stay open in a graph: other sizes are known, as with JAX.
        sizes = tuple(tuple(tensor.shape[1:]) for tensor in tensors)
        if sizes not in made:
            # TensorFlow warns of many traces of one code, even of many models; a partial has none.
            made[sizes] = tf.function(partial(function), autograph=False, reduce_retracing=True)
        return made[sizes](*tensors)

    return run


def _jitted(function: Callable[..., Any], variables: Sequence[keras.Variable]) -> Any:
    import jax

    @jax.jit  # type: ignore[untyped-decorator]
    def with_values(values: list[Tensor], *tensors: Tensor) -> Any:
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
            return function(*tensors)

    return lambda *tensors: with_values([each.value for each in variables], *tensors)


def _plain(function: Callable[..., Any], variables: Sequence[keras.Variable]) -> Any:  # noqa: ARG001  # PyTorch runs as it goes
    import torch

    return torch.no_grad()(function)
