"""The course's secret: made once, private, one for all who start at the same time."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from dlcnn.course.secret import read_or_make_secret
from dlcnn.course.spec import CourseError


def test_secret_is_made_on_first_use_and_stays(tmp_path):
    """The second use reads what the first wrote; only its owner may."""
    secret = read_or_make_secret(tmp_path)
    assert len(secret) == 64
    assert read_or_make_secret(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / ".secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".secret"]


def test_two_courses_have_two_secrets(tmp_path):
    """Nobody can know another course's inputs."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert read_or_make_secret(one) != read_or_make_secret(other)


def test_those_who_start_at_once_agree(tmp_path):
    """Of many first uses at the same time one wins, and all read its secret."""
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(read_or_make_secret, [tmp_path] * 64))
    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == [".secret"]


def test_secret_of_a_read_only_course_is_the_users(tmp_path, monkeypatch):
    """An installed course cannot be written; its secret is kept in the user's state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    graders = tmp_path / "graders"
    graders.mkdir()
    # As root, everything can be written: only the answer to that question is replaced.
    monkeypatch.setattr(os, "access", lambda path, _: str(path) != str(graders))
    secret = read_or_make_secret(graders)
    assert read_or_make_secret(graders) == secret
    assert not list(graders.iterdir())


@pytest.mark.parametrize("data", [b"", b"short\n", b"\xff" * 64])
def test_damaged_secret_is_told(tmp_path, data):
    """An empty secret would make hidden checks foreseeable."""
    (tmp_path / ".secret").write_bytes(data)
    with pytest.raises(CourseError, match=r"\.secret: "):
        read_or_make_secret(tmp_path)
