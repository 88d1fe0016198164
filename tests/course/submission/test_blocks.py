"""Imports, definitions and constants inside `if`, `try`, `with` and loops."""

import ast

import pytest

from tests.course.submission.conftest import run

DEFINITION = """def f(x):
    \"\"\"A docstring
  with little indentation.\"\"\"
    return math.floor(x)
"""
INDENTED = "".join(f"    {line}\n" for line in DEFINITION.splitlines())


@pytest.mark.parametrize(
    "block",
    [
        f"import math\nif True:\n{INDENTED}    f_test(f)\n",
        f"import math\nif True:\n{INDENTED}    x = f(2.5)\n    assert x == 2, (\n  'no')\n",
        f"import math\nif __name__ == '__main__':\n{INDENTED}    f_test(f); y = 'ü'; f(y)\n",
        f"import math\nwith np.errstate(all='ignore'):\n{INDENTED}",
        f"try:\n    import math\nexcept ImportError:\n    raise\n{DEFINITION}",
        f"try:\n    import math\nexcept ImportError:\n    sys.exit('no')\n{DEFINITION}",
        "try:\n    import math; import re; plt.style.use(\n'x')\nexcept ImportError:\n    pass\n"
        + DEFINITION,
        f"with warnings.catch_warnings():\n    import math\n{DEFINITION}",
        "if 'google.colab' in str(get_ipython()):\n    from json import decoder\n"
        f"    decoder.mount()\nelse:\n    import math\n{DEFINITION}",
        "if first():\n    first()\nelif (second()  # a: b\n    ):\n    x = 1\n"
        f"else:  # c: d\n    import math\n{DEFINITION}",
        f"for i in range(3):\n    train(i)\n    import math\n{INDENTED}    continue\n",
        f"with (open('x') as a,  # :\n    open('y'),\n  ):\n    import math\n{DEFINITION}",
        f"try:\n    if work():\n        with work():\n            import math\n"
        f"finally:\n    work('ü'); work()\n{DEFINITION}",
        f"if work(): é = 1; import math; work('é')\nelse: work()\n{DEFINITION}",
    ],
)
def test_blocks_give_their_imports_and_definitions(read, block):
    """What else stands in the block is not run and takes nothing away."""
    submission = read(block)
    source = submission.cells[0].source
    assert run(submission)["f"](2.5) == 2
    assert isinstance(submission.functions["f"], ast.FunctionDef)
    assert len(source.split("\n")) == len(block.split("\n"))
    line = submission.functions["f"].lineno - 1
    assert source.split("\n")[line].strip() == "def f(x):"
    assert "with little" in submission.functions["f"].body[0].value.value


def test_block_without_anything_to_run_is_left_out(read):
    """No empty shell of a block is run."""
    assert not read("if True:\n    print(f(1))\n    with open('x') as file:\n        pass").cells


def test_handler_runs_where_the_import_fails(read):
    """What a block is for stays as it is in the notebook."""
    submission = read(
        "try:\n    import nowhere_at_all as m\n    m.setup()\nexcept ImportError:\n"
        "    print('none')\n    import math as m",
        "def f(x):\n    return m.floor(x)",
    )
    assert run(submission)["f"](2.5) == 2


def test_handler_that_raises_again_still_does(read):
    """The reason of a failed import is told, rather than a missing name."""
    submission = read("try:\n    import nowhere_at_all\nexcept ImportError:\n    raise")
    with pytest.raises(ImportError):
        run(submission)


@pytest.mark.parametrize(
    "block",
    [
        "if True:\n    K = 1\nelse:\n    K = 2",
        "if K0 > 3:\n    K = 2\nelif K0 == 3:\n    K = 1\nelse:\n    K = 3",
        "if __name__ == '__main__':\n    print('starts')\n    K = 1",
        "with open('x') as file:\n    K = 1\n    data = file.read()",
        "with np.errstate(all='ignore'):\n    K = 1",
        "try:\n    K = 1\nfinally:\n    print(K)",
        "try:\n    import math\n    K = 1\nexcept ImportError:\n    K = 2",
        "if (K := 1):\n    pass",
        "K = 5\nif False:\n    K = input()\nK = 1",
    ],
)
def test_constants_in_blocks_are_taken(read, block):
    """By themselves, with the header that decides about them."""
    submission = read("import numpy as np\nK0 = 3", block, "def f():\n    return K")
    assert run(submission)["f"]() == 1
    assert not submission.notes


def test_constant_under_a_test_that_cannot_be_run_is_named(read):
    """Which branch a notebook took is not guessed."""
    submission = read("if work():\n    K = 1\nelse:\n    K = 2", "def f():\n    return K")
    assert "K" not in run(submission)
    (note,) = submission.notes
    assert note.startswith("K is set in cell 1, line 2,")


def test_many_edits_in_one_line_cost_little(read):
    """A hostile block costs time by its length, no more."""
    assert read("if work(): import math;" + "é;" * 60_000).imports == {"math"}
