"""Untrusted side: TensorFlow's functions on outputs of layers, as Keras 2 let them be called.

TensorFlow asks what is registered here only where it has refused a call. What has one meaning in
`keras.ops` is done there; the rest stays refused. Nothing is run until it is asked.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING or __package__ != "profiles":
    from dlcnn.grading.worker import compat
else:  # in the worker, where there is no dlcnn
    import compat

__all__ = ["install"]

_OF_TWO = {"x": "x1", "y": "x2"}
_OVER_AXES = {"input_tensor": "x", "axis": "axis", "keepdims": "keepdims"}
_POOL = {"input": "inputs", "ksize": "pool_size", "strides": "strides", "padding": "padding"}
_PAD = {"tensor": "x", "paddings": "pad_width", "mode": "mode", "name": "", "constant_values": ""}

# By kinds, the function of `keras.ops` and the names that TensorFlow's parameters, in their order,
# have there.
_MEANINGS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "tf.abs": ("abs", {"x": "x"}),
    "tf.add": ("add", _OF_TWO),
    "tf.cast": ("cast", {"x": "x", "dtype": "dtype"}),
    "tf.concat": ("concatenate", {"values": "xs", "axis": "axis"}),
    "tf.exp": ("exp", {"x": "x"}),
    "tf.expand_dims": ("expand_dims", {"input": "x", "axis": "axis"}),
    "tf.maximum": ("maximum", _OF_TWO),
    "tf.minimum": ("minimum", _OF_TWO),
    "tf.multiply": ("multiply", _OF_TWO),
    "tf.nn.avg_pool2d": ("average_pool", _POOL),
    "tf.nn.elu": ("elu", {"features": "x"}),
    "tf.nn.leaky_relu": ("leaky_relu", {"features": "x", "alpha": "negative_slope"}),
    "tf.nn.max_pool2d": ("max_pool", _POOL),
    "tf.nn.relu": ("relu", {"features": "x"}),
    "tf.nn.relu6": ("relu6", {"features": "x"}),
    "tf.nn.selu": ("selu", {"features": "x"}),
    "tf.nn.softmax": ("softmax", {"logits": "x", "axis": "axis"}),
    "tf.nn.softplus": ("softplus", {"features": "x"}),
    "tf.pad": ("pad", _PAD),
    "tf.reduce_max": ("max", _OVER_AXES),
    "tf.reduce_mean": ("mean", _OVER_AXES),
    "tf.reduce_sum": ("sum", _OVER_AXES),
    "tf.reshape": ("reshape", {"tensor": "x", "shape": "newshape"}),
    "tf.sigmoid": ("sigmoid", {"x": "x"}),
    "tf.sqrt": ("sqrt", {"x": "x"}),
    "tf.square": ("square", {"x": "x"}),
    "tf.squeeze": ("squeeze", {"input": "x", "axis": "axis"}),
    "tf.subtract": ("subtract", _OF_TWO),
    "tf.tanh": ("tanh", {"x": "x"}),
    "tf.transpose": ("transpose", {"a": "x", "perm": "axes"}),
}
_KINDS = {kind.rpartition(".")[2]: kind for kind in _MEANINGS}


def _window(sizes: Any) -> Any:
    """Rows and columns of a window, which TensorFlow also takes as [1, rows, columns, 1]."""
    return tuple(sizes[1:3]) if isinstance(sizes, list | tuple) and len(sizes) == 4 else sizes


_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "mode": str.lower,
    "pad_width": lambda widths: np.asarray(widths).tolist(),
    "padding": str.lower,
    "pool_size": _window,
    "strides": _window,
}


def install() -> None:
    """Have TensorFlow's functions take the outputs of layers."""
    keras: Any = importlib.import_module("keras")
    dispatch: Any = importlib.import_module("tensorflow.python.util.dispatch")

    class Dispatcher(dispatch.GlobalOpDispatcher):  # type: ignore[misc]
        def handle(self, operation: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
            kind = _KINDS.get(operation.__name__.removesuffix("_v2"))
            if kind is None or not _any_is(keras.KerasTensor, (*args, *options.values())):
                return self.NOT_SUPPORTED
            name, parameters = _MEANINGS[kind]
            given = _in_keras(parameters, args, options)
            if given is None:
                return self.NOT_SUPPORTED
            compat.tolerate(kind)
            return getattr(keras.ops, name)(**given)

    Dispatcher().register()


def _any_is(output: type, values: tuple[Any, ...]) -> bool:
    """Whether any value is what a layer gave, or a list with one."""
    listed = [each for value in values if isinstance(value, list | tuple) for each in value]
    return any(isinstance(value, output) for value in (*values, *listed))


def _in_keras(
    parameters: Mapping[str, str], args: tuple[Any, ...], options: dict[str, Any]
) -> dict[str, Any] | None:
    """The arguments by their names in Keras; None where there is one that Keras has not."""
    if len(args) > len(parameters):
        return None
    given = dict(zip(parameters, args, strict=False)) | options
    given = {name: value for name, value in given.items() if value is not None and name != "name"}
    result = {}
    for name, value in given.items():
        if keras_name := parameters.get(name):
            result[keras_name] = _CONVERSIONS.get(keras_name, lambda same: same)(value)
        elif value not in (0, False, "NHWC"):  # what TensorFlow itself puts where nothing is given
            return None
    return result
