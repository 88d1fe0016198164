"""What a data set is: two splits of labelled images and the names of their classes.

Knows NumPy only: no files, no renderers and no framework.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from numbers import Real
from reprlib import repr as shortened
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from dlcnn.data.errors import DataError
from dlcnn.data.values import seed_from

__all__ = ["Arrays", "Dataset", "Labels", "Normalisation", "Split"]

Labels: TypeAlias = Literal["integer", "one_hot"]
Normalisation: TypeAlias = Literal["unit", "symmetric", "standard", "pixels"]
Arrays: TypeAlias = tuple[npt.NDArray[np.float32], npt.NDArray[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Labelled images.

    Attributes:
        images: (n, height, width, channels) uint8.
        labels: (n,) int64, each the index of a class.

    Raises:
        DataError: the arrays are of another kind, or of different lengths.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.dtype != np.uint8 or self.images.size == 0:
            raise DataError(
                "Split: images are uint8 of shape (n, height, width, channels), none of them 0. "
                f"Received images.shape={self.images.shape}, images.dtype={self.images.dtype}. "
                "Convert them first."
            )
        if self.labels.shape != self.images.shape[:1] or self.labels.dtype != np.int64:
            raise DataError(
                f"Split: labels are int64 of shape ({len(self.images)},), one for each image. "
                f"Received labels.shape={self.labels.shape}, labels.dtype={self.labels.dtype}. "
                "Convert them first."
            )

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"<Split: {len(self)} images of {self.images.shape[1:]}>"


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images to learn from, images to be judged on, and what they show.

    Attributes:
        name: as `dlcnn.data.load` knows it.
        train: the images to learn from.
        test: the images to be judged on, of the same shape.
        class_names: the name of each class; a label is an index into them.
        info: where the data come from: `source` is "rendered" or a folder; `description`; when
            rendered also `seed`, `version` and the other options of the renderer.

    Raises:
        DataError: the splits do not fit each other or the classes.
    """

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    info: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        train_shape, test_shape = self.train.images.shape[1:], self.test.images.shape[1:]
        if train_shape != test_shape:
            raise DataError(
                f"{self.name}: the images of both splits have one shape. Received {train_shape} "
                f"in train and {test_shape} in test. Use files that belong together."
            )
        labels = np.concatenate([self.train.labels, self.test.labels])
        if labels.min() < 0 or labels.max() >= self.num_classes:
            raise DataError(
                f"{self.name}: a label is the index of one of {self.num_classes} classes, from 0. "
                f"Received labels from {labels.min()} to {labels.max()}. Name every class."
            )

    def __repr__(self) -> str:
        return (
            f"<Dataset {self.name!r}: {len(self.train)} train and {len(self.test)} test images of "
            f"{self.image_shape}, {self.num_classes} classes {shortened(self.class_names)}>"
        )

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels), as the `input_shape` of a model."""
        _, height, width, channels = self.train.images.shape
        return height, width, channels

    def digest(self) -> str:
        """SHA-256 of the images, the labels and the class names, the same on every machine."""
        digest = sha256("\0".join(self.class_names).encode())
        for split in (self.train, self.test):
            digest.update(f"\0{split.images.shape}\0".encode())
            digest.update(np.ascontiguousarray(split.images).data)
            digest.update(np.ascontiguousarray(split.labels, dtype="<i8").data)
        return digest.hexdigest()

    def arrays(
        self, *, labels: Labels = "integer", normalisation: Normalisation = "unit"
    ) -> tuple[Arrays, Arrays]:
        """Give both splits as plain arrays that any framework trains on.

        Args:
            labels: "integer", (n,) int64, or "one_hot", (n, num_classes) float32.
            normalisation: what a pixel of 0 ... 255 becomes: "unit", 0 to 1; "symmetric", -1 to 1;
                "standard", zero mean and unit deviation in each channel of the training split,
                the same numbers for the test split; "pixels", 0 to 255 as it is, for networks
                that normalise by themselves.

        Returns:
            ((x_train, y_train), (x_test, y_test)); x is (n, height, width, channels) float32.

        Raises:
            DataError: there is no such `labels` or `normalisation`.
        """
        _expect_one_of("labels", labels, get_args(Labels))
        _expect_one_of("normalisation", normalisation, get_args(Normalisation))
        offset, scale = _offset_and_scale(normalisation, self.train.images)

        def arrays_of(split: Split) -> Arrays:
            inputs = split.images.astype(np.float32)
            inputs -= offset
            inputs /= scale
            if labels == "integer":
                return inputs, split.labels.copy()
            one_hot = np.zeros((len(split), self.num_classes), np.float32)
            one_hot[np.arange(len(split)), split.labels] = 1
            return inputs, one_hot

        return arrays_of(self.train), arrays_of(self.test)

    def split(self, fraction: float, seed: int) -> "Dataset":
        """Divide the training split in two, to validate on a part that is not learned from.

        Every class keeps its share in both parts, and the images to be judged on stay out of it:
        `(x_train, y_train), (x_validation, y_validation) = dataset.split(0.1, seed=0).arrays()`.

        The shares are rounded by largest remainder, so that the second part has
        `round(fraction * n)` images. Both parts keep the order of the images.

        Args:
            fraction: the share of the second part, between 0 and 1.
            seed: chooses the images, a whole number from 0.

        Returns:
            A data set whose `train` is the part to learn from, and `test` the second part, to
            validate on.

        Raises:
            DataError: a class would have no image in one of the parts, or there is no such
                fraction or seed.
        """
        counts = np.bincount(self.train.labels, minlength=self.num_classes)
        taken = self._shares(counts, fraction)
        random = np.random.default_rng(seed_from(self.name, seed))
        validates = np.zeros(len(self.train), dtype=bool)
        for label, count in enumerate(taken):
            members = np.flatnonzero(self.train.labels == label)
            validates[random.permutation(members)[:count]] = True
        train, validation = (_part(self.train, chosen) for chosen in (~validates, validates))
        return replace(self, train=train, test=validation)

    def _shares(self, counts: npt.NDArray[np.int64], fraction: float) -> npt.NDArray[np.int64]:
        """How many of each class make up `fraction` of all, as equally as whole numbers allow."""
        if not (isinstance(fraction, Real) and 0 < fraction < 1):
            raise DataError(
                f"{self.name}: a split takes a share between 0 and 1, 0.1 for a tenth. "
                f"Received fraction={fraction!r}. Name another."
            )
        shares = counts * fraction
        taken: npt.NDArray[np.int64] = np.floor(shares).astype(np.int64)
        left = round(counts.sum() * fraction) - int(taken.sum())
        taken[np.argsort(taken - shares, kind="stable")[:left]] += 1
        short = np.flatnonzero((counts > 0) & ((taken == 0) | (taken == counts)))
        if short.size:
            raise DataError(
                f"{self.name}: each class has an image in both parts of a split. Received "
                f"fraction={fraction}, which leaves class {self.class_names[short[0]]!r}, of "
                f"{counts[short[0]]} images, without one. Name a fraction nearer to a half."
            )
        return taken


def _expect_one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise DataError(
            f"arrays: {name} is one of {', '.join(allowed)}. Received {name}={value!r}. "
            "Name one of them."
        )


def _offset_and_scale(
    normalisation: Normalisation, images: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What to subtract from a pixel, then what to divide it by; per channel or for all."""
    if normalisation == "standard":
        means = images.mean(axis=(0, 1, 2), dtype=np.float64)
        deviations = images.std(axis=(0, 1, 2), dtype=np.float64)
        deviations[deviations == 0] = 1  # a channel of one value becomes 0, not 0 / 0
        return means.astype(np.float32), deviations.astype(np.float32)
    offset, scale = {"unit": (0, 255), "symmetric": (127.5, 127.5), "pixels": (0, 1)}[normalisation]
    return np.full(1, offset, np.float32), np.full(1, scale, np.float32)


def _part(split: Split, chosen: npt.NDArray[np.bool_]) -> Split:
    return Split(split.images[chosen], split.labels[chosen])
