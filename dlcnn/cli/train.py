"""`dlcnn train`: trains a network on a data set, into a run folder that explains itself."""

import argparse
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcnn.cli.backend import BACKENDS, start_backend
from dlcnn.cli.exits import DONE
from dlcnn.cli.options import Commands
from dlcnn.cli.outputs import hold_folder
from dlcnn.errors import DlcnnError

if TYPE_CHECKING:
    import keras

    from dlcnn.data import Dataset

__all__ = ["add"]

_RUNS = Path("runs")
_MACHINE = "KERAS_DISTRIBUTION_PROCESS_ID"
_PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
_FIT_OPTIONS = (
    *("epochs", "batch_size", "optimizer", "learning_rate", "schedule", "weight_decay"),
    *("augmentation", "validation", "early_stopping", "jit_compile", "deterministic"),
    *("tensorboard", "seed"),
)


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "train",
        help="train a network on a data set",
        description="Options that are not given are those recorded for the network. "
        "The same command with --run goes on where it was stopped.",
    )
    _add_what(parser)
    _add_how(parser)
    _add_where(parser)
    parser.set_defaults(run=_run)


def _add_what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="NAME|PATTERN",
        required=True,
        help="as `dlcnn models` names it, or a pattern: 'INPUT -> [CONV -> RELU]*2 -> POOL -> FC'",
    )
    parser.add_argument("--variant", metavar="NAME", help="of the network")
    parser.add_argument(
        "--data", metavar="NAME", required=True, help="as `dlcnn data list` names it"
    )
    parser.add_argument(
        "--data-folder",
        metavar="DIR",
        type=Path,
        help="the folder of train_NAME.h5 and test_NAME.h5 (default: the one that the variable "
        "DLCNN_DATA names, else images are drawn)",
    )
    parser.add_argument("--colour", action="store_true", help="digits in colour")


def _add_how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--epochs", metavar="N", type=int, help="passes over the images")
    parser.add_argument("--batch-size", metavar="N", type=int, help="images per step")
    parser.add_argument("--optimizer", metavar="NAME", help="adam, sgd or another of Keras'")
    parser.add_argument("--learning-rate", metavar="RATE", type=float, help="of the first step")
    parser.add_argument("--schedule", choices=("constant", "cosine"), help="of the learning rate")
    parser.add_argument("--weight-decay", metavar="RATE", type=float, help="decoupled")
    parser.add_argument(
        "--augment",
        dest="augmentation",
        metavar="NAME",
        nargs="*",
        help="random changes: shift rotate zoom flip brightness contrast; without a name, none",
    )
    parser.add_argument(
        "--validation", metavar="SHARE", type=float, help="held back to validate on, such as 0.1"
    )
    parser.add_argument(
        "--early-stopping", metavar="N", type=int, help="stop after N epochs without a better loss"
    )
    parser.add_argument(
        "--adversarial",
        metavar="EPSILON",
        type=float,
        help="attack half of each batch first, moving pixels by so much of [0, 1], such as 0.03",
    )
    parser.add_argument("--precision", choices=_PRECISIONS, default="float32")
    parser.add_argument(
        "--jit",
        dest="jit_compile",
        action=argparse.BooleanOptionalAction,
        default="auto",
        help="compile with XLA (default: Keras' choice, on GPUs only)",
    )
    parser.add_argument("--seed", metavar="N", type=_seed, default=0, help="of all that is random")
    parser.add_argument(
        "--deterministic", action="store_true", help="the same numbers every time, bit for bit"
    )
    parser.add_argument("--restarts", metavar="N", type=int, help="train N times, keep the best")
    parser.add_argument(
        "--distribute",
        choices=("devices", "machines"),
        help="divide each batch among the GPUs of this machine, or (with --backend jax) of several",
    )
    parser.add_argument("--backend", choices=BACKENDS, help="that Keras computes with")


def _seed(text: str) -> int:
    seed = int(text) if text.isdecimal() else -1
    if not 0 <= seed < 2**32:
        raise argparse.ArgumentTypeError(
            f"it is a whole number from 0 to 2**32 - 1. Received {text!r}"
        )
    return seed


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--run",
        dest="run_dir",
        metavar="DIR",
        type=Path,
        help="the run folder to make, or to go on in (default: a new one in runs/)",
    )
    parser.add_argument("--tensorboard", action="store_true", help="also write its logs")


def _run(options: argparse.Namespace) -> int:
    from dlcnn.data import load

    _check_machines(options)
    colour = {"colour": True} if options.colour else {}
    dataset = load(options.data, options.data_folder, **colour)
    start_backend(options.backend, deterministic=options.deterministic)
    import keras

    keras.config.set_dtype_policy(options.precision)
    keras.utils.set_random_seed(options.seed)
    given = {name: getattr(options, name) for name in _FIT_OPTIONS} | _adversary(options)
    train = _train_once if options.restarts is None else _train_several
    train(options, dataset, given if _speaks(options) else {**given, "verbose": 0})
    return DONE


def _adversary(options: argparse.Namespace) -> dict[str, Any]:
    if options.adversarial is None:
        return {}
    from dlcnn.understanding import Adversary

    return {"adversary": Adversary(epsilon=options.adversarial)}


def _check_machines(options: argparse.Namespace) -> None:
    """Several machines run this command at once: refuse what they would each do differently."""
    if options.distribute != "machines":
        return
    if options.run_dir is None or options.restarts is not None:
        received = "no --run" if options.run_dir is None else f"--restarts {options.restarts}"
        raise DlcnnError(
            "train: several machines do one training, in a folder that all of them see. Received "
            f"--distribute machines and {received}. Name the folder with --run, and train once."
        )


def _speaks(options: argparse.Namespace) -> bool:
    """Whether this process tells about the training: of several machines, the first one does."""
    return options.distribute != "machines" or os.environ.get(_MACHINE, "0") == "0"


def _train_once(options: argparse.Namespace, dataset: "Dataset", given: dict[str, Any]) -> None:
    from dlcnn import training

    with _distributed(options):
        model = _build(options, dataset)
        folder = _folder(options)
        command = _command(options, folder)
        with _telling(command):
            training.fit(model, dataset, run_dir=folder, command=command, **given)
    if not _speaks(options):
        return
    run = training.Run.open(folder)
    if run.manifest.status == "stopped":
        print(run.manifest.reason)
    print(training.evaluate(run.load_model(), dataset.test, dataset.class_names).summary())
    print(f"Look at {folder / 'README.md'}. Evaluate it again with: dlcnn evaluate {folder}")


def _train_several(options: argparse.Namespace, dataset: "Dataset", given: dict[str, Any]) -> None:
    from dlcnn import training

    folder = _folder(options)
    with _distributed(options), _telling(_command(options, folder)):
        result = training.restarts(
            lambda: _build(options, dataset), dataset, options.restarts, run_dir=folder, **given
        )
    print(result)
    print(f"Look at {folder / 'README.md'}. Evaluate it again with: dlcnn evaluate {folder}")


@contextmanager
def _telling(command: str) -> Iterator[None]:
    """Say how to go on when Ctrl-C ends the training."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"\nGo on with: {command}", flush=True)
        raise


def _build(options: argparse.Namespace, dataset: "Dataset") -> "keras.Model":
    """The network for these images and classes."""
    from dlcnn import models

    shape, classes = dataset.image_shape, dataset.num_classes
    if models.is_pattern(options.model):
        if options.variant:
            raise DlcnnError(
                "train: a pattern is a network of one form. "
                f"Received --variant {options.variant}. Leave it out."
            )
        return models.from_pattern(options.model, shape, classes)
    # Images come in [0, 1]: a network that would divide them by 255 again takes them as they are.
    takes = models.find(options.model).options
    as_they_are = {"include_preprocessing": False} if "include_preprocessing" in takes else {}
    return models.build(options.model, shape, classes, variant=options.variant, **as_they_are)


def _distributed(options: argparse.Namespace) -> AbstractContextManager[None]:
    if options.distribute is None:
        return nullcontext()
    from dlcnn import training

    return training.distribute(options.distribute)


def _folder(options: argparse.Namespace) -> Path:
    """The run folder that was named, else the first new one of runs/<model>-<data>-1, -2 …"""
    folder = options.run_dir or _new_folder(options)
    hold_folder("train", folder)
    if _speaks(options):
        print(f"Run folder: {folder}", flush=True)
    return folder


def _new_folder(options: argparse.Namespace) -> Path:
    model = options.model if options.model.isidentifier() else "pattern"
    number = 1
    while (folder := _RUNS / f"{model}-{options.data}-{number}").exists():
        number += 1
    return folder


def _command(options: argparse.Namespace, folder: Path) -> str:
    """The command line that goes on with this run."""
    words = ["dlcnn", *sys.argv[1:]]
    return shlex.join(words if options.run_dir else [*words, "--run", str(folder)])
