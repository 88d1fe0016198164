"""What explanations are: an array of maps that also knows what it explains, and draws itself.

It must not know how maps are made.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from dlcnn.understanding.arguments import columns_of, number
from dlcnn.understanding.errors import UnderstandingError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Explained", "Maps", "captions", "names_of"]


@dataclass(frozen=True)
class Explained:
    """What maps are about.

    Attributes:
        method: its name in words.
        images: (N, H, W, C) as they were passed to the model.
        targets: (N,) the class that each map speaks of.
        scores: (N,) the logit of that class.
    """

    method: str
    images: npt.NDArray[np.float32]
    targets: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float32]


class Maps(np.ndarray[tuple[int, ...], np.dtype[np.float32]]):
    """(N, H, W) float32: how much each pixel of each image counts for the class asked about.

    It is an array like any other. What is cut out of it or computed from it has the numbers only:
    `figure` belongs to the whole, and to copies of it.

    Attributes:
        explained: the images, targets and scores that the maps belong to; None for a part.
    """

    explained: Explained | None

    def __new__(cls, values: npt.NDArray[Any], explained: Explained) -> "Maps":
        """Take the numbers, and what they are about."""
        maps = np.ascontiguousarray(values, np.float32).view(cls)
        maps.explained = explained
        return maps

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """Give plain numbers: what is computed from maps is none any more."""
        plain = np.asarray(array)
        return plain[()] if return_scalar else plain

    def __array_finalize__(self, parent: Any) -> None:
        """Know nothing of images any more: numpy made this of `parent`."""
        self.explained = None

    def copy(self, order: Literal["K", "A", "C", "F"] | None = "C") -> Self:
        """The same numbers in memory of their own, still about the same images."""
        twin = super().copy(order)
        twin.explained = self.explained
        return twin

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any] | None) -> Self:
        twin = self.copy()
        twin.explained = deepcopy(self.explained, memo)
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        plain: Any = super().__reduce__()
        make, arguments, state = plain
        return make, arguments, (state, self.explained)

    def __setstate__(self, state: Any) -> None:
        values, self.explained = state
        super().__setstate__(values)

    def figure(
        self,
        *,
        class_names: Iterable[str] | None = None,
        overlay: float = 0.6,
        columns: int | None = None,
    ) -> "Figure":
        """Draw each image beside its map laid over it, with the class and its score.

        Args:
            class_names: the name of each class; by default its number.
            overlay: how much of the map covers the image, from 0 to 1.
            columns: pairs per row.

        Raises:
            UnderstandingError: this is a part of maps, which does not know its images; or an
                option cannot be.
        """
        from dlcnn.figures import heatmaps

        about = self.explained
        if about is None:
            raise UnderstandingError(
                "figure: it draws the maps that a method gave, all of them. Received a part or a "
                "result of arithmetic. Call figure on the whole, or pass images and maps to "
                "dlcnn.figures.heatmaps."
            )
        overlay = number("figure", "overlay", overlay, least=0, most=1)
        return heatmaps(
            about.images,
            np.asarray(self),
            captions(about.targets, about.scores, class_names),
            overlay=overlay,
            columns=columns_of(columns),
            title=about.method,
        )


def captions(
    targets: npt.NDArray[Any], scores: npt.NDArray[Any], class_names: Iterable[str] | None
) -> list[str]:
    """A line for each image: its class and the score of it."""
    pairs = zip(names_of(targets, class_names), scores, strict=True)
    return [f"{name}, score {score:.3g}" for name, score in pairs]


def names_of(classes: npt.NDArray[Any], class_names: Iterable[str] | None) -> list[str]:
    """The name of each of some classes, or its number without names.

    Raises:
        UnderstandingError: there are fewer names than classes, or what is passed are none.
    """
    if class_names is None:
        return [f"class {each}" for each in classes]
    names = list(class_names) if isinstance(class_names, Iterable) else []
    if len(names) <= int(classes.max(initial=0)):
        raise UnderstandingError(
            f"figure: there is a name for each class. Received {len(names)} class_names for "
            f"class {int(classes.max())}. Name them all."
        )
    return [str(names[each]) for each in classes]
