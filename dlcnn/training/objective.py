"""What a model answers with, read off its last layers: the loss, and what is counted.

It also says where model and data do not fit each other. It knows nothing of how training is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlcnn.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

    from dlcnn.data.dataset import Dataset

__all__ = ["Objective", "answer_of", "objective_of"]

_AUXILIARY_WEIGHT = 0.3  # of the loss of each further output, as GoogLeNet's paper has it
_LOGITS = "linear"


@dataclass(frozen=True)
class Objective:
    """What `model.compile` needs besides the optimizer.

    Attributes:
        binary: whether the model answers yes or no with one number.
        activation: "softmax", "sigmoid", or "linear" where its outputs are logits.
        outputs: the names of its outputs; the first is the answer, others help in training.
    """

    binary: bool
    activation: str
    outputs: tuple[str, ...]

    @property
    def from_logits(self) -> bool:
        """Whether its outputs are logits."""
        return self.activation == _LOGITS

    def compile_arguments(self) -> dict[str, Any]:
        """`loss`, `metrics` and `loss_weights`."""
        helpers = len(self.outputs) - 1
        if not helpers:
            return {"loss": self._loss(), "metrics": [self._accuracy()]}
        return {
            "loss": [self._loss() for _ in self.outputs],
            "loss_weights": [1.0] + [_AUXILIARY_WEIGHT] * helpers,
            "metrics": [[self._accuracy()]] + [[] for _ in range(helpers)],
        }

    def plain_names(self, logs: dict[str, float]) -> dict[str, float]:
        """Figures as they are called for one output: `<first output>_accuracy` is `accuracy`."""
        if len(self.outputs) == 1:
            return dict(logs)
        return {
            name.replace(f"{self.outputs[0]}_accuracy", "accuracy"): logs[name] for name in logs
        }

    def _loss(self) -> "keras.losses.Loss":
        import keras

        if self.binary:
            return keras.losses.BinaryCrossentropy(from_logits=self.from_logits)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=self.from_logits)

    def _accuracy(self) -> "keras.metrics.Metric":
        import keras

        if self.binary:
            threshold = 0.0 if self.from_logits else 0.5
            return keras.metrics.BinaryAccuracy("accuracy", threshold=threshold)
        return keras.metrics.SparseCategoricalAccuracy("accuracy")


def objective_of(model: "keras.Model", dataset: "Dataset") -> Objective:
    """How to train `model` on `dataset`.

    Raises:
        TrainingError: as `answer_of`, or the model does not fit the classes.
    """
    if any(type(layer).__name__ == "Rescaling" for layer in model.layers[:3]):
        raise TrainingError(
            "fit: it gives images in [0, 1]. Received "
            f"model={model.name!r}, which begins with a layer that rescales them itself. Leave "
            "that layer out (models.build(…, include_preprocessing=False)), or use Keras' own "
            'model.fit on dataset.arrays(normalisation="pixels").'
        )
    objective = answer_of(model, dataset.image_shape, where="fit")
    _check_classes(model, dataset, objective)
    return objective


def answer_of(model: "keras.Model", image_shape: Sequence[int], *, where: str) -> Objective:
    """What `model` says of images of `image_shape`.

    Args:
        model: of several outputs the first counts.
        image_shape: (height, width, channels).
        where: who asks, for the message.

    Raises:
        TrainingError: the model has no graph, does not take the images, or ends in something
            other than a softmax, a sigmoid or logits.
    """
    if not model.built or not getattr(model, "outputs", None):
        raise TrainingError(
            f"{where}: a model is built, with its input shape known. Received model="
            f"{model.name!r} without. Give it keras.Input(shape), or build it with models.build."
        )
    _check_images(model, image_shape, where)
    from dlcnn.models.answers import answer_at
    from dlcnn.models.graph import layer_calls

    output = model.outputs[0]
    nodes, places = layer_calls(model, where)
    answer = answer_at(nodes, places[0])
    if not answer.is_known:
        raise TrainingError(
            f"{where}: a model ends in a softmax, a sigmoid or logits, the sums of a layer without "
            f"activation. Received model={model.name!r} with an output of "
            f"{tuple(output.shape[1:])} ({answer.activation}). End it with keras.layers.Dense("
            'number of classes, activation="softmax").'
        )
    names = getattr(model, "output_names", [model.name])  # a Sequential model has one, unnamed
    return Objective(output.shape[-1] == 1, answer.activation, tuple(names))


def _check_images(model: "keras.Model", image_shape: Sequence[int], where: str) -> None:
    if len(model.inputs) != 1:
        raise TrainingError(
            f"{where}: a model takes images, and nothing else. Received model={model.name!r} of "
            f"{len(model.inputs)} inputs. Use Keras' own model.{where}."
        )
    expected, given = tuple(model.input_shape[1:]), tuple(image_shape)
    if len(expected) != len(given) or any(
        size not in (None, have) for size, have in zip(expected, given, strict=True)
    ):
        raise TrainingError(
            f"{where}: the images have the shape that the model was built for. Received images of "
            f"{given} for a model of {expected}. Give images of that shape, or build the model "
            f"for these: models.build(…, input_shape={given})."
        )


def _check_classes(model: "keras.Model", dataset: "Dataset", objective: Objective) -> None:
    output, classes = model.outputs[0], dataset.num_classes
    wanted = classes == 2 if objective.binary else output.shape[-1] == classes
    forbidden = "softmax" if objective.binary else "sigmoid"
    if len(output.shape) == 2 and wanted and objective.activation != forbidden:
        return
    raise TrainingError(
        "fit: a model ends in a softmax or logits of one unit per class, or, for two classes, in "
        f"one sigmoid unit or its logit. Received model={model.name!r} with an output of "
        f"{tuple(output.shape[1:])} ({objective.activation}) for the {classes} classes of "
        f"{dataset.name!r}. Build it for them: models.build(…, num_classes={classes})."
    )
