"""Networks from a line of text, as lectures write them; the notation itself is `grammar`'s."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from dlcnn.models.arguments import check_scores, count, image_shape
from dlcnn.models.errors import ModelError
from dlcnn.models.grammar import PatternError, PatternLayer, parse
from dlcnn.models.limits import MAX_PARAMETERS
from dlcnn.models.outlines import makes_weights
from dlcnn.models.shapes import Shape, as_text

__all__ = ["from_pattern", "is_pattern"]

_MAX_DEFAULT_FILTERS = 512  # where VGG stops doubling
_ON_IMAGES = ("CONV", "POOL", "AVGPOOL", "FLATTEN", "GAP")
_AFTER_SCORES = ("SOFTMAX", "SIGMOID")


def is_pattern(text: str) -> bool:
    """Whether `text` is meant as a pattern, well written or not, and not as a network's name."""
    return "->" in text or "→" in text or text.strip().upper().startswith("INPUT")


def from_pattern(
    text: str,
    input_shape: Shape = (64, 64, 3),
    num_classes: int = 6,
    *,
    filters: int = 32,
    units: int = 128,
    optional: bool = True,
    classifier_activation: str | None = "softmax",
    name: str = "pattern",
) -> keras.Model:
    """Build a network from a pattern such as the lecture's.

    >>> from_pattern("INPUT -> [[CONV -> RELU]*2 -> POOL]*3 -> [FC -> RELU]*2 -> FC")
    >>> from_pattern("INPUT → CONV(32, 5x5, stride 2) → BN → RELU → POOL(3, stride 2) → GAP → FC")

    - `CONV`: filters, size, `stride` size, `same` or `valid`; else 3x3, stride 1, same
    - `POOL` or `MAXPOOL`, `AVGPOOL` (the mean): size, `stride` size, `same` or `valid`; else 2x2,
      as far apart as it is large, valid
    - `FC` or `DENSE`: units; else `units`
    - `DROPOUT`: the share that is dropped; else 0.5
    - `BN` or `BATCHNORM`, `RELU`, `TANH`, `SIGMOID`, `SOFTMAX`, `FLATTEN`, `GAP` (the mean of each
      channel)

    Options stand in brackets, or without for the first: `CONV(32, 3x3, stride 2)`, `CONV 32@5x5`,
    `POOL 3x3`, `FC 128`; a size `3` is `3x3`. Bare numbers are filters, size and stride in this
    order, `CONV(32, 3, 2)`; with names any, `CONV(filters=32, size=3, stride=2, padding=same)`.
    `[...]*2` or `[...]x2` repeats a group, `CONV*2` a layer; `*0` leaves it out. Small letters and
    `→` are fine.

    What is left out:

    - Filters are those of the CONV before, doubled for each pooling since, up to 512;
      the first has `filters`.
    - A layer with `?` is optional: taken, unless the image has become too small for it; with
      `optional=False` every such layer is left out.
    - The first FC flattens what it is given. The last FC has `num_classes` units and
      `classifier_activation`, unless SOFTMAX or SIGMOID is written after it. A pattern without FC
      ends as it is written.

    The grammar in full stands at the top of `dlcnn.models.grammar`.

    Args:
        text: the pattern.
        input_shape: (height, width, channels); None for a size left open, which FC and FLATTEN
            cannot take unless GAP stands before them.
        num_classes: units of the last FC.
        filters: of the first CONV, where the pattern leaves them out.
        units: of an FC before the last, where the pattern leaves them out.
        optional: whether layers with `?` are taken.
        classifier_activation: of the last FC; None gives logits.
        name: the model's.

    Returns:
        A Functional model from (batch, *input_shape).

    Raises:
        PatternError: the text is no pattern, or says a network that cannot be; the message
            points at the character.
        ModelError: another argument is out of range.

    Source: CS231n, "Convolutional Neural Networks: Architectures", layer patterns.
    """
    written = parse(text)
    shape = image_shape("from_pattern", input_shape, "Pass for example input_shape=(64, 64, 3).")
    num_classes = count("from_pattern", "num_classes", num_classes, "Pass such a number.")
    filters = count("from_pattern", "filters", filters, "Pass such a number.")
    units = count("from_pattern", "units", units, "Pass such a number.")
    _check_names(name, classifier_activation)
    wanted = [layer for layer in written if optional or not layer.optional]
    _check_scores(text, wanted, num_classes, classifier_activation)
    inputs = keras.Input(shape, name="input")
    network = _Network(text, inputs, filters, units)
    scores = max((i for i, layer in enumerate(wanted) if layer.kind == "FC"), default=None)
    for position, layer in enumerate(wanted):
        if position == scores:
            activation = classifier_activation if position == len(wanted) - 1 else None
            network.dense(layer, num_classes, activation)
        else:
            network.add(layer)
    return keras.Model(inputs, network.x, name=name)


def _check_names(name: object, activation: str | None) -> None:
    if not isinstance(name, str) or not name or "/" in name:
        raise ModelError(
            f"from_pattern: name is a text without /. Received name={name!r}. Pass another."
        )
    try:
        keras.activations.get(activation)
    except (TypeError, ValueError):
        raise ModelError(
            "from_pattern: classifier_activation is an activation of Keras or None. "
            f"Received classifier_activation={activation!r}. "
            'Pass "softmax", "sigmoid", or None for logits.'
        ) from None


def _check_scores(
    text: str, wanted: list[PatternLayer], num_classes: int, activation: str | None
) -> None:
    """The last FC gives the scores of the classes: it has their number, and they stay scores."""
    places = [i for i, layer in enumerate(wanted) if layer.kind == "FC"]
    if not places:
        return
    last, after = wanted[places[-1]], wanted[places[-1] + 1 :]
    if last.amount not in (None, num_classes):
        rule = f"the last FC has a unit per class, num_classes={num_classes}"
        advice = f"Leave its number out, or pass num_classes={last.amount}"
        raise PatternError(text, last.column, rule, advice)
    wrong = [layer for i, layer in enumerate(after) if i or layer.kind not in _AFTER_SCORES]
    if wrong:
        rule = f"{' or '.join(_AFTER_SCORES)} only may follow the last FC, the classes' scores"
        raise PatternError(text, wrong[0].column, rule, "Go on to another FC, or end there")
    check_scores("from_pattern", num_classes, after[0].kind.lower() if after else activation)


class _Network:
    """What has been built so far."""

    def __init__(self, text: str, inputs: keras.KerasTensor, filters: int, units: int) -> None:
        self.x: Any = inputs
        self.text = text
        self.filters = filters
        self.units = units
        self.parameters = 0
        self.to_vector = ""  # the layer that has made a vector of the image
        self.counts: Counter[str] = Counter()
        self.makers: dict[str, Callable[[PatternLayer], keras.Layer]] = {
            "CONV": self.convolution,
            "POOL": lambda layer: self.pooling(layer, layers.MaxPooling2D),
            "AVGPOOL": lambda layer: self.pooling(layer, layers.AveragePooling2D),
            "DROPOUT": lambda layer: layers.Dropout(_given(layer.amount, 0.5)),
            "BN": lambda _: layers.BatchNormalization(),
            "FLATTEN": self.flatten,
            "GAP": lambda _: layers.GlobalAveragePooling2D(),
        }

    def add(self, layer: PatternLayer) -> None:
        """Put a layer on top, or leave an optional one out that does not fit."""
        if layer.kind == "FC":
            self.dense(layer, int(_given(layer.amount, self.units)), None)
            return
        if layer.kind in _ON_IMAGES and len(self.x.shape) != 4:
            rule = f"{layer.kind} needs an image, but what is before it gives a vector"
            raise PatternError(self.text, layer.column, rule, f"Move it before {self.to_vector}")
        if self.fits(layer):
            make = self.makers.get(layer.kind)
            self.x = self.named(
                layer.kind, make(layer) if make else layers.Activation(layer.kind.lower())
            )(self.x)
            if len(self.x.shape) == 2:
                self.to_vector = self.to_vector or layer.kind

    def named(self, kind: str, layer: keras.Layer) -> keras.Layer:
        """The layer under a name that does not depend on what was built before: `conv_1`."""
        self.counts[kind] += 1
        layer.name = f"{kind.lower()}_{self.counts[kind]}"
        return layer

    def fits(self, layer: PatternLayer) -> bool:
        """Whether the window of a layer fits into the image; an error if it must and does not."""
        if layer.kind not in ("CONV", "POOL", "AVGPOOL"):
            return True
        size, padding = _window(layer)
        image = self.x.shape[1:3]
        if padding == "same" or all(
            side is None or window <= side for window, side in zip(size, image, strict=True)
        ):
            return True
        if layer.optional:
            return False
        number = self.counts[layer.kind] + 1
        raise PatternError(
            self.text,
            layer.column,
            f"{layer.kind} number {number} needs an image of {as_text(size)}, "
            f"there it is {as_text(image)}",
            f"Pool or stride less before it, pass a larger input_shape, or write {layer.kind}?, "
            "which is left out where it does not fit",
        )

    def convolution(self, layer: PatternLayer) -> keras.Layer:
        self.filters = int(_given(layer.amount, self.filters))
        size, padding = _window(layer)
        self.grow(layer, math.prod(size) * self.x.shape[-1] * self.filters)
        return layers.Conv2D(self.filters, size, strides=layer.stride or 1, padding=padding)

    def pooling(self, layer: PatternLayer, pool: type[keras.Layer]) -> keras.Layer:
        self.filters = max(self.filters, min(2 * self.filters, _MAX_DEFAULT_FILTERS))
        size, padding = _window(layer)
        return pool(size, strides=layer.stride, padding=padding)

    def flatten(self, layer: PatternLayer) -> keras.Layer:
        if None in self.x.shape[1:]:
            rule = f"{layer.kind} takes a fixed number of values, but the image size is left open"
            raise PatternError(
                self.text, layer.column, rule, "Put GAP before it, or pass whole pixels"
            )
        return layers.Flatten()

    def dense(self, layer: PatternLayer, units: int, activation: str | None) -> None:
        if len(self.x.shape) == 4:
            self.x = self.named("FLATTEN", self.flatten(layer))(self.x)
            self.to_vector = "the first FC"
        self.grow(layer, self.x.shape[-1] * units)
        self.x = self.named("FC", layers.Dense(units, activation=activation))(self.x)

    def grow(self, layer: PatternLayer, parameters: int) -> None:
        """Refuse a network that no memory holds, before its weights are made."""
        self.parameters += parameters
        if self.parameters > MAX_PARAMETERS and makes_weights():
            rule = f"the network would have {self.parameters:,} parameters by this {layer.kind}"
            advice = f"Pool more before it or make it smaller: {MAX_PARAMETERS:,} is the limit"
            raise PatternError(self.text, layer.column, rule, advice)


def _given(value: float | None, default: float) -> float:
    return default if value is None else value


def _window(layer: PatternLayer) -> tuple[tuple[int, int], str]:
    """The size and the padding of CONV, POOL or AVGPOOL."""
    if layer.kind == "CONV":
        return layer.size or (3, 3), layer.padding or "same"
    return layer.size or (2, 2), layer.padding or "valid"
