"""Facts in, sentences out: every kind of fact, and nothing that blames or guesses."""

import json
import re

import pytest

from dlcnn.grading.render.kinds import KINDS
from dlcnn.grading.render.words import (
    SAME_CAUSE,
    sentences,
    status_line,
    task_sentences,
    with_causes_once,
)
from tests.grading.render.samples import (
    CAUSE,
    RAISED,
    SMALLEST,
    VALUES,
    a_check,
    a_submission,
    a_task,
    tasks_of,
)

CONV = {
    "operation": "Conv2D",
    "settings": {"filters": 8, "kernel_size": [4, 3], "strides": [1, 1]},
    "weights": [[4, 3, 3, 8], [8]],
    "name": None,
    "ordinal": 2,
    "of": 3,
}
SECOND = "the second Conv2D with 8 filters of 4\N{MULTIPLICATION SIGN}3"
GRADIENT = {"why": "none", "number": 3, "shape": [4, 3, 3, 8], "length": 0.0, "expected": 1.25}

# One example of each kind, and sentences that must come of it.
EXAMPLES = [
    (
        VALUES,
        [
            "Z has the right shape (2, 3, 4, 8) and dtype float64; 176 of 192 values differ",
            "first difference at Z[0, 0, 1, 0]: yours 5.68871, expected -1.15841",
            "largest error 24.4 absolute, 95.3 relative (allowed: rtol 1e-6, atol 1e-8)",
        ],
    ),
    (
        {**VALUES, "yours": "nan", "not_finite": 3, "max_absolute": None, "max_relative": None},
        [
            "Z has the right shape (2, 3, 4, 8) and dtype float64; 176 of 192 values differ",
            "first difference at Z[0, 0, 1, 0]: yours nan, expected -1.15841",
            "allowed: rtol 1e-6, atol 1e-8",
            "3 of 192 values are NaN or infinite",
        ],
    ),
    (
        {**VALUES, "expected": 0.0, "max_absolute": 1.0, "max_relative": 0.0},
        [
            "Z has the right shape (2, 3, 4, 8) and dtype float64; 176 of 192 values differ",
            "first difference at Z[0, 0, 1, 0]: yours 5.68871, expected 0",
            "largest error 1 absolute (allowed: rtol 1e-6, atol 1e-8)",
        ],
    ),
    (
        {**VALUES, "name": "s", "shape": [], "size": 1, "differing": 1, "index": []},
        [
            "s is a number, as it should be: yours 5.68871, expected -1.15841",
            "largest error 24.4 absolute, 95.3 relative (allowed: rtol 1e-6, atol 1e-8)",
        ],
    ),
    (
        {
            **VALUES,
            "name": "mask",
            "dtype": "bool",
            "shape": [1],
            "size": 1,
            "differing": 1,
            "index": [0],
            "yours": True,
            "expected": False,
        },
        [
            "mask has the right shape (1,) and dtype bool; 1 of 1 values differs",
            "first difference at mask[0]: yours True, expected False",
        ],
    ),
    (
        {"kind": "shape", "name": "Z", "shape": [2, 3], "expected_shape": [2, 3, 1]},
        ["Z has shape (2, 3), expected (2, 3, 1)", "that is 2 dimensions instead of 3"],
    ),
    (
        {
            "kind": "dtype",
            "name": "Z",
            "shape": [4],
            "dtype": "int64",
            "expected_dtype": "float64",
            "subclass": "matrix",
        },
        [
            "Z has the right shape (4,) but dtype int64, expected float64",
            "Z is a matrix; its plain numbers count",
        ],
    ),
    (
        {"kind": "type", "name": "Z", "received": "None", "expected": "a NumPy array"},
        ["Z is None, expected a NumPy array"],
    ),
    (
        {
            "kind": "returns",
            "function": "conv_forward",
            "names": ["Z", "cache"],
            "received": "a NumPy array of shape (2, 3)",
        },
        [
            "conv_forward should return 2 values, Z, cache; "
            "it returned a NumPy array of shape (2, 3)"
        ],
    ),
    (
        {"kind": "equal", "name": "stride", "yours": "1", "expected": "2"},
        ["stride: yours 1, expected 2"],
    ),
    (
        {
            "kind": "changed",
            "function": "zero_pad",
            "name": "X",
            "index": [0, 1],
            "before": 1.5,
            "after": 0.0,
        },
        ["zero_pad changed its input X, which should stay as it was: X[0, 1] was 1.5, then 0"],
    ),
    (
        {
            "kind": "changed",
            "function": "zero_pad",
            "name": "X",
            "index": None,
            "before": [2, 3],
            "after": [6],
        },
        [
            "zero_pad changed its input X, which should stay as it was: "
            "its shape was (2, 3), then (6,)"
        ],
    ),
    (
        RAISED,
        [
            "pool_forward stopped with IndexError: index 4 is out of bounds for axis 1 with size 4",
            "in cell 9, line 24: A[i, h, w, c] = np.max(a_prev_slice)",
            "your code printed:",
            "  | h 3 w 4",
            "  | h 4 w 0",
        ],
    ),
    (
        {"kind": "exception", "function": "f", "type": "E", "message": "", "where": None},
        ["f stopped with E"],
    ),
    (
        {"kind": "time", "function": "f", "seconds": 10.0},
        ["f had not finished after 10 seconds and was stopped"],
    ),
    (
        {"kind": "memory", "function": "f", "limit_mb": 1024},
        ["f asked for more memory than the 1024 MB it may use"],
    ),
    (
        {"kind": "output", "function": "f", "limit_bytes": 2**20},
        ["f printed more than 1 MiB of text and was stopped"],
    ),
    (
        {"kind": "crash", "function": "f", "how": "signal SIGSEGV"},
        ["Python itself ended while f was running (signal SIGSEGV)"],
    ),
    (
        {"kind": "exit", "function": "f"},
        ["f called exit or sys.exit, which ends Python, instead of returning"],
    ),
    (
        {"kind": "size", "function": "f", "limit_mb": 64},
        ["what f returned is larger than the 64 MB that can be compared"],
    ),
    (
        {"kind": "protocol", "function": "f"},
        ["the answer of f did not arrive whole, so it could not be compared"],
    ),
    (
        {
            "kind": "undefined",
            "function": "f",
            "type": "NameError",
            "message": "name 'k' is not defined",
            "label": "cell 2",
            "line": 7,
        },
        ["f could not be defined: NameError: name 'k' is not defined", "in cell 2, line 7"],
    ),
    ({"kind": "missing", "function": "f"}, ["there is no function f in this file yet"]),
    ({"kind": "untouched", "function": "f"}, ["f is still to be written"]),
    (
        {
            "kind": "broken",
            "function": "f",
            "label": "cell 3",
            "line": 2,
            "message": "expected ':'",
            "code": "def f(x)",
        },
        [
            "f could not be read, because of cell 3, line 2: expected ':'",
            "def f(x)",
        ],
    ),
    (
        {"kind": "upstream", "function": "f", "tasks": ["g"]},
        ["f needs g; it is judged once it passes"],
    ),
    (
        {"kind": "upstream", "function": "f", "tasks": ["g", "h", "k"]},
        ["f needs g, h and k; it is judged once they pass"],
    ),
    (
        {"kind": "fault", "message": "checks.py, line 3: ZeroDivisionError"},
        [
            "the grader failed here, through no fault of the submission: "
            "checks.py, line 3: ZeroDivisionError",
            "this check gave no verdict; please tell the teacher",
        ],
    ),
    (
        {
            "kind": "model",
            "name": "model",
            "verdict": "different",
            "differences": [{"kind": "model_inputs", "yours": 2, "expected": 1}],
            "more": 1,
            "matched": 5,
            "layers": 8,
        },
        [
            "model: your model takes 2 inputs, expected 1",
            "and 1 further difference",
            "5 of 8 layers as expected",
        ],
    ),
    (
        {"kind": "no_model", "function": "f", "received": "None", "expected": "a Keras model"},
        ["f returned None, expected a Keras model: does it end with `return model`?"],
    ),
    (
        {"kind": "no_model", "function": "f", "received": "a string", "expected": "a Keras tensor"},
        ["f returned a string, expected a Keras tensor"],
    ),
    (
        {"kind": "api", "name": "model", "yours": "Functional", "expected": "Sequential"},
        [
            "model was made with the Functional API, expected the Sequential API: "
            "list its layers in keras.Sequential([...])"
        ],
    ),
    (
        {"kind": "weights", "name": "model", "missing": [[4, 3], [3]], "extra": [[5]], "more": 1},
        [
            "model was given the weights of the expected model, and not all of them have a place",
            "it lacks weights of shape (4, 3) and (3,)",
            "it has, unexpectedly, weights of shape (5,)",
            "and 1 further weight",
        ],
    ),
    (
        {"kind": "training", "name": "X", "layers": [CONV], "more": 0},
        [
            f"X: {SECOND} is called with training=False, which keeps to the stored mean and "
            "variance in training too; pass on the mode that you are given, or leave `training` out"
        ],
    ),
    (
        {
            "kind": "gradients",
            "name": "model",
            "layers": [{**GRADIENT, "layer": CONV}, {**GRADIENT, "layer": None, "why": "frozen"}],
            "more": 2,
        },
        [
            f"model: no gradient reaches {SECOND}, so training cannot change it: something on the "
            "way from it to the output stops the gradient, or does not depend on it",
            "a weight of shape (4, 3, 3, 8) is frozen (trainable=False), so training leaves it as "
            "it is",
            "and 2 further layers",
        ],
    ),
    (
        {
            "kind": "gradients",
            "name": "model",
            "layers": [{**GRADIENT, "layer": CONV, "why": "other", "length": 0.5}],
            "more": 0,
        },
        [f"model: the gradient that reaches {SECOND} has length 0.5, expected 1.25"],
    ),
    (
        {
            "kind": "accuracy",
            "name": "model",
            "right": 51,
            "images": 120,
            "at_least": 0.7,
            "epochs": 10,
        },
        [
            "model, trained for 10 epochs, is right on 51 of 120 test images, 42.5%; expected at "
            "least 70.0%"
        ],
    ),
    (
        {
            "kind": "curve",
            "name": "signs_model",
            "right": 26,
            "images": 32,
            "accuracy": 0.8125,
            "share": 0.7667,
            "next": [0.9, 1.0],
        },
        [
            "signs_model is right on 26 of 32 images, an accuracy of 81.2%, which earns 77% of the "
            "points",
            "an accuracy of 90.0% earns 100%",
        ],
    ),
    (
        {"kind": "no_file", "file": "ada_signs.keras"},
        ["there is no ada_signs.keras beside this file yet"],
    ),
    (
        {"kind": "file", "message": "signs.keras is empty: save the model and hand it in again."},
        ["signs.keras is empty: save the model and hand it in again."],
    ),
    (
        {"kind": "model_file", "message": "signs.keras unpacks to 9.0 GB\n"},
        ["signs.keras unpacks to 9.0 GB"],
    ),
    ({"category": "wrong shape"}, ["wrong shape; the inputs of this check are not shown"]),
    ({}, []),
]


@pytest.mark.parametrize(
    ("facts", "expected"),
    EXAMPLES,
    ids=lambda value: value.get("kind", "") if isinstance(value, dict) else "",
)
def test_sentences_state_the_facts(facts, expected):
    """Each kind of fact has its sentences, complete and plain."""
    assert sentences(facts) == expected


def test_sentences_know_every_kind():
    """No kind is left without an example here, and none is without words."""
    assert {facts["kind"] for facts, _ in EXAMPLES if "kind" in facts} == set(KINDS)


@pytest.mark.parametrize("facts", [facts for facts, _ in EXAMPLES])
def test_sentences_accept_what_json_gives_back(facts):
    """A stored report reads the same as a fresh one."""
    assert sentences(json.loads(json.dumps(facts))) == sentences(facts)


def test_sentences_never_blame():
    """No sentence says that the student erred; it says what was seen."""
    told = " ".join(sentence for facts, _ in EXAMPLES for sentence in sentences(facts))
    assert not re.search(r"\b(you (should|must|failed|forgot)|mistake|stupid|bad)\b", told)


def test_sentences_put_a_proved_cause_last():
    """The cause comes after all facts, and only where there is one."""
    assert sentences(VALUES, CAUSE)[-1] == CAUSE["text"]
    assert sentences(VALUES, CAUSE)[:-1] == sentences(VALUES)


def test_sentences_of_one_part_tell_it_alone():
    """Where there is nothing to count, the part itself says all."""
    equal = {"kind": "equal", "name": "db", "yours": "1", "expected": "2"}
    told = sentences({"passed": 0.4, "of": 1, "failures": [equal]})
    assert told == ["db: yours 1, expected 2"]
    told = sentences({"passed": 1.4, "of": 2, "failures": [equal]})
    assert told == ["1.4 of 2 parts are right", "db: yours 1, expected 2"]


def test_sentences_of_a_partial_check_tell_each_part():
    """A check with partial points says how many parts hold and what is wrong with the others."""
    shape = {"kind": "shape", "name": "dW", "shape": [1], "expected_shape": [2]}
    equal = {"kind": "equal", "name": "db", "yours": "1", "expected": "2"}
    assert sentences({"passed": 1, "of": 3, "failures": [shape, equal], "printed": "hi\n"}) == [
        "1 of 3 parts are right",
        "dW has shape (1,), expected (2,)",
        "db: yours 1, expected 2",
        "your code printed:",
        "  | hi",
    ]


def test_sentences_name_the_case_and_the_notes():
    """The case that shows the fault and the notes to it follow the facts."""
    facts = {"kind": "missing", "function": "f", "case": {"stride": 2, "W": [3, 3]}, "notes": ["n"]}
    assert sentences(facts)[1:] == ["in the case stride 2, W (3, 3)", "note: n"]


def test_sentences_tell_the_smallest_input_just_before_the_cause():
    """Shapes of arrays and values of everything else, after all that was seen."""
    facts = {**VALUES, "smallest": SMALLEST, "printed": "hi\n"}
    assert sentences(facts, CAUSE)[-3:] == [
        "  | hi",
        "smallest input that shows it: A_prev (1, 1, 3, 1), W (1, 1, 1, 1), stride 2, pad 0",
        CAUSE["text"],
    ]
    given = [["shape", [2, 4]], ["mode", "average"], ["dz", "nan"], ["flag", True]]
    told = sentences({**VALUES, "smallest": {"inputs": given}})[-1]
    assert told.endswith(": shape (2, 4), mode average, dz nan, flag True")


def test_sentences_cut_long_output():
    """A thousand printed lines do not bury the facts."""
    facts = {"kind": "missing", "function": "f", "printed": "line\n" * 1000}
    told = sentences(facts)
    assert len(told) == 11
    assert told[-1] == "  | … and 992 more lines"


def test_sentences_make_student_text_harmless():
    """An exception's message cannot bring line ends or terminal escapes into a report."""
    facts = {**RAISED, "message": "boo\n\x1b[2Jgone\u202e", "printed": "\x1b]0;title\x07"}
    told = "\n".join(sentences(facts))
    assert "boo �[2Jgone�" in told
    assert "\x1b" not in told
    assert "\x07" not in told


def test_sentences_word_an_unknown_kind():
    """A report of a later version still renders."""
    assert sentences({"kind": "astral"}) == ["the answer was not accepted (astral)"]


def test_with_causes_once_tells_a_cause_in_full_at_its_first_check():
    """Later checks of the same cause point to it; another cause is told in full as well."""
    other = {"id": "other", "text": "another cause"}
    checks = [
        a_check("a", "t", "FAIL", cause=CAUSE),
        a_check("b", "t"),
        a_check("c", "t", "FAIL", visibility="hidden", cause=CAUSE),
        a_check("d", "t", "FAIL", cause=other),
    ]
    shown = with_causes_once(checks, hidden=True)
    assert [check.cause and check.cause["text"] for check in shown] == [
        CAUSE["text"],
        None,
        SAME_CAUSE,
        "another cause",
    ]


def test_with_causes_once_keeps_the_causes_of_hidden_checks():
    """What students read neither tells the cause of a hidden check nor points to it."""
    hidden = a_check("a", "t", "FAIL", visibility="hidden", cause=CAUSE)
    public = a_check("b", "t", "FAIL", cause=CAUSE)
    shown = with_causes_once([hidden, public], hidden=False)
    assert [check.cause for check in shown] == [None, CAUSE]


def test_status_line_counts_points_and_names_what_is_left():
    """A submission in one line: points, then the tasks by status."""
    assert status_line(a_submission("ada", *tasks_of())) == (
        "50 of 50 points, 20 of 20 optional; every task passed"
    )
    unfinished = a_submission("bo", *tasks_of(conv="FAIL", pool="TODO", backward="ERROR"))
    assert status_line(unfinished) == (
        "20 of 50 points, 0 of 20 optional; failed: conv_forward; not attempted: pool_forward; "
        "grader error: conv_backward"
    )
    assert status_line(a_submission("cy", notes=["Not a notebook."], status="unreadable")) == (
        "Not a notebook."
    )


def test_task_sentences_name_the_helpers_that_spoiled_a_task():
    """Follow-through is said where it happened, with what came of it, and nowhere else."""
    helped = a_task("f", a_check("c", "t"), follow_through=True, spoiled_by=["zero_pad"])
    assert task_sentences(helped) == [
        "f was judged with the grader's own zero_pad, because yours did not pass its own checks; "
        "so this task keeps its points"
    ]
    failed = a_task("f", a_check("c", "t", "FAIL"), follow_through=True, spoiled_by=["g", "h"])
    assert task_sentences(failed) == [
        "f was judged with the grader's own g and h, because yours did not pass their own checks"
    ]
    assert task_sentences(a_task("f", a_check("c", "t"))) == []
