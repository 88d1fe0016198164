"""Old code in a worker: what newer NumPy refuses is tolerated where the program says so.

Each kind is tried switched on and switched off, and what was tolerated is named by its kind.
"""

import textwrap

import numpy as np
import pytest

from dlcnn.grading.worker import compat
from dlcnn.grading.worker.pool import Limits

LIMITS = Limits(wall_seconds=5.0, memory_mb=256)
IS_STRICT = np.lib.NumpyVersion(np.__version__) >= "2.4.0"
strict_numpy = pytest.mark.skipif(not IS_STRICT, reason="this NumPy still does what 2.4 refuses")

ONE = np.full((1, 1, 1), 2.5)


@pytest.fixture
def answer(open_session):
    """`answer(source, *args, compat=True)`: the reply of the function `answer` of a submission."""

    def call(source, *args, compat=True):
        text = "import numpy as np\n" + textwrap.dedent(source)
        worker = open_session(text, LIMITS, compat=compat).worker()
        assert worker.load_failure is None
        assert worker.loaded.problems == ()
        return worker.call("answer", args)

    return call


@strict_numpy
@pytest.mark.parametrize("array", [np.array([2.5]), ONE, ONE.astype(np.float32), np.array([[3]])])
@pytest.mark.parametrize("conversion", [float, int, complex])
def test_conversion_of_one_number_is_tolerated(answer, conversion, array):
    """float, int and complex give the number; without compat they are a TypeError"""
    source = f"""
        def answer(X):
            return {conversion.__name__}(X)
    """
    reply = answer(source, array)
    assert reply.value == conversion(array.item())
    assert type(reply.value) is conversion
    assert reply.tolerated == {conversion.__name__}

    reply = answer(source, array, compat=False)
    assert reply.failure.type == "TypeError"
    assert reply.tolerated == frozenset()


@strict_numpy
@pytest.mark.parametrize(
    "source",
    [
        "answer = lambda X: float(X)",
        "def answer(X): return [float(x) for x in (X, X)][0]",
        "def answer(X): return next(float(x) for x in [X])",
        "def answer(X, convert=lambda x: float(x)): return convert(X)",
        "def answer(X):\n    def inner():\n        return float(X)\n    return inner()",
        "class Box:\n    def open(self, X):\n        return float(X)\n"
        "def answer(X): return Box().open(X)",
        "def answer(X): return max(float(X), float(-X))",
        "def answer(X): return float(float(X) * X)/2.5",
        "def answer(X): return np.float(X)",
        "from numpy import *\ndef answer(X): return float(X)",
        "def answer(X):\n    match X.ndim:\n        case 3:\n            return float(X)",
        "def answer(X):\n    try:\n        raise KeyError\n    except KeyError: return float(X)",
    ],
)
def test_conversion_is_tolerated_wherever_it_is_called(answer, source):
    """In lambdas, comprehensions, inner functions, methods, defaults, handlers, nested calls"""
    reply = answer(source, ONE)
    assert reply.value == 2.5
    assert "float" in reply.tolerated


@pytest.mark.parametrize(
    "source",
    [
        "def answer(X): return X.astype(dtype=float)",
        "def answer(X): return isinstance(X[0, 0, 0].item(), float), type(X.item()) is float",
        "def answer(X): return float('2.5'), float(), int('12', 3), complex(1, 2), int(2.9)",
        "def answer(X): return float.fromhex('0x1p0'), float.__name__, list(map(float, [1, 2]))",
        "def answer(X): return float(*X[0, 0])",
        "def answer(X): return float(X[0, 0, 0]), float(np.squeeze(X)), float(X.item())",
        "def answer(X): return float([1])",
        "def answer(X): return int('many')",
    ],
)
def test_correct_conversions_are_what_they_were(answer, source):
    """The name float stays the type, and what was no question of arrays gives the same as ever"""
    tolerant, plain = answer(source, ONE), answer(source, ONE, compat=False)
    assert str(tolerant.value) == str(plain.value)
    assert tolerant.failure == plain.failure
    assert tolerant.tolerated == frozenset()


@pytest.mark.parametrize("array", [np.ones(2), np.ones((0, 1)), np.ones((1, 3))])
def test_conversion_of_more_or_less_than_one_number_stays_an_error(answer, array):
    """The same TypeError with and without compat, at the student's line"""
    source = "def answer(X):\n    return float(X)"
    failure = answer(source, array).failure
    assert failure.type == "TypeError"
    assert failure == answer(source, array, compat=False).failure


def test_own_function_named_float_is_called_as_it_is(answer):
    """A name that the student has bound is theirs: global, parameter, local, attribute"""
    reply = answer(
        """
        def float(x):
            return "own", x.shape

        class box:
            float = int = staticmethod(lambda x: ("attribute", x.shape))

        def parameter(x, int):
            return int(x)

        def local(x):
            complex = lambda x: ("local", x.shape)
            return complex(x)

        def answer(X):
            return float(X), parameter(X, float), local(X), box.float(X), box().int(X)
        """,
        ONE,
    )
    assert [name for name, _ in reply.value] == ["own", "own", "local", "attribute", "attribute"]
    assert {shape for _, shape in reply.value} == {(1, 1, 1)}
    assert reply.tolerated == frozenset()


def test_own_np_is_looked_at_as_it_is(answer):
    """An own object called np keeps its own float"""
    reply = answer(
        """
        class np:
            float = lambda x: "own"

        def answer(X):
            return np.float(X)
        """,
        ONE,
    )
    assert reply.value == "own"
    assert reply.tolerated == frozenset()


STORES = [
    "Z[1, 2] = b",
    "Z[1, 2] = b + 0",
    "Z[1][2] = b",
    "Z[1, -1] = b",
    "Z[(1, 2)] = b",
    "Z[*(1, 2)] = b",
    "k = 1, 2\nZ[k] = b",
    "Z[1, int(2.0)] = np.sum(b) + 0 * b",
    "Z[1, 2] += b",
    "Z[1, 2] -= -b",
    "Z[1, 1 + 1] += b * 1",
    "Z[1, 2] = x = b",
    "Z[1, 2] = Z[0, 0] = b\nZ[0, 0] -= Z[1, 2]",
    "Z[1, 2], Z[0, 0] = b, b * 0",
    "(Z[1, 2], (x, Z[0, 0])) = b, (1, b * 0)",
    "[Z[1, 2], *Z[0, 0:3]] = b, 0, 0, 0",
    "x, Z[1, x] = 2, b",
    "Z.flat[5] = b",
    "[box] = [{'Z': Z}]\nbox['Z'][1, 2] = b",
    "class Box: pass\nBox.Z = Z\nBox.Z[1, 2] = b",
    "class Box:\n    Z[1, 2] = b",
    "for i in range(2):\n    for j in range(3):\n        if i * j == 2:\n            Z[i, j] = b",
    "while not Z.any():\n    Z[1, 2] = b",
    "with np.errstate():\n    Z[1, 2] = b",
    "try:\n    pass\nfinally:\n    Z[1, 2] = b",
    "try:\n    pass\nexcept Exception:\n    pass\nelse:\n    Z[1, 2] = b",
    "def inner():\n    Z[1, 2] = b\ninner()",
    "def inner():\n    Z[1, 2] = yield\n    yield\ngiven = inner()\nnext(given), given.send(b)",
    "Z[1, 2] = b[0].view(np.matrix)",
    "Z[1, 2] = np.array([b.item()], object)",
]


@strict_numpy
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.complex128])
@pytest.mark.parametrize("statements", STORES)
def test_store_of_one_number_is_tolerated(answer, statements, dtype):
    """Every way of storing an array of one number in an element; without compat an error"""
    lines = textwrap.indent(statements, "    ")
    source = f"def answer(Z, b):\n{lines}\n    return Z"
    expected = np.zeros((2, 3), dtype)
    expected[1, 2] = 2.5
    argument = np.zeros((2, 3), dtype)

    reply = answer(source, argument, ONE)
    assert reply.failure is None
    np.testing.assert_array_equal(reply.value, expected)
    assert reply.tolerated == {"store"}

    assert answer(source, argument, ONE, compat=False).failure.type in ("ValueError", "TypeError")


@pytest.mark.parametrize(
    "statements",
    [
        "Z[0, 0] = np.ones(2)",
        "Z[0, 0] = np.ones((1, 0))",
        "Z[0, 0] += np.ones(3)",
        "Z[0, 0] = [1.0]",
        "Z[0, 0] = 'text'",
        "Z[0, 0] = np.array(['text'])",
        "Z[0, 0] = np.array([1j])",
        "Z[0, 9] = b",
        "Z['a'] = b",
        "Z = Z.astype('U3'); Z[0, 0] = b",
        "Z = None; Z[0, 0] = b",
        "Z = 'text'; Z[0] = b",
        "Z.flags.writeable = False; Z[0, 0] = b",
        "Z[0, 0], Z[0, 1] = 1, 2, 3",
        "del Z; Z[0, 0] = b",
        "Z[\n        0,\n        1,\n    ] = np.sum(\n        b,\n    ) * np.ones(2)",
    ],
)
def test_refused_store_stays_refused(answer, statements):
    """What older NumPy refused as well: the same error at the same line, with and without compat"""
    source = f"def answer(Z, b):\n    {statements}\n    return Z"
    failure = answer(source, np.zeros((2, 3)), ONE).failure
    assert failure is not None
    assert failure == answer(source, np.zeros((2, 3)), ONE, compat=False).failure


@strict_numpy
def test_store_in_own_class_is_tolerated_inside_it_and_done_once(answer):
    """The student's own __setitem__ runs once, whatever it raises; its stores are tolerated"""
    source = """
        class Box:
            def __init__(self):
                self.Z, self.stores = np.zeros(3), 0

            def __getitem__(self, key):
                return self.Z[key]

            def __setitem__(self, key, value):
                self.stores += 1
                if key == 2:
                    raise ValueError("no third one")
                self.Z[key] = value

        def answer(b):
            box = Box()
            box[0] = b
            box[1] += b * 2
            try:
                box[2] = b
            except ValueError as error:
                return box.Z, box.stores, str(error)
    """
    reply = answer(source, ONE)
    np.testing.assert_array_equal(reply.value[0], [2.5, 5, 0])
    assert reply.value[1:] == (3, "no third one")
    assert reply.tolerated == {"store"}


def test_every_removed_name_is_supplied(answer):
    """Each name gives something and is named as a kind; without compat it is an AttributeError"""
    missing = sorted(name for name in compat.REMOVED if name not in vars(np))
    source = "def answer(name): return repr(getattr(np, name))"
    for name in missing:
        reply = answer(source, name)
        assert reply.failure is None
        assert reply.tolerated == {f"np.{name}"}
        assert answer(source, name, compat=False).failure.type == "AttributeError"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("np.float is float and np.int is int and np.object is object and np.str is str", True),
        ("np.zeros(2, np.float).dtype == float and np.zeros(2, np.int).dtype == int", True),
        ("isinstance(1.5, np.float) and np.complex(1) == 1 + 0j", True),
        ("np.array(['a'], dtype=np.unicode).dtype.kind", "U"),
        ("np.product([2, 3]), np.cumproduct([2, 3])[-1]", (6, 6)),
        ("bool(np.alltrue([1, 0])), bool(np.sometrue([1, 0]))", (False, True)),
        ("np.in1d([[1, 2]], [2, 3], invert=True).tolist()", [True, False]),
        ("np.row_stack([[1], [2]]).tolist()", [[1], [2]]),
        ("float(np.trapz([1.0, 3.0], dx=2))", 4.0),
        ("np.msort(np.array([[2, 1], [1, 3]])).tolist()", [[1, 1], [2, 3]]),
        ("np.asscalar(np.array([[2.5]])), np.rank([[1]])", (2.5, 2)),
        ("str(np.asfarray([1]).dtype), str(np.asfarray([1], np.int).dtype)", ("float64",) * 2),
        ("str(np.asfarray([1], np.float32).dtype)", "float32"),
        ("np.Inf, np.infty, np.Infinity, np.PINF, -np.NINF", (float("inf"),) * 5),
        ("np.isnan(np.NaN) and np.isnan(np.NAN)", True),
        ("np.round_(2.567, 1), np.math.floor(2.5), np.PZERO, str(np.NZERO)", (2.6, 2, 0, "-0.0")),
        ("np.float_(1.5), np.bool8(1), np.int0(2), np.string_('a') == b'a'", (1.5, True, 2, True)),
        ("type(np.mat([[1]])).__name__", "matrix"),
    ],
)
def test_removed_names_mean_what_they_meant(answer, expression, expected):
    """The values are those of the NumPy that had the names"""
    assert answer(f"def answer(): return {expression}").value == expected


def test_removed_name_is_found_by_import(answer):
    """`from numpy import float_` works, and once is once"""
    reply = answer("from numpy import float_, Inf as top\ndef answer(): return str(float_), top")
    assert reply.value == ("<class 'numpy.float64'>", float("inf"))
    assert reply.tolerated == {"np.float_", "np.Inf"}


@pytest.mark.parametrize("name", ["find_common_type", "lookfor", "never_there"])
def test_removed_name_without_one_meaning_is_numpys_own_error(answer, name):
    """NumPy's message reaches the student unchanged"""
    source = f"def answer(): return np.{name}"
    failure = answer(source).failure
    assert failure.type == "AttributeError"
    assert failure == answer(source, compat=False).failure


def test_star_import_gives_the_dropped_names_in_use(answer):
    """Those that the code uses and does not bind itself, and no note on any other"""
    source = """
        from numpy import *

        def alltrue(values):
            return "own"

        def helper(x):
            trapz = 3
            return product(x) + trapz

        def answer():
            return helper([2, 3]), alltrue([0]), float is type(1.0)
    """
    reply = answer(source)
    assert reply.value == (9, "own", True)
    assert reply.tolerated == {"np.product"}
    assert answer(source, compat=False).failure.type == "NameError"


@pytest.mark.parametrize("module", sorted(compat.COURSE_MODULES))
def test_star_import_of_a_course_module_gives_the_modules_in_use(open_session, module):
    """Those that the code reads and does not bind itself; attributes of others are none of them"""
    source = f"""
        from {module} import *
        from types import SimpleNamespace

        def helper(box):
            os = 3
            return box.layers + os

        def answer(X):
            plt.imshow(X)
            return np.sum(X) + math.floor(2.5) + helper(SimpleNamespace(layers=1))
    """
    missing = frozenset({module})
    worker = open_session(source, LIMITS, compat=True, stand_ins=missing).worker()
    reply = worker.call("answer", (ONE,))
    assert reply.value == 8.5
    assert reply.tolerated == {"given math", "given np", "given plt"}
    worker = open_session(source, LIMITS, stand_ins=missing).worker()
    assert worker.call("answer", (ONE,)).failure.type == "NameError"


def test_star_import_of_a_course_module_overwrites_nothing(open_session):
    """A name that is imported or defined anywhere is the student's own"""
    source = """
        np = "own"
        from cnn_utils import *

        def math():
            return "own"

        def answer():
            return np, math()
    """
    missing = frozenset({"cnn_utils"})
    worker = open_session(source, LIMITS, compat=True, stand_ins=missing).worker()
    reply = worker.call("answer")
    assert reply.value == ("own", "own")
    assert reply.tolerated == frozenset()


@pytest.mark.parametrize("name", ["load_dataset", "convert_to_one_hot", "h5py", "tf", "K"])
def test_what_a_course_module_cannot_give_refuses_by_name(open_session, name):
    """Its functions, and libraries that are not loaded here, say which module is missing"""
    source = f"from cnn_utils import *\n\ndef answer():\n    return {name}(1)"
    missing = frozenset({"cnn_utils"})
    worker = open_session(source, LIMITS, compat=True, stand_ins=missing).worker()
    failure = worker.call("answer").failure
    assert failure.type == "MissingModuleError"
    assert failure.message.startswith(f"{name} comes from the module cnn_utils, which is not")


def test_star_import_of_another_module_gives_nothing(answer):
    """Only NumPy's star import ever gave NumPy's names"""
    failure = answer("from math import *\ndef answer(): return product([1])").failure
    assert failure.type == "NameError"


@strict_numpy
def test_tolerated_is_told_with_an_error_too(answer):
    """A call that fails later still says what had been tolerated"""
    reply = answer("def answer(X):\n    x = float(X)\n    raise KeyError(x)", ONE)
    assert reply.failure.type == "KeyError"
    assert reply.tolerated == {"float"}


@strict_numpy
def test_tolerated_while_defining_is_told_by_the_first_call(answer):
    """Constants and defaults count"""
    reply = answer("HALF = np.float(np.ones(1)) / 2\ndef answer(x=np.int): return HALF")
    assert reply.value == 0.5
    assert reply.tolerated == {"float", "np.float", "np.int"}


@pytest.mark.parametrize("said", ["'strange'", "7", "'x' * 10**6", "None"])
def test_forged_kind_is_no_reply(answer, said):
    """A worker can name known kinds and nothing else"""
    source = f"""
        import sys

        def answer():
            frame = sys._getframe()
            while "serve" not in frame.f_globals:
                frame = frame.f_back
            frame.f_globals["compat"].tolerated = lambda: [{said}]
    """
    reply = answer(source)
    assert reply.failure.kind == "protocol"
    assert reply.tolerated == frozenset()


def test_without_compat_nothing_is_rewritten(answer):
    """No helper is there, and a function's code is what Python makes of it"""
    source = """
        import builtins

        def answer(Z=None, b=None):
            Z[0] = b + 1
            return float(b)

        names, helpers = answer.__code__.co_names, [n for n in vars(builtins) if "store" in n]
        answer = lambda: (names, helpers)
    """
    assert answer(source, compat=False).value == (("float",), [])
    names, helpers = answer(source).value
    assert len(names) > 1
    assert len(helpers) == 1
