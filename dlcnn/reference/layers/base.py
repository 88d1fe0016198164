"""What all layers share: weights that the first call makes, a call, and its gradients.

Knows no single layer.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from math import prod, sqrt
from operator import index
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np

from dlcnn.reference._arguments import Array, as_numbers, require_shape, result_type
from dlcnn.reference.padding import Padding, resolve_padding, split_mode

__all__ = [
    "Call",
    "Gradients",
    "Layer",
    "MergingLayer",
    "Seed",
    "SimpleLayer",
    "Weight",
    "WeightedLayer",
    "as_axis",
    "positive_integer",
    "require_padding",
]

Seed: TypeAlias = int | np.random.Generator | None
Inputs = TypeVar("Inputs", Array, Sequence[Array])


class Call(NamedTuple, Generic[Inputs]):
    """One use of a layer: what went in, what came out, and whether the network was learning."""

    inputs: Inputs
    outputs: Array
    training: bool


class Gradients(NamedTuple, Generic[Inputs]):
    """A loss's gradients with respect to a layer's inputs and to the weights that it learns."""

    inputs: Inputs
    weights: dict[str, Array]


class Layer(ABC, Generic[Inputs]):
    """A layer: constructed with a configuration, called with data.

    Attributes:
        weights: the arrays by Keras' names, in Keras' order. Empty until the first call makes
            them in the dtype of its inputs; set it to use your own.
    """

    def __init__(self) -> None:
        self.weights: dict[str, Array] = {}

    def __call__(self, inputs: Inputs, *, training: bool = False) -> Array:
        """Compute the outputs for a batch.

        Args:
            inputs: an array (batch, ...), or a list of them for a layer that merges.
            training: whether the network learns, which matters to `BatchNormalization`.

        Returns:
            The outputs in the dtype of `inputs` (float64 for integers).

        Raises:
            ShapeError: the inputs do not fit the configuration, or the weights the inputs.
            ValueError: `inputs` does not hold real numbers, or `weights` has other names.
        """
        inputs = self._checked(inputs)
        return self._training_outputs(inputs) if training else self._outputs(inputs)

    def gradients(
        self, grad_outputs: Array, inputs: Inputs, outputs: Array, *, training: bool = False
    ) -> Gradients[Inputs]:
        """Carry a gradient back through a call.

        Args:
            grad_outputs: the loss's gradient with respect to `outputs`, of the same shape.
            inputs: as given to the call.
            outputs: what the call returned.
            training: as given to the call.

        Returns:
            (inputs, weights): the gradient of each, in the shapes of `inputs` and of `weights`;
            what is not learnt, such as a moving mean, has none.

        Raises:
            ShapeError: `grad_outputs` does not have the shape of `outputs`; else as the call.
            ValueError: as the call.
        """
        grad_outputs = as_numbers(self._where, "grad_outputs", grad_outputs)
        require_shape(self._where, "grad_outputs", grad_outputs, np.shape(outputs))
        call = Call(self._checked(inputs), outputs, training)
        return self._gradients(grad_outputs.astype(outputs.dtype, copy=False), call)

    @property
    def _where(self) -> str:
        """The name that an error begins with."""
        return type(self).__name__

    @abstractmethod
    def _checked(self, inputs: Inputs) -> Inputs:
        """Refuse what the layer cannot compute with; integers become float64."""

    @abstractmethod
    def _outputs(self, inputs: Inputs) -> Array:
        """What the layer computes when the network is used."""

    def _training_outputs(self, inputs: Inputs) -> Array:
        """What the layer computes while the network learns: for most layers the same."""
        return self._outputs(inputs)

    @abstractmethod
    def _gradients(self, grad_outputs: Array, call: Call[Inputs]) -> Gradients[Inputs]:
        """What the layer hands back."""


class SimpleLayer(Layer[Array]):
    """A layer of one input."""

    def _checked(self, inputs: Array) -> Array:
        return _floating(self._where, inputs)


class MergingLayer(Layer[Sequence[Array]]):
    """A layer that is called with a list of inputs and makes one output of them."""

    def _checked(self, inputs: Sequence[Array]) -> Sequence[Array]:
        if not isinstance(inputs, list | tuple) or not inputs:
            raise ValueError(
                f"{self._where}: inputs must be a list of arrays. "
                f"Received inputs of type {type(inputs).__name__}."
            )
        return [_floating(self._where, each) for each in inputs]


class Weight(NamedTuple):
    """How one of a layer's arrays looks, and how it starts: Keras' default for it."""

    shape: tuple[int, ...]
    initializer: Literal["glorot_uniform", "ones", "zeros"]

    def draw(self, rng: np.random.Generator) -> Array:
        """Make the array that learning begins with.

        A kernel (*window, in_channels, filters) is drawn evenly from ±sqrt(6 / (the inputs and
        outputs of one unit)), as Glorot & Bengio 2010, equation 16.
        """
        if self.initializer != "glorot_uniform":
            return np.full(self.shape, float(self.initializer == "ones"))
        *window, in_channels, filters = self.shape
        limit = sqrt(6 / (prod(window) * (in_channels + filters)))
        return rng.uniform(-limit, limit, self.shape)


class WeightedLayer(SimpleLayer):
    """A layer with weights: drawn at the first call, and held to the inputs at every call."""

    def __init__(self, seed: Seed) -> None:
        """Note where the weights are to be drawn from: a seed, or a generator to share."""
        super().__init__()
        self._seed = seed

    @abstractmethod
    def _expected_weights(self, inputs: Array) -> dict[str, Weight]:
        """The weights that these inputs need."""

    def _checked(self, inputs: Array) -> Array:
        inputs = super()._checked(inputs)
        expected = self._expected_weights(inputs)
        if not self.weights:
            rng = np.random.default_rng(self._seed)
            self.weights = {
                name: weight.draw(rng).astype(inputs.dtype) for name, weight in expected.items()
            }
        if self.weights.keys() != expected.keys():
            raise ValueError(
                f"{self._where}: its weights are {_listed(expected)}. "
                f"Received weights={_listed(self.weights)}."
            )
        for name, weight in expected.items():
            require_shape(self._where, name, np.asarray(self.weights[name]), weight.shape)
        return inputs

    def _weights_as(self, dtype: np.dtype[Any]) -> dict[str, Array]:
        """The weights in the dtype that the layer computes in."""
        return {name: np.asarray(array, dtype) for name, array in self.weights.items()}


def as_axis(where: str, axis: int) -> int:
    """Give the number of an axis, counted from the first or, below 0, from the last.

    Raises:
        ValueError: it is no integer.
    """
    try:
        return index(axis)
    except TypeError:
        raise ValueError(f"{where}: axis must be an integer. Received axis={axis!r}.") from None


def positive_integer(where: str, name: str, value: int) -> int:
    """Give a count of filters or units.

    Raises:
        ValueError: it is no integer, or below 1.
    """
    try:
        count = index(value)
    except TypeError:
        count = 0
    if count < 1:
        raise ValueError(
            f"{where}: {name} must be an integer, at least 1. Received {name}={value!r}."
        )
    return count


def require_padding(where: str, padding: Padding, axes: int) -> None:
    """Refuse what is no padding for `axes` spatial axes, whatever the images."""
    _, pixels = split_mode(where, padding)
    one = (1,) * axes
    resolve_padding(where, pixels, one, one, one)


def _floating(where: str, inputs: Array) -> Array:
    array = as_numbers(where, "inputs", inputs)
    return array.astype(result_type(array), copy=False)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
