"""Files of every kind: read, or refused in one sentence."""

import hashlib
import json
import os
import time

import pytest

from dlcnn.course.submission import UnreadableSubmission, read_submission
from tests.course.submission.conftest import notebook

FUNCTION = "def zero_pad(X, pad):\n    return X\n"


def refusal(path):
    """The sentence with which a file is refused."""
    with pytest.raises(UnreadableSubmission) as caught:
        read_submission(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", ").", "`."))
    assert "Traceback" not in sentence
    return sentence


def written(tmp_path, data, name="student.ipynb"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_notebook_gives_its_code_cells_with_labels(tmp_path):
    """A cell is called by its place among the code cells, which starts at 1."""
    submission = read_submission(written(tmp_path, notebook("import os", FUNCTION)))
    assert [(cell.label, cell.first_line) for cell in submission.cells] == [
        ("cell 1", 1),
        ("cell 2", 1),
    ]


def test_notebook_source_may_be_one_text(tmp_path):
    """nbformat allows a cell's source as one text instead of a list of lines."""
    cells = [{"cell_type": "code", "source": FUNCTION, "metadata": {}, "outputs": []}]
    text = notebook(cells=cells)
    assert "zero_pad" in read_submission(written(tmp_path, text)).functions


def test_script_is_one_cell_named_after_the_file(tmp_path):
    """A script's lines are its own."""
    submission = read_submission(written(tmp_path, FUNCTION, "ada.py"))
    assert [cell.label for cell in submission.cells] == ["ada.py"]


def test_digest_is_the_hash_of_the_bytes(tmp_path):
    """Two files with the same bytes are the same submission."""
    data = notebook(FUNCTION).encode()
    assert read_submission(written(tmp_path, data)).digest == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("name", "text", "marker"),
    [
        ("a.ipynb", notebook(FUNCTION, metadata={"dlcnn": {"assignment": "conv"}}), "conv"),
        ("a.ipynb", notebook("# dlcnn: assignment=conv version=1.0\n" + FUNCTION), "conv"),
        ("a.py", "# dlcnn: assignment=conv version=1.0\n" + FUNCTION, "conv"),
        ("a.py", "# mentions dlcnn: assignment=conv\n" + FUNCTION, None),
        ("a.ipynb", notebook(FUNCTION, metadata={"dlcnn": {"assignment": 3}}), None),
        ("a.ipynb", notebook(FUNCTION, metadata=None), None),
    ],
)
def test_marker_names_the_assignment(tmp_path, name, text, marker):
    """The template's marker is found in metadata or in its comment line."""
    assert read_submission(written(tmp_path, text, name)).marker == marker


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"def f(): pass", "not JSON (line 1, column 1)"),
        (b'{"cells": [', "not JSON"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b'{\n<<<<<<< HEAD\n "cells": []}', "merge conflict"),
        (b"[1, 2]", "no cells"),
        (b"3", "no cells"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": {}}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [3]}', "no object"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "not text"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": [3]}]}', "not text"),
        (b'{"nbformat": 3, "worksheets": []}', "old format 3"),
        (b'{"nbformat": 5, "cells": []}', "nbformat is 5"),
        (b'{"nbformat": {}, "cells": []}', "nbformat is {}"),
        (b'{"cells": "\xe9"}', "not UTF-8 text (byte 0xE9 in line 1)"),
        ('{"cells": []}'.encode("utf-16"), "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "number too long"),
        (b"[" + b"[]," * 1_500_000 + b"[]]", "too much data"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_what_is_no_notebook_is_refused_in_one_sentence(tmp_path, data, says):
    """Whatever the file holds, the student reads what is wrong with it."""
    assert says in refusal(written(tmp_path, data))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"x = '\xe9'\n", "not UTF-8 text (byte 0xE9 in line 1)"),
        (b"# coding: punycode\nx = 1\n", "punycode"),
        (b"# coding: rot13\nx = 1\n", "rot13"),
        ("x = 1".encode("utf-16-le"), "not text"),
        (notebook("x = 1").encode(), "rename it to .ipynb"),
        (b"x = 1\n" * 200_000, "longer than 256 KiB"),
    ],
)
def test_what_is_no_script_is_refused_in_one_sentence(tmp_path, data, says):
    """Whatever the file holds, the student reads what is wrong with it."""
    assert says in refusal(written(tmp_path, data, "student.py"))


def test_byte_order_mark_does_not_matter(tmp_path):
    """Editors on Windows put one in front."""
    for name, text in (("a.ipynb", notebook(FUNCTION)), ("a.py", FUNCTION)):
        path = written(tmp_path, b"\xef\xbb\xbf" + text.encode(), name)
        assert "zero_pad" in read_submission(path).functions


def test_script_in_latin_1_is_read_by_its_cookie(tmp_path):
    """A coding cookie is honoured, as Python does."""
    data = "# -*- coding: latin-1 -*-\ndef f():\n    return 'é'\n".encode("latin-1")
    submission = read_submission(written(tmp_path, data, "a.py"))
    assert "é" in submission.cells[0].source


def test_script_in_utf_8_is_read_despite_an_unknown_cookie(tmp_path):
    """A mistyped cookie is no reason to refuse a text that is UTF-8."""
    path = written(tmp_path, "# coding: uft-8\n" + FUNCTION, "a.py")
    assert "zero_pad" in read_submission(path).functions


def test_half_a_surrogate_pair_does_not_matter(tmp_path):
    """JSON can hold text that no file can; it is replaced, so that reports can be written."""
    cells = [{"cell_type": "code", "source": "def f():\n    return '\ud800'\n"}]
    submission = read_submission(written(tmp_path, json.dumps({"nbformat": 4, "cells": cells})))
    submission.cells[0].source.encode("utf-8")
    assert "f" in submission.functions


def test_folder_link_and_pipe_are_refused(tmp_path):
    """Only a file itself is read; a pipe does not hold up the run."""
    folder = tmp_path / "folder.ipynb"
    folder.mkdir()
    assert "folder" in refusal(folder)
    link = tmp_path / "link.ipynb"
    link.symlink_to(written(tmp_path, notebook(FUNCTION)))
    assert "link" in refusal(link)
    pipe = tmp_path / "pipe.ipynb"
    os.mkfifo(pipe)
    assert "not a file" in refusal(pipe)


def test_missing_file_and_other_suffix_are_refused(tmp_path):
    """The sentence names the reason."""
    assert "cannot be opened" in refusal(tmp_path / "none.ipynb")
    assert ".ipynb" in refusal(written(tmp_path, b"x", "report.pdf"))


def test_file_of_50_mb_is_refused_without_reading_it(tmp_path):
    """Too large a file costs no memory."""
    path = tmp_path / "large.ipynb"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    started = time.process_time()
    assert "larger than 32 MiB" in refusal(path)
    assert time.process_time() - started < 0.5


def test_outputs_of_20_mb_do_not_matter(tmp_path):
    """Pictures in a notebook are read over."""
    outputs = [{"output_type": "display_data", "data": {"image/png": "A" * 20_000_000}}]
    cells = [{"cell_type": "code", "source": FUNCTION, "metadata": {}, "outputs": outputs}]
    assert "zero_pad" in read_submission(written(tmp_path, notebook(cells=cells))).functions


def test_strange_file_name_gives_a_printable_label(tmp_path):
    """A label stands in reports, so it holds no line break and no broken text."""
    path = tmp_path / os.fsdecode(b"a\nb\xff.py")
    path.write_text(FUNCTION, encoding="utf-8")
    assert [cell.label for cell in read_submission(path).cells] == ["a?b?.py"]
