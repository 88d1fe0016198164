"""What of a notebook is run: imports, definitions, and the constants that these use."""

import ast

import pytest

from tests.course.submission.conftest import run


def taken(submission):
    """The lines that are run, without blank ones."""
    text = "\n".join(cell.source for cell in submission.cells)
    return [line for line in text.split("\n") if line.strip()]


def test_constants_that_functions_use_are_taken(read):
    """A constant is taken with the constants that it uses itself, and no others."""
    submission = read(
        "import numpy as np\nBASE = 2\nUNUSED = 5\nSCALE = BASE ** 3",
        "def f(x):\n    return x * SCALE",
    )
    assert taken(submission) == [
        "import numpy as np",
        "BASE = 2",
        "SCALE = BASE ** 3",
        "def f(x):",
        "    return x * SCALE",
    ]
    assert run(submission)["f"](2) == 16


def test_constant_may_follow_the_function(read):
    """A function finds its globals when it runs, so order between cells is free."""
    submission = read("def f():\n    return LATER", "LATER = 3")
    assert run(submission)["f"]() == 3


@pytest.mark.parametrize(
    "value",
    [
        "(1, -2.5, 'a', None, True)",
        "{'stride': 2, 'pad': [1, 2]}",
        "[i ** 2 for i in range(4) if i]",
        "{k: v for k, v in zip('ab', (1, 2))}",
        "f'{1 + 1}'",
        "1 if True else 2",
        "np.random.randn(2, 3).reshape(3, 2)",
        "np.array([1, 2])[0]",
        "np.pi / 2",
        "math.floor(2.5)",
        "sqrt(4)",
        "'a b'.split()",
        "lambda x: open(x)",
        "partial(helper, 1)",
        "np.vectorize(helper)",
        "helper",
        "namedtuple('Point', 'x y')",
        "re.compile('a')",
        "float",
        "helper(1)",
        "[helper(i) for i in range(3)]",
        "Thing()",
        "Thing.make()",
        "(y := 3)",
    ],
)
def test_values_that_can_be_built_are_constants(read, value):
    """Literals, operators, comprehensions, functions as values, calls that only compute, the
    student's own among them."""
    submission = read(
        "import math, re\nimport numpy as np\nfrom math import sqrt\n"
        "from functools import partial\nfrom collections import namedtuple\n"
        "def helper(x, y=0):\n    return x\n"
        "class Thing:\n    def make():\n        return 1",
        f"CONSTANT = {value}",
        "def f():\n    return CONSTANT",
    )
    assert run(submission)["f"]() is not None


@pytest.mark.parametrize(
    "value",
    [
        "open('data.txt')",
        "input()",
        "np.load('data.npy')",
        "np.loadtxt('data.txt')",
        "h5py.File('train.h5')",
        "model.fit(1)",
        "plt.figure()",
        "time.time()",
        "os.listdir('.')",
        "exec('1')",
        "__import__('os')",
        "(lambda: 1)()",
        "load_dataset()",
        "reader(1)",
        "calls_reader(1)",
        "Reader().data",
    ],
)
def test_values_that_are_work_are_left_out(read, value):
    """Reading, training and drawing are never run, nor what calls them."""
    submission = read(
        "import os, time\nimport numpy as np\nimport h5py\nimport matplotlib.pyplot as plt\n"
        "from cnn_utils import *\nfrom keras import model\ndef helper(x):\n    return x\n"
        "def reader(x):\n    return open(x).read()\ndef calls_reader(x):\n    return reader(x)\n"
        "class Reader:\n    def __init__(self):\n        self.data = model.fit(1)",
        f"CONSTANT = {value}",
        "def f():\n    return CONSTANT",
    )
    assert not any("CONSTANT =" in line for line in taken(submission))


def test_unknown_name_is_no_constant_without_a_star_import(read):
    """A value that needs what was left out is left out as well."""
    submission = read("x = input()\ny = x + 1\nz = nothing", "def f():\n    return y, z")
    assert "y = x + 1" not in taken(submission)
    assert "z = nothing" not in taken(submission)


def test_constant_that_becomes_a_result_supplies_nothing_after_it(read):
    """`y` here is computed from a result, though its name once stood for a number."""
    submission = read("x = 1\nx = input()\ny = x + 1", "def f():\n    return y")
    assert "y = x + 1" not in taken(submission)


@pytest.mark.parametrize(
    "work",
    [
        "conv_forward(1)",
        "print('hello')",
        "for i in range(10**12):\n    pass",
        "while True:\n    pass",
        "with open('x') as file:\n    data = file.read()",
        "if __name__ == '__main__':\n    main()",
        "plt.imshow(x)\nplt.show()",
        "assert conv_forward(1) == 2",
        "raise SystemExit",
        "del conv_forward",
        "np.random.seed(1)",
        "conv_forward = conv_forward(1)",
        "Z, cache = conv_forward(1)",
        "x.shape = (1, 2)",
        "np.sum = None",
        "import sys; sys.exit()",
        "exit()",
        "await thing()",
        "return 5",
        "try:\n    import cupy\n    cupy.run()\nexcept ImportError:\n    pass",
        "if True:\n    print(conv_forward(1))",
        "match 1:\n    case 1:\n        conv_forward(1)",
    ],
)
def test_work_between_definitions_is_not_run(read, work):
    """Inline tests, plots, file reads and training loops do not matter."""
    submission = read(
        "import numpy as np\ndef conv_forward(x):\n    raise RuntimeError", work, "def f(): pass"
    )
    assert set(submission.functions) == {"conv_forward", "f"}
    namespace = run(submission)
    assert callable(namespace["conv_forward"])


@pytest.mark.parametrize(
    "block",
    [
        "try:\n    import nowhere\nexcept ImportError:\n    print('none')\nimport math as m",
        "try:\n    import math as m\nexcept ImportError:\n    m = None",
        "try:\n    import nowhere as m\nexcept ImportError:\n    1\n    import math as m",
        "if 1 < 2:\n    import math as m\nelse:\n    m = 3",
        "try:\n    import math as m\nfinally:\n    'done'",
        "import sys\nif sys.version_info > (3,):\n    import math as m",
    ],
)
def test_blocks_of_imports_and_definitions_are_taken(read, block):
    """`try: import … except ImportError` is what it is in the notebook."""
    namespace = run(read(block, "def f():\n    return m.floor(2.5)"))
    assert namespace["f"]() == 2


def test_definition_inside_a_block_counts(read):
    """A function in `if True:` is a function."""
    submission = read("if True:\n    def f():\n        return 1")
    assert run(submission)["f"]() == 1
    assert isinstance(submission.functions["f"], ast.FunctionDef)


def test_the_last_definition_wins(read):
    """As in a notebook that is run from top to bottom."""
    submission = read("def f():\n    return 1", "def f():\n    return 2", "f_old = f")
    assert run(submission)["f"]() == 2
    assert submission.functions["f"].body[0].value.value == 2


def test_a_broken_redefinition_leaves_the_earlier_one(read):
    """A cell that does not parse defines nothing."""
    assert run(read("def f():\n    return 1", "def f():\n    return )"))["f"]() == 1


@pytest.mark.parametrize(
    ("definition", "kind"),
    [
        ("f = lambda x: x + 1", ast.Lambda),
        ("f = helper", ast.Name),
        ("f = partial(add, 1)", ast.Call),
        ("def f(x):\n    return x + 1", ast.FunctionDef),
    ],
)
def test_functions_come_in_several_forms(read, definition, kind):
    """A task may be a def, a lambda, another name or a partial."""
    submission = read(
        "from functools import partial\ndef add(x, y):\n    return x + y\n"
        "def helper(x):\n    return x + 1",
        definition,
    )
    assert run(submission)["f"](1) == 2
    assert isinstance(submission.functions["f"], kind)


def test_names_in_heads_of_definitions_are_taken(read):
    """Decorators, defaults, annotations and base classes use names as the notebook runs."""
    submission = read(
        "import functools\nSIZE = 3\nKIND = int\nBASE = object\nPARTS = functools.lru_cache(4)",
        "def f(x: KIND, size=SIZE) -> KIND:\n    return size\n"
        "@PARTS\ndef g():\n    return 1\nclass H(BASE):\n    width = SIZE",
    )
    namespace = run(submission)
    assert (namespace["f"](0), namespace["g"](), namespace["H"].width) == (3, 1, 3)


@pytest.mark.parametrize(
    "body",
    [
        "    global COUNT\n    COUNT = COUNT + 1\n    return COUNT",
        "    def inner():\n        return COUNT\n    return inner() + 1",
        "    return [COUNT + 1 for i in range(1)][0]",
        "    return (lambda: COUNT)() + 1",
        "    class Inner:\n        value = COUNT\n    return Inner.value + 1",
        "    if True:\n        global COUNT\n        COUNT += 1\n    return COUNT",
        "    table = {}\n    table[COUNT] = 1\n    return COUNT + 1",
        "    return table['x'] if (table := {'x': COUNT + 1}) else 0",
    ],
)
def test_globals_are_found_wherever_a_function_uses_them(read, body):
    """Nested functions, comprehensions, classes and `global` included."""
    assert run(read("COUNT = 1", f"def f(a=None):\n{body}"))["f"]() == 2


def test_parameters_and_locals_take_no_constants(read):
    """Test data that has the names of parameters stays out."""
    submission = read(
        "import numpy as np\nA_prev = np.ones((9, 9))\nW = np.ones(3)\nm = 4\nstride = 2",
        "def conv(A_prev, cache):\n    (W, b) = cache\n    m, n = A_prev.shape\n    stride = 1\n"
        "    for stride in range(m):\n        pass\n    return W",
    )
    assert not {"W = np.ones(3)", "m = 4", "stride = 2"} & set(taken(submission))
    assert "A_prev = np.ones((9, 9))" not in taken(submission)


def test_a_test_cell_does_not_take_a_builtin_away(read):
    """`sum = 0` in a test cell leaves `sum` to the functions; their own definition of it counts."""
    assert run(read("sum = 0\nmax = 3", "def f(x):\n    return sum(x)"))["f"]([1, 2]) == 3
    assert run(read("def max(a):\n    return 7", "def f(x):\n    return max(x)"))["f"]([1]) == 7


def test_constants_that_change_are_taken_in_all_their_steps(read):
    """Unpacking, augmented assignment, items and annotations are steps of a constant."""
    submission = read(
        "A, (B, *C) = 1, (2, 3, 4)\nA += 1\nD: int = 5\nE = F = 6\nG = {}\nG['x'] = A",
        "def f():\n    return A, B, C, D, E, F, G",
    )
    assert run(submission)["f"]() == (2, 2, [3, 4], 5, 6, 6, {"x": 2})


def test_statements_on_one_line_are_told_apart(read):
    """What stands between semicolons is taken or left out by itself."""
    submission = read(
        "é = 'ü'; import math; print(é); K = math.floor(2.5); main()  # all at once",
        "def f():\n    return K, é",
    )
    assert run(submission)["f"]() == (2, "ü")
    assert taken(submission)[0] == "é = 'ü'; import math; K = math.floor(2.5)"


def test_multi_line_statements_may_share_a_line(read):
    """The end of one statement and the beginning of the next can stand on one line."""
    submission = read("T = '''a\nb'''; print(1); U = [1,\n 2]; print(U)\ndef f():\n    return T, U")
    assert run(submission)["f"]() == ("a\nb", [1, 2])
    assert submission.functions["f"].lineno == 4


def test_taken_code_keeps_its_line_numbers(read):
    """The line that the student sees in the notebook is the line in a message."""
    submission = read(
        "print('test')\n\nimport math\n\n"
        "@staticmethod\ndef f():\n    # a comment\n    return 1\nf()"
    )
    (cell,) = submission.cells
    lines = cell.source.split("\n")
    assert lines[2] == "import math"
    assert lines[4:8] == ["@staticmethod", "def f():", "    # a comment", "    return 1"]
    assert lines[0] == lines[8] == ""


def test_cells_without_anything_to_run_are_left_out(read):
    """The worker gets no empty cells; the others keep their labels."""
    submission = read("print(1)", "def f():\n    pass", "", "f()")
    assert [cell.label for cell in submission.cells] == ["cell 2"]


def test_imports_are_named_by_package(read):
    """Also those inside functions; not those of code that is left out."""
    submission = read(
        "import numpy as np\nfrom test_utils import *\nimport matplotlib.pyplot as plt",
        "def f():\n    from scipy.signal import convolve2d\n    import a.b, c",
        "with x:\n    import in_block\n    left_out.save()",
        "try:\n    import d\nexcept ImportError:\n    pass",
        "text = 'import nothing'",
    )
    assert submission.imports == {
        "numpy", "test_utils", "matplotlib", "scipy", "a", "c", "d", "in_block",
    }  # fmt: skip


def test_star_import_may_supply_names(read):
    """With `from math import *` a constant may use any name."""
    assert run(read("from math import *", "R = sqrt(pi)", "def f():\n    return R"))["f"]() > 1.7


def test_definition_that_only_the_compiler_refuses_takes_its_constants(read):
    """Code that parses but cannot be compiled still is the student's definition."""
    submission = read("PAD = 1", "def f(x, x):\n    return PAD")
    assert "PAD = 1" in taken(submission)
    assert "f" in submission.functions
