"""`dlcnn evaluate`: how good the model of a run folder is, on its own data set or another."""

import argparse
from pathlib import Path

from dlcnn.cli.backend import start_backend
from dlcnn.cli.exits import DONE
from dlcnn.cli.options import Commands
from dlcnn.cli.outputs import hold_folder
from dlcnn.cli.runs import dataset_of, open_run

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
    from dlcnn.training.run import writing

    run = open_run(options.folder)
    hold_folder("evaluate", options.out or run.folder)
    dataset = dataset_of(run, "evaluate", options.data, options.data_folder)
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
