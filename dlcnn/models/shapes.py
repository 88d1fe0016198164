"""The words for shapes and tensors, which Keras has no types for, and how shapes are written."""

from collections.abc import Sequence
from typing import Any

__all__ = ["Shape", "Tensor", "TensorShape", "as_text"]

Shape = tuple[int | None, int | None, int]
"""Of an image: (height, width, channels); None where a network takes any size."""

TensorShape = tuple[int | None, ...]
"""Of a batch of anything, the batch axis first, None where a size is open."""

Tensor = Any
"""A keras.KerasTensor."""


def as_text(sides: Sequence[int | None]) -> str:
    """Sides as people write them: "64 x 64 x 3", "?" where a size is open."""
    return " x ".join("?" if side is None else str(side) for side in sides)
