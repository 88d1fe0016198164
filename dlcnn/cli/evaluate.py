"""`dlcnn evaluate`: how good the model of a run folder is, on its own data set or another."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dlcnn.cli.backend import start_backend
from dlcnn.cli.exits import DONE
from dlcnn.cli.options import Commands
from dlcnn.cli.outputs import hold_folder
from dlcnn.errors import DlcnnError

if TYPE_CHECKING:
    from dlcnn.data import Dataset
    from dlcnn.training.run import Run

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("evaluate", help="judge the model of a run on test images")
    parser.add_argument("folder", metavar="RUN", type=Path, help="as `dlcnn train` made it")
    parser.add_argument("--data", metavar="NAME", help="another data set (default: the run's own)")
    parser.add_argument(
        "--data-folder",
        metavar="DIR",
        type=Path,
        help="the folder of train_NAME.h5 and test_NAME.h5",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="where evaluation.json and the pictures go (default: into the run)",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    start_backend()
    from dlcnn.grading.render.terminal import make_console
    from dlcnn.training.evaluate import evaluate
    from dlcnn.training.restarts import kept_of
    from dlcnn.training.run import Run, writing

    run = Run.open(kept_of(options.folder))
    if run.folder != options.folder:
        print(f"The training that was kept: {run.folder}")
    hold_folder("evaluate", options.out or run.folder)
    dataset = _dataset(run, options)
    model = run.load_model()
    evaluation = evaluate(model, dataset.test, dataset.class_names)
    console = make_console()
    console.print(evaluation.summary())
    console.print(evaluation.table())
    if options.out is not None:
        title = f"{run.manifest.model.name} on {dataset.name}"
        with writing(options.out):
            evaluation.save(options.out, dataset.test, title=title)
        print(f"Written: {options.out}")
    elif dataset.digest() == run.manifest.data.digest:
        run.save_evaluation(evaluation, dataset.test)
        print(f"Written: {run.folder}")
    else:
        print(
            "These are other images than the run's: its own results stay as they are. "
            "To keep these, name a folder with --out."
        )
    return DONE


def _dataset(run: "Run", options: argparse.Namespace) -> "Dataset":
    """The data set that the command names, else the one that the run was trained on."""
    from dlcnn.data import load

    facts = run.manifest.data
    if options.data or options.data_folder:
        return load(options.data or facts.name, options.data_folder)
    if facts.source == "rendered":
        return load(facts.name, **facts.options)
    if not Path(facts.source).is_dir() or not facts.source:
        raise DlcnnError(
            f"evaluate: the run's data set {facts.name!r} is read again from where it was. "
            f"Received {facts.source or 'nothing'}, which is no folder here. "
            "Name it with --data and --data-folder."
        )
    return load(facts.name, facts.source)
