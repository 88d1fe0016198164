"""README.md of a run folder: what was trained, what came of it and what the files are.

Sentences from a manifest, a history and the files that are there; equal runs get equal pages, so
no time and no path is in them.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from dlcnn.training.evaluation import EVALUATION
from dlcnn.training.manifest import Manifest

__all__ = ["explain"]

_FILES = {
    "model.keras": "the trained model, for `keras.saving.load_model`",
    "evaluation.json": "its results on the test images, each class, and the worst mistakes",
    "confusion.png": "which class was taken for which",
    "misclassified.png": "the images it is most wrong about, the surest mistake first",
    "curves.png": "the figures of each epoch, drawn",
    "history.csv": "the figures of each epoch",
    "manifest.json": "model, data, options, seed, versions and device: what the result depends on",
    "checkpoint": "the state that training goes on from",
    "logs": "for TensorBoard: `tensorboard --logdir logs`",
}
_PICTURES = ("curves.png", "confusion.png", "misclassified.png")
_STATUS = {
    "running": "Training is going on, or was killed: history.csv tells how far it came.",
    "interrupted": "Training was interrupted and can go on.",
    "stopped": "Training stopped by itself.",
    "finished": "Training is finished.",
}


def explain(folder: Path, manifest: Manifest, history: Mapping[str, list[float]]) -> str:
    """The page for what lies in `folder`."""
    parts = [
        f"# {manifest.model.name} on {manifest.data.name}",
        _what(manifest),
        _how_far(manifest, history),
        _result(folder / EVALUATION),
        *(
            f"![{name.removesuffix('.png')}]({name})"
            for name in _PICTURES
            if (folder / name).exists()
        ),
        _files(folder),
        _next(manifest, has_model=(folder / "model.keras").exists()),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(manifest: Manifest) -> str:
    shape = " x ".join(map(str, manifest.model.input_shape))
    names = ", ".join(manifest.data.class_names)
    source = manifest.data.source
    origin = "drawn by dlcnn" if source == "rendered" else f"from {source}" if source else "given"
    options = "; ".join(
        f"{name}{':' if isinstance(value, dict) else ''} {_worded(value)}"
        for name, value in manifest.options.items()
        if value not in (None, [])
    )
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    return (
        f"The network `{manifest.model.name}` learns to tell apart "
        f"{len(manifest.data.class_names)} classes ({names}) in images of {shape}: "
        f"the data set `{manifest.data.name}`, {origin}.\n\n"
        f"- Options: {options or 'none'}; seed {manifest.seed}.\n"
        f"- Computed on: {manifest.device}.\n"
        f"- With: {versions}."
    )


def _worded(value: object) -> str:
    if isinstance(value, dict):
        facts = ((name, fact) for name, fact in value.items() if fact is not None)
        return ", ".join(
            f"{name} {fact:.3g}" if isinstance(fact, float) else f"{name} {fact}"
            for name, fact in facts
        )
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _how_far(manifest: Manifest, history: Mapping[str, list[float]]) -> str:
    if manifest.status == "running":
        return _STATUS["running"]  # this page is not written anew after each epoch
    total = manifest.options.get("epochs")
    done = f"{manifest.epochs_done}{f' of {total}' if total else ''} epochs are done."
    last = ", ".join(
        f"{name.replace('_', ' ')} {column[-1]:.4g}" for name, column in history.items() if column
    )
    sentences = [_STATUS[manifest.status], manifest.reason, done]
    if last:
        sentences.append(f"The last one ended with {last}.")
    return " ".join(sentence for sentence in sentences if sentence)


def _result(path: Path) -> str:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        accuracy, loss, images = (content[key] for key in ("accuracy", "loss", "images"))
        return f"**Result on the {images} test images: accuracy {accuracy:.2%}**, loss {loss:.4f}."
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # not evaluated yet, or by hand: the page tells of what is there


def _files(folder: Path) -> str:
    there = [(name, text) for name, text in _FILES.items() if (folder / name).exists()]
    rows = [f"| [{name}]({name}) | {text} |" for name, text in there]
    return "\n".join(["| file | what it is |", "| --- | --- |", *rows])


def _next(manifest: Manifest, *, has_model: bool) -> str:
    lines = []
    if manifest.status in ("running", "interrupted"):
        how = (
            f"\n\n    {manifest.command}"
            if manifest.command
            else " call `training.fit` with the same model, data, options and `run_dir`."
        )
        lines.append(f"To go on where it is:{how}")
    if has_model:
        lines.append("To evaluate it again, from this folder:\n\n    dlcnn evaluate .")
    return "\n\n".join(lines)
