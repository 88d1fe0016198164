"""The curve of a trained model: which share of the points which accuracy earns.

Knows numbers only, not how an accuracy is measured.
"""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import ConfigDict, Field, RootModel, model_validator

__all__ = ["Curve"]

_Fraction = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]


class Curve(RootModel[Annotated[tuple[tuple[_Fraction, _Fraction], ...], Field(min_length=1)]]):
    """Points (accuracy, share of the points), joined by straight lines; nothing below the first."""

    model_config = ConfigDict(frozen=True)

    def share(self, accuracy: float) -> float:
        """The share of the points, 0 to 1, that an accuracy earns."""
        earned = 0.0
        for low, high in pairwise((*self.root, (1.0, self.root[-1][1]))):
            if accuracy >= low[0]:
                width = high[0] - low[0]
                along = min(1.0, (accuracy - low[0]) / width) if width else 0.0
                earned = low[1] + along * (high[1] - low[1])
        return earned

    def next_step(self, accuracy: float) -> tuple[float, float] | None:
        """The next point of the curve that earns more, or None where nothing does."""
        earned = self.share(accuracy)
        return next((step for step in self.root if step[0] > accuracy and step[1] > earned), None)

    @model_validator(mode="after")
    def _hold_order(self) -> Self:
        for (lower, less), (higher, more) in pairwise(self.root):
            if higher <= lower:
                raise ValueError(
                    f"each point has a higher accuracy than the last; {higher} follows {lower}"
                )
            if more < less:
                raise ValueError(
                    f"a higher accuracy never earns a smaller share; {more} follows {less}"
                )
        if self.root[-1][1] != 1:
            raise ValueError(
                f"the last point earns everything, a share of 1; it earns {self.root[-1][1]}"
            )
        return self
