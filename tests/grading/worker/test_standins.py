"""Modules that the worker lacks: importing them works, using them is explained."""

import pytest

MISSING = frozenset({"public_tests", "course"})


@pytest.mark.parametrize(
    "imports",
    [
        "import public_tests",
        "import public_tests as pt",
        "import public_tests.more.parts",
        "from public_tests import *",
        "from public_tests import one, two",
        "from course.utils import helper",
        "from course import utils",
        "import matplotlib.pyplot as plt",
        "from matplotlib import cm",
    ],
)
def test_imports_of_missing_modules_work(load, imports):
    """A notebook's imports cost it nothing"""
    worker = load(f"{imports}\ndef answer():\n    return 1\n", stand_ins=MISSING)
    assert worker.loaded.problems == ()
    assert worker.call("answer").value == 1


@pytest.mark.parametrize(
    "use",
    [
        "helper(1)",
        "helper.part",
        "helper + 1",
        "1 - helper",
        "helper[0]",
        "[x for x in helper]",
        "np.zeros(2) + helper",
        "np.asarray(helper)",
        "utils.helper(2)",
        "utils.sub.helper",
        "float(helper)",
        "bool(helper)",
    ],
)
def test_uses_of_missing_modules_are_explained(load, use):
    """What a missing module should have held says which module is missing"""
    worker = load(
        f"""
        import numpy as np
        import course.utils as utils
        from course.utils import helper

        def answer():
            return {use}
        """,
        stand_ins=MISSING,
    )
    failure = worker.call("answer").failure
    assert (failure.kind, failure.type) == ("exception", "MissingModuleError")
    assert "course" in failure.message
    assert "not available" in failure.message


def test_definitions_that_need_a_missing_module_fail_alone(load):
    """A decorator or a base class from a missing module costs its definition only"""
    worker = load(
        """
        from course import decorator, Base

        @decorator
        def first():
            pass

        class Second(Base):
            pass

        def answer():
            return 1
        """,
        stand_ins=MISSING,
    )
    problems = [(each.type, each.names) for each in worker.loaded.problems]
    assert problems == [
        ("MissingModuleError", ("first",)),
        ("MissingModuleError", ("Second",)),
    ]
    assert worker.call("answer").value == 1


def test_silent_modules_accept_anything(load):
    """Plotting inside a graded function changes nothing"""
    worker = load("""
        import matplotlib.pyplot as plt
        import matplotlib

        plt.rcParams["figure.figsize"] = (5.0, 4.0)

        class Figure(plt.Figure):
            pass

        def answer(X):
            figure, axes = plt.subplots(1, 2, figsize=(3, 4))
            axes[0].imshow(X, cmap=plt.cm.gray)
            with plt.style.context("dark"):
                plt.title("x").set_size(12 * plt.scale)
            plt.show()
            return X + 1
    """)
    assert worker.loaded.problems == ()
    assert worker.call("answer", (1,)).value == 2


def test_other_modules_that_are_missing_are_import_errors(load):
    """Only the named modules are stood in for"""
    worker = load("import nowhere_to_be_found\n", stand_ins=MISSING)
    assert worker.loaded.problems[0].type == "ModuleNotFoundError"
