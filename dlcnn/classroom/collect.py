"""Which submissions a path holds and whose they are; reads no file's content."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dlcnn.errors import DlcnnError
from dlcnn.grading.render.plain import one_line, printable

__all__ = ["Collected", "Found", "collect"]

_SUFFIXES = (".ipynb", ".py")
_HOUSEKEEPING = ("__pycache__", "__MACOSX")


@dataclass(frozen=True)
class Found:
    """One submission: where it lies, whose it is, and the path that reports name.

    `problem` says why there is no file to read in it, where that is so; `shared_folder` that
    submissions of others may lie beside it.
    """

    student: str
    path: Path
    shown_path: str
    problem: str | None = None
    shared_folder: bool = False


@dataclass(frozen=True)
class Collected:
    """The submissions, sorted by student, and a note for everything that is none."""

    submissions: tuple[Found, ...]
    notes: tuple[str, ...]


def collect(
    paths: Iterable[Path],
    assignment_id: str,
    student: str | None = None,
    model_files: Collection[str] = (),
) -> Collected:
    """Find the submissions that `paths` hold.

    A file is a submission. In a folder each notebook or script is one, and so is each sub-folder.

    Args:
        paths: files and folders; the same file, named twice, is one submission.
        assignment_id: the name that a student's folder gives to the file handed in.
        student: whose the only submission is, whatever it is called.
        model_files: what the assignment calls the trained models that lie beside a submission.

    Raises:
        DlcnnError: a path does not exist, nothing is found, a student is found twice, or `student`
            is given for several.
    """
    found: list[Found] = []
    notes: list[str] = []
    for path in paths:
        if path.is_dir():
            _collect_folder(path, assignment_id, model_files, found, notes)
        elif path.exists() or path.is_symlink():
            found.append(Found(_student(path.stem), path, _shown(path, path.parent)))
        else:
            raise DlcnnError(
                f"grade: a path is a submission or a folder of them. Received {path}, which does "
                "not exist. Check the spelling."
            )
    if not found:
        received = ", ".join(str(path) for path in paths)
        raise DlcnnError(
            f"grade: a folder holds notebooks (.ipynb), scripts (.py) or a sub-folder for each "
            f"student. Received {received}, where there is none. Name another folder."
        )
    found = _marked_as_shared(_one_each(found))
    if student is not None:
        found = [replace(_only(found), student=_student(student))]
    return Collected(tuple(found), tuple(dict.fromkeys(notes)))


def _collect_folder(
    folder: Path,
    assignment_id: str,
    model_files: Collection[str],
    found: list[Found],
    notes: list[str],
) -> None:
    entries = sorted(folder.iterdir())
    stems = {entry.stem for entry in entries if entry.suffix in _SUFFIXES}
    models = {f"{stem}_{file}" for stem in stems for file in model_files}
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _HOUSEKEEPING:
            notes.append(f"{printable(entry.name)}: ignored, no submission")
        elif entry.is_dir() and not entry.is_symlink():
            found.append(_in_sub_folder(entry, folder, assignment_id, notes))
        elif entry.suffix in _SUFFIXES or entry.is_dir():
            shown = _shown(entry, folder)
            found.append(Found(_student(entry.stem), entry, shown, shared_folder=True))
        elif entry.name in model_files:
            notes.append(f"{entry.name}: ignored; here it is named after a student")
        elif entry.name not in models:
            notes.append(f"{printable(entry.name)}: ignored, neither a notebook nor a script")


def _in_sub_folder(entry: Path, folder: Path, assignment_id: str, notes: list[str]) -> Found:
    """The file that a student's folder hands in: the assignment's by name, else its only one."""
    student = _student(entry.name)
    try:
        inside = sorted(path for path in entry.iterdir() if not path.name.startswith("."))
    except OSError as error:
        problem = f"This folder cannot be opened: {error.strerror}. Change its permissions."
        return Found(student, entry, _shown(entry, folder), problem)
    files = {
        suffix: [path for path in inside if path.suffix == suffix and not path.is_dir()]
        for suffix in _SUFFIXES
    }
    together = [path for suffix in _SUFFIXES for path in files[suffix]]
    named = [path for path in together if path.stem == assignment_id]
    # Helper scripts often lie beside the notebook that is handed in.
    candidates = named[:1] or files[".ipynb"] or files[".py"]
    if len(candidates) != 1:
        names = one_line(", ".join(path.name for path in candidates) or "none", 200)
        problem = (
            f"This folder should hold one notebook or script, or {assignment_id}.ipynb. "
            f"Received {names}. Keep one, or rename it."
        )
        return Found(student, entry, _shown(entry, folder), problem)
    chosen = candidates[0]
    others = [path.name for path in together if path != chosen]
    if others:
        ignored = one_line(", ".join(others), 200)
        notes.append(f"{_shown(chosen, folder)}: graded; {ignored} beside it ignored")
    return Found(student, chosen, _shown(chosen, folder))


def _one_each(found: Iterable[Found]) -> list[Found]:
    """One submission per student, sorted."""
    seen: dict[str, Found] = {}
    for submission in found:
        first = seen.setdefault(submission.student, submission)
        if _place(first) != _place(submission):
            raise DlcnnError(
                f"grade: a student hands in once. Received {first.path} and {submission.path} for "
                f"student={submission.student}. Move one of them away."
            )
    return [seen[student] for student in sorted(seen)]


def _marked_as_shared(found: Sequence[Found]) -> list[Found]:
    """Submissions that were named one by one may lie in one folder too."""
    folders = Counter(_place(each).parent for each in found)
    return [
        replace(each, shared_folder=True) if folders[_place(each).parent] > 1 else each
        for each in found
    ]


def _place(found: Found) -> Path:
    # A link is not followed: it is handed in as a link, whatever it points to.
    return found.path.parent.resolve() / found.path.name


def _only(found: Sequence[Found]) -> Found:
    if len(found) > 1:
        raise DlcnnError(
            f"--student: it says whose one submission is. Received {len(found)} submissions. "
            "Leave it out, or name one."
        )
    return found[0]


def _student(name: str) -> str:
    return printable(name)


def _shown(path: Path, folder: Path) -> str:
    return printable(path.relative_to(folder).as_posix())
