"""The course's secret, which seeds hidden checks: made once, kept beside the graders.

Knows where it lies and how two first uses at once agree on one; not what it is for.
"""

import os
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from dlcnn.course.errors import CourseError

__all__ = ["read_or_make_secret"]

_LENGTH = 32  # bytes


def read_or_make_secret(graders: Path) -> str:
    """The secret of the course whose `graders` folder is given; made where there is none.

    A folder that cannot be written (an installed course) has its secret in the user's state.

    Raises:
        CourseError: the secret cannot be read, or is not one.
    """
    path = graders / ".secret"
    if not path.exists() and not os.access(graders, os.W_OK):
        path = _in_user_state(graders)
    try:
        if not path.exists():
            _make(path)
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(
            f"{path}: the course's secret can be read and written. Received {error}. "
            "Give yourself access to the file and its folder."
        ) from None
    if len(secret) < _LENGTH:
        raise CourseError(
            f"{path}: a secret has at least {_LENGTH} characters. Received {len(secret)}. "
            "Delete the file, and a new secret is made; hidden checks then draw other inputs."
        )
    return secret


def _in_user_state(graders: Path) -> Path:
    import platformdirs  # here, since most courses have their own secret

    course = sha256(str(graders.resolve()).encode(errors="surrogateescape")).hexdigest()[:16]
    return platformdirs.user_state_path("dlcnn") / "secrets" / course


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_LENGTH) + "\n")
        # A link appears whole or not at all, and the first of two wins: both read the same.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
