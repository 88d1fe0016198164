"""Cells that do not parse: the pieces that do still count, and nothing hurts the reader."""

import time

import pytest

from tests.course.submission.conftest import run

GOOD = "def good():\n    return 1\n"
AFTER = "def after():\n    return 2\n"


@pytest.mark.parametrize(
    "broken",
    [
        "def bad(x):\n    return x +\n",
        "def bad(x:\n    return x\n",
        "def bad(x):\n    y = np.sum((x)\n    return y\n",
        "def bad(x)\n    return x\n",
        "def bad(x):\n    a = 1\n      b = 2\n    return a\n",
        "def bad(x):\n# only a comment\n",
        "def bad(x):\n\treturn 1\n        return 2\n",
        'def bad(x):\n    """never closed\n    return x\n',
        "def bad(x):\n    return 'never closed\n",
        "@decorate\ndef bad(x):\n    return )\n",
        "bad = lambda x: \n",
        "def bad(x):\n    return “x”\n",
    ],
)
def test_a_broken_function_costs_itself_only(read, broken):
    """What stands before and after it in the same cell is read, at its own lines."""
    submission = read(f"{GOOD}\n{broken}\n{AFTER}")
    assert set(submission.functions) == {"good", "after"}
    namespace = run(submission)
    assert (namespace["good"](), namespace["after"]()) == (1, 2)
    (piece,) = [piece for piece in submission.broken if piece.names]
    assert piece.names == {"bad"}
    assert piece.label == "cell 1"
    assert 4 <= piece.line <= 4 + broken.count("\n") + 1
    after = submission.functions["after"]
    assert after.lineno == f"{GOOD}\n{broken}\n".count("\n") + 1


def test_broken_piece_names_line_message_and_code(read):
    """The student can find the place."""
    submission = read("import numpy as np\n\ndef f(x):\n    return x +\n")
    (piece,) = submission.broken
    assert (piece.label, piece.line, piece.code) == ("cell 1", 4, "return x +")
    assert "invalid syntax" in piece.message


def test_message_counts_lines_of_the_cell(read):
    """Where Python's own message names a line, it is the cell's."""
    (piece,) = read(f"{GOOD}\ndef f(x):\n# nothing\n\nx = 1\n").broken
    assert "on line 4" in piece.message


def test_broken_cell_leaves_the_other_cells(read):
    """A syntax error in one cell is that cell's."""
    submission = read(GOOD, "print 'hello'\n", AFTER)
    assert set(submission.functions) == {"good", "after"}
    assert [piece.label for piece in submission.broken] == ["cell 2"]


def test_broken_script_is_read_piece_by_piece(read_script):
    """A script is treated as one cell."""
    submission = read_script(f"import math\n{GOOD}\nprint 'x'\n\n{AFTER}")
    assert set(submission.functions) == {"good", "after"}
    assert "math" in submission.imports
    assert [piece.line for piece in submission.broken] == [5]


@pytest.mark.parametrize(
    ("torn", "line", "message"),
    [
        ("def bad(x):\n    y = x + 1\nreturn y\n", 6, "'return' outside function"),
        ("def bad(x):\n    y = x\ny = y + 1\nreturn y\n", 7, "'return' outside function"),
        ("def bad(x):\n    y = x\ny = y + 1\n    return y\n", 7, "unexpected indent"),
    ],
)
def test_function_whose_end_is_not_indented_is_broken(read, torn, line, message):
    """It is not run without its `return`; what stands above and below in the cell is."""
    submission = read(f"{GOOD}\n{torn}\n{AFTER}")
    assert set(submission.functions) == {"good", "after"}
    (piece,) = submission.broken
    assert (piece.names, piece.line, piece.message) == ({"bad"}, line, message)


def test_stray_indentation_in_a_test_leaves_the_function(read):
    """Only a `return` that stands outside belongs to the function above."""
    submission = read(f"{GOOD}\nx = 1\n    y = good()\n")
    assert set(submission.functions) == {"good"}
    assert [piece.names for piece in submission.broken] == [frozenset()]


def test_earlier_definition_stays_when_a_torn_one_follows(read):
    """A cell that Python refuses defines nothing."""
    submission = read(GOOD, "def good():\n    x = 1\nreturn x")
    assert run(submission)["good"]() == 1
    assert [piece.names for piece in submission.broken] == [{"good"}]


def test_code_in_a_docstring_is_no_definition(read):
    """Where a cell is cut, strings stay whole."""
    docstring = 'def f():\n    """\ndef inner():\n    pass\n    """\n    return 1\n'
    submission = read(f"{docstring}\nprint 'x'\n")
    assert set(submission.functions) == {"f"}


HOSTILE = {
    "parentheses": "x = " + "(" * 100_000,
    "closed parentheses": "x = " + "(" * 100_000 + ")" * 100_000,
    "minus": "x = " + "-" * 100_000 + "1",
    "not": "x = " + "not " * 100_000 + "1",
    "attributes": "x = a" + ".b" * 100_000,
    "calls": "x = a" + "()" * 100_000,
    "additions": "x = 1" + "+1" * 100_000,
    "powers": "x = 1" + "**1" * 100_000,
    "conditions": "x = " + "1 if 1 else " * 50_000 + "1",
    "lambdas": "x = " + "lambda:" * 50_000 + "1",
    "elif": "if a: pass\n" + "elif a: pass\n" * 20_000,
    "nested blocks": "".join(" " * n + "if 1:\n" for n in range(99)) + " " * 99 + "x = 1",
    "long int": "x = " + "1" * 100_000,
    "long hex": "x = 0x" + "f" * 500_000,
    "long exponent": "x = 1e" + "9" * 100_000,
    "dotted import": "import a" + ".a" * 200_000,
    "dotted import on many lines": "import a" + ".\\\na" * 100_000,
    "f-string": "x = f'" + "{a}" * 100_000 + "'",
    "NUL": "x = 1\0",
    "NUL in a string": "x = '\0'",
    "comparison": "x = a" + "<a" * 100_000,
    "assignments": "a = " * 50_000 + "1",
    "imports in one line": "import a;" * 50_000,
    "lambdas in one line": "f=lambda:0;" * 30_000,
    "decorators": "@a\n" * 50_000 + "def f(): pass",
    "shell lines": "!\n" * 100_000,
    "spaces": " " * 500_000 + "!",
    "blank lines": "\n" * 300_000 + "(",
    "quotes": "'" * 100_001,
    "open strings": '"""' + "\\" * 200_000,
    "broken lines": "x = = 1\n" * 20_000,
    "deep indentation": "".join(" " * n + "if 1:\n" for n in range(500)),
    "words": "a " * 200_000,
    "equals": "a=" * 200_000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_sources_cost_themselves_only(read, source):
    """Code made to crash or hang the reader is one broken or idle cell; the others count."""
    started = time.process_time()
    submission = read(source[:250_000], GOOD)  # longer code is refused before it is parsed
    assert "good" in submission.functions
    assert time.process_time() - started < 10


def test_deep_constant_used_by_a_function_is_survived(read):
    """Taking a constant that is nested as deep as Python parses does not end the reader."""
    deep = "DEEP = " + "[" * 150 + "]" * 150 + "\nSUM = 1" + " + 1" * 900
    submission = read(deep, "def good():\n    return DEEP, SUM\n")
    assert run(submission)["good"]()[1] == 901


def test_nothing_is_printed_about_odd_strings(read, capsys, recwarn):
    """Python's warnings about a student's code are not the teacher's."""
    read('def f():\n    return "\\d" is 3\n')
    assert capsys.readouterr() == ("", "")
    assert not recwarn.list
