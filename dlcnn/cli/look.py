"""`dlcnn look`: a page of which pixels a network's answers come from."""

import argparse
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcnn.cli.backend import BACKENDS, start_backend
from dlcnn.cli.exits import DONE
from dlcnn.cli.options import Commands
from dlcnn.cli.outputs import hold_folder
from dlcnn.cli.runs import dataset_of, open_run
from dlcnn.errors import DlcnnError, nearest

if TYPE_CHECKING:
    import keras
    import numpy as np
    import numpy.typing as npt

    from dlcnn.data import Dataset
    from dlcnn.understanding import Look, Picture

__all__ = ["add"]

_ROWS = 6  # layers of which activations are shown
_ALSO = ("kernels", "activations", "class_models", "judgement")


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "look",
        help="show which pixels a network's answers come from",
        description="Writes a page, index.html, with each image, what the network takes it for, "
        "and a map for each method.",
    )
    parser.add_argument(
        "model", metavar="MODEL", type=Path, help="a run as `dlcnn train` made it, or a .keras file"
    )
    parser.add_argument(
        "images",
        metavar="IMAGES",
        nargs="*",
        type=Path,
        help="pictures, or folders of them (default: test images of the run's data set)",
    )
    parser.add_argument(
        "--method",
        dest="methods",
        metavar="NAME",
        nargs="+",
        help="saliency smoothgrad integrated_gradients guided_backprop grad_cam "
        "grad_cam_plus_plus occlusion (default: the first five)",
    )
    parser.add_argument("--layer", metavar="NAME", help="of Grad-CAM, and of the activations")
    parser.add_argument(
        "--target", metavar="CLASS", help="explain this class (default: the most probable one)"
    )
    parser.add_argument(
        "--also",
        nargs="*",
        choices=_ALSO,
        default=("kernels", "activations"),
        help="pictures of the network as a whole (default: kernels activations)",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("look"), help="(look)")
    _add_input(parser)
    parser.add_argument("--batch-size", metavar="N", type=int, default=64, help="images at a time")
    parser.add_argument("--backend", choices=BACKENDS, help="that Keras computes with")
    parser.set_defaults(run=_run)


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="NAME", help="a data set in place of pictures")
    parser.add_argument("--data-folder", metavar="DIR", type=Path, help="the folder of its files")
    parser.add_argument("--count", metavar="N", type=int, default=8, help="of its images (8)")
    parser.add_argument("--classes", metavar="NAME", nargs="+", help="what the classes are called")
    parser.add_argument(
        "--pixels",
        choices=("unit", "symmetric", "pixels"),
        help="what the network takes: 0 to 1, -1 to 1, or 0 to 255 (default: 0 to 1, or 0 to 255 "
        "if it scales such pixels itself)",
    )


@dataclass(frozen=True)
class _Subject:
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


def _run(options: argparse.Namespace) -> int:
    made = [each for each in (options.out, *options.out.parents) if not each.exists()]
    try:
        hold_folder("look", options.out)
        return _look(options)
    except BaseException:  # Ctrl-C, too
        with suppress(OSError):  # what holds something stays
            for each in made:
                each.rmdir()
        raise


def _look(options: argparse.Namespace) -> int:
    start_backend(options.backend)
    from dlcnn import understanding
    from dlcnn.understanding.images import ABOUT_SCALE

    subject = _subject(options)
    if options.pixels:  # who names the scale needs no warning about it
        warnings.filterwarnings("ignore", ABOUT_SCALE, understanding.UnderstandingWarning)
    images = _scaled(subject, options.pixels)
    target = None if options.target is None else _target(options.target, subject)
    found = understanding.look(
        subject.model,
        images,
        target,
        options.batch_size,
        methods=options.methods or understanding.USUAL,
        layer=options.layer,
    )
    page = understanding.write_page(
        found,
        options.out,
        title=subject.title,
        class_names=subject.classes,
        labels=subject.labels,
        image_names=subject.names,
        pictures=[_picture(name, subject, found, options) for name in options.also],
    )
    for note in found.notes:
        print(note)
    print(f"The page: {page}")
    return DONE


def _subject(options: argparse.Namespace) -> _Subject:
    """The model, and the images that the command names, else some of its data set."""
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
        return _Subject(model, title, dataset.test.images[places], names, labels, classes, is_run)
    _, height, width, channels = lens.input_shape
    pixels, names = read_pictures(options.images, (height, width), channels or 3)
    return _Subject(model, title, pixels, names, None, classes, is_run)


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


def _scaled(subject: _Subject, pixels: str | None) -> "npt.NDArray[np.float32]":
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


def _target(text: str, subject: _Subject) -> int:
    """A class by its name, or its number."""
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


def _picture(name: str, subject: _Subject, found: "Look", options: argparse.Namespace) -> "Picture":
    """A picture of the network as a whole."""
    from dlcnn import understanding

    model, images, size = subject.model, found.images, options.batch_size
    titled: dict[str, tuple[str, str]] = {
        "kernels": (
            "What the first layer looks for",
            "The kernels of the first convolution: each is compared with every place.",
        ),
        "activations": (
            f"What layers give for {subject.names[0]}",
            "The mean over the channels of a layer, then the channels that answer most.",
        ),
        "class_models": (
            "What the network takes for each class",
            "Images that were changed, from grey on, until the score of a class was high.",
        ),
        "judgement": (
            "How far the maps can be trusted",
            "The class's probability as the pixels are deleted, or put in, in the order of each "
            "map; and how much of a map is left when the weights are made random.",
        ),
    }

    def figure() -> Any:
        import numpy as np

        if name == "kernels":
            return understanding.kernels(model).figure(filters=32)
        if name == "activations":
            layers = [options.layer] if options.layer else _some_convolutions(model)
            return understanding.activations(model, images[:1], layers, size).figure()
        if name == "class_models":
            low, high = float(images.min()), float(images.max())
            ends = (min(low, 0.0), max(high, 1.0))
            grey = np.full(images.shape[1:], sum(ends) / 2, np.float32)
            made = understanding.class_model(model, None, size, value_range=ends, start=grey)
            return made.figure(class_names=subject.classes)
        methods = tuple(found.maps)
        return understanding.judge(model, images, found.targets, size, methods=methods).figure()

    title, text = titled[name]
    return understanding.Picture(name, title, text, figure())


def _some_convolutions(model: "keras.Model") -> list[str] | None:
    """Some of the network's convolutions, from the first to the last; None if it has none."""
    import numpy as np

    from dlcnn.models import summary_table

    names = [row.name for row in summary_table(model).rows if "Conv" in row.kind]
    places = np.unique(np.linspace(0, len(names) - 1, _ROWS).round().astype(int))
    return [names[place] for place in places] if names else None
