"""`dlcnn models`: the networks there are, and one of them laid out layer by layer."""

import argparse
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcnn.cli.backend import start_backend
from dlcnn.cli.exits import DONE
from dlcnn.cli.options import Commands
from dlcnn.cli.outputs import hold_file
from dlcnn.errors import DlcnnError

if TYPE_CHECKING:
    import keras

    from dlcnn.models import Recipe

__all__ = ["add"]

_SHAPE = re.compile(r"([0-9]+)[x,]([0-9]+)[x,]([0-9]+)", re.ASCII)


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("models", help="list networks, or describe one")
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        help='a network, or a pattern in quotes: "INPUT -> [CONV -> RELU]*2 -> POOL -> FC"',
    )
    parser.add_argument("--variant", metavar="NAME", help="one of the network's published forms")
    parser.add_argument("--input-shape", metavar="HxWxC", help="such as 64x64x3")
    parser.add_argument("--num-classes", metavar="N", type=int, help="how many to tell apart")
    parser.add_argument(
        "--include-top",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="end with the classifier, or with the feature maps",
    )
    parser.add_argument(
        "--diagram", metavar="FILE", type=Path, help="draw it into a .png, .svg or .pdf"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    start_backend()
    if options.name is None:
        return _list(options)
    if options.diagram is not None:
        from dlcnn.figures import check_format

        check_format(options.diagram)
        hold_file("models", options.diagram)
    from dlcnn.models import is_pattern, summary_table

    model = _from_pattern(options) if is_pattern(options.name) else _describe(options)
    print(summary_table(model))
    if options.diagram is not None:
        from dlcnn.figures import save
        from dlcnn.models.diagram import draw

        save(draw(model), options.diagram)
        print(f"Drawn: {options.diagram}")
    return DONE


def _list(options: argparse.Namespace) -> int:
    from rich.table import Table
    from rich.text import Text

    from dlcnn.grading.render.terminal import make_console
    from dlcnn.models import find, names
    from dlcnn.models.shapes import as_text

    for key in ("variant", "input_shape", "num_classes", "include_top", "diagram"):
        if getattr(options, key) is not None:
            raise DlcnnError(
                f"models: this option is about one network. Received --{key.replace('_', '-')} "
                "without a NAME. Name one, or leave it out."
            )
    table = Table(box=None, pad_edge=False)
    table.add_column("network", no_wrap=True)
    table.add_column("what it is")
    table.add_column("input", no_wrap=True)
    table.add_column("source")
    for name in names():
        known = find(name)
        row = (name, known.title, as_text(known.defaults["input_shape"]), known.source)
        table.add_row(*map(Text, row))
    make_console().print(table)
    print("\nOne of them layer by layer: dlcnn models NAME")
    return DONE


def _from_pattern(options: argparse.Namespace) -> "keras.Model":
    for key in ("variant", "include_top"):
        if getattr(options, key) is not None:
            raise DlcnnError(
                f"models: a pattern says itself what it ends with, in one form. Received "
                f"{key}={getattr(options, key)}. Leave it out."
            )
    from dlcnn.models import from_pattern, without_weights

    with without_weights():
        return from_pattern(options.name, **_given(options, "input_shape", "num_classes"))


def _describe(options: argparse.Namespace) -> "keras.Model":
    """Print what is recorded about a network; its outline."""
    from dlcnn.models import find, outline
    from dlcnn.models.shapes import as_text

    known = find(options.name)
    given = _given(options, "input_shape", "num_classes", "variant", "include_top")
    model = outline(known.name, **given)
    facts = {
        "source": known.source,
        "variants": ", ".join(known.variants),
        "input": as_text(known.defaults["input_shape"]),
        "training": "not measured" if known.recipe is None else _training(known.recipe),
    }
    print(f"{known.name}: {known.title}")
    for fact, text in facts.items():
        if text:
            print(f"  {fact:10}{text}")
    print(f"\n{textwrap.indent(known.description, '  ')}\n")
    return model


def _given(options: argparse.Namespace, *keys: str) -> dict[str, Any]:
    """The options that were given, as the builders take them."""
    given = {key: getattr(options, key) for key in keys if getattr(options, key) is not None}
    if "input_shape" in given:
        given["input_shape"] = _shape(given["input_shape"])
    return given


def _shape(text: str) -> tuple[int, ...]:
    found = _SHAPE.fullmatch(text.replace(" ", ""))
    if found is None:
        raise DlcnnError(
            "models: an input shape is height, width and channels. "
            f"Received --input-shape {text}. Write for example 64x64x3."
        )
    return tuple(map(int, found.groups()))


def _training(recipe: "Recipe") -> str:
    """A recipe in a line."""
    text = (
        f"{recipe.epochs} epochs in batches of {recipe.batch_size}, {recipe.optimizer}, "
        f"{recipe.schedule} learning rate {recipe.learning_rate:g}"
    )
    if recipe.weight_decay:
        text += f", weight decay {recipe.weight_decay:g}"
    if recipe.augmentation:
        text += f", images changed by {', '.join(recipe.augmentation)}"
    return text
