"""Rewritten code does what the student's does: same order, same names, same lines, same speed."""

import ast
import builtins
import time
import traceback

import numpy as np
import pytest

from dlcnn.grading.worker import compat
from dlcnn.grading.worker.rewriting import rewrite
from tests.grading.worker.rewritten import namespace_of

# Statements about objects that log each look at them; `log(x)` gives such an object.
ORDERED = [
    "log('Z')[log('k')] = log('v')",
    "log('Z')[log('i'), log('j')] = log('v')",
    "log('Z')[log('k')] += log('v')",
    "log('Z')[log('i'), 0] -= log('v')",
    "log('Y')[log('k')] = log('Z')[log('l')] = log('v')",
    "log('Y')[log('k')], log('Z')[log('l')] = log('v'), log('w')",
    "log('Y')[log('k')], (log('Z')[log('l')], log('X').a) = log('v'), [log('w'), log('x')]",
    "[log('Y')[log('k')], *log('Z')[log('l')]] = log('v'), log('w'), log('x')",
    "log('Y').a = log('Z')[log('l')] = x = log('v')",
    "Z[k] = Z[log('i')] = log('v')",
    "Z[change('k')] = v",
    "Z[k] = change('Z')",
    "Z[k] += change('k')",
    "Z[k] += change('Z')",
    "Z[k], Z[change('v')] = v, v",
    "k, Z[k] = v, k",
    "Z[k], k, Z[k] = v, v, k",
    "Z[(k := v)] = (v := k)",
    "Z[k] = (Z := log('other'))",
    "Z[0] = 1; Z[k] = 'text'; Z[k] = [v]; Z[k] = (v, v); Z[k] = lambda: v",
    "Z[0:1] = v; Z[k, 0:1] = v; Z[...] = v; Z['name'] = v; Z[None] = v",
    "for Z[k] in [v, v]: pass",
    "Z[k]: float = v",
    "Z[k], Z[v] = log('too few'),",
    "Z[k], (Z[v], x) = log('v'), 5",
    "class Own:\n    Z[k] = log('v')\n    __k = 1\n    Z[__k] = log('w')\nlog(sorted(vars(Own)))",
    "float(log('v'))",
    "float(int(log('v')))",
    "log('np').float(log('v'))",
    "float(x=log('v'))",
    "float(*[log('v')])",
    "float(log('v'), log('w'))",
]
WORLD = """
logged = []

class Thing:
    def __init__(self, name):
        self.name = name

    def __getattr__(self, name):
        logged.append(("get", str(self.name), name))
        return lambda *args: logged.append(("called", name, *map(str, args)))

    def __setattr__(self, name, value):
        logged.append(("set", name, str(value)))
        self.__dict__[name] = value

    def __getitem__(self, key):
        logged.append(("item", str(self.name), str(key)))
        return Thing("item")

    def __setitem__(self, key, value):
        logged.append(("store", str(self.name), str(key), type(value).__name__))

    def __iadd__(self, other):
        logged.append(("iadd", str(self.name), str(other)))
        return self

    def __float__(self):
        logged.append(("float", str(self.name)))
        return 1.5

    def __repr__(self):
        return f"<{self.name}>"

def log(name):
    logged.append(str(name))
    return Thing(name)

def change(name):
    globals()[name] = log("changed " + name)
    return Thing("change")

Z, k, v = Thing("Z"), Thing("k"), Thing("v")

def action():
    HEAD
BODY
    logged.append(sorted(locals()))

try:
    action()
except Exception as error:
    logged.append(type(error).__name__ + ": " + str(error))
logged.append(sorted(name for name in globals() if name != "__builtins__"))
"""


@pytest.fixture(scope="module", autouse=True)
def helpers():
    """What rewritten code calls, in this process for a while."""
    before, dunder = set(vars(builtins)), np.__dict__["__getattr__"]
    compat.install()
    yield
    np.__dict__["__getattr__"] = dunder
    for name in set(vars(builtins)) - before:
        delattr(builtins, name)


@pytest.mark.parametrize("head", ["global Z, k, v", "Z, k, v = map(Thing, 'Zkv')"])
@pytest.mark.parametrize("statement", ORDERED)
def test_rewrite_keeps_the_order_of_evaluation(statement, head):
    """Each part is evaluated once and in Python's order, and no name is left behind"""
    body = "\n".join("    " + line for line in statement.splitlines())
    source = WORLD.replace("HEAD", head).replace("BODY", body)
    assert namespace_of(source)["logged"] == namespace_of(source, rewritten=False)["logged"]


@pytest.mark.parametrize(
    "source",
    [
        "Z = [0]\nZ[\n    5\n] = sum([\n    1,\n])",
        "Z = [0]\nZ[0] += (\n    1 /\n    0\n)",
        "def f(Z):\n    Z[0] = float(\n        'text'\n    )\n\n\nf([0])",
        "def f(Z):\n    Z[0], Z[\n        1\n    ] = 1, str()\n\n\nf([0])",
        "def f(Z):\n    Z[0], Z[\n        1\n    ] = 1, 2\n\n\nf({}.keys())",
        "def f(x):\n    return float(\n        x\n    )\n\n\nf(object())",
        "def f(Z):\n    for i in range(3):\n        Z[i] = g(i)\n\n\n"
        "def g(i):\n    return float(\n        [1, 2, 'x'][i])\n\n\nf([0, 0])",
    ],
)
def test_rewrite_keeps_the_lines_of_tracebacks(source):
    """An exception goes through the same lines of the student's, each once"""

    def lines(rewritten):
        with pytest.raises(Exception) as caught:  # noqa: PT011 whatever it is, it is the same
            namespace_of(source, rewritten=rewritten)
        frames = traceback.extract_tb(caught.value.__traceback__)
        own = [(frame.lineno, frame.name) for frame in frames if frame.filename == "student"]
        return own, type(caught.value), str(caught.value)

    assert lines(rewritten=True) == lines(rewritten=False)


def test_rewrite_takes_deep_code():
    """Code that is nested as deep as Python takes it is rewritten, not refused"""
    total = " + ".join(["float(1.5)"] * 600)
    chain = "if n == 0: Z[0] = n\n" + "\n".join(f"elif n == {n}: Z[0] = n" for n in range(1, 150))
    source = f"Z = [0]; n = 149; total = {total}\n{chain}"
    assert namespace_of(source)["Z"] == [149]


def test_rewrite_leaves_alone_what_needs_no_care():
    """Slices, texts, plain values and names: not one node more"""
    source = (
        "Z[0:2] = v\nZ[i, :, c] += v\nZ['W1'] = v\nZ[..., c] = v\nZ[i] = 0.0\nZ[i] += 1\n"
        "x = y = v\nf(dtype=float)\nfloat\nisinstance(x, (int, float))\nfloat('inf')\n"
        "float()\nx.y = float.hex"
    )
    before = ast.dump(ast.parse(source))
    after = [part for node in ast.parse(source).body for part in rewrite(node)]
    assert ast.dump(ast.Module(after, [])) == before


def test_rewritten_stores_are_measured():
    """What a store and a cast cost with and without, printed: noise is no reason to fail"""
    source = (
        "def stores(Z, x, n):\n    for i in range(n):\n        Z[0, 1, 2, 3] = x * 2.0\n"
        "def sums(Z, x, n):\n    for i in range(n):\n        Z[0, 1, 2, 3] += x\n"
        "def casts(Z, x, n):\n    for i in range(n):\n        float(x)\n"
    )
    plain, rewritten = namespace_of(source, rewritten=False), namespace_of(source)
    Z, x, count = np.zeros((2, 3, 4, 5)), np.float64(2), 20_000

    def nanoseconds(function):
        best = min(_timed(lambda: function(Z, x, count)) for _ in range(7))
        return best / count * 1e9

    for name in ("stores", "sums", "casts"):
        before, after = nanoseconds(plain[name]), nanoseconds(rewritten[name])
        print(f"{name}: {before:.0f} ns as written, {after:.0f} ns rewritten")
    assert Z[0, 1, 2, 3] > 0


def _timed(action):
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
