"""A Keras classifier as steps: run up to any layer, or on from it, to the scores before a softmax.

It knows how a network is run, and nothing of what is asked about it.
"""

import operator
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

import keras
from keras import ops

from dlcnn.models.answers import answer_at
from dlcnn.models.graph import Node, Place, layer_calls, position
from dlcnn.models.shapes import Tensor, TensorShape
from dlcnn.understanding.classifiers import expect_classifier
from dlcnn.understanding.errors import UnderstandingError
from dlcnn.understanding.gradients import compiled

__all__ = ["Change", "Lens", "lens_of", "without_activation"]

_WITHOUT_GRADIENT = {"Ceil", "Floor", "Round", "Sign", "StopGradient", "Trunc"}  # of `keras.ops`

_LEAST = 1e-7  # probability, of which there is a logarithm

Change = Callable[[int, Tensor], Tensor]
"""From the position of a node and one of its outputs to what stands in its place."""


class Lens:
    """The steps of one model.

    Attributes:
        name: the model's.
        nodes: its calls in an order of running, nested models opened.
        input: the place of the images.
        output: the place of the answer.
        input_shape: of the images, the batch first.
        classes: how many classes it tells apart; 2 for a single unit.
        activation: what the answer ends with: "softmax", "sigmoid" or "linear".
        answer: the place where it does; layers behind it only keep or average the numbers.
        scoring: what to call in place of some nodes' layers so that the answer is logits.
    """

    def __init__(self, model: keras.Model, where: str) -> None:
        """Take a model apart.

        Raises:
            ModelError: it has no graph to read.
            UnderstandingError: it is not from images to the scores of classes.
        """
        self.nodes, outputs = layer_calls(model, where)
        self.name: str = model.name
        expect_classifier(model, self.nodes, where)
        self.output = outputs[0]
        self.input = next(Place(i, 0) for i, node in enumerate(self.nodes) if not node.reads)
        self.input_shape: TensorShape = tuple(model.inputs[0].shape)
        self._units: int = model.outputs[0].shape[-1]
        self.classes = max(2, self._units)
        answer = answer_at(self.nodes, self.output)
        if not answer.is_known:
            raise UnderstandingError(
                f"{where}: a class has a score, so a model ends in a softmax, a sigmoid or "
                f"logits. Received model={self.name!r}, which ends in {answer.activation}. End it "
                'with keras.layers.Dense(number of classes, activation="softmax").'
            )
        self.activation = answer.activation
        self.answer = answer.place
        self.scoring: dict[int, Any] = {}
        self._is_mean = answer.activation != "linear" and self._pools_behind(answer.place)
        if answer.activation != "linear" and not self._is_mean:
            layer = self.nodes[answer.place.node].layer
            self.scoring[answer.place.node] = (
                _as_it_is if answer.separate else without_activation(layer)
            )
        self._variables = list(model.variables)
        self._programs: dict[Hashable, Any] = {}
        self._made_of = _made_of(model, self.nodes)

    def _pools_behind(self, answer: Place) -> bool:
        """Whether probabilities of many positions are averaged into the answer."""
        place = self.output
        while place != answer:
            if "Pooling" in self.nodes[place.node].kind:
                return True
            place = self.nodes[place.node].reads[0]
        return False

    def is_of(self, model: keras.Model, where: str) -> bool:
        """Whether the model still has the calls, activations and variables of this."""
        nodes, outputs = layer_calls(model, where)
        now = _made_of(model, nodes)
        same = len(now) == len(self._made_of) and all(map(operator.is_, now, self._made_of))
        return same and outputs == [self.output]

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

    def logits(self, images: Tensor, *, change: Change | None = None) -> Tensor:
        """(N, units): the numbers before the softmax or sigmoid, in float32 or more."""
        return self.logits_from({self.input: images}, change=change)

    def logits_from(self, given: Mapping[Place, Tensor], *, change: Change | None = None) -> Tensor:
        """The logits that follow from tensors within the network.

        A mean of the probabilities of many positions has none: its logarithm stands for them, or
        with a sigmoid its log-odds.
        """
        (logits,) = self.run(given, [self.output], instead=self.scoring, change=change)
        logits = _at_least_float32(logits)
        if not self._is_mean:
            return logits
        means = ops.clip(logits, _LEAST, 1 - _LEAST)
        odds = ops.log(means)
        return odds - ops.log(1 - means) if self.activation == "sigmoid" else odds

    def scores(self, logits: Tensor, targets: Tensor) -> Tensor:
        """(N,): the logit of each one's target; of a single unit minus it for the first class."""
        if self._units == 1:
            return logits[:, 0] * ops.cast(2 * targets - 1, logits.dtype)
        return ops.sum(logits * ops.one_hot(targets, self._units, dtype=logits.dtype), axis=-1)

    def probabilities(self, logits: Tensor) -> Tensor:
        """(N, classes): what the model answers with, from its logits.

        Each class has its own sigmoid if the answer ends with one, and a single unit counts as
        one; else they share a softmax.
        """
        if self._units == 1:
            second = ops.sigmoid(logits)
            return ops.concatenate([1 - second, second], axis=-1)
        return ops.sigmoid(logits) if self.activation == "sigmoid" else ops.softmax(logits)

    def split(self, images: Tensor, place: Place) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """Cut the network at a tensor.

        Returns:
            The tensor's value, and the function from such a value to the logits. What passes the
            cut on other ways, such as shortcuts, stays as it is for the images.
        """
        behind = self.behind(place)
        passing = {
            read
            for step in behind
            for read in self.nodes[step].reads
            if read != place and read.node not in behind
        }
        here, *others = self.run({self.input: images}, [place, *passing])
        kept = dict(zip(passing, others, strict=True))

        def onwards(value: Tensor) -> Tensor:
            return self.logits_from({**kept, place: value})

        return here, onwards

    def behind(self, place: Place) -> set[int]:
        """The nodes that the answer needs and that depend on a tensor; none if it leads nowhere."""
        found: set[int] = set()
        for step in self.steps():
            reads = self.nodes[step].reads
            if place in reads or any(read.node in found for read in reads):
                found.add(step)
        return found

    def steps(self, *places: Place) -> list[int]:
        """The nodes that some tensors need, by default the answer, in an order of running."""
        return self._needed({}, places or [self.output])

    def expect_differentiable(self, place: Place) -> None:
        """Refuse to ask for a gradient of the score where none leads back to `place`.

        Raises:
            UnderstandingError: a layer cuts it off; the layer is named.
        """
        reached = {place}
        blocked: list[Node] = []
        for step in self.steps():
            node = self.nodes[step]
            if not reached.intersection(node.reads):
                continue
            if _stops_gradients(node):
                blocked.append(node)
            else:
                reached.update(Place(step, i) for i in range(len(node.record.output_tensors)))
        if self.output not in reached and blocked:
            raise UnderstandingError(
                "gradient: operations that can be differentiated lead from the images to the "
                f"score. Received model={self.name!r}, in which the {blocked[0].kind} "
                f"{blocked[0].name!r} is none. Explain it up to there, or with occlusion, which "
                "needs no gradient."
            )

    def program(self, key: Hashable, make: Callable[[], Callable[..., Any]]) -> Any:
        """A function over this network, made ready to run once and kept under `key`.

        It takes and gives NumPy arrays, and sees the weights that the model has when it is called.
        """
        if key not in self._programs:
            self._programs[key] = compiled(make(), self._variables)
        return self._programs[key]


def lens_of(model: keras.Model, where: str) -> Lens:
    """The lens of a model, kept as long as the model lives and stays as it is.

    Raises:
        ModelError: it has no graph to read.
        UnderstandingError: it is not from images to the scores of classes.
    """
    known = _lenses.get(model) if isinstance(model, keras.Model) else None
    if known is None or not known.is_of(model, where):
        known = Lens(model, where)
        _lenses[model] = known
    return known


# A lens holds layers and no model, so that it goes when its model goes.
_lenses: WeakKeyDictionary[keras.Model, Lens] = WeakKeyDictionary()


def _stops_gradients(node: Node) -> bool:
    """Whether a node gives integers or truth values, or stops gradients on purpose."""
    given = keras.backend.standardize_dtype(node.record.output_tensors[0].dtype)
    return not given.startswith(("float", "bfloat")) or node.kind in _WITHOUT_GRADIENT


def _as_it_is(inputs: Tensor, *_: Any, **__: Any) -> Tensor:
    return inputs


def without_activation(layer: Any) -> Any:
    """The same layer with the same weights, which leaves its sums as they are."""
    # Not copy.copy: Keras layers copy themselves by saving, with weights of their own.
    twin = object.__new__(type(layer))
    vars(twin).update(vars(layer), activation=keras.activations.linear)
    return twin


def _made_of(model: keras.Model, nodes: Sequence[Node]) -> list[Any]:
    """What other objects stand in when a layer, however nested, is put in, taken out or altered."""
    parts: list[Any] = [*model.variables]
    for node in nodes:
        parts += [node.record, getattr(node.layer, "activation", None)]
        if node.kind == "Normalization":  # what it has adapted to are no variables
            parts += [getattr(node.layer, "mean", None), getattr(node.layer, "variance", None)]
    return parts


def _at_least_float32(tensor: Tensor) -> Tensor:
    half = keras.backend.standardize_dtype(tensor.dtype) in ("float16", "bfloat16")
    return ops.cast(tensor, "float32") if half else tensor
