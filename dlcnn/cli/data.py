"""`dlcnn data`: the data sets there are, a look at one, and its files."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dlcnn.cli.exits import DONE
from dlcnn.cli.options import Commands
from dlcnn.cli.outputs import hold_file, hold_folder
from dlcnn.errors import DlcnnError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dlcnn.data import Dataset

__all__ = ["add"]

_IMAGES, _CLASSES = 8, 12  # of a contact sheet, at most: images of a class, classes


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("data", help="list, look at and export data sets")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the data sets, and where each would come from")
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="save a sheet of images of each class")
    show.add_argument("name", metavar="NAME", help="as `dlcnn data list` names it")
    show.add_argument(
        "--out", metavar="FILE", type=Path, help="a .png, .svg or .pdf (default: NAME.png)"
    )
    show.set_defaults(run=_show)
    export = actions.add_parser("export", help="write the two h5 files, in the course's layout")
    export.add_argument("name", metavar="NAME", help="as `dlcnn data list` names it")
    export.add_argument("folder", metavar="DIR", type=Path, help="where to")
    export.set_defaults(run=_export)
    for action in (show, export):
        action.add_argument("--seed", metavar="N", type=int, help="draw other images of the kind")
        action.add_argument(
            "--colour", action="store_const", const=True, help="draw grey images in colour"
        )
    for action in (listing, show, export):
        action.add_argument(
            "--data-folder",
            metavar="DIR",
            type=Path,
            help="the folder of train_NAME.h5 and test_NAME.h5 (default: the one that the "
            "variable DLCNN_DATA names, else images are drawn)",
        )


def _list(options: argparse.Namespace) -> int:
    from rich.table import Table
    from rich.text import Text

    from dlcnn.data import names
    from dlcnn.grading.render.terminal import make_console

    table = Table(box=None, pad_edge=False)
    table.add_column("data", no_wrap=True)
    table.add_column("train", justify="right")
    table.add_column("test", justify="right")
    table.add_column("classes")
    table.add_column("from", overflow="fold")
    for name in names(options.data_folder):
        table.add_row(*map(Text, _row(name, options.data_folder)))
    make_console().print(table)
    return DONE


def _row(name: str, folder: Path | None) -> tuple[str, str, str, str, str]:
    from dlcnn.data.library import describe

    try:
        found = describe(name, folder)
    except DlcnnError as error:  # one damaged file hides none of the others
        return name, "", "", "", str(error)
    train, test = map(str, found.sizes or ("", ""))
    return name, train, test, ", ".join(found.class_names or ()), found.source


def _show(options: argparse.Namespace) -> int:
    from dlcnn.figures import check_format, save

    path = options.out or Path(f"{options.name}.png")
    check_format(path)
    hold_file("--out", path)
    dataset = _load(options)
    save(_contact_sheet(dataset), path)
    print(f"{dataset.name}: {dataset.info['description']}")
    print(f"Images of each class: {path}")
    return DONE


def _load(options: argparse.Namespace) -> "Dataset":
    """The data set of that name, drawn as the options that were given say."""
    from dlcnn.data import load

    given = {key: getattr(options, key) for key in ("seed", "colour")}
    drawn = {key: value for key, value in given.items() if value is not None}
    return load(options.name, options.data_folder, **drawn)


def _contact_sheet(dataset: "Dataset") -> "Figure":
    import numpy as np

    from dlcnn.figures import image_grid

    images, labels = dataset.train.images, dataset.train.labels
    shown = [np.flatnonzero(labels == label)[:_IMAGES] for label in range(dataset.num_classes)]
    chosen = np.concatenate(shown[:_CLASSES])
    colours = 3 if images.shape[-1] >= 3 else 1  # opacity cannot be seen
    return image_grid(
        images[chosen][..., :colours],
        [dataset.class_names[label] for label in labels[chosen]],
        columns=_IMAGES,
        title=f"{dataset.name}: {len(dataset.train)} to train with, {len(dataset.test)} to test",
    )


def _export(options: argparse.Namespace) -> int:
    from dlcnn.data import h5
    from dlcnn.data.folder import file_names

    for path in (options.folder / file_name for file_name in file_names(options.name)):
        if path.exists() or path.is_symlink():
            raise DlcnnError(
                f"export: nothing of yours is overwritten. Received {path}, which exists. "
                "Name another folder, or move the file away."
            )
    hold_folder("export", options.folder)
    for path in h5.write(_load(options), options.folder):
        print(f"written: {path}")
    return DONE
