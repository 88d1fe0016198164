"""What callers pass to builders, refused in a sentence or made plain; it knows no network."""

import operator
from typing import Any

from dlcnn.models.errors import ModelError
from dlcnn.models.shapes import Shape

__all__ = ["check_scores", "count", "image_shape"]


def count(where: str, name: str, value: Any, advice: str) -> int:
    """A number of things, 1 or more, as a plain integer; NumPy's integers are as good as any.

    Args:
        where: the network or function that the message names.
        name: the argument.
        value: what was passed for it.
        advice: what to do instead.

    Raises:
        ModelError: it is no whole number (True and False are none), or below 1.
    """
    number = _whole(value)
    if number < 1:
        raise ModelError(
            f"{where}: {name} is a whole number, 1 or more. Received {name}={value!r}. {advice}"
        )
    return number


def image_shape(where: str, shape: Any, advice: str) -> Shape:
    """(height, width, channels) as plain integers, None where the size is left open.

    Raises:
        ModelError: it is no such shape.
    """
    try:
        height, width, channels = shape
    except (TypeError, ValueError):
        height = width = channels = 0
    rows, columns = (None if side is None else _whole(side) for side in (height, width))
    depth = _whole(channels)
    if any(side is not None and side < 1 for side in (rows, columns, depth)):
        raise ModelError(
            f"{where}: input_shape is (height, width, channels) in whole pixels, without the "
            f"batch. Received input_shape={shape!r}. {advice}"
        )
    return rows, columns, depth


def check_scores(where: str, num_classes: int, activation: Any) -> None:
    """Refuse a softmax over a single class, which answers 1.0 whatever it sees.

    Raises:
        ModelError: it is one.
    """
    if num_classes == 1 and activation == "softmax":
        raise ModelError(
            f"{where}: softmax shares 1.0 among the classes, so one class would always get all of "
            "it. Received num_classes=1. For yes or no, pass classifier_activation='sigmoid', or "
            "num_classes=2."
        )


def _whole(value: Any) -> int:
    """A whole number of any kind as an int; 0 for anything else."""
    if isinstance(value, bool):
        return 0
    try:
        return operator.index(value)
    except TypeError:
        return 0
