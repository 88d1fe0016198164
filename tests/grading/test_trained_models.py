"""Trained models from the file beside a submission to its points, in a course of their own."""

import json
import os
from functools import cache

import keras
import pytest

from dlcnn.classroom.batch import Batch
from dlcnn.classroom.collect import collect
from dlcnn.classroom.journal import Journal
from dlcnn.course.discover import find_course
from dlcnn.course.template import sync
from dlcnn.grading.audit import audit
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import load_exam
from dlcnn.grading.render.words import sentences
from dlcnn.grading.worker.pool import Zygote
from tests.grading.worker.hostile_model_files import of_keras
from tests.grading.worker.model_files import bright_or_dark, saved, saved_weights

_SPEC = """
title = "Bright or dark"
version = "1.0"
order = 1
profile = "keras"

[limits]
wall_seconds = 10
memory_mb = 1500

[[task]]
name = "bright_model"
title = "A network that tells bright images from dark ones"

[[task]]
name = "signs_model"
title = "Train it"
kind = "trained_model"
file = "signs_model.keras"
curve = [[0.5, 0.0], [0.75, 0.6], [0.9, 1.0]]

[[task]]
name = "signs_weights"
title = "Train it, and hand in its weights"
kind = "trained_model"
file = "signs.weights.h5"
curve = [[0.75, 1]]
optional = true
"""

_SOLUTION = '''
# %%
import keras


# %%
def bright_model(filters):
    """A network of one convolution."""
    # BEGIN SOLUTION
    inputs = keras.Input((8, 6, 3))
    features = keras.layers.Conv2D(filters, 1)(inputs)
    features = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(features))
    # END SOLUTION
'''

_CHECKS = '''
import numpy as np

from dlcnn.grading import check, expect_accuracy_on_curve, expect_model


def _images(count):
    """From dark to bright; the bright half is class 1."""
    brightness = (np.arange(count) + 0.5) / count
    images = np.broadcast_to(brightness[:, None, None, None], (count, 8, 6, 3))
    return images.astype(np.float32), (brightness > 0.5).astype(int)


@check(task="bright_model", points=1)
def network(student, rng):
    """bright_model makes the network"""
    expect_model("model", student.bright_model(4), rng)


@check(task="signs_model", points=10, partial=True)
def told_apart(student, rng):
    """signs_model tells bright images from dark ones"""
    images, labels = _images(20)
    expect_accuracy_on_curve("signs_model", student.signs_model(images), labels)


@check(task="signs_model", points=20, partial=True, hidden=True)
def new_images_told_apart(student, rng):
    """signs_model tells new images apart"""
    images, labels = _images(40)
    expect_accuracy_on_curve("signs_model", student.signs_model(images), np.eye(2)[labels])


@check(task="signs_weights", points=5)
def weights_told_apart(student, rng):
    """signs.weights.h5 goes into bright_model"""
    images, labels = _images(20)
    predictions = student.signs_weights(images, "bright_model", 4)
    expect_accuracy_on_curve("signs_weights", predictions, labels)
'''

_WRITTEN = """
import keras

def bright_model(filters):
    return keras.Sequential([
        keras.Input((8, 6, 3)),
        keras.layers.Conv2D(filters, 1),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(2, activation="softmax"),
    ])
"""


@cache
def _model(threshold=0.5):
    return saved(bright_or_dark(threshold))


@cache
def _weights(threshold=0.5):
    return saved_weights(bright_or_dark(threshold))


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("course")
    texts = {
        "assignments/bright/assignment.toml": _SPEC,
        "assignments/bright/README.md": "# Bright or dark\n",
        "graders/bright/solution.py": _SOLUTION,
        "graders/bright/checks.py": _CHECKS,
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip(), encoding="utf-8")
    (root / "graders/bright/signs_model.keras").write_bytes(_model())
    (root / "graders/bright/signs.weights.h5").write_bytes(_weights())
    sync(find_course(root).assignment("bright"))
    return find_course(root)


@pytest.fixture(scope="module")
def exam(course):
    return load_exam(course, "bright")


@pytest.fixture
def grade(exam, keras_zygote, tmp_path):
    """Grade Ada's notebook and what lies beside it."""

    def run(model=None, weights=None, text=_WRITTEN, zygote=keras_zygote, **options):
        path = tmp_path / "ada.py"
        path.write_text(text, encoding="utf-8")
        files = {"signs_model.keras": model, "signs.weights.h5": weights}
        for name, data in files.items():
            (tmp_path / name).unlink(missing_ok=True)
            if data is not None:
                (tmp_path / name).write_bytes(data)
        return grade_submission(exam, path, "ada", zygote, shown_path="ada.py", **options)

    return run


def _checks(report):
    return {check.check: check for task in report.tasks for check in task.checks}


def _told(check):
    return " / ".join(sentences(check.facts))


@pytest.mark.parametrize(
    ("threshold", "accuracy", "share"),
    [
        (0.0, "50.0%", 0),
        (0.1, "60.0%", 0.24),
        (0.25, "75.0%", 0.6),
        (0.7, "80.0%", 0.7333),
        (0.4, "90.0%", 1),
        (0.5, "100.0%", 1),
    ],
)
def test_accuracy_earns_what_the_curve_gives(grade, threshold, accuracy, share):
    """Below, at and between the points of the curve; full points pass, part of them fails."""
    checks = _checks(grade(_model(threshold)))
    public, hidden = checks["told_apart"], checks["new_images_told_apart"]
    assert public.score == pytest.approx(10 * share, abs=1e-3)
    assert hidden.score == pytest.approx(20 * share, abs=1e-3)
    assert {public.status, hidden.status} == ({"PASS"} if share == 1 else {"FAIL"})
    if share < 1:
        assert f"of 20 images, an accuracy of {accuracy}, which earns" in _told(public)
        assert hidden.facts == {"category": f"an accuracy of {accuracy}"}


def test_next_step_of_the_curve_is_told(grade):
    """A student reads what is asked for next."""
    told = _told(_checks(grade(_model(0.1)))["told_apart"])
    assert told == (
        "signs_model is right on 12 of 20 images, an accuracy of 60.0%, which earns 24% of the "
        "points / an accuracy of 75.0% earns 60%"
    )


def test_weights_are_graded_in_the_students_own_network(grade):
    """They go into what the student's function makes; without partial points it is all or none."""
    good, poor = (_checks(grade(weights=_weights(t)))["weights_told_apart"] for t in (0.7, 0.1))
    assert (good.status, good.score) == ("PASS", 5)
    assert (poor.status, poor.score) == ("FAIL", 0)
    assert "is right on 12 of 20 images" in _told(poor)


def test_weights_that_fit_no_network_cost_that_task_only(grade):
    """Another network, or one that is not written, is told with the weights."""
    text = _WRITTEN.replace("Conv2D(filters, 1)", "Conv2D(9, 3)")
    report = grade(_model(), _weights(), text)
    assert "signs.weights.h5 could not be loaded: " in _told(_checks(report)["weights_told_apart"])
    assert _checks(report)["told_apart"].status == "PASS"
    report = grade(_model(), _weights(), "import keras\n")
    assert "there is no function bright_model" in _told(_checks(report)["weights_told_apart"])
    assert _checks(report)["told_apart"].status == "PASS"


def test_missing_file_is_not_attempted(grade):
    """TODO with the name of the file to hand in, no points, and nothing is run."""
    report = grade()
    tasks = {task.task: task.status for task in report.tasks}
    assert tasks == {"bright_model": "PASS", "signs_model": "TODO", "signs_weights": "TODO"}
    told = "there is no signs_model.keras beside this file yet"
    assert {_told(_checks(report)[name]) for name in ("told_apart", "new_images_told_apart")} == {
        told
    }


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.symlink_to("/etc/passwd"), "is a link to another file"),
        (lambda path: path.mkdir(), "is not a file"),
        (lambda path: os.mkfifo(path), "is not a file"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 31_000_000), "30 MB"),
    ],
    ids=["link", "folder", "pipe", "empty", "large"],
)
def test_what_is_no_usable_file_fails_with_a_sentence(exam, keras_zygote, tmp_path, make, says):
    """Told for hidden checks too: nothing was run, so nothing can be given away."""
    path = tmp_path / "ada.py"
    path.write_text(_WRITTEN, encoding="utf-8")
    make(tmp_path / "signs_model.keras")
    report = grade_submission(exam, path, "ada", keras_zygote, shown_path="ada.py")
    checks = _checks(report)
    for name in ("told_apart", "new_images_told_apart"):
        assert (checks[name].status, checks[name].score) == ("FAIL", 0)
        assert says in _told(checks[name])
    assert checks["network"].status == "PASS"


def test_what_a_worker_says_of_a_file_is_kept_from_hidden_checks(grade):
    """There, students read a category: a file could be told what the images are."""
    checks = _checks(grade(b"PK\x03\x04" + bytes(100)))
    assert "signs_model.keras is cut short or damaged" in _told(checks["told_apart"])
    assert checks["new_images_told_apart"].facts == {"category": "unusable model file"}


def test_own_file_comes_before_a_shared_one(exam, keras_zygote, tmp_path):
    """In a folder of many, a file that is not named after the student is nobody's."""
    for student in ("ada", "bo"):
        (tmp_path / f"{student}.py").write_text(_WRITTEN, encoding="utf-8")
    (tmp_path / "signs_model.keras").write_bytes(_model())
    (tmp_path / "bo_signs_model.keras").write_bytes(_model(0.25))
    collected = collect([tmp_path], "bright", model_files=exam.spec.model_files.values())
    reports = Batch(exam, [keras_zygote]).grade(collected.submissions)
    ada, bo = (_checks(report)["told_apart"] for report in reports)
    assert _told(ada) == "there is no ada_signs_model.keras beside this file yet"
    assert (ada.status, bo.score) == ("TODO", 6)


def test_run_resumes_until_the_model_changes(exam, keras_zygote, tmp_path):
    """A model file is a part of what is handed in: another one is graded again."""
    folder = tmp_path / "work" / "ada"
    folder.mkdir(parents=True)
    (folder / "bright.py").write_text(_WRITTEN, encoding="utf-8")
    submissions = collect([folder.parent], "bright").submissions

    def run():
        with Journal(tmp_path / "report.json") as journal:
            [report] = Batch(exam, [keras_zygote], journal=journal).grade(submissions)
            return _checks(report)["told_apart"].score, journal.resumed

    assert run() == (0, 0)
    (folder / "signs_model.keras").write_bytes(_model(0.25))
    assert run() == (6, 0)
    assert run() == (6, 1)
    (folder / "signs_model.keras").write_bytes(_model())
    assert run() == (10, 0)


def test_course_with_trained_models_is_sound(course):
    """The solution's own files earn everything, its template nothing."""
    assert audit(course) == []


def test_partial_isolation_loads_models_too(grade):
    """No folder to write in and no /proc: a model is loaded from memory alone."""
    with Zygote("keras", tier="partial") as zygote:
        report = grade(_model(), _weights(), zygote=zygote)
    assert (report.score, report.optional_score) == (31, 5)


def _computes(*layers):
    model = keras.Sequential([keras.Input((8, 6, 3)), *layers])
    model.add(keras.layers.GlobalAveragePooling2D())
    model.add(keras.layers.Dense(2))
    return saved(model)


def test_model_that_computes_too_much_is_stopped(grade):
    """A small file can still ask for all memory; it is told, and the other tasks keep theirs."""
    report = grade(_computes(keras.layers.UpSampling2D(3000)), _weights())
    checks = _checks(report)
    assert "asked for more memory than the 1500 MB" in _told(checks["told_apart"])
    assert checks["new_images_told_apart"].facts == {"category": "memory"}
    assert (checks["network"].status, checks["weights_told_apart"].status) == ("PASS", "PASS")


_CONTAINED = (
    "a Lambda with code",
    "a layer of 10^9 units",
    "a big member",
    "weights with a dataset of 400 GB",
    "weights with weights that lie in another file",
    "keras.utils.get_file in a Lambda",
)


def _hold_contained(exam, zygote, folder, names):
    """Grade hostile files among honest ones."""
    hostile = [each for each in of_keras() if each[0] in names]
    for number, (_, data, _) in enumerate(hostile):
        for student, model in ((f"{number:03}a", data), (f"{number:03}b", _model())):
            (folder / f"{student}.py").write_text(_WRITTEN, encoding="utf-8")
            (folder / f"{student}_signs_model.keras").write_bytes(model)
    submissions = collect(
        [folder], "bright", model_files=exam.spec.model_files.values()
    ).submissions
    reports = Batch(exam, [zygote]).grade(submissions)
    assert len(reports) == 2 * len(names)
    for (name, _, says), attack, neighbour in zip(
        hostile, reports[::2], reports[1::2], strict=True
    ):
        assert (attack.status, attack.score) == ("graded", 1), name
        assert says in _told(_checks(attack)["told_apart"])
        assert neighbour.score == 31, name
        assert "/etc" not in json.dumps(attack.to_json())


def test_hostile_files_cost_their_own_points_only(exam, keras_zygote, tmp_path):
    """The attack earns nothing, the rest of its submission and every neighbour keep full marks."""
    _hold_contained(exam, keras_zygote, tmp_path, _CONTAINED)


@pytest.mark.slow
def test_every_hostile_file_costs_its_own_points_only(exam, keras_zygote, tmp_path):
    """All of them in one run."""
    _hold_contained(exam, keras_zygote, tmp_path, [each[0] for each in of_keras()])
