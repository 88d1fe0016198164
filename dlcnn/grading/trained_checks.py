"""The vocabulary of `checks.py` for trained models: what their predictions earn.

A model's file is opened in the worker only; here its predictions are held against the labels.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcnn.grading.checks import current_run, judge
from dlcnn.grading.compare import describe
from dlcnn.grading.report import Facts

if TYPE_CHECKING:
    from dlcnn.course.curve import Curve

__all__ = ["expect_accuracy_on_curve"]

_ENOUGH = 1e-9  # of the points: where a line of the curve ends, arithmetic is not exact


def expect_accuracy_on_curve(name: str, predictions: object, labels: ArrayLike) -> None:
    """Expect that a trained model is right as often as the curve of its task asks for.

    In a partial check the accuracy earns the share of the points that the curve gives it; in
    another check it has to earn all of them.

    Args:
        name: what the model is called.
        predictions: what the model gave, a row per image. Of several numbers the largest names the
            class. One number is a probability of the second of two classes, or, where not all lie
            in 0 to 1, a logit of it; whole numbers are classes. A row that is not finite is wrong.
        labels: the classes as whole numbers from 0, or one-hot.
    """
    curve = current_run().curve
    if curve is None:
        raise TypeError(
            "expect_accuracy_on_curve: works in checks of a task of kind trained_model. "
            "Received another task."
        )
    wanted = _labels(labels)
    facts = _unlike(name, predictions, wanted)
    if facts is not None:
        judge(facts)
        return
    assert isinstance(predictions, np.ndarray)
    right = int(np.count_nonzero(_classes(predictions) == wanted))
    share = curve.share(right / len(wanted))
    judge(None if share > 1 - _ENOUGH else _told(name, right, len(wanted), curve), 1 - share)


def _labels(labels: ArrayLike) -> NDArray[np.int64]:
    """The classes by their numbers."""
    given: NDArray[Any] = np.asarray(labels)
    if given.ndim == 2 and given.shape[1] > 1:
        given = given.argmax(axis=1)
    flat = given.reshape(-1)
    if (
        not flat.size
        or not np.isfinite(flat).all()
        or np.any(flat != flat.round())
        or flat.min() < 0
    ):
        raise ValueError(
            "expect_accuracy_on_curve: labels are whole numbers from 0, or one-hot rows. "
            f"Received labels of shape {given.shape} and dtype {given.dtype}."
        )
    return flat.astype(np.int64)


def _unlike(name: str, predictions: object, labels: NDArray[np.int64]) -> Facts | None:
    """What is wrong with the form of predictions, or None."""
    if not isinstance(predictions, np.ndarray) or predictions.dtype.kind not in "biuf":
        received = describe(predictions)
        expected = f"a row of numbers for each of {len(labels)} images"
        return {"kind": "type", "name": name, "received": received, "expected": expected}
    classes = int(labels.max()) + 1
    wide = classes if classes > 2 else 1
    shape = predictions.shape
    if (
        len(shape) == 1
        and shape[0] == len(labels)
        and (wide == 1 or predictions.dtype.kind in "iu")
    ):
        return None
    if len(shape) == 2 and shape[0] == len(labels) and shape[1] >= wide:
        return None
    expected_shape = [len(labels), max(2, classes)]
    return {"kind": "shape", "name": name, "shape": [*shape], "expected_shape": expected_shape}


def _classes(predictions: NDArray[Any]) -> NDArray[np.int64]:
    """The class that each row names; -1, which is none, for a row that is not finite."""
    rows = predictions.reshape(len(predictions), -1)
    if rows.shape[1] > 1:
        named = rows.argmax(axis=1)
    elif rows.dtype.kind == "f":
        probabilities = bool(np.all((rows >= 0) & (rows <= 1)))
        named = (rows[:, 0] > (0.5 if probabilities else 0)).astype(np.int64)
    else:
        named = rows[:, 0].astype(np.int64)
    return np.where(np.isfinite(rows).all(axis=1), named, -1)


def _told(name: str, right: int, images: int, curve: "Curve") -> Facts:
    accuracy = right / images
    step = curve.next_step(accuracy)
    return {
        "kind": "curve",
        "name": name,
        "right": right,
        "images": images,
        "accuracy": round(accuracy, 4),
        "share": round(curve.share(accuracy), 4),
        "next": list(step) if step else None,
    }
