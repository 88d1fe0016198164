"""How a network learns: a loss, gradient descent, and one step of it.

Knows networks, not what they are made of.
"""

from collections.abc import Mapping

import numpy as np

from dlcnn.reference._arguments import Array, as_numbers, require_shape, result_type
from dlcnn.reference.errors import ShapeError
from dlcnn.reference.network import Network

__all__ = ["SGD", "sparse_categorical_crossentropy", "train_step"]


def sparse_categorical_crossentropy(probabilities: Array, labels: Array) -> tuple[float, Array]:
    """Average the surprise -log(p) at the right classes of a batch.

    Args:
        probabilities: (batch, classes), as a softmax gives.
        labels: (batch,) integers, the index of each row's right class.

    Returns:
        The loss, and its gradient with respect to `probabilities`.

    Raises:
        ShapeError: there is no row, or not one label for each.
        ValueError: a label is no integer or no class, or `probabilities` are not real numbers.

    Source: agrees with `keras.losses.SparseCategoricalCrossentropy`.
    """
    probabilities, labels = _checked("sparse_categorical_crossentropy", probabilities, labels)
    rows = np.arange(len(labels))
    # A probability that has become 0 still has a surprise, the largest that a number can say.
    right = np.maximum(probabilities[rows, labels], np.finfo(probabilities.dtype).tiny)
    gradient = np.zeros_like(probabilities)
    gradient[rows, labels] = -1 / (right * len(labels))
    return float(-np.log(right).mean()), gradient


def _checked(where: str, probabilities: Array, labels: Array) -> tuple[Array, Array]:
    """Give both as arrays, refusing labels that are not the index of a class."""
    probabilities = as_numbers(where, "probabilities", probabilities)
    if probabilities.ndim != 2 or not probabilities.size:
        raise ShapeError(
            f"{where}: probabilities must have the axes (batch, classes), at least one of each. "
            f"Received probabilities.shape={probabilities.shape}."
        )
    labels = as_numbers(where, "labels", labels)
    require_shape(where, "labels", labels, probabilities.shape[:1])
    classes = probabilities.shape[1]
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"{where}: labels must be integers from 0 to {classes - 1}, one of {classes} classes. "
            f"Received labels.dtype={labels.dtype}, from {labels.min()} to {labels.max()}."
        )
    return probabilities.astype(result_type(probabilities), copy=False), labels


class SGD:
    """Stochastic gradient descent: against the gradient, with the swing of the steps before.

    Args:
        learning_rate: how far a step goes for a gradient of 1.
        momentum: the part of the last step that is taken again.
        nesterov: look where the momentum leads before stepping.

    Keras holds these settings in float32, and computes with 0.89999998 where 0.9 is given. Weights
    in float64 agree to the last digits for what float32 holds exactly, such as 0.875.

    Source: agrees with `keras.optimizers.SGD`.
    """

    def __init__(
        self, learning_rate: float = 0.01, *, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        self._learning_rate = learning_rate
        self._momentum = momentum
        self._nesterov = nesterov
        self._velocities: dict[tuple[str, str], Array] = {}

    def update(
        self,
        weights: Mapping[str, dict[str, Array]],
        gradients: Mapping[str, Mapping[str, Array]],
    ) -> None:
        """Move the weights of a network, replacing its arrays.

        Args:
            weights: `Network.weights`.
            gradients: the weights' gradients, by the same names.
        """
        for node, of_node in gradients.items():
            for name, gradient in of_node.items():
                step = -self._learning_rate * gradient
                velocity = step + self._momentum * self._velocities.get((node, name), 0.0)
                self._velocities[node, name] = velocity
                moved = self._momentum * velocity + step if self._nesterov else velocity
                weights[node][name] = weights[node][name] + moved


def train_step(network: Network, inputs: Array, labels: Array, optimizer: SGD) -> float:
    """Learn from one batch: forwards, backwards, and a step of the optimizer.

    Args:
        network: with one input, and one output of probabilities; its weights are changed.
        inputs: (batch, ...).
        labels: (batch,) integers.
        optimizer: keeps the swing from one step to the next, so use the same for all of them.

    Returns:
        The loss before the step.

    Raises:
        ShapeError: as the network, or as `sparse_categorical_crossentropy`.
        ValueError: as these, or the network has several outputs.
    """
    if len(network.outputs) != 1:
        raise ValueError(
            f"train_step: the network must have one output. Received outputs={network.outputs}."
        )
    (output,) = network.outputs
    activations = network.activations(inputs, training=True)
    loss, gradient = sparse_categorical_crossentropy(activations[output], labels)
    gradients = network.gradients({output: gradient}, activations, training=True)
    optimizer.update(network.weights, gradients.weights)
    return loss
