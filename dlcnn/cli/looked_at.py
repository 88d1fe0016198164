"""What `dlcnn look` looks at: a model, and images as it takes them."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlcnn.cli.runs import dataset_of, open_run
from dlcnn.errors import DlcnnError, nearest

if TYPE_CHECKING:
    import keras
    import numpy as np
    import numpy.typing as npt

    from dlcnn.data import Dataset

__all__ = ["Subject", "scaled", "subject_of", "target_of"]


@dataclass(frozen=True)
class Subject:
    """What is looked at.

    Attributes:
        model: of one output.
        title: of the page.
        pixels: (N, H, W, C) uint8.
        names: of the images.
        labels: (N,) or None where they are not known.
        classes: their names or None.
        trained_here: whether it is a run, whose images were in [0, 1].
    """

    model: "keras.Model"
    title: str
    pixels: "npt.NDArray[np.uint8]"
    names: list[str]
    labels: "npt.NDArray[np.int64] | None"
    classes: tuple[str, ...] | None
    trained_here: bool


def subject_of(options: argparse.Namespace) -> Subject:
    """The model, and the images that the command names, else some of its data set.

    Raises:
        DlcnnError: they cannot be read, or what is named does not fit.
    """
    from dlcnn.data.pictures import read_pictures
    from dlcnn.training.run import load_model
    from dlcnn.understanding.classifier import classifier_of

    dataset = None
    is_run = options.model.is_dir()
    if is_run:
        run = open_run(options.model)
        model, title = _first_output(run.load_model()), run.title
        classes: tuple[str, ...] | None = tuple(run.manifest.data.class_names)
        if not options.images:
            dataset = dataset_of(run, "look", options.data, options.data_folder)
    else:
        if not options.model.is_file():
            raise DlcnnError(
                "look: it looks into a run, or a model in a .keras file. Received "
                f"{options.model}, which is neither. Train a run: dlcnn train --help."
            )
        model, title, classes = _first_output(load_model(options.model)), options.model.name, None
        if not options.images:
            dataset = _named(options)
    lens = classifier_of(model, "look")
    if options.classes is not None:
        classes = tuple(options.classes)
        if len(classes) != lens.classes:
            raise DlcnnError(
                f"look: there is a name for each of {lens.classes} classes. Received --classes "
                f"{' '.join(classes)}. Name them all."
            )
    if dataset is not None:
        places = _chosen(model, dataset, options.count)
        labels = dataset.test.labels[places]
        names = [f"test image {place}" for place in places]
        classes = classes or dataset.class_names
        return Subject(model, title, dataset.test.images[places], names, labels, classes, is_run)
    _, height, width, channels = lens.input_shape
    pixels, names = read_pictures(options.images, (height, width), channels or 3)
    return Subject(model, title, pixels, names, None, classes, is_run)


def _named(options: argparse.Namespace) -> "Dataset":
    from dlcnn.data import load

    if options.data is None:
        raise DlcnnError(
            "look: a model in a file does not say what it was trained on. Received no IMAGES. "
            "Name pictures, or a data set: --data signs."
        )
    return load(options.data, options.data_folder)


def _first_output(model: "keras.Model") -> "keras.Model":
    """The model with its first output only, which is said."""
    from dlcnn.understanding.classifier import first_answer

    answering = first_answer(model)
    if answering is not model:
        print(f"Of the {len(model.outputs)} outputs of {model.name} the first one is explained.")
    return answering


def _chosen(model: "keras.Model", dataset: "Dataset", count: int) -> "npt.NDArray[np.intp]":
    """Test images: the first of each class, then those that the model is most wrong about."""
    import numpy as np

    from dlcnn.training import evaluate

    if count < 1:
        raise DlcnnError(f"look: there is at least one image. Received --count {count}. Name more.")
    labels = dataset.test.labels
    first = [int(np.argmax(labels == label)) for label in np.unique(labels)]
    wrong = evaluate(model, dataset.test, dataset.class_names, mistakes=count).mistakes
    others = [*(mistake.index for mistake in wrong), *range(len(labels))]
    return np.array(list(dict.fromkeys([*first, *others]))[:count])


def scaled(subject: Subject, pixels: str | None) -> "npt.NDArray[np.float32]":
    """The images as the network takes them."""
    from dlcnn.understanding.images import scales_itself
    from dlcnn.understanding.lens import lens_of

    values = subject.pixels.astype("float32")
    if pixels is None and subject.trained_here:
        pixels = "unit"
    elif pixels is None:
        pixels = "pixels" if scales_itself(lens_of(subject.model, "look")) else "unit"
    if pixels == "pixels":
        return values
    values /= 255
    return values if pixels == "unit" else 2 * values - 1


def target_of(text: str, subject: Subject) -> int:
    """A class by its name, or its number.

    Raises:
        DlcnnError: it is neither.
    """
    from dlcnn.understanding.classifier import classifier_of

    if subject.classes is not None and text in subject.classes:
        return subject.classes.index(text)
    if text.isdecimal():
        return int(text)
    last = classifier_of(subject.model, "look").classes - 1
    hint = f"Name a number, 0 to {last}."
    raise DlcnnError(
        f"look: a target is a class, by its name or number. Received --target {text}. "
        f"{nearest(text, subject.classes) if subject.classes else hint}"
    )
