"""What the tests share: a small course of its own and a warm zygote."""

import os
import textwrap
from pathlib import Path

import pytest

# What is printed must not depend on the terminal, or the runner, that the tests are started from.
os.environ.pop("COLUMNS", None)

_SPEC = """
title = "Scaling"
version = "1.0"
order = 1
profile = "numpy"

[limits]
wall_seconds = 1.0
memory_mb = 300

[[task]]
name = "scale"
title = "Scale a matrix"

[[task]]
name = "shift"
title = "Scale, then shift"
uses = ["scale"]

[[task]]
name = "bounds"
title = "The smallest and the largest value"
optional = true
"""

_SOLUTION = '''
# %% [markdown]
# # Scaling

# %%
import numpy as np


# %%
def scale(X, factor):
    """Multiply every value of X by factor."""
    # BEGIN SOLUTION
    return X * factor
    # END SOLUTION


# %%
def shift(X, factor, offset):
    """Scale X, then add offset to every value."""
    # BEGIN SOLUTION
    return scale(X, factor) + offset
    # END SOLUTION


# %%
def bounds(X):
    """The smallest and the largest value of X."""
    # BEGIN SOLUTION
    smallest, largest = np.min(X), np.max(X)
    return smallest, largest
    # END SOLUTION
'''

_CHECKS = '''
from dlcnn.grading import check, expect_array, expect_scalar, expect_unchanged


@check(task="scale", points=2)
def scale_matrix(student, rng):
    """scale multiplies every value"""
    X = rng.standard_normal((2, 3))
    expect_array("Y", student.scale(X, 3.0), X * 3.0)
    expect_unchanged(X=X)


@check(task="scale", points=3, hidden=True)
def scale_negative(student, rng):
    """scale takes a negative factor"""
    X = rng.standard_normal((3, 2))
    expect_array("Y", student.scale(X, -2.0), X * -2.0)


@check(task="shift", points=5)
def shift_matrix(student, rng):
    """shift scales, then adds"""
    X = rng.standard_normal((2, 3))
    expect_array("Y", student.shift(X, 2.0, 1.0), X * 2.0 + 1.0)


@check(task="bounds", points=4)
def bounds_of_matrix(student, rng):
    """bounds finds both ends"""
    X = rng.standard_normal((2, 3))
    smallest, largest = student.bounds(X)
    expect_scalar("smallest", smallest, X.min())
    expect_scalar("largest", largest, X.max())
'''

CORRECT = """
import numpy as np

def scale(X, factor):
    return factor * X

def shift(X, factor, offset):
    return scale(X, factor) + offset

def bounds(X):
    ordered = np.sort(X.ravel())
    return ordered[0], ordered[-1]
"""


class SmallCourse:
    """A course of one assignment, `scaling`, in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "assignments" / "scaling"
        self.grader = root / "graders" / "scaling"
        self.folder.mkdir(parents=True)
        self.grader.mkdir(parents=True)
        (self.folder / "README.md").write_text("# Scaling\n", encoding="utf-8")
        self.write(spec=_SPEC, solution=_SOLUTION, checks=_CHECKS)
        self.sync()

    def write(self, **texts: str) -> None:
        """Replace the spec, the solution or the checks."""
        places = {
            "spec": self.folder / "assignment.toml",
            "solution": self.grader / "solution.py",
            "checks": self.grader / "checks.py",
            "mistakes": self.grader / "mistakes.toml",
        }
        for name, text in texts.items():
            places[name].write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")

    def sync(self) -> None:
        """Generate the templates."""
        from dlcnn.course.template import sync

        sync(self.load().assignment("scaling"))

    def load(self):
        """The course, as it is on disk now."""
        from dlcnn.course.discover import find_course

        return find_course(self.root)

    def exam(self):
        """The assignment, ready for grading."""
        from dlcnn.grading.exam import load_exam

        return load_exam(self.load(), "scaling")


@pytest.fixture
def small_course(tmp_path: Path) -> SmallCourse:
    """A fresh course of one assignment."""
    return SmallCourse(tmp_path / "course")


@pytest.fixture(scope="session")
def zygote():
    """One warm NumPy zygote for the whole session."""
    from dlcnn.grading.worker.pool import Zygote

    with Zygote("numpy") as warm:
        yield warm


@pytest.fixture(scope="session")
def keras_zygote():
    """One warm Keras zygote for the whole session."""
    from dlcnn.grading.worker.pool import Zygote

    with Zygote("keras") as warm:
        yield warm
