"""Judging a trained model on images: from probabilities or logits to an Evaluation.

The figures are computed in float64 from the outputs, so that they mean the same on every backend.
It knows nothing of run folders and of how the model was trained.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dlcnn.training.errors import DivergedError, TrainingError
from dlcnn.training.evaluation import Evaluation, count
from dlcnn.training.objective import answer_of

if TYPE_CHECKING:
    import keras

    from dlcnn.data.dataset import Split

__all__ = ["evaluate"]

_EPSILON = 1e-7  # as Keras clips probabilities before their logarithm


def evaluate(
    model: "keras.Model",
    split: "Split",
    class_names: Sequence[str] | None = None,
    *,
    batch_size: int = 32,
    mistakes: int = 20,
) -> Evaluation:
    """Judge `model` on the images of `split`.

    Args:
        model: gives probabilities (softmax), logits, or for two classes a single unit (the
            probability or the logit of the second); of several outputs the first counts.
        split: images (n, height, width, channels) uint8 and labels (n,) integers; the model is
            given floating point in [0, 1].
        class_names: by default the numbers 0, 1, …
        batch_size: images at a time; it does not change the result.
        mistakes: how many of the worst are kept.

    Raises:
        TrainingError: the model cannot take these images, has other classes, or ends in something
            other than a softmax, a sigmoid or logits.
        DivergedError: it gives NaN or infinity.
    """
    is_logits = answer_of(model, split.images.shape[1:], where="evaluate").from_logits
    outputs = _outputs(model, split.images, batch_size)
    outputs = _both_classes(outputs, is_logits=is_logits)
    size = outputs.shape[1]
    names = tuple(map(str, range(size))) if class_names is None else tuple(class_names)
    if len(names) != size or not 0 <= split.labels.min() <= split.labels.max() < size:
        raise TrainingError(
            f"evaluate: the model tells apart the classes of the data. Received a model of {size} "
            f"classes for {len(names)} class names and labels {split.labels.min()} to "
            f"{split.labels.max()}. Give the data that it was trained for."
        )
    probabilities = _probabilities(outputs, is_logits=is_logits)
    loss = _loss(outputs, split.labels, is_logits=is_logits)
    return count(probabilities, split.labels, names, loss=loss, mistakes=mistakes)


def _outputs(
    model: "keras.Model", images: npt.NDArray[np.uint8], batch_size: int
) -> npt.NDArray[np.float64]:
    """(n, units): what the first output of the model gives."""
    import keras

    size = min(batch_size, len(images))
    parts = []
    for start in range(0, len(images), size):
        # The last batch repeats the last image: a model is compiled anew for another batch size.
        places = np.minimum(np.arange(start, start + size), len(images) - 1)
        outputs = model.predict_on_batch(images[places].astype(np.float32) / 255)
        first = keras.tree.flatten(outputs)[0]  # in the order of model.outputs
        parts.append(np.asarray(first).astype(np.float64))
    together = np.concatenate(parts)[: len(images)].reshape(len(images), -1)
    if not np.isfinite(together).all():
        raise DivergedError(
            "evaluate: a trained model gives finite numbers. Received NaN or infinity among its "
            "outputs. Train it with a smaller learning rate."
        )
    return together


def _both_classes(outputs: npt.NDArray[np.float64], *, is_logits: bool) -> npt.NDArray[np.float64]:
    """(n, C): a single unit, which speaks of the second of two classes, becomes two."""
    if outputs.shape[1] > 1:
        return outputs
    first = np.zeros_like(outputs) if is_logits else 1 - outputs
    return np.concatenate([first, outputs], axis=1)


def _probabilities(outputs: npt.NDArray[np.float64], *, is_logits: bool) -> npt.NDArray[np.float64]:
    """(n, C) rows that sum to 1."""
    largest = outputs.max(axis=1, keepdims=True)
    shares = np.exp(outputs - largest) if is_logits else outputs
    sums = np.maximum(shares.sum(axis=1, keepdims=True), _EPSILON)
    probabilities: npt.NDArray[np.float64] = shares / sums
    return probabilities


def _loss(
    outputs: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], *, is_logits: bool
) -> float:
    """Mean cross-entropy in nats; logits need no clipping and can cost more than 16."""
    truth = np.arange(len(labels)), labels
    if is_logits:
        largest = outputs.max(axis=1)
        sums = np.log(np.exp(outputs - largest[:, None]).sum(axis=1))
        return float((sums - (outputs[truth] - largest)).mean())
    of_truth = _probabilities(outputs, is_logits=False)[truth]
    return float(-np.log(np.clip(of_truth, _EPSILON, 1 - _EPSILON)).mean())
