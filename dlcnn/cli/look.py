"""`dlcnn look`: a page of which pixels a network's answers come from."""

import argparse
import warnings
from contextlib import suppress
from pathlib import Path

from dlcnn.cli.backend import BACKENDS, start_backend
from dlcnn.cli.exits import DONE
from dlcnn.cli.look_pictures import ALSO, picture
from dlcnn.cli.looked_at import scaled, subject_of, target_of
from dlcnn.cli.options import Commands
from dlcnn.cli.outputs import hold_folder

__all__ = ["add"]


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
        choices=ALSO,
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

    subject = subject_of(options)
    if options.pixels:  # who names the scale needs no warning about it
        warnings.filterwarnings("ignore", ABOUT_SCALE, understanding.UnderstandingWarning)
    images = scaled(subject, options.pixels)
    target = None if options.target is None else target_of(options.target, subject)
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
        pictures=[picture(name, subject, found, options) for name in options.also],
    )
    for note in found.notes:
        print(note)
    print(f"The page: {page}")
    return DONE
