"""Which calls of a network end with a ReLU, told by what they do and not by what they are called.

It must not know what is done to them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from dlcnn.models.graph import Node, Place
from dlcnn.models.shapes import Tensor, TensorShape
from dlcnn.understanding.lens import Lens, without_activation

__all__ = ["Rectifiers", "rectifiers_of"]

_Array = npt.NDArray[Any]

# Whole in binary, so that half precision has them too. The last may be cut off, as by a ReLU6.
_LEVELS = np.array([-8, -1, -(2**-6), 2**-6, 2**-4, 8], np.float32)
_FEW = 9  # of a side whose size is open, or does not matter
_KNOWN = ("keras.", "dlcnn.")  # modules whose layers have no ReLU but at their end, except of
_OPAQUE = (  # those that run code of others, or an activation at each of their steps
    *(keras.Model, keras.layers.Lambda, keras.layers.Pipeline),
    *(keras.layers.JaxLayer, keras.layers.TFSMLayer, keras.layers.TorchModuleWrapper),
    *(keras.layers.RNN, keras.layers.Bidirectional),
)


class Rectifiers(NamedTuple):
    """The ReLUs of a network.

    Attributes:
        steps: the nodes whose output is that of a ReLU.
        unseen: the names of nodes that may have a ReLU inside, before their end: own code that
            bends numbers or has weights, and layers that repeat themselves. They may be among
            `steps`, too.
    """

    steps: frozenset[int]
    unseen: tuple[str, ...]


def rectifiers_of(lens: Lens) -> Rectifiers:
    """The ReLUs of a network, found once and kept as long as the lens lives.

    A ReLU is 0 below zero and gives back what is just above; it may cut off what is large. So leaky
    ones, and those with a threshold above zero, are none.
    """
    return lens.kept("rectifiers", lambda: _search(lens))


def _search(lens: Lens) -> Rectifiers:
    steps: set[int] = set()
    unseen: list[str] = []
    for step in lens.steps():
        node = lens.nodes[step]
        ends = _ends_with_relu(node)
        whole = not ends and _is_whole(lens, step, steps)
        if ends or whole:
            steps.add(step)
        if not whole and _may_hide(node, ends):
            unseen.append(node.name)
    return Rectifiers(frozenset(steps), tuple(unseen))


def _ends_with_relu(node: Node) -> bool:
    """Whether the activation of a call is a ReLU, and the last that it does."""
    activation = getattr(node.layers[-1], "activation", None)
    if activation is None or _learns(activation):
        return False
    *sizes, channels = node.output_shape or [1]
    few = *(min(size or _FEW, _FEW) for size in sizes), channels  # it knows no height or width
    return _is_relu(activation, few) and (_is_known(node) or _is_last(activation, node))


def _is_whole(lens: Lens, step: int, found: set[int]) -> bool:
    """Whether a call is a ReLU as a whole, by itself or together with calls before it.

    Of the tensors that lead to it, the latest is traced back until all come from a single one:
    y, of `where(y > 0, y, 0)`. What learns, or is a ReLU itself, is not passed.
    """
    behind = lens.nodes[step]
    sources: set[Place] = set()
    while behind.reads and not _has_weights(behind):
        sources |= {*behind.reads}
        source = max(sources)
        if len(sources) == 1 and _is_relu_of(lens, source, step):
            return True
        if source.node in found:
            return False
        sources.remove(source)
        behind = lens.nodes[source.node]
    return False


def _may_hide(node: Node, ends: bool) -> bool:
    """Whether a call may have a ReLU inside, before the one that it may end with."""
    if _is_known(node):
        return False
    if ends:
        return not _is_affine(node, without_activation(node.layer))
    return _has_weights(node) or not _is_affine(node, node.layer)


def _has_weights(node: Node) -> bool:
    """Whether there are weights in a call, of its layer, what that wraps, or their activation."""
    return any(_learns(each) or _learns(getattr(each, "activation", None)) for each in node.layers)


def _learns(called: Any) -> bool:
    """Whether something has weights, or will: a PReLU may look like a ReLU for the moment."""
    if isinstance(called, keras.Layer) and not called.built:
        return type(called).build is not keras.Layer.build
    return bool(getattr(called, "weights", ()))


def _is_known(node: Node) -> bool:
    """Whether only code that is known runs when a layer is called, up to its activation."""
    return all(
        type(each).call.__module__.startswith(_KNOWN) and not isinstance(each, _OPAQUE)
        for each in node.layers
    )


def _is_relu_of(lens: Lens, source: Place, step: int) -> bool:
    """Whether the one output of a node is a ReLU of a tensor before it."""
    outputs = lens.nodes[step].record.output_tensors
    shape = lens.nodes[source.node].record.output_tensors[source.output].shape
    if len(outputs) > 1 or outputs[0].shape != shape:
        return False
    return _is_relu(lambda values: lens.run({source: values}, [Place(step, 0)])[0], shape)


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


def _is_affine(node: Node, layer: Any) -> bool:
    """Whether a call of a layer only adds and multiplies by constants, tried on random numbers."""
    there = _random(node)
    up, down, middle = (
        _outcome(lambda *values: node.call(values, layer)[0], *(sign * each for each in there))
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
