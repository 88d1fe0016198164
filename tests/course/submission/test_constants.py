"""Constants built in several steps, and what is said of those that cannot be built."""

import pytest

from tests.course.submission.conftest import run
from tests.course.submission.test_selection import taken


@pytest.mark.parametrize(
    "steps",
    [
        "K = {}\nfor n, g in (('a', max), ('b', min)):\n    K[n] = g",
        "K = 0\nfor i in range(1):\n    K += 1",
        "K = []\nfor i in range(3):\n    if i == 1:\n        continue\n    t = i * 2\n"
        "    K.append(t)",
        "K = 0\nwhile K < 1:\n    K += 1",
        "K = []; K.append(1)",
        "K = {}; K.update(a=1)",
        "L = K = []\nL.append(1)",
        "def g(): return 1\nK = g()",
        "def g(): return START\nSTART = 1\nK = g()",
        "from collections import namedtuple\nP = namedtuple('P', 'k'); K = P(1).k",
        "class Cfg: k = 1\nK = Cfg().k",
        "class G: pass\nG.k = 1; K = G.k",
        "class G: pass\ng = G(); g.k = 1; K = g.k",
        "globals()['K'] = 1",
        "import random\nK = [0, 1]\nrandom.shuffle(K)",
        "f.k = 1\nK = f.k",
        "while (K := 1) > 1:\n    pass",
    ],
)
def test_constants_are_built_in_all_their_steps(read, steps):
    """Loops, methods, attributes and the student's own functions build constants."""
    submission = read("import numpy as np\ndef f():\n    return K", steps)
    everything: dict[str, object] = {}
    exec(f"def f():\n    return K\n{steps}", everything)
    found = run(submission)["f"]()
    assert found in (everything["K"], [0, 1], [1, 0])
    assert "K" in submission.names
    assert not submission.notes


def test_tests_of_functions_are_not_run_unless_needed(read):
    """A test cell's results stay out, whatever builds them."""
    submission = read(
        "def conv(x):\n    Z = x\n    return Z\ndef report(ok):\n    return ok",
        "Z = conv(1)\nresult = report(conv)\nfor i in range(3):\n    Z = conv(i)\nconv = conv(2)",
    )
    assert len(submission.cells) == 1


def test_result_that_only_its_own_function_uses_stays_out(read):
    """An unfinished `return Z` does not take `Z` from the cell that tests it, nor is it noted."""
    submission = read("def conv(x):\n    return Z", "Z = conv(1)\nprint(Z)")
    assert taken(submission) == ["def conv(x):", "    return Z"]
    assert "Z" not in submission.names
    assert not submission.notes


def test_wrapped_function_is_the_function(read):
    """`f = wrap(f)` with the student's own wrapper, unless that works."""
    wrap = "def wrap(g):\n    return lambda x: g(x) + 1\n"
    one = read(f"{wrap}def f(x):\n    return x\nf = wrap(f)")
    assert run(one)["f"](1) == 2
    two = read(f"import time\n{wrap}    time.sleep(9)\ndef f(x):\n    return x\nf = wrap(f)")
    assert run(two)["f"](1) == 1


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ("K = int(input())", "K is set in cell 2, line 1"),
        ("\nK = open('x').read()\nK = K + 1", "K is set in cell 2, line 2"),
        ("x = input()\nK = x + 'a'", "K is set in cell 2, line 2"),
        ("def g(): return open('x')\nK = g()", "K is set in cell 2, line 2"),
        ("try:\n    K = open('x')\nexcept OSError:\n    K = 1", "K is set in cell 2, line 2"),
        ("with a() as b:\n    K = b.run()", "K is set in cell 2, line 2"),
        ("for K in open('x'):\n    pass", "K is set in cell 2, line 1"),
        ("match 1:\n    case 1:\n        K = 1", "K is set in cell 2, line 1"),
        ("K = 1\nK = int(input())", "K is changed in cell 2, line 2"),
        ("K = []\nK.append(input())\nK.append(1)", "K is changed in cell 2, line 2"),
        ("K = {}\nfor line in open('x'):\n    K[line] = 1", "K is changed in cell 2, line 2"),
    ],
)
def test_constant_that_is_not_built_as_in_the_notebook_is_named(read, steps, sentence):
    """The student learns why a function does not find it."""
    submission = read("def f():\n    return K", steps, "def h():\n    return K")
    (note,) = submission.notes
    assert note.startswith(f"{sentence}, by code that is not run when graded; functions that use")
    assert note.endswith(("it will not find it.", "it find what it was before."))
    assert "K" not in submission.names


def test_notes_are_only_about_what_definitions_lack(read):
    """No word about unused names, locals, builtins, or names that are set again."""
    submission = read(
        "import matplotlib.pyplot as plt\nUNUSED = input()\nx = input()\n"
        "sum = input()\nsum += open(1)\n"
        "AGAIN = input()\nAGAIN = 1\nSHOWN = [1]\nSHOWN.show()\nplt.plot(SHOWN)",
        "def f(x):\n    return x, sum, AGAIN, SHOWN",
    )
    assert not submission.notes
    assert run(submission)["f"](1) == (1, sum, 1, [1])


def test_names_are_those_bound_at_module_level(read):
    """Imports, definitions and constants; not what is left out or local."""
    submission = read(
        "import numpy as np\nK = 1\nL = input()\nUNUSED = 2",
        "class C:\n    pass\ndef f(x):\n    y = x\n    return K, L",
    )
    assert submission.names == {"np", "K", "C", "f"}


def test_async_function_is_named_as_such(read):
    """It could not be called as a task is; a later `def` counts."""
    submission = read("def f(x):\n    return x", "\nasync def f(x):\n    return x")
    assert "f" not in submission.functions
    (piece,) = submission.broken
    assert (piece.label, piece.line, piece.names) == ("cell 2", 2, {"f"})
    assert piece.message == "f is an `async def`; write it with `def`"
    again = read("async def f(x):\n    return x", "def f(x):\n    return x")
    assert "f" in again.functions
    assert not again.broken


def test_constants_that_call_each_other_cost_little(read):
    """Thousands of functions that need each other's results are a hostile file, and survived."""
    chain = "".join(f"def f{i}(): return K{i}, f{i + 1}\nK{i} = f{i}()\n" for i in range(2000))
    assert "f1999" in read(chain).functions
