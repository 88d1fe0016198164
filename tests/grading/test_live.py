"""`from dlcnn import check` in real notebooks and in a plain script."""

import os
import re
import subprocess
import sys
import textwrap
from html import unescape
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

_ROOT = Path(__file__).parents[2]
_TASKS = 8
_MASK = """\
import numpy as np
from dlcnn import check

def create_mask_from_window(x):
    {body}

check(create_mask_from_window)
"""


@pytest.fixture
def run_notebook(tmp_path, monkeypatch):
    """Execute cells or a notebook in a kernel of their own; what each code cell showed."""
    monkeypatch.setenv("PYTHONPATH", str(_ROOT))

    def run(*cells, notebook=None):
        cells = [nbformat.v4.new_code_cell(textwrap.dedent(cell)) for cell in cells]
        notebook = notebook or nbformat.v4.new_notebook(cells=cells)
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": tmp_path}}).execute()
        return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]

    return run


@pytest.fixture
def run_script(tmp_path):
    """Run a script as a student would; what it printed."""

    def run(source, *command):
        script = tmp_path / "notebook.py"  # the name that a live check has for its student
        script.write_text(textwrap.dedent(source), encoding="utf-8")
        return subprocess.run(
            [sys.executable, *command, script],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(_ROOT), "NO_COLOR": "1", "COLUMNS": "300"},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def _tables(outputs):
    """The HTML that cells showed as their result."""
    return [
        output.data["text/html"]
        for shown in outputs
        for output in shown
        if output.output_type in ("display_data", "execute_result")
    ]


def _words(table):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", table)).split())


def _sentences(printed):
    """What stands under the titles of checks, without margins."""
    return [line.strip() for line in printed.splitlines() if re.match(r" {4,}\S", line)]


def _mask(body):
    return _MASK.format(body=body)


def test_check_in_the_template_shows_not_attempted(run_notebook):
    """The untouched notebook runs from top to bottom, and each task says that it is open."""
    template = _ROOT / "assignments" / "conv_step_by_step" / "template.ipynb"
    outputs = run_notebook(notebook=nbformat.read(template, as_version=4))
    tables = _tables(outputs)
    assert len(tables) == _TASKS
    for table in tables:
        assert re.search(r": 0 of \d public checks passed, 0 of \d+ points", table)
        assert table.count("○&nbsp;not attempted") == table.count("<tr>") - 1
    assert not [output for shown in outputs for output in shown if output.output_type == "stream"]


def test_check_in_the_solution_shows_that_all_passed(run_notebook):
    """Every public check of every task, as a table with headers and as text."""
    solution = _ROOT / "graders" / "conv_step_by_step" / "solution.py"
    outputs = run_notebook(notebook=jupytext.read(solution))
    tables = _tables(outputs)
    assert len(tables) == _TASKS
    for table in tables:
        assert table.count("✓&nbsp;passed") == table.count("<tr>") - 1 > 1
        assert "<thead><tr><th" in table
    plain = next(shown for shown in outputs if shown)[0].data["text/plain"]
    assert re.match(r"zero_pad: (\d) of \1 public checks passed, (\d+) of \2 points\n✓ ", plain)


def test_check_says_what_dlcnn_check_says(run_notebook, run_script):
    """The same facts, printed lines, smallest input and cause, word by word."""
    cell = _mask("print('looking'); return x == np.min(x)")
    table = _words(_tables(run_notebook(cell))[0])
    # The file alone is graded: it does not call the live check.
    done = run_script(cell.replace("check(create", "# (create"), "-m", "dlcnn", "check")
    task = done.stdout.split("create_mask_from_window (optional)")[1].split("\n\n")[0]
    told = _sentences(task)
    assert any(sentence.startswith("first difference at ") for sentence in told)
    assert "your code printed:" in told
    assert "| looking" in told
    assert any(sentence.startswith("smallest input that shows it: x (") for sentence in told)
    assert any(sentence.startswith("your numbers are exactly those of ") for sentence in told)
    assert "same cause as the failed check above" in told
    for sentence in told:
        assert sentence in table


def test_check_in_a_script_prints_the_text(run_script):
    """Outside of a notebook the result is printed, by symbol and word, and nothing is raised."""
    done = run_script(_mask("return x == np.max(x)") + _mask("return x == np.min(x)"))
    assert done.returncode == 0
    right, wrong = done.stdout.split("create_mask_from_window: ")[1:]
    assert right.startswith("3 of 3 public checks passed, 6 of 6 points\n✓ create_mask")
    assert wrong.startswith("0 of 3 public checks passed, 0 of 6 points\n✗ FAIL create_mask")
    assert done.stderr == ""


def test_check_of_something_else_is_one_sentence(run_notebook):
    """A name in quotes, a call's result, a builtin, a function that is no task: no traceback."""
    cells = ("check('conv_forward')", "check(f())", "check(len)", "check(f)", "check(lambda: 1)")
    setup = "from dlcnn import check\ndef f():\n    return 3\n"
    shown = [_words(table) for table in _tables(run_notebook(setup, *cells))]
    for text, received in zip(shown, ("str", "int"), strict=False):
        assert text == (
            f"check: it takes the function itself. Received {received}. "
            "Write check(conv_forward), without quotes or a second pair of brackets."
        )
    for text, name in zip(shown[2:], ("'len'", "'f'", "'<lambda>'"), strict=True):
        assert text.startswith(f"check: the function is named after a task. Received {name}.")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("return x / 0 == nothing", "stopped with NameError: name 'nothing' is not defined"),
        ("return x / 0 == nothing", "line 5: return x / 0 == nothing"),
        (
            "mask = x == np.max(x); x[:] = 0; return mask",
            "create_mask_from_window changed its input x, which",
        ),
        ("return (1, 2)", "mask is a tuple of 2 items, expected a NumPy array"),
        ("import sys; sys.exit()", "create_mask_from_window called exit or sys.exit"),
        ("return create_mask_from_window(x)", "stopped with RecursionError"),
        ("return (i for i in x)", "expected a NumPy array"),
        ("return None", "create_mask_from_window is still to be written"),
    ],
)
def test_check_words_every_failure(run_script, body, sentence):
    """Exceptions with the student's own line, changed inputs, wrong types, nothing written yet."""
    done = run_script(_mask(body))
    assert sentence in done.stdout
    assert done.returncode == 0
    assert "Traceback" not in done.stdout + done.stderr


def test_check_names_the_students_own_line_of_a_cell(run_notebook):
    """The line of an exception is counted in its cell, and none of our frames is told."""
    cell = _mask("return helper(x)").replace(
        "\ndef", "\ndef helper(x):\n    return x.nothing\n\ndef"
    )
    table = _words(_tables(run_notebook(cell))[0])
    assert "'numpy.ndarray' object has no attribute 'nothing'" in table
    assert "in this notebook, line 5, in helper: return x.nothing" in table
    assert "call_here" not in table


def test_check_takes_several_return_values_apart(run_notebook):
    """Too few values are told by name; each value is compared by itself."""
    cell = """
        from dlcnn import check

        def pool_forward(A_prev, hparameters, mode="max"):
            return {value}

        check(pool_forward)
    """
    cells = [cell.format(value=value) for value in ("A_prev", "A_prev, (A_prev, hparameters)")]
    first, second = map(_words, _tables(run_notebook(*cells)))
    assert "pool_forward should return 2 values, A, cache; it returned" in first
    assert "pool_forward should return 2 values" not in second
    assert "✓ passed pool_forward returns the cache (A_prev, hparameters)" in second


def test_check_goes_on_where_numpy_warns(run_notebook, run_script):
    """A warning is the student's to see; the table comes all the same."""
    body = "np.log(-np.ones(2)); return x == np.max(x)"
    outputs = run_notebook(_mask(body))
    assert "3 of 3 public checks passed" in _tables(outputs)[0]
    assert any("RuntimeWarning" in output.get("text", "") for output in outputs[0])
    done = run_script(_mask("print(1); return x.astype(float) / 0 > np.max(x)"))
    assert "RuntimeWarning: divide by zero" in done.stderr
    assert "| 1" in done.stdout


def test_check_uses_the_last_definition(run_notebook):
    """Running a cell again after a correction is all it takes."""
    cells = [_mask(f"return x == np.{name}(x)") for name in ("min", "max")]
    wrong, right = _tables(run_notebook(*cells))
    assert "0 of 3 public checks passed" in wrong
    assert "3 of 3 public checks passed" in right


_RIGHT = "def create_mask_from_window(x):\n    return x == np.max(x)\n"
_START = "import numpy as np\nfrom dlcnn import check\n"


@pytest.mark.parametrize(
    "cell",
    [
        "check(create_mask_from_window)\ncheck(create_mask_from_window)",
        "for f in (create_mask_from_window, create_mask_from_window): check(f)",
        "first = check(create_mask_from_window)\nsecond = check(create_mask_from_window)",
    ],
)
def test_check_shows_every_result_once_wherever_it_stands(run_notebook, cell):
    """A check that is not the last thing in its cell is shown as well, and none is shown twice."""
    (shown,) = run_notebook(_START + _RIGHT + cell)
    assert sum("3 of 3" in _words(table) for table in _tables([shown])[:2]) == 2
    assert len([output for output in shown if output.output_type == "display_data"]) == 2


@pytest.mark.parametrize(
    "definition",
    [
        "mine = lambda x: x == np.max(x)\ncreate_mask_from_window = mine",
        "def my_mask(x):\n    return x == np.max(x)\ncreate_mask_from_window = my_mask",
        "import functools\ncreate_mask_from_window = functools.partial(np.equal, 1)",
    ],
)
def test_check_knows_a_function_by_the_name_it_is_given(run_script, definition):
    """What `dlcnn grade` takes for a task's function, `check` takes as well."""
    done = run_script(f"{_START}{definition}\ncheck(create_mask_from_window)\n")
    assert "create_mask_from_window: " in done.stdout
    assert ("3 of 3" in done.stdout) is ("partial" not in definition)
