"""Batches to train and to validate on, the same ones in the same order on every backend.

The order of an epoch follows from the seed and the epoch, and what augmentation does to a batch
from the seed, the epoch and the batch: training can go on at any epoch as if it had never stopped.
It knows no model and no training; frameworks are loaded when batches are asked for.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dlcnn.data.errors import DataError
from dlcnn.errors import nearest

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

__all__ = ["AUGMENTATIONS", "Batches", "check_augmentation"]

_AHEAD = 2  # batches that are ready before they are asked for
_STATE_SIZE = 2  # what the state of a Keras random generator is made of

AUGMENTATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "shift": (
        "RandomTranslation",
        {"height_factor": 0.1, "width_factor": 0.1, "fill_mode": "nearest"},
    ),
    "rotate": ("RandomRotation", {"factor": 0.05, "fill_mode": "nearest"}),
    "zoom": ("RandomZoom", {"height_factor": 0.15, "fill_mode": "nearest"}),
    "flip": ("RandomFlip", {"mode": "horizontal"}),
    "brightness": ("RandomBrightness", {"factor": 0.2, "value_range": (0.0, 1.0)}),
    "contrast": ("RandomContrast", {"factor": 0.2, "value_range": (0.0, 1.0)}),
}
"""The layer of Keras, and its arguments, that each name stands for; images are in [0, 1]."""


def check_augmentation(names: Iterable[str]) -> tuple[str, ...]:
    """The names as a tuple, when every one is known.

    Raises:
        DataError: there is no such augmentation; the nearest is offered.
    """
    names = tuple(names)
    for name in names:
        if name not in AUGMENTATIONS:
            raise DataError(
                "augmentation: there is no random change of this name. "
                f"Received {name!r}. {nearest(name, AUGMENTATIONS)}"
            )
    return names


class Batches:
    """Images and labels in batches, epoch after epoch; the last batch may be smaller.

    Attributes:
        epoch: the epoch whose batches come when iteration begins anew, from 0; set it before.
    """

    def __init__(
        self,
        images: npt.NDArray[np.float32],
        labels: npt.NDArray[Any],
        batch_size: int,
        *,
        seed: int | None = None,
        augmentation: Iterable[str] = (),
        copies: int = 1,
        multiple_of: int = 1,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        """Take what to make batches of.

        Args:
            images: (n, height, width, channels) in [0, 1].
            labels: (n, …), one for each image.
            batch_size: images in a batch.
            seed: of the order and of augmentation; None keeps the order as it is.
            augmentation: names of `AUGMENTATIONS`, applied in this order; needs a seed.
            copies: how often a batch has the labels, once for each output of a model.
            multiple_of: every batch has a multiple of so many images; the last one is cut.
            share: (i, n) for the i-th of n equal parts of each batch, where n machines share it.
        """
        self.images = images
        self.labels = labels
        self.epoch = 0
        self._batch_size = batch_size
        self._seed = seed
        self._augmentation = check_augmentation(augmentation)
        self._copies = copies
        self._count = len(images) - len(images) % batch_size % multiple_of
        self._share = share

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return math.ceil(self._count / self._batch_size)

    def order(self, epoch: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
        """The places of an epoch's images, and the random states of each of its batches."""
        random = np.random.default_rng((self._seed or 0, epoch))
        count = len(self.images)
        places = np.arange(count) if self._seed is None else random.permutation(count)
        places = places[: self._count]
        part, parts = self._share
        if parts > 1:
            whole = np.split(places, range(self._batch_size, self._count, self._batch_size))
            places = np.concatenate([np.split(batch, parts)[part] for batch in whole])
        size = _STATE_SIZE * len(self._augmentation)
        states = np.empty((len(self), size), np.uint32)
        for number in range(len(self)):
            entropy = (self._seed or 0, epoch, number, part)
            states[number] = np.random.SeedSequence(entropy).generate_state(size)
        return places, states.reshape(len(self), -1, _STATE_SIZE)

    def fit_arguments(self) -> dict[str, Any]:
        """What `model.fit` takes to train on these batches in their own order."""
        import keras

        if keras.backend.backend() == "tensorflow":  # one stream: an epoch's end holds nothing up
            stream = self._tf_data(endless=True)
            return {"x": stream, "steps_per_epoch": len(self), "shuffle": False}
        return {"x": self._py_dataset(), "shuffle": False}

    def for_keras(self) -> "tf.data.Dataset | keras.utils.PyDataset":
        """One epoch: `tf.data` on TensorFlow, elsewhere plain arrays."""
        import keras

        if keras.backend.backend() == "tensorflow":
            return self._tf_data(endless=False)
        return self._py_dataset()

    def _orders(
        self, *, endless: bool
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]]:
        """The order of the epoch that has begun, and of those after it."""
        first = self.epoch  # asked once: it moves on while the stream is read ahead of it
        yield self.order(first)
        if endless:
            yield from map(self.order, itertools.count(first + 1))

    def _labels(self, labels: Any) -> Any:
        return labels if self._copies == 1 else (labels,) * self._copies

    def _tf_data(self, *, endless: bool) -> "tf.data.Dataset":
        """Whole batches gathered from memory, prepared while the one before is trained on."""
        import tensorflow as tf

        augment = _augment(self._augmentation)
        size = self._batch_size // self._share[1]
        with tf.device("CPU"):  # the data need not fit on a GPU
            images, labels = tf.constant(self.images), tf.constant(self.labels)

        def batches_of(order: tf.Tensor, states: tf.Tensor) -> tf.data.Dataset:
            numbers = tf.data.Dataset.range(len(self))
            return numbers.map(lambda i: (order[i * size : (i + 1) * size], states[i]))

        def gather(places: tf.Tensor, state: tf.Tensor) -> tuple[tf.Tensor, Any]:
            batch = augment(tf.gather(images, places), state)
            return batch, self._labels(tf.gather(labels, places))

        signature = (
            tf.TensorSpec((None,), tf.int64),
            tf.TensorSpec((len(self), len(self._augmentation), _STATE_SIZE), tf.uint32),
        )
        orders = functools.partial(self._orders, endless=endless)
        data = tf.data.Dataset.from_generator(orders, output_signature=signature)
        # One batch after another: a layer has one random state at a time.
        data = data.flat_map(batches_of).map(gather, num_parallel_calls=None)
        if not endless:
            data = data.apply(tf.data.experimental.assert_cardinality(len(self)))
        return data.prefetch(_AHEAD).with_options(_one_thread())

    def _py_dataset(self) -> "keras.utils.PyDataset":
        """The same batches as plain arrays."""
        import keras

        ours = self
        augment = _augment(self._augmentation)
        size = self._batch_size // self._share[1]
        order = functools.lru_cache(maxsize=1)(self.order)

        class _Arrays(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
            def __len__(self) -> int:
                return len(ours)

            def __getitem__(self, number: int) -> tuple[Any, Any]:
                places, states = order(ours.epoch)
                places = places[number * size : (number + 1) * size]
                images = ours.images[places]
                if states.size:
                    images = keras.ops.convert_to_numpy(augment(images, states[number]))
                return images, ours._labels(ours.labels[places])

        return _Arrays()


def _one_thread() -> "tf.data.Options":
    """Preparing a batch is little work: more threads would only disturb those that train."""
    import tensorflow as tf

    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    options.autotune.enabled = False
    return options


def _augment(names: tuple[str, ...]) -> Callable[[Any, Any], Any]:
    """A function of images and the random states of its layers, one row for each of `names`."""
    import keras

    layers = []
    for name in names:
        kind, arguments = AUGMENTATIONS[name]
        layers.append(getattr(keras.layers, kind)(**arguments, dtype="float32"))

    def augment(images: Any, states: Any) -> Any:
        for number, layer in enumerate(layers):
            layer.generator.state.assign(states[number])
            images = layer(images, training=True)
        return images

    return augment
