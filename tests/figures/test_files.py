"""Saving figures."""

import pytest

from dlcnn.errors import DlcnnError
from dlcnn.figures import check_format, curves, save


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_save_writes_the_format_of_the_suffix(tmp_path, suffix, start):
    """The suffix chooses the format, and nothing but the file is left."""
    path = tmp_path / "new" / f"curves{suffix}"

    save(curves({"loss": [2.0, 1.0]}), path)

    assert path.read_bytes().startswith(start)
    assert list(path.parent.iterdir()) == [path]


def test_save_takes_a_path_as_text_too(tmp_path):
    """As every other function that writes; another suffix is refused in the same sentence."""
    save(curves({"loss": [2.0, 1.0]}), str(tmp_path / "curves.png"))

    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(DlcnnError, match=r"one of \.pdf, \.png, \.svg"):
        save(curves({"loss": [2.0, 1.0]}), str(tmp_path / "curves.txt"))


def test_save_gives_the_same_bytes_for_the_same_picture(tmp_path):
    """Two equal pictures are equal files; another picture is another."""
    for name, values in {"a": [2.0, 1.0], "b": [2.0, 1.0], "c": [2.0, 1.5]}.items():
        save(curves({"loss": values}), tmp_path / f"{name}.png")

    first, same, other = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert first == same
    assert first != other


def test_save_refuses_an_unknown_suffix(tmp_path):
    """A suffix that names no format is refused before anything is written."""
    with pytest.raises(DlcnnError, match=r"one of \.pdf, \.png, \.svg"):
        save(curves({"loss": [1.0]}), tmp_path / "curves.txt")
    assert not list(tmp_path.iterdir())


def test_check_format_knows_what_save_takes(tmp_path):
    """A suffix is judged before there is a figure, capitals included, as `save` judges it."""
    check_format(tmp_path / "curves.PNG")
    with pytest.raises(DlcnnError, match=r"one of \.pdf, \.png, \.svg"):
        check_format(tmp_path / "curves.jpg")
