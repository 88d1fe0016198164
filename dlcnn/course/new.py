"""A new assignment to start from: small, complete, and sound as `dlcnn course check` asks.

The example's files lie in `starter/`; they are text here, and become a course where they are put.
"""

from pathlib import Path
from string import Template

from dlcnn.course.discover import ASSIGNMENT_ID, find_course
from dlcnn.course.errors import CourseError
from dlcnn.course.template import sync
from dlcnn.files import write_atomically

__all__ = ["new_assignment"]

_STARTER = Path(__file__).with_name("starter")
_FIRST, _STEP = 10, 10  # `order` of the first assignment, and the room left between two


def new_assignment(root: Path, id: str) -> list[Path]:  # noqa: A002  the word of the commands
    """Write a working example assignment into the course at `root`, which is made if need be.

    Args:
        root: the course's folder.
        id: the name of the assignment's folders.

    Returns:
        The files written.

    Raises:
        CourseError: the id is no folder name, or one of the folders exists already.
    """
    if not ASSIGNMENT_ID.fullmatch(id):
        raise CourseError(
            "course new: an id has letters, digits, _ and -, and begins with a letter or digit. "
            f"Received id={id!r}. Choose another."
        )
    folder, grader = root / "assignments" / id, root / "graders" / id
    for path in (folder, grader):
        if path.exists():
            raise CourseError(
                f"{path}: a new assignment overwrites nothing. Received id={id!r}, which exists. "
                "Choose another id, or remove both folders."
            )
    order = _next_order(root)
    folder.mkdir(parents=True)
    grader.mkdir(parents=True)
    written = _hide_secret(root / "graders")
    places = {
        "assignment.toml": folder,
        "README.md": folder,
        "solution.py": grader,
        "checks.py": grader,
    }
    for name, place in places.items():
        text = (_STARTER / f"{name}.txt").read_text(encoding="utf-8")
        title = id.replace("_", " ").replace("-", " ").capitalize()
        write_atomically(place / name, Template(text).substitute(title=title, order=order))
        written.append(place / name)
    course = find_course(root)
    course.secret()
    return written + sync(course.assignment(id))


def _next_order(root: Path) -> int:
    """After the last assignment of the course."""
    if not ((root / "assignments").is_dir() and (root / "graders").is_dir()):
        return _FIRST
    orders = [assignment.spec.order for assignment in find_course(root).assignments]
    return max(orders, default=_FIRST - _STEP) + _STEP


def _hide_secret(graders: Path) -> list[Path]:
    """Keep Git from taking the secret."""
    path = graders / ".gitignore"
    if path.exists():
        return []
    write_atomically(path, ".secret\n")
    return [path]
