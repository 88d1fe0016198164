"""A lens on a network that tells classes apart: the scores before its softmax.

It knows what a model answers with, and nothing of what is asked about it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from dlcnn.models.answers import LINEAR, Answer, answer_at
from dlcnn.models.graph import Node, Place
from dlcnn.models.shapes import Tensor, as_text
from dlcnn.understanding.errors import UnderstandingError, warn
from dlcnn.understanding.lens import Change, Lens, kept_lens, without_activation

__all__ = ["ABOUT_ANSWER", "Classifier", "classifier_of", "first_answer"]

_RULE = "a model ends in a softmax over its classes, a sigmoid or logits"
ABOUT_ANSWER = rf".*: {_RULE}"
"""The warning about what a model answers with, as a pattern for `warnings.filterwarnings`."""


_WITHOUT_GRADIENT = {"Ceil", "Floor", "Round", "Sign", "StopGradient", "Trunc"}  # of `keras.ops`
_LEAST = 1e-7  # probability, of which there is a logarithm


class Classifier(Lens):
    """The steps of a model from images to the scores of classes.

    Attributes:
        output: the place of what it answers.
        classes: how many classes it tells apart; 2 for a single unit.
        activation: what the answer ends with: "softmax", "sigmoid" or "linear".
        answer: the place where it does; layers behind it only keep or average the numbers.
        scoring: what to call in place of some nodes' layers so that the answer is logits.
        doubt: what to warn of, if it ends in something else.
    """

    def __init__(self, model: keras.Model, where: str) -> None:
        """Take a model apart.

        Raises:
            ModelError: it has no graph to read.
            UnderstandingError: it is not from images to one score for each class.
        """
        super().__init__(model, where)
        _expect_scores(model, where)
        (self.output,) = self.outputs
        self._units: int = model.outputs[0].shape[-1]
        self.classes = max(2, self._units)
        answer = answer_at(self.nodes, self.output)
        self._in_parts = not self._is_over_classes(answer)
        self.doubt = self._doubt(answer)
        self.activation = LINEAR if self.doubt else answer.activation
        self.answer = answer.place
        self._is_mean = self.activation != LINEAR and self._averages(answer.place)
        self.scoring: dict[int, Any] = {}
        if self.activation != LINEAR and not self._is_mean:
            layer = self.nodes[answer.place.node].layer
            self.scoring[answer.place.node] = (
                _as_it_is if answer.separate else without_activation(layer)
            )

    def _is_over_classes(self, answer: Answer) -> bool:
        """Whether a softmax is one over all classes: there are those along rows, or over halves."""
        if answer.activation != "softmax":
            return True
        node = self.nodes[answer.place.node]
        axes = np.atleast_1d(getattr(node.layer, "axis", -1) if answer.separate else -1)
        last = len(node.output_shape) - 1
        return [*axes % (last + 1)] == [last] and node.output_shape[-1] == self._units

    def _doubt(self, answer: Answer) -> str:
        if answer.is_known and not self._in_parts:
            return ""
        kind = "a softmax, but not over all classes" if self._in_parts else answer.activation
        return (
            f"{_RULE}. Received model={self.name!r}, which ends in {kind} "
            f"({self.nodes[answer.place.node].name!r}), and whose numbers are taken for scores as "
            "they are. If they follow from logits, pass the model up to those."
        )

    def _averages(self, answer: Place) -> bool:
        """Whether probabilities, of many positions or networks, are averaged into the answer."""
        place = self.output
        while "Pooling" not in self.nodes[place.node].kind and place != answer:
            place = self.nodes[place.node].reads[0]
        return place != answer or self.nodes[place.node].kind == "Average"

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
        one; else they share a softmax, unless the answer is made of several.
        """
        if self._in_parts:
            return logits
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
        passing = self._passing(place)
        here, *others = self.run({self.input: images}, [place, *passing])
        kept = dict(zip(passing, others, strict=True))

        def onwards(value: Tensor) -> Tensor:
            return self.logits_from({**kept, place: value})

        return here, onwards

    def _passing(self, place: Place) -> set[Place]:
        """What leads to the answer beside a tensor, on ways that do not go through it."""
        behind = self.behind(place)
        return {
            read
            for step in behind
            for read in self.nodes[step].reads
            if read != place and read.node not in behind
        }

    def holds_all(self, place: Place) -> bool:
        """Whether every way to the answer goes through a tensor."""
        return self.leads_to_scores(place) and not self._passing(place)

    def leads_to_scores(self, place: Place) -> bool:
        """Whether the scores are computed from a tensor; probabilities come after them."""
        last = self.output if self.activation == LINEAR or self._is_mean else self.answer
        return last.node in self.behind(place)

    def expect_differentiable(self, place: Place, where: str) -> None:
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
                f"{where}: operations that can be differentiated lead from the images to the "
                f"score. Received model={self.name!r}, in which the {blocked[0].kind} "
                f"{blocked[0].name!r} is none. Explain it up to there, or with occlusion, which "
                "needs no gradient."
            )


def classifier_of(model: keras.Model, where: str) -> Classifier:
    """The classifier that a model is, kept as long as the model lives and stays as it is.

    Raises:
        ModelError, UnderstandingError: as for `Classifier`.

    Warns:
        UnderstandingWarning: it ends in something else than a softmax, a sigmoid or logits.
    """
    found = kept_lens(Classifier, model, where)
    if found.doubt:
        warn(f"{where}: {found.doubt}")
    return found


def first_answer(model: keras.Model) -> keras.Model:
    """The model of the first output, which is the answer where others help in training."""
    several = len(getattr(model, "outputs", ())) > 1
    return keras.Model(model.inputs, model.outputs[0], name=model.name) if several else model


def _expect_scores(model: keras.Model, where: str) -> None:
    """There is one answer, with a number for each class."""
    if len(model.outputs) != 1:
        names = ", ".join(map(repr, model.output_names))
        raise UnderstandingError(
            f"{where}: one answer is explained at a time. Received model={model.name!r} with the "
            f"outputs {names}. Pass one of them: keras.Model(model.inputs, model.outputs[0])."
        )
    if len(model.outputs[0].shape) != 2 or model.outputs[0].shape[-1] is None:
        raise UnderstandingError(
            f"{where}: a model answers with a score for each class, (batch, classes). Received "
            f"model={model.name!r}, which gives {as_text(model.outputs[0].shape)}. End it with a "
            "layer that does, such as GlobalAveragePooling2D and Dense."
        )


def _stops_gradients(node: Node) -> bool:
    """Whether a node gives integers or truth values, or stops gradients on purpose."""
    given = keras.backend.standardize_dtype(node.record.output_tensors[0].dtype)
    return not given.startswith(("float", "bfloat")) or node.kind in _WITHOUT_GRADIENT


def _as_it_is(inputs: Tensor, *_: Any, **__: Any) -> Tensor:
    return inputs


def _at_least_float32(tensor: Tensor) -> Tensor:
    half = keras.backend.standardize_dtype(tensor.dtype) in ("float16", "bfloat16")
    return ops.cast(tensor, "float32") if half else tensor
