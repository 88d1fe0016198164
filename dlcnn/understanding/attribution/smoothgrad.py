"""SmoothGrad: the mean gradient over noisy copies of an image, which random wrinkles leave."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from dlcnn.understanding.arguments import number, whole
from dlcnn.understanding.attribution.averaged import Points, mean_gradient
from dlcnn.understanding.attribution.checked import checked, scores_of
from dlcnn.understanding.attribution.saliency import Kind, kind_of, reduced
from dlcnn.understanding.batches import stretches
from dlcnn.understanding.maps import Maps
from dlcnn.understanding.questions import ask

__all__ = ["smoothgrad"]


def smoothgrad(
    model: keras.Model,
    images: npt.ArrayLike,
    targets: int | Sequence[int] | npt.NDArray[Any] | None = None,
    batch_size: int = 64,
    *,
    samples: int = 25,
    noise: float = 0.15,
    seed: int = 0,
    kind: Kind = "absolute",
) -> Maps:
    """Map how the score reacts to each pixel, on average over copies with noise.

    The mean gradient converges to the gradient of the score smoothed by the noise.

    Args:
        model: as for `saliency`.
        images: (N, H, W, C) as the model takes them.
        targets: a class for all images or (N,); None: the class that the model prefers.
        batch_size: noisy copies at a time.
        samples: copies of each image; all images get the same noise.
        noise: the deviation of the normal noise, as a share of the range of each image's pixels.
        seed: of the noise.
        kind: how the mean gradient is read, as for `saliency`.

    Returns:
        (N, H, W) float32.

    Raises:
        ModelError, UnderstandingError: as for `saliency`.

    Source: Smilkov et al. 2017.
    """
    question = ask("smoothgrad", model, images, targets, batch_size)
    how = kind_of(kind, "smoothgrad")
    count = whole("smoothgrad", "samples", samples, least=1)
    share = number("smoothgrad", "noise", noise, least=0)
    start = whole("smoothgrad", "seed", seed, least=0)
    size, parts = stretches(count, question.batch_size)
    spread = np.ptp(question.images, axis=(1, 2, 3)) * np.float32(share)
    points = _points(question.images.shape[1:], count, size, start)
    gradients = mean_gradient(question, points, spread, "smoothgrad", len(parts))
    tensor = keras.ops.convert_to_tensor
    values = keras.ops.convert_to_numpy(reduced(tensor(gradients), tensor(question.images), how))
    return checked(question, "SmoothGrad", values, scores_of(question))


def _points(shape: tuple[int, ...], count: int, size: int, seed: int) -> Iterator[Points]:
    """The noise in parts of one size; what fills the last one up counts nothing."""
    random = np.random.default_rng(seed)
    for first in range(0, count, size):
        weights = np.where(np.arange(first, first + size) < count, 1 / count, 0)
        yield Points(
            scales=np.ones(1, np.float32),
            shifts=random.standard_normal((size, *shape), dtype=np.float32),
            weights=weights.astype(np.float32),
        )
