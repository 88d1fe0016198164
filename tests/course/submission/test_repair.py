"""What Jupyter accepts and Python does not."""

import pytest

from tests.course.submission.conftest import run

FUNCTION = "def f():\n    return 1\n"


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "!pip install numpy",
        "!echo \"it's",
        "!pip install \\\n  numpy",
        "?np.sum",
        "np.sum?",
        "np.sum??",
        "files = !ls data",
        "result = %timeit -o f()",
        "%%time",
        "%%capture output",
        "# a comment\n%load_ext autoreload",
        "if True:\n    !ls",
        "try:\n    %tensorflow_version 2.x\nexcept Exception:\n    pass",
    ],
)
def test_magics_leave_the_rest_of_the_cell(read, line):
    """A definition after IPython's own syntax is read, at its own line."""
    submission = read(f"{line}\n{FUNCTION}")
    assert run(submission)["f"]() == 1
    assert not submission.broken
    assert submission.functions["f"].lineno == line.count("\n") + 2


def test_percent_in_valid_python_is_no_magic(read):
    """A line that begins with % inside brackets or a string is Python."""
    source = 'def f(a, b):\n    return (a\n%b)\ndef g():\n    return """\n%ls\n!x\n"""\n'
    namespace = run(read(f"!ls\n{source}"))
    assert namespace["f"](7, 4) == 3
    assert namespace["g"]() == "\n%ls\n!x\n"


@pytest.mark.parametrize("magic", ["bash", "writefile utils.py", "html", "javascript"])
def test_cells_of_other_languages_are_left_out(read, magic):
    """A %% cell that is not run as Python defines nothing."""
    submission = read(f"%%{magic}\n{FUNCTION}", "def g():\n    return 2\n")
    assert set(submission.functions) == {"g"}
    assert not submission.broken


def test_definition_in_a_written_file_is_noted(read):
    """A student whose function was not read is told why."""
    assert read(f"%%writefile utils.py\n{FUNCTION}").notes == (
        "cell 1: it is a %%writefile cell, so what it defines was not read.",
    )
    assert read("%%bash\nls\n").notes == ()


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u202f", "\u3000"])
def test_odd_spaces_are_read_as_spaces_with_a_note(read, space):
    """Code pasted from a web page has spaces that Python refuses."""
    submission = read(f"def f():\n{space * 4}return{space}1\n")
    assert run(submission)["f"]() == 1
    assert submission.notes == (
        "cell 1: non-breaking or invisible spaces were read as ordinary spaces.",
    )


@pytest.mark.parametrize("invisible", ["\ufeff", "\u200b"])
def test_invisible_characters_are_left_out(read, invisible):
    """A zero-width character in front of code does not matter."""
    assert run(read(f"{invisible}def f():\n    return{invisible} 1\n"))["f"]() == 1


def test_odd_spaces_in_valid_code_stay(read):
    """Where Python accepts the cell, its strings keep their characters."""
    submission = read("def f():\n    return 'a\u00a0b'\n")
    assert run(submission)["f"]() == "a\u00a0b"
    assert submission.notes == ()


def test_indented_cell_is_read_as_ipython_reads_it(read):
    """The first line's indentation is taken off every line."""
    submission = read("\n    def f():\n        return 1\n\n    def g():\n        return 2\n")
    namespace = run(submission)
    assert (namespace["f"](), namespace["g"]()) == (1, 2)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_of_other_systems_do_not_matter(read, ending):
    """Lines keep their numbers whatever ends them."""
    submission = read(f"x = 1{ending}def f():{ending}    return 1{ending}")
    assert run(submission)["f"]() == 1
    assert submission.functions["f"].lineno == 2
