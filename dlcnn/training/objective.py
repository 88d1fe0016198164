"""What a model is to be trained for, read off its output: the loss, and what is counted.

It also says where model and data do not fit each other. It knows nothing of how training is done.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlcnn.training.errors import TrainingError

if TYPE_CHECKING:
    import keras

    from dlcnn.data.dataset import Dataset

__all__ = ["Objective", "objective_of"]

_AUXILIARY_WEIGHT = 0.3  # of the loss of each further output, as GoogLeNet's paper has it
_LOGITS = "linear"


@dataclass(frozen=True)
class Objective:
    """What `model.compile` needs besides the optimizer.

    Attributes:
        binary: whether the model answers yes or no with one number.
        from_logits: whether its outputs are logits.
        outputs: the names of its outputs; the first is the answer, others help in training.
    """

    binary: bool
    from_logits: bool
    outputs: tuple[str, ...]

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
        TrainingError: the model has no graph, or does not fit the images or the classes.
    """
    if not model.built or not getattr(model, "outputs", None):
        raise TrainingError(
            f"fit: a model is built, with its input shape known. Received model={model.name!r} "
            "without. Give it keras.Input(shape), or build it with models.build."
        )
    _check_images(model, dataset)
    output = model.outputs[0]
    units, activation = output.shape[-1], _activation(output)
    _check_classes(model, dataset, output, activation)
    names = getattr(model, "output_names", [model.name])  # a Sequential model has one, unnamed
    return Objective(binary=units == 1, from_logits=activation == _LOGITS, outputs=tuple(names))


def _check_images(model: "keras.Model", dataset: "Dataset") -> None:
    if len(model.inputs) != 1:
        raise TrainingError(
            f"fit: a model takes images, and nothing else. Received model={model.name!r} of "
            f"{len(model.inputs)} inputs. Train it with Keras' own model.fit."
        )
    if any(type(layer).__name__ == "Rescaling" for layer in model.layers[:3]):
        raise TrainingError(
            "fit: it gives images in [0, 1]. Received "
            f"model={model.name!r}, which begins with a layer that rescales them itself. Leave "
            "that layer out (models.build(…, include_preprocessing=False)), or use Keras' own "
            'model.fit on dataset.arrays(normalisation="pixels").'
        )
    expected, given = tuple(model.input_shape[1:]), dataset.image_shape
    if len(expected) != len(given) or any(
        size not in (None, have) for size, have in zip(expected, given, strict=True)
    ):
        raise TrainingError(
            f"fit: the images have the shape that the model was built for. Received images of "
            f"{given} in {dataset.name!r} for model={model.name!r} of {expected}. "
            f"Build it for them: models.build(…, input_shape={given})."
        )


def _check_classes(model: "keras.Model", dataset: "Dataset", output: Any, activation: str) -> None:
    units, classes = output.shape[-1], dataset.num_classes
    wanted = classes == 2 if units == 1 else units == classes
    allowed = ("sigmoid", _LOGITS) if units == 1 else ("softmax", _LOGITS)
    if len(output.shape) == 2 and wanted and activation in allowed:
        return
    shape = tuple(output.shape[1:])
    raise TrainingError(
        "fit: a model ends in a softmax or logits of one unit per class, or, for two classes, in "
        f"one sigmoid unit or its logit. Received model={model.name!r} with an output of {shape} "
        f"({activation}) for the {classes} classes of {dataset.name!r}. "
        f"Build it for them: models.build(…, num_classes={classes})."
    )


def _activation(output: Any) -> str:
    """The name of what the last layer does to its sums; "linear" for one that does nothing."""
    layer = output._keras_history.operation
    if hasattr(layer, "outputs") and hasattr(layer, "layers"):  # a model used as a layer
        return _activation(layer.outputs[0])
    if type(layer).__name__ == "Softmax":
        return "softmax"
    return getattr(getattr(layer, "activation", None), "__name__", _LOGITS)
