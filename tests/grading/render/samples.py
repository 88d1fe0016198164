"""A report built by hand, with every status and the text that a hostile student would send."""

from dlcnn.grading.report import (
    CheckResult,
    Isolation,
    Report,
    SubmissionReport,
    TaskResult,
    unreadable,
)

VALUES = {
    "kind": "values",
    "name": "Z",
    "shape": [2, 3, 4, 8],
    "dtype": "float64",
    "differing": 176,
    "size": 192,
    "index": [0, 0, 1, 0],
    "yours": 5.688712345,
    "expected": -1.158412345,
    "not_finite": 0,
    "max_absolute": 24.4123,
    "max_relative": 95.3123,
    "rtol": 1e-6,
    "atol": 1e-8,
}
RAISED = {
    "kind": "exception",
    "function": "pool_forward",
    "type": "IndexError",
    "message": "index 4 is out of bounds for axis 1 with size 4",
    "where": {
        "label": "cell 9",
        "line": 24,
        "function": "pool_forward",
        "code": "A[i, h, w, c] = np.max(a_prev_slice)",
    },
    "printed": "h 3 w 4\nh 4 w 0\n",
}
SMALLEST = {
    "inputs": [["A_prev", [1, 1, 3, 1]], ["W", [1, 1, 1, 1]], ["stride", 2], ["pad", 0]],
    "picture": {
        "input": [[[[3], [-8], [1]]]],
        "yours": [[[[3], [-8]]]],
        "expected": [[[[3], [1]]]],
    },
}
UNTOUCHED = {"kind": "untouched", "function": "conv_backward"}
UPSTREAM = {"kind": "upstream", "function": "conv_forward", "tasks": ["zero_pad"]}
FAULT = {"kind": "fault", "message": "ZeroDivisionError: division by zero"}
CAUSE = {
    "id": "stride_ignored",
    "text": "your numbers are exactly those of a window that moves 1 pixel at a time: "
    "multiply h and w by the stride",
}


def a_check(name, title, status="PASS", points=10, score=None, **more):
    """A check result; full points for a pass, none otherwise, unless `score` says so."""
    earned = (points if status == "PASS" else 0) if score is None else score
    more = {"visibility": "public", "facts": {}, "cause": None, **more}
    return CheckResult(
        check=name, title=title, status=status, score=earned, max_score=points, **more
    )


def a_task(name, *checks, optional=False, follow_through=False, spoiled_by=()):
    """A task with the status and points that its checks add up to."""
    worst = ["ERROR", "FAIL", "SKIP", "TODO", "PASS"]
    return TaskResult(
        task=name,
        optional=optional,
        status=min((check.status for check in checks), key=worst.index),
        score=sum(check.score for check in checks),
        max_score=sum(check.max_score for check in checks),
        follow_through=follow_through,
        spoiled_by=tuple(spoiled_by),
        checks=tuple(checks),
    )


def a_submission(student, *tasks, path=None, notes=(), status="graded"):
    """A submission whose points are those of its tasks."""
    if any(task.status == "ERROR" for task in tasks):
        status = "error"

    def total(field, optional):
        return sum(getattr(task, field) for task in tasks if task.optional == optional)

    return SubmissionReport(
        student=student,
        path=path or f"{student}.ipynb",
        status=status,
        notes=tuple(notes),
        score=total("score", False),
        max_score=total("max_score", False),
        optional_score=total("score", True),
        optional_max_score=total("max_score", True),
        tasks=tasks,
    )


def tasks_of(pad="PASS", conv="PASS", hidden="PASS", pool="PASS", backward="PASS"):
    """Four tasks in the states that the statuses name, with facts that fit them."""

    def facts(status, found):
        told = {"PASS": {}, "TODO": UNTOUCHED, "SKIP": UPSTREAM, "ERROR": FAULT}
        return told.get(status, found)

    return (
        a_task(
            "zero_pad",
            a_check(
                "pads_height_and_width",
                "zero_pad pads the height and the width",
                pad,
                5,
                facts=facts(pad, VALUES),
            ),
            a_check(
                "keeps_the_input",
                "zero_pad leaves its input as it was",
                pad,
                5,
                facts=facts(pad, VALUES),
            ),
        ),
        a_task(
            "conv_forward",
            a_check(
                "strided_non_square",
                "conv_forward applies stride 2 and pad 1 to a non-square image",
                conv,
                20,
                facts=facts(conv, VALUES | {"smallest": SMALLEST}),
                cause=CAUSE if conv == "FAIL" else None,
            ),
            a_check(
                "several_filters",
                "conv_forward adds each filter's own bias",
                hidden,
                10,
                visibility="hidden",
                facts=facts(hidden, {"category": "wrong values"}),
                cause=CAUSE if hidden == "FAIL" else None,
            ),
        ),
        a_task(
            "pool_forward",
            a_check(
                "average_windows",
                "pool_forward averages windows that do not overlap",
                pool,
                10,
                facts=facts(pool, RAISED),
            ),
        ),
        a_task(
            "conv_backward",
            a_check(
                "gradients",
                "conv_backward gives dA_prev, dW and db",
                backward,
                20,
                facts=facts(backward, VALUES),
            ),
            optional=True,
        ),
    )


def a_report():
    """Five submissions: correct, a wrong stride, unfinished, hostile text, not a notebook."""
    sentence = (
        "This is not a notebook: the file is not JSON (line 1, column 1). "
        "Save it again from Jupyter."
    )
    submissions = (
        a_submission("ada", *tasks_of()),
        a_submission("blaise", *tasks_of(conv="FAIL", hidden="FAIL", pool="FAIL", backward="TODO")),
        a_submission(
            "<script>alert(1)</script>",
            *tasks_of(pool="TODO", backward="TODO"),
            notes=("cell 4: [bold]spaces[/bold] \x1b[31mthat are not spaces\x1b[0m were replaced",),
        ),
        a_submission("maria", *tasks_of(pad="TODO", conv="SKIP", pool="ERROR", backward="TODO")),
        unreadable("zoe", "zoe.ipynb", sentence, (50, 20)),
    )
    reason = "the layers that hide files and the network are not built for this platform"
    return Report("conv_step_by_step", "1", Isolation("process", reason), submissions)
