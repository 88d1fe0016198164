"""Where courses and assignments lie: discovery by folder, nothing is registered.

A course is a folder with `assignments/` and `graders/`; an assignment is a folder of the same name
in both.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dlcnn.course.errors import CourseError
from dlcnn.course.secret import read_or_make_secret
from dlcnn.course.spec import Spec, load_spec
from dlcnn.errors import nearest

__all__ = ["ASSIGNMENT_ID", "Assignment", "Course", "find_course"]

ASSIGNMENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Assignment:
    """One assignment: what students open, what teachers keep, and its specification.

    Attributes:
        id: the name of both folders.
        folder: `assignments/<id>`.
        grader: `graders/<id>`.
        spec: its `assignment.toml`.
    """

    id: str
    folder: Path
    grader: Path
    spec: Spec

    @property
    def solution_path(self) -> Path:
        """The one source of solution and templates."""
        return self.grader / "solution.py"

    @property
    def checks_path(self) -> Path:
        """The checks, public and hidden."""
        return self.grader / "checks.py"

    @property
    def mistakes_path(self) -> Path:
        """The known mistakes; not every assignment has them."""
        return self.grader / "mistakes.toml"

    @property
    def readme_path(self) -> Path:
        """The hand-out."""
        return self.folder / "README.md"

    def template_path(self, suffix: str) -> Path:
        """The generated template: `.py` or `.ipynb`."""
        return self.folder / f"template{suffix}"

    def digest(self) -> str:
        """SHA-256 of every file that a mark depends on; checks may read what lies beside them."""
        digest = sha256()
        for path in (self.folder / "assignment.toml", *sorted(self._grader_files())):
            data = path.read_bytes() if path.is_file() else b""
            name = path.relative_to(self.folder.parents[1]).as_posix()
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
        return digest.hexdigest()

    def _grader_files(self) -> Iterator[Path]:
        for path in self.grader.rglob("*"):
            parts = path.relative_to(self.grader).parts
            kept = not any(part.startswith(".") or part == "__pycache__" for part in parts)
            if kept and path.is_file():
                yield path


@dataclass(frozen=True)
class Course:
    """The assignments in one folder, by their `order`."""

    root: Path
    assignments: tuple[Assignment, ...]

    def assignment(self, id: str) -> Assignment:  # noqa: A002  the word of commands and reports
        """The assignment called `id`.

        Raises:
            CourseError: there is none; names the nearest, or all that there are.
        """
        ids = [assignment.id for assignment in self.assignments]
        if id in ids:
            return self.assignments[ids.index(id)]
        raise CourseError(
            f"{self.root}: an assignment is one of the course's. Received id={id!r}. "
            f"{nearest(id, ids)}"
        )

    def assignments_defining(self, names: Collection[str]) -> list[Assignment]:
        """The assignments that have a function of any of these names for a task."""
        return [
            each for each in self.assignments if not set(names).isdisjoint(each.spec.function_names)
        ]

    def secret(self) -> str:
        """What seeds the hidden checks; made on first use.

        Raises:
            CourseError: it cannot be read or made.
        """
        return read_or_make_secret(self.root / "graders")


def find_course(folder: Path | None = None) -> Course:
    """The course in `folder`, else in the nearest parent of this folder, else the built-in one.

    Raises:
        CourseError: `folder` holds no course, or an assignment breaks a rule.
    """
    if folder is not None:
        if not _is_course(folder):
            raise CourseError(
                f"{folder}: a course is a folder with assignments/ and graders/ in it. "
                "Received a folder without them. Name another, or run `dlcnn course new` there."
            )
        return _load(folder.resolve())
    here = Path.cwd()
    # An installed package carries the built-in course; a checkout has it beside the package.
    places = [here, *here.parents, _PACKAGE / "builtin", _PACKAGE.parent]
    root = next(filter(_is_course, places), None)
    if root is None:
        raise CourseError(
            f"{here}: neither this folder nor a parent holds a course, and this installation has "
            "none. Received no assignments/ and graders/. Name a course with `--course DIR`."
        )
    return _load(root)


def _is_course(folder: Path) -> bool:
    return (folder / "assignments").is_dir() and (folder / "graders").is_dir()


def _load(root: Path) -> Course:
    folders = sorted(path.parent for path in root.glob("assignments/*/assignment.toml"))
    assignments = [_load_assignment(root, folder) for folder in folders]
    return Course(root, tuple(sorted(assignments, key=lambda each: (each.spec.order, each.id))))


def _load_assignment(root: Path, folder: Path) -> Assignment:
    if not ASSIGNMENT_ID.fullmatch(folder.name):
        raise CourseError(
            f"{folder}: an assignment's folder is named with letters, digits, _ and -. "
            f"Received {folder.name!r}. Rename it in assignments/ and graders/."
        )
    grader = root / "graders" / folder.name
    if not grader.is_dir():
        raise CourseError(
            f"{grader}: an assignment has a folder in assignments/ and in graders/. "
            "Received no such folder. Make it, or remove the assignment."
        )
    return Assignment(folder.name, folder, grader, load_spec(folder / "assignment.toml"))
