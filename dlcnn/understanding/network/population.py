"""Going through many images, a bounded number in memory at a time.

It knows nothing of what is counted on the way.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dlcnn.models.graph import Place
from dlcnn.understanding.arguments import array_of
from dlcnn.understanding.batches import stretches, track
from dlcnn.understanding.errors import UnderstandingWarning
from dlcnn.understanding.finite import expect_finite
from dlcnn.understanding.images import images_for
from dlcnn.understanding.lens import Lens

__all__ = ["Stretch", "image_shape", "population", "through"]


@dataclass(frozen=True)
class Stretch:
    """Some images of a population.

    Attributes:
        start: where in the population they begin.
        count: how many they are.
        images: (n, H, W, C) float32, filled up with the last image to the size of the others,
            since frameworks compile anew for another size.
    """

    start: int
    count: int
    images: npt.NDArray[np.float32]

    def of(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The rows that belong to this stretch, of an array over the population."""
        return array[self.start : self.start + self.count]

    def expect_finite(
        self,
        lens: Lens,
        where: str,
        *values: npt.NDArray[Any],
        places: Sequence[Place] = (),
    ) -> None:
        """Refuse NaN and infinity among what was computed of these images, up to some outputs.

        Raises:
            UnderstandingError: there are some.
        """
        expect_finite(
            where, lens, self.images[: self.count], *values, start=self.start, places=places
        )


def population(images: Any) -> Any:
    """Images that can be cut: arrays, also on disk (memory maps, HDF5), stay where they are."""
    return (
        images if hasattr(images, "shape") and hasattr(images, "__getitem__") else array_of(images)
    )


def image_shape(
    lens: Lens, images: Any, where: str, places: Sequence[Place] = ()
) -> tuple[int, ...]:
    """(H, W, C) of a population; its first image is checked, also for the way to some outputs.

    Raises:
        UnderstandingError: the model takes no such images.
    """
    first = images[:1] if len(images.shape) == 4 else images
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnderstandingWarning)  # a single image proves little
        return images_for(lens, first, where, places=places).shape[1:]


def through(
    lens: Lens,
    images: Any,
    batch_size: int,
    where: str,
    *,
    places: Sequence[Place] = (),
    again: bool = False,
) -> Iterator[Stretch]:
    """Go through a population.

    Args:
        lens: of the model.
        images: (N, H, W, C), as `population` gives them.
        batch_size: images at a time.
        where: the function that errors name.
        places: the outputs to compute, to which the size must fit; by default the model's.
        again: whether the images were gone through before, and warned of.

    Raises:
        UnderstandingError: the model takes no such images.
    """
    total = len(images)
    size, starts = stretches(total, batch_size)
    for start in track(starts, where):
        count = min(size, total - start)
        with warnings.catch_warnings():
            if start or again:
                warnings.simplefilter("ignore", UnderstandingWarning)
            some = images[start : start + count]
            given = images_for(lens, some, where, places=places, start=start)
        if count < size:
            given = given[np.minimum(np.arange(size), count - 1)]
        yield Stretch(start, count, given)
