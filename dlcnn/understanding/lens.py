"""A Keras network as steps: run up to any tensor, or on from it.

It knows how a network is run, and nothing of what its outputs mean.
"""

import operator
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import keras

from dlcnn.models.graph import Node, Place, layer_calls, position
from dlcnn.models.shapes import Tensor, TensorShape, as_text
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.gradients import compiled

__all__ = ["Change", "Lens", "kept_lens", "lens_of", "without_activation"]

_PLAIN = (str, int, float, tuple, type(None))  # of settings; True and False are whole numbers

_Made = TypeVar("_Made")

Change = Callable[[int, Tensor], Tensor]
"""From the position of a node and one of its outputs to what stands in its place."""


class Lens:
    """The steps of a model that takes images.

    Attributes:
        name: the model's.
        nodes: its calls in an order of running, nested models opened.
        input: the place of the images.
        outputs: the places of what it gives.
        input_shape: of the images, the batch first.
    """

    def __init__(self, model: keras.Model, where: str) -> None:
        """Take a model apart.

        Raises:
            ModelError: it has no graph to read.
            UnderstandingError: it takes something else than images, or has the channels first.
        """
        self.nodes, self.outputs = layer_calls(model, where)
        self.name: str = model.name
        _expect_images(model, self.nodes, where)
        self.input = next(Place(i, 0) for i, node in enumerate(self.nodes) if not node.reads)
        self.input_shape: TensorShape = tuple(model.inputs[0].shape)
        self._variables = list(model.variables)
        self._kept: dict[Hashable, Any] = {}
        self._made_of = _made_of(model, self.nodes)

    def is_of(self, model: keras.Model, where: str) -> bool:
        """Whether the model still has the calls, settings and variables of this."""
        nodes, outputs = layer_calls(model, where)
        now = _made_of(model, nodes)
        same = len(now) == len(self._made_of) and all(map(operator.is_, now, self._made_of))
        return same and outputs == self.outputs

    def find(self, layer: str | keras.Layer, where: str) -> Place:
        """The first output of the call of a layer.

        Args:
            layer: itself, or its name as `models.summary_table` shows it; of a layer in a nested
                model its own name is enough where no other has it.
            where: the function that an error names.

        Raises:
            ModelError: there is no such layer (the nearest is offered), or it is called twice.
        """
        return Place(position(self.nodes, layer, where), 0)

    def run(
        self,
        given: Mapping[Place, Tensor],
        wanted: Sequence[Place],
        *,
        instead: Mapping[int, Any] = MappingProxyType({}),
        change: Change | None = None,
    ) -> list[Tensor]:
        """Compute some tensors of the network from others.

        Args:
            given: tensors that are known; nothing that only they need is computed.
            wanted: what to compute.
            instead: what to call in place of the layers of some nodes.
            change: what to put in place of each output as it is computed.
        """
        steps = self._needed(given, wanted)
        readers = Counter(place for step in steps for place in self.nodes[step].reads)
        readers.update(wanted)
        known = dict(given)
        for step in steps:
            node = self.nodes[step]
            inputs = [known[place] for place in node.reads]
            outputs = node.call(inputs, instead.get(step))
            for which, output in enumerate(outputs):
                known[Place(step, which)] = output if change is None else change(step, output)
            readers.subtract(node.reads)
            for place in set(node.reads):
                if not readers[place]:
                    del known[place]  # a deep network's activations would fill the memory
        return [known[place] for place in wanted]

    def _needed(self, given: Mapping[Place, Tensor], wanted: Sequence[Place]) -> list[int]:
        """The nodes to run, in order."""
        needed: set[int] = set()
        waiting = [place for place in wanted if place not in given]
        while waiting:
            step = waiting.pop().node
            if step not in needed:
                needed.add(step)
                waiting += [place for place in self.nodes[step].reads if place not in given]
        return sorted(needed)

    def behind(self, place: Place) -> set[int]:
        """The nodes that the outputs need and that depend on a tensor; none if it leads nowhere."""
        found: set[int] = set()
        for step in self.steps():
            reads = self.nodes[step].reads
            if place in reads or any(read.node in found for read in reads):
                found.add(step)
        return found

    def steps(self, *places: Place) -> list[int]:
        """The nodes that some tensors need, by default the outputs, in an order of running."""
        return self._needed({}, places or self.outputs)

    def program(self, key: Hashable, make: Callable[[], Callable[..., Any]]) -> Any:
        """A function over this network, made ready to run once and kept under `key`.

        It takes and gives NumPy arrays, and sees the weights that the model has when it is called.
        """
        return self.kept(("program", key), lambda: compiled(make(), self._variables))

    def kept(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What was found out about this network once, kept under `key` with the lens."""
        if key not in self._kept:
            self._kept[key] = make()
        return cast(_Made, self._kept[key])


def lens_of(model: keras.Model, where: str) -> Lens:
    """The lens of a model, kept as long as the model lives and stays as it is.

    Raises:
        ModelError, UnderstandingError: as for `Lens`.
    """
    return kept_lens(Lens, model, where)


_Kind = TypeVar("_Kind", bound=Lens)


def kept_lens(kind: type[_Kind], model: keras.Model, where: str) -> _Kind:
    """The lens of a kind that is kept for a model; a new one for a new or altered model."""
    known = _lenses.setdefault(model, {}) if isinstance(model, keras.Model) else {}
    found = known.get(kind)
    if found is None or not found.is_of(model, where):
        found = known[kind] = kind(model, where)
    return cast(_Kind, found)


# A lens holds layers and no model, so that it goes when its model goes.
_lenses: WeakKeyDictionary[keras.Model, dict[type[Lens], Lens]] = WeakKeyDictionary()


def without_activation(layer: Any) -> Any:
    """The same layer with the same weights, which leaves its sums as they are."""
    if isinstance(layer, keras.layers.Wrapper):
        return _twin(layer, layer=without_activation(layer.layer))
    return _twin(layer, activation=keras.activations.linear)


def _twin(layer: Any, /, **other: Any) -> Any:
    """The same layer with the same weights, but for some attributes."""
    # Not copy.copy: Keras layers copy themselves by saving, with weights of their own.
    twin = object.__new__(type(layer))
    vars(twin).update(vars(layer), **other)
    return twin


def _expect_images(model: keras.Model, nodes: Sequence[Node], where: str) -> None:
    """There is one input of images, and they are NHWC in the layers too."""
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4:
        shapes = " and ".join(as_text(tensor.shape) for tensor in model.inputs)
        raise UnderstandingError(
            f"{where}: a model takes images (batch, height, width, channels), and nothing else. "
            f"Received model={model.name!r}, which takes {shapes}. Pass one of images only."
        )
    first = [node for node in nodes if getattr(node.layer, "data_format", "") == "channels_first"]
    if first:
        raise UnderstandingError(
            f"{where}: images are (batch, height, width, channels). Received model={model.name!r}, "
            f"whose {first[0].kind} {first[0].name!r} has the channels first. Build it with "
            'data_format="channels_last", the weights are the same.'
        )


def _made_of(model: keras.Model, nodes: Sequence[Node]) -> list[Any]:
    """The variables, the calls, and the settings of the layers, however nested or wrapped."""
    parts: list[Any] = [*model.variables]
    for node in nodes:
        parts.append(node.record)
        for layer in node.layers:
            settings = [each for name, each in vars(layer).items() if not name.startswith("_")]
            parts += [each for each in settings if isinstance(each, _PLAIN) or callable(each)]
        if node.kind == "Normalization":  # what it has adapted to are no variables
            parts += [getattr(node.layer, "mean", None), getattr(node.layer, "variance", None)]
    return parts
