"""Old Keras in a worker: what has one clear meaning works and is named, the rest is as it was.

Each old spelling is held against the one of today: the same layer, and no note on the new one.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dlcnn.course.submission import read_submission
from dlcnn.grading.tolerated import advice_on
from dlcnn.grading.worker import keras_names
from dlcnn.grading.worker.pool import Limits, Program, Reply, Zygote
from dlcnn.grading.worker.profiles import keras_operations
from tests.course.submission import keras_notebooks
from tests.course.submission.conftest import notebook
from tests.grading.worker.keras_spellings import (
    ADVISED,
    ARGUMENTS,
    FUNCTIONS,
    IMPORTS,
    NAMES,
    OPERATIONS,
    REFUSED,
    TELLING,
    TODAY,
    submission,
)

LIMITS = Limits(wall_seconds=20, memory_mb=1024)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote("keras") as started:
        yield started


def program(tolerant: bool) -> Program:
    return Program((("cell 1", 1, submission()),), compat=tolerant)


@pytest.fixture(scope="module")
def tolerant(zygote: Zygote) -> dict[str, Reply]:
    """What each expression and import gives in a fresh worker that tolerates what is old."""
    with zygote.session(program(True), LIMITS) as session:
        return {each: session.worker().call(name) for each, name in FUNCTIONS.items()}


@pytest.fixture(scope="module")
def strict(zygote: Zygote) -> dict[str, Reply]:
    """What they give in a worker that does not."""
    with zygote.session(program(False), LIMITS) as session:
        worker = session.worker()
        return {each: worker.call(name) for each, name in FUNCTIONS.items()}


def kinds_of(named: str) -> set[str]:
    short = {"capitals": keras_names.CAPITALS, "no size": keras_names.NO_POOL_SIZE}
    return {short.get(name, f"argument {name}") for name in named.split(", ")}


@pytest.mark.parametrize(("old", "new", "named"), ARGUMENTS)
def test_old_arguments_make_what_todays_make(tolerant, strict, old, new, named):
    """The same layer, model or optimizer, and the kind is named; refused where all is strict"""
    reply = tolerant[old]
    assert reply.failure is None
    assert reply.value == strict[new].value
    assert reply.tolerated == kinds_of(named)
    assert strict[old].failure is not None


@pytest.mark.parametrize(("statement", "kind"), [(each[0], each[2]) for each in IMPORTS])
def test_modules_and_names_that_are_gone_are_found(tolerant, strict, statement, kind):
    """By `keras` and by `tensorflow.keras`; an ImportError where all is strict"""
    reply = tolerant[statement]
    assert reply.failure is None
    is_class = kind in ("keras.initializers", "keras.optimizers")
    assert reply.tolerated == {f"{kind}.{statement.split()[-1]}" if is_class else kind}
    assert strict[statement].failure.type in ("ImportError", "ModuleNotFoundError")


@pytest.mark.parametrize(("expression", "kinds"), NAMES)
def test_names_that_are_gone_are_found(tolerant, strict, expression, kinds):
    """Looked up in a module that is imported; an AttributeError where all is strict"""
    reply = tolerant[expression]
    assert reply.failure is None
    assert reply.tolerated == set(kinds)
    assert strict[expression].failure.type == "AttributeError"


def test_every_module_that_is_gone_can_be_imported(zygote):
    """And a star import of it gives what it holds now; importing alone is not named"""
    modules = [
        f"{root}.{old}" for root in ("keras", "tensorflow.keras") for old in keras_names.MOVED
    ]
    source = "".join(f"import {module}\nfrom {module} import *\n" for module in modules)
    source += "def answer():\n    return Dense.__name__, Model.__name__, to_categorical.__name__\n"
    with zygote.session(Program((("cell 1", 1, source),), compat=True), LIMITS) as session:
        worker = session.worker()
        assert worker.loaded.problems == ()
        assert worker.call("answer").value == ("Dense", "Model", "to_categorical")


@pytest.mark.parametrize(("old", "new"), OPERATIONS)
def test_functions_of_tensorflow_take_outputs_of_layers(tolerant, strict, old, new):
    """Each does what its like in keras.ops does; refused where all is strict"""
    reply = tolerant[old]
    assert reply.failure is None
    assert reply.value == strict[new].value
    (kind,) = reply.tolerated
    assert kind.startswith("tf.")
    assert strict[old].failure is not None


def test_every_kind_has_an_expression_above(tolerant):
    """No operation and no argument is tolerated untried"""
    kinds = {kind for old, _ in OPERATIONS for kind in tolerant[old].tolerated}
    assert kinds == keras_operations._MEANINGS.keys()
    kinds |= {kind for _, _, named in ARGUMENTS for kind in kinds_of(named)}
    rest = keras_names.INSTEAD.keys() - kinds
    assert {kind for kind in rest if not kind.startswith(("keras.", "tensorflow."))} == set()


@pytest.mark.parametrize(
    "expression", [*TODAY, *(new for _, new, _ in ARGUMENTS), *(new for _, new in OPERATIONS)]
)
def test_code_of_today_is_what_it_was(tolerant, strict, expression):
    """It works, gives the same with and without what is tolerated, and nothing is named"""
    reply = tolerant[expression]
    assert reply.failure is None
    assert reply.value == strict[expression].value
    assert reply.tolerated == frozenset()


@pytest.mark.parametrize("expression", REFUSED)
def test_what_has_no_clear_meaning_stays_refused(tolerant, strict, expression):
    """The same error with and without what is tolerated"""
    ours, theirs = tolerant[expression].failure, strict[expression].failure
    assert ours is not None
    assert ours.type == theirs.type
    assert ours.message.split("\n")[0] == theirs.message.split("\n")[0]


@pytest.mark.parametrize(("expression", "write"), ADVISED)
def test_what_cannot_be_tolerated_is_explained(tolerant, expression, write):
    """One sentence says what changed and what to write; none where the mistake is of today"""
    advice = advice_on(tolerant[expression].failure.message)
    if write is None:
        assert advice is None
    else:
        assert write in advice
        assert advice.endswith(".")
        assert advice.count(". ") == 0


def answer_of_notebook(zygote: Zygote, folder: Path, cells: tuple[str, ...], call: str) -> Reply:
    """A notebook read and run as when it is graded, and what one more cell's function answers."""
    path = folder / "student.ipynb"
    source = f"{TELLING}\ndef answer():\n    return told({call})\n"
    path.write_text(notebook(*cells, source), encoding="utf-8")
    submission = read_submission(path)
    allowed = sys.stdlib_module_names | {"numpy", "keras", "tensorflow"}
    program = Program(
        tuple((cell.label, cell.first_line, cell.source) for cell in submission.cells),
        stand_ins=submission.imports - allowed,
        compat=True,
    )
    with zygote.session(program, LIMITS) as session:
        worker = session.worker()
        assert worker.load_failure is None
        assert worker.loaded.problems == ()
        return worker.call("answer")


TODAYS_RESIDUAL = """
def identity_block(X, f, filters):
    Y = X
    for number, (count, size) in enumerate(zip(filters, (1, f, 1))):
        Y = layers.Conv2D(count, size, padding="same" if number == 1 else "valid",
                          kernel_initializer=keras.initializers.GlorotUniform(seed=0))(Y)
        Y = layers.BatchNormalization(axis=3)(Y)
        Y = layers.Activation("relu")(Y) if number < 2 else Y
    return layers.Activation("relu")(layers.Add()([Y, X]))

def small_network(padding):
    X = inputs = keras.Input((64, 64, 3))
    initializer = keras.initializers.GlorotUniform(seed=0)
    X = layers.ZeroPadding2D(padding)(X) if padding else X
    X = layers.Conv2D(6, 7, strides=2, kernel_initializer=initializer)(X)
    X = identity_block(X, 3, [2, 4, 6])
    X = layers.AveragePooling2D(2, padding="same" if padding else "valid")(X)
    return keras.Model(inputs, layers.Dense(6, activation="softmax")(layers.Flatten()(X)))
"""


def shapes(told: list) -> list:
    """Of a model as it was told, its layers without their settings and its output's shape."""
    return [[name for name, _ in told[0]], told[1]]


@pytest.mark.parametrize(
    ("cells", "padding", "kinds"),
    [
        (
            keras_notebooks.RESIDUAL_2018,
            3,
            {
                "keras.utils.layer_utils",
                "keras.utils.data_utils",
                "keras.utils.vis_utils",
                "given math",
                keras_names.CAPITALS,
                keras_names.NO_POOL_SIZE,
                "argument input",
                "argument output",
            },
        ),
        (
            keras_notebooks.RESIDUAL_2021,
            0,
            {keras_names.NO_POOL_SIZE, keras_names.TRAINING},
        ),
    ],
)
def test_residual_notebooks_make_todays_model(zygote, tmp_path, cells, padding, kinds):
    """Of 2018 and of 2021, with all that they import and train: the model, and what was old"""
    call = f"small_network({padding})"
    todays = answer_of_notebook(zygote, tmp_path, (TELLING, TODAYS_RESIDUAL), call)
    assert todays.tolerated == frozenset()
    reply = answer_of_notebook(zygote, tmp_path, cells, "small_network()")
    assert reply.failure is None
    assert shapes(reply.value) == shapes(todays.value)
    assert reply.tolerated == kinds


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        (keras_notebooks.APPLICATION_2021, {keras_names.CAPITALS, "tf.nn.relu"}),
        (keras_notebooks.APPLICATION_2024, set()),
    ],
)
def test_application_notebooks_make_one_model(zygote, tmp_path, cells, kinds):
    """Of 2021 and of 2024: the same shapes and parameters, with notes on what is old only"""
    call = (
        "[(each.count_params(), each.output_shape) for each in [convolutional_model((64, 64, 3))]]"
    )
    reply = answer_of_notebook(zygote, tmp_path, cells, call)
    assert reply.value == "[(1310, (None, 6))]"
    assert reply.tolerated == kinds


def test_happy_model_of_2021_is_todays(zygote, tmp_path):
    """Nothing in it is old but what stands around it"""
    reply = answer_of_notebook(zygote, tmp_path, keras_notebooks.APPLICATION_2021, "happyModel()")
    names = [name for name, _ in reply.value[0]]
    assert names == [
        *("ZeroPadding2D", "Conv2D", "BatchNormalization", "ReLU", "MaxPooling2D", "Flatten"),
        "Dense",
    ]
    assert reply.tolerated == frozenset()


def test_functions_of_course_modules_refuse_by_name(zygote, tmp_path):
    """What a star import once gave says which module is missing"""
    reply = answer_of_notebook(zygote, tmp_path, keras_notebooks.APPLICATION_2021, "load_dataset()")
    assert "load_dataset comes from the module cnn_utils" in reply.failure.message


def test_keras_within_tensorflow_is_keras(zygote, tmp_path):
    """`tensorflow.python.keras`, an old copy of Keras, is read as tensorflow.keras"""
    cells = (
        "from tensorflow.python.keras.layers import Dense as D\n"
        "from tensorflow.python.keras.layers.merge import Add\n"
        "from tensorflow.python import keras as k\n"
        "import tensorflow.python.keras.models as m",
        "def classes():\n    import keras\n"
        "    return D is keras.layers.Dense, k.Input is keras.Input, m.Model is keras.Model",
    )
    reply = answer_of_notebook(zygote, tmp_path, cells, "classes()")
    assert reply.value == "(True, True, True)"
    assert reply.tolerated == {keras_names.PYTHON_KERAS, "keras.layers.merge"}
