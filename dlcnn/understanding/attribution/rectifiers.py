"""Which calls of a network end with a ReLU, told by what they do and not by what they are called.

It must not know what is done to them.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Node
from dlcnn.models.shapes import Tensor, TensorShape
from dlcnn.understanding.lens import Lens, without_activation

__all__ = ["Rectifiers", "rectifiers_of"]

_Array = npt.NDArray[Any]

# Whole in binary, so that half precision has them too. The last may be cut off, as by a ReLU6.
_LEVELS = np.array([-8, -1, -(2**-6), 2**-6, 0.25, 8], np.float32)
_FEW = 9  # of a side whose size is open, or does not matter
_KNOWN = ("keras.", "dlcnn.")  # modules whose layers have no ReLU but at their end


class Rectifiers(NamedTuple):
    """The ReLUs of a network.

    Attributes:
        steps: the nodes whose output is that of a ReLU.
        unseen: the names of nodes of others' code that may have a ReLU further inside.
    """

    steps: frozenset[int]
    unseen: tuple[str, ...]


def rectifiers_of(lens: Lens) -> Rectifiers:
    """The ReLUs of a network, found once and kept as long as the lens lives.

    A ReLU is 0 below zero and gives back what is just above; it may cut off what is large. So leaky
    ones, and those with a threshold above zero, are none.
    """
    if lens not in _known:
        nodes = {step: lens.nodes[step] for step in lens.steps() if lens.nodes[step].reads}
        steps = frozenset(step for step, node in nodes.items() if _ends_with_relu(node))
        hiding = (each for step, each in nodes.items() if step not in steps and _may_hide(each))
        _known[lens] = Rectifiers(steps, tuple(each.name for each in hiding))
    return _known[lens]


_known: WeakKeyDictionary[Lens, Rectifiers] = WeakKeyDictionary()


def _ends_with_relu(node: Node) -> bool:
    """Whether a call is a ReLU as a whole, or ends with an activation that is one."""
    *_, inner = _wrapped(node.layer)
    activation = getattr(inner, "activation", None)
    if _learns(activation):
        return False
    *sizes, channels = node.output_shape or [1]
    few = *(min(size or _FEW, _FEW) for size in sizes), channels  # it knows no height or width
    ends = activation is not None and _is_relu(activation, few)
    if activation is not None and _is_known(node.layer):
        return ends
    outputs = [tensor.shape for tensor in node.record.output_tensors]
    if [*node.input_shapes] == outputs and len(outputs) == 1 and not _learns(node.layer):
        return _is_relu(lambda values: node.call([values])[0], node.output_shape)
    return ends and _is_last(activation, node)


def _may_hide(node: Node) -> bool:
    """Whether a call runs code of others that may have a ReLU inside: that bends numbers."""
    return not _is_known(node.layer) and (_learns(node.layer) or not _is_affine(node))


def _learns(called: Any) -> bool:
    """Whether something has weights, or will: a PReLU may look like a ReLU for the moment."""
    if isinstance(called, keras.Layer) and not called.built:
        return type(called).build is not keras.Layer.build
    return bool(getattr(called, "weights", ()))


def _wrapped(layer: Any) -> Iterator[Any]:
    """A layer, the layer that it wraps, and so on."""
    yield layer
    while isinstance(layer, keras.layers.Wrapper):
        layer = layer.layer
        yield layer


def _is_known(layer: Any) -> bool:
    """Whether only code that is known runs when a layer is called, up to its activation."""
    return all(
        type(each).call.__module__.startswith(_KNOWN)
        and not isinstance(each, keras.Model | keras.layers.Lambda)
        for each in _wrapped(layer)
    )


def _is_relu(function: Callable[[Tensor], Tensor], shape: TensorShape) -> bool:
    """Whether a function is a ReLU of each of its numbers: at every place every level is tried."""
    turned = (np.roll(_LEVELS, turn) for turn in range(len(_LEVELS)))
    return all(_is_relu_on(np.resize(levels, _sized(shape)), function) for levels in turned)


def _is_relu_on(given: _Array, function: Callable[[Tensor], Tensor]) -> bool:
    found = _outcome(function, given)
    if found is None or found.shape != given.shape:
        return False
    high = given == _LEVELS[-1]
    return (
        np.allclose(found[~high], np.maximum(given[~high], 0), rtol=0, atol=1e-6)
        and bool((found[high] >= _LEVELS[-2]).all())
        and bool((found[high] <= _LEVELS[-1]).all())
    )


def _is_last(activation: Any, node: Node) -> bool:
    """Whether all that a call does comes before its activation, tried on random numbers."""
    whole = _outcome(lambda *values: node.call(values)[0], *_random(node))
    twin = without_activation(node.layer)
    before = _outcome(lambda *values: node.call(values, twin)[0], *_random(node))
    if whole is None or before is None or not (before < 0).any():
        return False
    after = _outcome(activation, before)
    return after is not None and np.allclose(after, whole, rtol=1e-3, atol=1e-5)


def _is_affine(node: Node) -> bool:
    """Whether a call only adds and multiplies by constants, tried on random numbers."""
    there = _random(node)
    up, down, middle = (
        _outcome(lambda *values: node.call(values)[0], *(sign * each for each in there))
        for sign in (1, -1, 0)
    )
    if up is None or down is None or middle is None:
        return False
    return np.allclose(up + down, 2 * middle, rtol=0, atol=1e-2 * float(np.abs(up).max()))


def _random(node: Node) -> list[_Array]:
    chance = np.random.default_rng(0)
    return [chance.standard_normal(_sized(shape), np.float32) for shape in node.input_shapes]


def _sized(shape: TensorShape) -> list[int]:
    """The shape of a batch of one."""
    return [1, *(size or _FEW for size in shape[1:])]


def _outcome(function: Callable[..., Tensor], *given: _Array) -> _Array | None:
    """What a function gives; None if it does not take such arrays."""
    try:
        tensors = map(ops.convert_to_tensor, given)
        found: _Array = ops.convert_to_numpy(function(*tensors)).astype(np.float32)
    except Exception:  # code of all kinds, tried on what it may not have been written for
        return None
    return found
