"""`assignment.toml`: what it may say, and how a wrong one is told."""

import pytest

from dlcnn.course.spec import CourseError, Limits, load_spec

HEAD = 'title = "T"\nversion = "1.0"\norder = 1\nprofile = "numpy"\n'
TASK = '[[task]]\nname = "f"\ntitle = "F"\n'


def loaded(tmp_path, text):
    path = tmp_path / "assignment.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_spec(path)


def task(name, uses=()):
    return f'[[task]]\nname = "{name}"\ntitle = "{name}"\nuses = {list(uses)}\n'


def test_spec_has_defaults_for_what_is_not_said(tmp_path):
    """A short file is enough."""
    spec = loaded(tmp_path, HEAD + TASK)
    assert (spec.limits, spec.allow_imports, spec.compat) == (Limits(), (), False)
    assert (spec.tasks[0].optional, spec.tasks[0].uses, spec.tasks[0].hints) == (False, (), ())


def test_spec_keeps_what_is_said(tmp_path):
    """Every key of the format is read."""
    spec = loaded(
        tmp_path,
        HEAD + 'allow_imports = ["scipy"]\ncompat = true\n[limits]\nwall_seconds = 3\n'
        'memory_mb = 100\n[[task]]\nname = "f"\ntitle = "F"\noptional = true\nhints = ["a", "b"]\n',
    )
    assert spec.limits == Limits(wall_seconds=3.0, memory_mb=100)
    assert (spec.allow_imports, spec.compat) == (("scipy",), True)
    assert spec.task("f").optional
    assert spec.task("f").hints == ("a", "b")


def test_spec_cannot_be_changed(tmp_path):
    """A specification is a value: it can be a key, and nobody edits it on the way."""
    spec = loaded(tmp_path, HEAD + TASK)
    assert spec == loaded(tmp_path, HEAD + TASK)
    assert hash(spec) == hash(loaded(tmp_path, HEAD + TASK))
    with pytest.raises(ValueError, match="frozen"):
        spec.title = "other"


def test_upstream_is_everything_a_task_leads_to(tmp_path):
    """Directly used or through others, each once, in the file's order."""
    spec = loaded(
        tmp_path,
        HEAD + task("a") + task("b", ["a"]) + task("c") + task("d", ["c", "b"]) + task("e", ["d"]),
    )
    assert spec.upstream("e") == ("a", "b", "c", "d")
    assert spec.upstream("b") == ("a",)
    assert spec.upstream("a") == ()
    assert spec.task_names == ("a", "b", "c", "d", "e")


def test_task_that_is_not_there_is_told_with_those_that_are(tmp_path):
    """The author reads the names there are."""
    with pytest.raises(CourseError, match=r"one of f\. Received task='g'"):
        loaded(tmp_path, HEAD + TASK).task("g")


KERAS = HEAD.replace("numpy", "keras")
MODEL = '[[task]]\nname = "m"\ntitle = "M"\nkind = "trained_model"\n'
FILE, CURVE = 'file = "m.keras"\n', "curve = [[0.5, 0], [0.75, 0.6], [0.9, 1.0]]\n"


def test_spec_tells_functions_from_trained_models(tmp_path):
    """A trained model has a file and a curve; the other tasks are functions."""
    weights = MODEL.replace('"m"', '"w"') + 'file = "w.weights.h5"\ncurve = [[0.9, 1]]\n'
    spec = loaded(tmp_path, KERAS + TASK + MODEL + FILE + CURVE + weights)
    assert spec.task_names == ("f", "m", "w")
    assert spec.function_names == ("f",)
    assert spec.model_files == {"m": "m.keras", "w": "w.weights.h5"}
    assert spec.task("m").curve.share(0.75) == 0.6
    assert (spec.task("f").kind, spec.task("f").curve) == ("function", None)
    assert hash(spec) == hash(loaded(tmp_path, KERAS + TASK + MODEL + FILE + CURVE + weights))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "TOML"),
        (b"title = '\xff'", "UTF-8"),
        (HEAD + TASK + "color = 1\n", "task 1.color: there is no such key. Received 1."),
        ("colour = 'red'\n" + HEAD + TASK, "colour: there is no such key. Received 'red'."),
        (HEAD.replace('title = "T"\n', "") + TASK, "title: the key is required."),
        (HEAD.replace('"1.0"', "1.0") + TASK, "version: input should be a valid string"),
        (HEAD.replace('"T"', '""') + TASK, "title: string should have at least 1 character"),
        (HEAD.replace("order = 1", 'order = "1"') + TASK, "order: input should be a valid integer"),
        (HEAD.replace('"numpy"', '"torch"') + TASK, "Received 'torch'"),
        (HEAD + "compat = 1\n" + TASK, "compat: input should be a valid boolean"),
        (HEAD + "[limits]\nwall_seconds = 0\n" + TASK, "limits.wall_seconds: input should be gr"),
        (HEAD + "[limits]\nwall_seconds = inf\n" + TASK, "limits.wall_seconds"),
        (HEAD + "[limits]\nmemory_mb = 1.5\n" + TASK, "limits.memory_mb"),
        (HEAD + "[limits]\ncpu = 1\n" + TASK, "limits.cpu: there is no such key"),
        (HEAD, "task: the key is required"),
        (HEAD + "task = []\n", "task: tuple should have at least 1 item"),
        (HEAD + TASK.replace('"f"', '"my task"'), "task 1.name: a task is named after a Python"),
        (HEAD + TASK.replace('"f"', '"class"'), "task 1.name: a task is named after a Python"),
        (HEAD + TASK + "hints = [1]\n", "task 1.hints 1: input should be a valid string"),
        (HEAD + TASK + TASK, "'f' stands twice"),
        (HEAD + task("f", ["g"]), "task f.uses: names tasks of this file; there is no 'g'"),
        (HEAD + task("f", ["f"]), "task f.uses: tasks do not use each other in a circle"),
        (HEAD + task("f", ["g"]) + task("g", ["h"]) + task("h", ["f"]), "in a circle"),
        (HEAD + TASK + FILE, "task f.file: belongs to a trained model; kind is"),
        (HEAD + TASK + CURVE, "task f.curve: belongs to a trained model; kind is"),
        (HEAD + TASK + 'kind = "model"\n', "Received 'model'"),
        (KERAS + MODEL + CURVE, "task m.file: a trained model has one; there is none"),
        (KERAS + MODEL + FILE, "task m.curve: a trained model has one; there is none"),
        (HEAD + MODEL + FILE + CURVE, 'task m.kind: a trained model needs profile = "keras"'),
        (KERAS + MODEL + FILE + CURVE + 'uses = ["m"]\n', "task m.uses: a trained model is a file"),
        (
            KERAS + task("f", ["m"]) + MODEL + FILE + CURVE,
            "task f.uses: names functions; 'm' is a model file",
        ),
        (
            KERAS + MODEL + FILE + CURVE + MODEL.replace('"m"', '"n"') + FILE + CURVE,
            "every model has a file of its own; 'm.keras' stands twice",
        ),
        *(
            (KERAS + MODEL + f'file = "{name}"\n' + CURVE, "task 1.file: a model file is named")
            for name in ("../m.keras", "a/m.keras", "m.h5", "m.KERAS", ".keras", "a b.keras")
        ),
        *(
            (KERAS + MODEL + FILE + f"curve = {curve}\n", f"task 1.curve{says}")
            for curve, says in (
                ("[]", ": tuple should have at least 1 item"),
                ("[[0.5]]", " 1 2: the key is required"),
                ("[[0.5, 1.5]]", " 1 2: input should be less than or equal to 1. Received 1.5"),
                ("[[-0.5, 1]]", " 1 1: input should be greater than or equal to 0"),
                ("[[nan, 1]]", " 1 1: input should be a finite number"),
                ("[[0.5, 0.5], [0.5, 1]]", ": each point has a higher accuracy than the last"),
                ("[[0.5, 0.5], [0.7, 0.4]]", ": a higher accuracy never earns a smaller share"),
                ("[[0.5, 0.5], [0.7, 0.9]]", ": the last point earns everything, a share of 1"),
            )
        ),
        (HEAD + TASK + f"uses = [{', '.join(map(str, range(99)))}]\n", "Received 0."),
    ],
)
def test_wrong_file_is_told_with_file_key_and_rule(tmp_path, text, says):
    """One sentence names the file, the key, the rule and what stands there."""
    with pytest.raises(CourseError) as caught:
        loaded(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'assignment.toml'}: ")
    assert says in str(caught.value)
    told = (
        "Received",
        "circle",
        "twice",
        "no 'g'",
        "; kind is",
        "one; there",
        "; it is",
        "a file",
        "model file, which",
    )
    assert any(words in str(caught.value) for words in told)
    assert "\n" not in str(caught.value)


def test_missing_file_is_told(tmp_path):
    """So is a file that is not there."""
    with pytest.raises(CourseError, match="No such file"):
        load_spec(tmp_path / "assignment.toml")
