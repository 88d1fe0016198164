"""What a climb gives: images, the way up to them, and pictures of both.

It must not know how they are made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dlcnn.understanding.arguments import columns_of
from dlcnn.understanding.maps import captions, names_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Ascent"]

_CURVES_UP_TO = 10  # more lines than that cannot be told apart


@dataclass(frozen=True)
class Ascent:
    """Images that a network was climbed with, the way, and what it was for.

    Attributes:
        method: its name in words.
        titles: N texts, what each image is made for.
        targets: (N,) int32, the class or filter of each; of a dream, the image dreamt into.
        of_classes: whether the targets are classes.
        value_range: the lowest and highest pixel; None where there was no limit.
        images: (N, H, W, C) float32 at the end of the way, as the model takes them.
        scores: (N, S) float32 what was climbed, before each step and at the end.
        objectives: (N, S) float32 the scores less the penalties.
        frames: (F, N, H, W, C) uint8 images on the way as they are seen, the first and the last
            among them: 0 to 255 is the value range, or without one that of an image on its way.
        frame_steps: the step before which each frame was.
        moving: (N,) whether there was anything to climb.
    """

    method: str
    titles: tuple[str, ...]
    targets: npt.NDArray[np.int32]
    of_classes: bool
    value_range: tuple[float, float] | None
    images: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    objectives: npt.NDArray[np.float32]
    frames: npt.NDArray[np.uint8]
    frame_steps: tuple[int, ...]
    moving: npt.NDArray[np.bool_]

    def figure(
        self, *, class_names: Iterable[str] | None = None, columns: int | None = None
    ) -> "Figure":
        """Draw the images, each with what it is made for and the score that it reached.

        Args:
            class_names: the name of each class, for images made for classes; others keep their
                titles.
            columns: images per row.

        Raises:
            UnderstandingError: there are fewer names than classes, or no number of columns.
        """
        from dlcnn.figures import image_grid

        reached = self.scores[:, -1]
        if self.of_classes:
            texts = captions(self.targets, reached, class_names)
        else:
            pairs = zip(self.titles, reached, strict=True)
            texts = [f"{title}, {score:.3g}" for title, score in pairs]
        texts = [text.replace(", ", "\n", 1) for text in texts]
        last = _coloured(self.frames[-1])
        return image_grid(last, texts, columns=columns_of(columns), title=self.method)

    def curve_figure(self, *, class_names: Iterable[str] | None = None) -> "Figure":
        """Draw the score over the steps: a curve per image, of many the mean and its spread.

        Args:
            class_names: as in `figure`.
        """
        from dlcnn.figures import lines

        titles = list(self.titles)
        if self.of_classes and class_names is not None:
            titles = names_of(self.targets, class_names)
        spread = None
        if len(self.images) > _CURVES_UP_TO:
            mean = f"mean of {len(self.images)}, with standard deviation"
            curves = {mean: self.scores.mean(axis=0)}
            spread = {mean: self.scores.std(axis=0)}
        else:
            doubled = len(set(titles)) < len(titles)
            curves = {
                f"{title} (images[{place}])" if doubled else title: scores
                for place, (title, scores) in enumerate(zip(titles, self.scores, strict=True))
            }
        steps = np.arange(self.scores.shape[1])
        return lines(steps, curves, xlabel="step", ylabel="score", title=self.method, spread=spread)

    def save_gif(
        self, path: str | Path, *, columns: int | None = None, milliseconds: int = 80
    ) -> None:
        """Write the way up as a moving picture, all images side by side.

        Args:
            path: ends in .gif; written whole or not at all.
            columns: images per row.
            milliseconds: how long a frame is shown; the last ten times as long.

        Raises:
            DlcnnError: another suffix, a file that cannot be written, no number of columns, or a
                time that no GIF can tell.
        """
        from dlcnn.figures import save_gif

        save_gif(_coloured(self.frames), path, columns=columns, milliseconds=milliseconds)


def _coloured(frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """With 1 or 3 channels, the first ones."""
    return frames[..., :3] if frames.shape[-1] >= 3 else frames[..., :1]
