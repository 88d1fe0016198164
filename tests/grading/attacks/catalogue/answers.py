"""Wrong answers that call themselves right: patched comparisons and objects that equal anything.

A plain grader, which compares in the student's process, gives each of them its marks.
"""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]

_WRONG = """
def scale(X, factor):
    return np.zeros_like(X)
"""

_PATCHES = (
    Attack(
        "np.allclose says yes from the import on",
        """
import numpy as np

class Patched:
    np.allclose = np.isclose = np.array_equal = lambda *_arguments, **_options: True
"""
        + _WRONG,
        "verdict",
        told=("values",),
    ),
    Attack(
        "np.isclose says yes from the first call on",
        """
import numpy as np

def scale(X, factor):
    np.isclose = lambda a, b, **_options: np.ones(np.shape(a), bool)
    return np.zeros_like(X)
""",
        "verdict",
        verdict="(Y := scale(X, 3.0)) is not None and bool(np.isclose(Y, solution(X, 3.0)).all())",
        told=("values",),
    ),
    Attack(
        "np.testing asserts nothing",
        """
import numpy as np
import numpy.testing

class Patched:
    for name in dir(np.testing):
        if name.startswith("assert"):
            setattr(np.testing, name, lambda *_arguments, **_options: None)
"""
        + _WRONG,
        "verdict",
        verdict="np.testing.assert_allclose(scale(X, 3.0), solution(X, 3.0)) is None",
        told=("values",),
    ),
    Attack(
        "unittest asserts nothing",
        """
import unittest
import numpy as np

class Patched:
    unittest.TestCase.assertTrue = lambda *_arguments: None
"""
        + _WRONG,
        "verdict",
        verdict="case.assertTrue((scale(X, 3.0) == solution(X, 3.0)).all()) is None",
        told=("values",),
    ),
    Attack(
        "builtins are patched",
        """
import builtins
import numpy as np

class Patched:
    builtins.all = builtins.isinstance = lambda *_arguments: True
    builtins.abs = builtins.max = builtins.sum = lambda *_arguments: 0
    builtins.len = lambda _value: 3
"""
        + _WRONG,
        "verdict",
        verdict="all(abs(a - b) < 1e-6 for a, b in zip(scale(X, 3.0), solution(X, 3.0)))",
    ),
    Attack(
        "an import hook supplies other testing functions",
        """
import sys
import types
import numpy as np

class Finder:
    def find_spec(name, path=None, target=None):
        if name in ("numpy.testing", "dlcnn", "dlcnn.grading"):
            from importlib.machinery import ModuleSpec
            return ModuleSpec(name, Finder, is_package=True)
    def create_module(spec):
        module = types.ModuleType(spec.name)
        module.assert_allclose = module.expect_array = lambda *_arguments, **_options: None
        return module
    def exec_module(module):
        np.testing = module

class Installed:
    sys.modules.pop("numpy.testing", None)
    np.__dict__.pop("testing", None)
    sys.meta_path.insert(0, Finder)
"""
        + _WRONG,
        "verdict",
        verdict="__import__('importlib').import_module('numpy.testing')"
        ".assert_allclose(scale(X, 3.0), solution(X, 3.0)) is None",
        told=("values",),
    ),
)

_LOOKALIKES = (
    Attack(
        "a subclass of ndarray equals everything",
        """
import numpy as np

class Same(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, bool)

def scale(X, factor):
    return np.zeros_like(X).view(Same)
""",
        "verdict",
        verdict="bool((scale(X, 3.0) == solution(X, 3.0)).all())",
        told=("values",),
    ),
    Attack(
        "a subclass of ndarray answers every ufunc itself",
        """
import numpy as np

class Agreeable(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return np.ones(self.shape, bool)
    def __array_function__(self, function, types, arguments, options):
        return True

def scale(X, factor):
    return np.zeros_like(X).view(Agreeable)
""",
        "verdict",
        told=("values",),
    ),
    Attack(
        "an object equals everything",
        """
class Same:
    shape, ndim, dtype = (2, 3), 2, float
    def __eq__(self, other):
        return True
    def __getattr__(self, name):
        return lambda *_arguments, **_options: True

def scale(X, factor):
    return Same()
""",
        "verdict",
        verdict="scale(X, 3.0) == solution(X, 3.0)",
        told=("type", "exception"),
    ),
    Attack(
        "an object looks up what is expected when it is made an array",
        """
import sys
import numpy as np

class Late:
    def __array__(self, dtype=None, copy=None):
        frame = sys._getframe()
        while frame:
            for value in frame.f_locals.values():
                if type(value) is np.ndarray:
                    return value
            frame = frame.f_back
        return np.zeros((2, 3))

def scale(X, factor):
    return Late()
""",
        "verdict",
        told=("type",),
    ),
    Attack(
        "a number equals everything",
        """
class Same(float):
    def __eq__(self, other):
        return True
    def __sub__(self, other):
        return 0.0
    __rsub__ = __sub__

def scale(X, factor):
    return Same(0)

def bounds(X):
    return Same(0), Same(0)
""",
        "verdict",
        verdict="bounds(X)[0] == X.min() and abs(bounds(X)[1] - X.max()) < 1e-6",
        told=("type",),
    ),
    Attack(
        "an object array holds elements that equal everything",
        """
import numpy as np

class Same:
    def __eq__(self, other):
        return True

def scale(X, factor):
    return np.array([[Same()] * 3] * 2, dtype=object)
""",
        "verdict",
        verdict="np.array_equal(scale(X, 3.0), solution(X, 3.0))",
        told=("type",),
    ),
    Attack(
        "a masked array hides every value",
        """
import numpy as np

def scale(X, factor):
    return np.ma.masked_all(X.shape)
""",
        "verdict",
        verdict="np.ma.allclose(scale(X, 3.0), solution(X, 3.0))",
        told=("values",),
    ),
    Attack(
        "not a number is never too far away",
        """
import numpy as np

def scale(X, factor):
    return np.full_like(X, np.nan)
""",
        "verdict",
        verdict="not (np.abs(scale(X, 3.0) - solution(X, 3.0)) > 1e-6).any()",
        told=("values",),
    ),
    Attack(
        "an empty answer has no wrong value",
        """
import numpy as np

def scale(X, factor):
    return np.empty((0, 3))
""",
        "verdict",
        verdict="all((a == b).all() for a, b in zip(scale(X, 3.0), solution(X, 3.0)))",
        told=("shape",),
    ),
    Attack(
        "an array lies about its shape, its size and its bytes",
        """
import numpy as np

class Liar(np.ndarray):
    shape = property(lambda self: (2, 3))
    size = property(lambda self: 6)
    nbytes = property(lambda self: 48)
    ndim = property(lambda self: 2)
    def __eq__(self, other):
        return np.True_

def scale(X, factor):
    return np.zeros(1000).view(Liar)
""",
        "verdict",
        verdict="scale(X, 3.0).shape == (2, 3) and bool(scale(X, 3.0) == solution(X, 3.0))",
        told=("protocol", "exception", "values", "shape"),
    ),
)

_INPUTS = (
    Attack(
        "the input is made to fit the answer",
        """
def scale(X, factor):
    X[...] = 0
    return X * factor
""",
        "verdict",
        told=("values",),
    ),
    Attack(
        "the input is enlarged and given another dtype",
        """
import numpy as np

def scale(X, factor):
    X.resize((3000, 3000), refcheck=False)
    X.dtype = np.int64
    return X
""",
        "none",
    ),
)

ATTACKS = _PATCHES + _LOOKALIKES + _INPUTS
