"""Files that are whole or not there."""

import pytest

from dlcnn.files import remove_leftovers, replacing, write_atomically


def test_write_atomically_takes_text_and_bytes(tmp_path):
    """Text is written as UTF-8 with its own line ends, bytes as they are; folders are made."""
    write_atomically(tmp_path / "new" / "text", "é\n")
    write_atomically(tmp_path / "new" / "bytes", b"\x00\xff")

    assert (tmp_path / "new" / "text").read_bytes() == b"\xc3\xa9\n"
    assert (tmp_path / "new" / "bytes").read_bytes() == b"\x00\xff"


def test_replacing_keeps_the_old_file_when_the_block_fails(tmp_path):
    """Until the block ends well the old file is there; after a failure it stays, alone."""
    path = tmp_path / "model.keras"
    path.write_text("old", encoding="utf-8")

    def fail_half_way():
        with replacing(path) as temporary:
            temporary.write_text("half", encoding="utf-8")
            assert path.read_text(encoding="utf-8") == "old"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_replacing_keeps_the_suffix_and_takes_the_place(tmp_path):
    """The temporary name ends as the path does, and becomes it."""
    path = tmp_path / "model.keras"

    with replacing(path) as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_text("new", encoding="utf-8")

    assert path.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_remove_leftovers_takes_temporary_files_only(tmp_path):
    """What a killed writer left goes; every other file, hidden or not, stays."""
    with replacing(tmp_path / "state.npz") as temporary:
        temporary.write_text("whole", encoding="utf-8")
        left = tmp_path / temporary.name.replace(temporary.name[1], "0", 1)
    left.write_text("half", encoding="utf-8")
    for name in (".gitignore", ".12345.txt", "notes.txt"):
        (tmp_path / name).write_text("mine", encoding="utf-8")

    remove_leftovers(tmp_path)

    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"state.npz", ".gitignore", ".12345.txt", "notes.txt"}
