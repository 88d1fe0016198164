"""Templates from the one source."""

import ast
import json

import nbformat
import pytest

from dlcnn.course.spec import CourseError
from dlcnn.course.template import make_templates, stale, sync

SPEC = """
title = "T"
version = "2.1"
order = 1
profile = "numpy"

[[task]]
name = "f"
title = "F"
"""
HEAD = "# %% [markdown]\n# # Title\n#\n# Text with $x$.\n\n# %%\nimport numpy as np\n\n\n# %%\n"


def assignment_of(small_course, solution):
    small_course.write(spec=SPEC, solution=solution)
    return small_course.load().assignment("scaling")


def script(small_course, function):
    """The function's lines in the template."""
    text = make_templates(assignment_of(small_course, HEAD + function)).script
    return text.split("# %%\n")[-1].split("\n")


def test_block_becomes_not_implemented(small_course):
    """Without a TEMPLATE marker students get a line that names the task."""
    lines = script(
        small_course,
        "def f(x):\n    '''Doc.'''\n    # BEGIN SOLUTION\n    y = x + 1\n"
        "    # END SOLUTION\n    return y\n",
    )
    assert lines[:2] == ["def f(x):", "    '''Doc.'''"]
    assert lines[2].startswith('    raise NotImplementedError("task f: ')
    assert lines[3:] == ["    return y", ""]


def test_lines_after_template_are_uncommented_when_they_are_code(small_course):
    """Code is written as comments in the solution; one level of comment signs goes."""
    lines = script(
        small_course,
        "def f(x):\n    # BEGIN SOLUTION\n    y = x + 1\n    # TEMPLATE\n    # # (about 2 lines)\n"
        "    # for i in range(None):\n    #     y = None\n    # END SOLUTION\n    return y\n",
    )
    assert lines == [
        "def f(x):",
        "    # (about 2 lines)",
        "    for i in range(None):",
        "        y = None",
        "    return y",
        "",
    ]


def test_lines_after_template_stay_comments_when_they_are_prose(small_course):
    """Lines that are no Python without their sign are kept as they are."""
    lines = script(
        small_course,
        "def f(x):\n    # BEGIN SOLUTION\n    y = x + 1\n    # TEMPLATE\n"
        "    # add one to x, about 1 line\n    # END SOLUTION\n    return y\n",
    )
    assert lines == ["def f(x):", "    # add one to x, about 1 line", "    return y", ""]


def test_several_blocks_in_a_function_are_replaced_each(small_course):
    """Code between blocks is given to students."""
    lines = script(
        small_course,
        "def f(x):\n    # BEGIN SOLUTION\n    a = x\n    # TEMPLATE\n    # a = None\n"
        "    # END SOLUTION\n    for i in range(2):\n        # BEGIN SOLUTION\n        a += i\n"
        "        # TEMPLATE\n        # pass\n        # END SOLUTION\n    return a\n",
    )
    assert lines == [
        "def f(x):",
        "    a = None",
        "    for i in range(2):",
        "        pass",
        "    return a",
        "",
    ]


SOLUTION = (
    HEAD + "def f(x):\n    # BEGIN SOLUTION\n    very_secret = x + 1\n    return very_secret\n"
    "    # END SOLUTION\n\n\n# %%\n# %matplotlib inline\nprint('tried')\n"
)


def test_templates_hold_marker_and_no_answer(small_course):
    """Both say which assignment they are of, and nothing of the solution."""
    made = make_templates(assignment_of(small_course, SOLUTION))
    assert made.script.startswith("# dlcnn: assignment=scaling version=2.1\n\n# %% [markdown]\n")
    assert json.loads(made.notebook)["metadata"]["dlcnn"] == {
        "assignment": "scaling",
        "version": "2.1",
    }
    for text in (made.script, made.notebook):
        assert "very_secret" not in text
        assert "SOLUTION" not in text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
    ast.parse(made.script)


def test_notebook_is_valid_and_plain(small_course):
    """Format 4.5, cells of both kinds, no outputs, nothing of the tools that made it."""
    made = make_templates(assignment_of(small_course, SOLUTION)).notebook
    notebook = nbformat.reads(made, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code", "code", "code"]
    assert notebook.cells[0].source == "# Title\n\nText with $x$."
    assert notebook.cells[3].source == "%matplotlib inline\nprint('tried')"
    assert all(not cell.metadata for cell in notebook.cells)
    assert all(len(cell.id) >= 8 for cell in notebook.cells)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    assert set(notebook.metadata) == {"dlcnn", "kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"


def test_templates_regenerate_byte_for_byte(small_course):
    """The same solution always gives the same bytes; another gives other cell ids."""
    made = make_templates(assignment_of(small_course, SOLUTION))
    assert make_templates(assignment_of(small_course, SOLUTION)) == made
    other = make_templates(assignment_of(small_course, SOLUTION.replace("tried", "done")))
    ids = [
        [cell["id"] for cell in json.loads(text)["cells"]]
        for text in (made.notebook, other.notebook)
    ]
    assert ids[0][:3] == ids[1][:3]
    assert ids[0][3] != ids[1][3]


def test_header_of_jupytext_is_left_out(small_course):
    """A solution that jupytext saved has a block of settings at its top."""
    header = "# ---\n# jupyter:\n#   jupytext:\n#     formats: ipynb,py:percent\n# ---\n\n"
    saved = header + SOLUTION
    made = make_templates(assignment_of(small_course, saved))
    assert made.script.split("\n")[2] == "# %% [markdown]"
    assert "jupytext" not in made.script + made.notebook


def block(*lines):
    """A solution block of a function."""
    marked = ("# BEGIN SOLUTION", *lines, "# END SOLUTION")
    return "".join(f"    {line}\n" for line in marked)


BLOCK = block("y = 1")


@pytest.mark.parametrize(
    ("solution", "line", "says"),
    [
        ("def f(x):\n    # BEGIN SOLUTION\n    return 1\n", 2, "has its # END SOLUTION"),
        ("def f(x):\n    return 1\n    # END SOLUTION\n", 3, "has its # BEGIN SOLUTION"),
        (f"def f(x):\n    # BEGIN SOLUTION\n{BLOCK}    # END SOLUTION\n", 3, "do not nest"),
        ("def f(x):\n    # BEGIN SOLUTION\n    # END SOLUTION\n    return 1\n", 2, "empty block"),
        (
            "def f(x):\n    # BEGIN SOLUTION\n    # just words\n    # END SOLUTION\n    return 1\n",
            2,
            "empty block",
        ),
        (
            "def f(x):\n    # BEGIN SOLUTION\n    # TEMPLATE\n    return 1\n    # END SOLUTION\n",
            2,
            "empty block",
        ),
        (f"if True:\n{BLOCK}def f(x):\n{BLOCK}", 2, "inside one function"),
        ("# BEGIN SOLUTION\ndef f(x):\n    return 1\n# END SOLUTION\n", 1, "inside one function"),
        (
            "def f(x):\n    # BEGIN SOLUTION\n    a = 1\ndef g():\n    b = 2\n    # END SOLUTION\n",
            2,
            "inside one function",
        ),
        (
            f"def f(x):\n{block('y = 1', '# TEMPLATE', '# TEMPLATE')}",
            5,
            "one # TEMPLATE",
        ),
        (f"def f(x):\n    # TEMPLATE\n{BLOCK}", 2, "stands inside a solution block"),
        (f"def f(x):\n{BLOCK.replace('# BEGIN', '### BEGIN')}", 2, "alone in its line"),
        (f"def f(x):\n{BLOCK.replace('# BEGIN', '#BEGIN')}", 2, "alone in its line"),
        (f"def f(x):\n{BLOCK.replace('# BEGIN SOLUTION', '# begin solution')}", 2, "alone in"),
        (f"def f(x):\n{BLOCK.replace('y = 1', 'y = 1  # END SOLUTION')}", 3, "alone in its line"),
        ("def f(x):\n    return (\n", 2, "the file is Python"),
        ("def f(x):\n    return 1\n", 1, "Received no such block in f"),
    ],
)
def test_marker_out_of_place_is_told_with_its_line(small_course, solution, line, says):
    """Every doubt about a marker is an error, since it could hand an answer out."""
    assignment = assignment_of(small_course, solution)
    with pytest.raises(CourseError) as caught:
        make_templates(assignment)
    assert str(caught.value).startswith(f"{assignment.solution_path}:{line}: ")
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("solution", "says"),
    [
        (f"def g(x):\n{BLOCK}", "no function f"),
        (
            f"def f(x):\n{block('y = 1', '# TEMPLATE', '# no code here')}",
            "the template is Python",
        ),
    ],
)
def test_solution_that_gives_no_template_is_told(small_course, solution, says):
    """A task without a function, a function without a body."""
    with pytest.raises(CourseError, match=says):
        make_templates(assignment_of(small_course, solution))


def test_missing_solution_is_told(small_course):
    """Its place is named."""
    assignment = small_course.load().assignment("scaling")
    assignment.solution_path.unlink()
    with pytest.raises(CourseError, match=r"solution\.py: "):
        make_templates(assignment)


def test_sync_writes_what_is_stale_and_only_that(small_course):
    """Templates that are right keep their time; edited and missing ones are written."""
    assignment = assignment_of(small_course, SOLUTION)
    both = [assignment.template_path(".py"), assignment.template_path(".ipynb")]
    assert stale(assignment) == both
    assert sync(assignment) == both
    assert stale(assignment) == []
    assert sync(assignment) == []
    both[0].write_text(both[0].read_text() + "\n", encoding="utf-8")
    assert stale(assignment) == both[:1]
    both[1].unlink()
    assert sync(assignment) == both
    names = sorted(path.name for path in assignment.folder.iterdir())
    assert names == ["README.md", "assignment.toml", "template.ipynb", "template.py"]
