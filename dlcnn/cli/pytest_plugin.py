"""`pytest graders/ID --submission FILE`: each check of an assignment as a pytest item.

pytest loads this module in every run, so it imports nothing heavy, and without `--submission` it
only says how to give one where a grader is named. The submission is graded once, as `dlcnn grade`
does, when the first item runs; the items tell the result.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dlcnn.grading.checks import Check
    from dlcnn.grading.exam import Exam
    from dlcnn.grading.report import CheckResult
    from dlcnn.grading.worker.pool import Zygote

__all__ = [
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_configure",
    "pytest_pycollect_makemodule",
    "pytest_report_collectionfinish",
    "pytest_terminal_summary",
    "pytest_unconfigure",
]


class _Sitting:
    """The submission of this run, and the processes that its code runs in."""

    def __init__(self, path: Path, student: str | None) -> None:
        self.path = path
        self.student = student or path.stem
        self.zygotes: dict[str, Zygote] = {}
        self._open = ExitStack()

    def zygote(self, profile: str) -> "Zygote":
        """The one of this profile, warm from the first time on."""
        from dlcnn.grading.worker.pool import Zygote

        if profile not in self.zygotes:
            self.zygotes[profile] = self._open.enter_context(Zygote(profile))
        return self.zygotes[profile]

    def close(self) -> None:
        """End the processes."""
        self._open.close()


_sitting = pytest.StashKey[_Sitting]()
_left_out = pytest.StashKey[Path]()  # a grader's checks that were named without a submission


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("dlcnn")
    group.addoption(
        "--submission", metavar="FILE", type=Path, help="run a course's checks on this file"
    )
    group.addoption("--student", metavar="ID", help="whose inputs to draw (default: FILE's name)")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a submission that cannot be read."""
    path = config.getoption("--submission")
    if path is None:
        return
    from dlcnn.course.submission import UnreadableSubmission, read_submission

    try:
        read_submission(path)
    except UnreadableSubmission as error:
        raise pytest.UsageError(f"--submission {path}: {error}") from None
    config.stash[_sitting] = _Sitting(path, config.getoption("--student"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the processes that student code ran in."""
    if _sitting in config.stash:
        config.stash[_sitting].close()


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Tell the submission."""
    return [f"submission: {config.stash[_sitting].path}"] if _sitting in config.stash else []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell how far the submission's code was kept apart, or that there was none."""
    if _left_out in config.stash:
        path = config.stash[_left_out]
        terminalreporter.write_line(f"{path}: to run these checks, add --submission FILE")
    if _sitting in config.stash:
        for zygote in config.stash[_sitting].zygotes.values():
            isolation = zygote.isolation
            reason = f" ({isolation.reason})" if isolation.reason else ""
            terminalreporter.write_line(f"isolation: {isolation.tier}{reason}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ChecksFile | None":
    """Collect a grader's `checks.py` in a folder that pytest walks through."""
    if parent.session.isinitpath(file_path):  # pytest makes a module of what is named itself
        return None
    return _checks_file(file_path, parent)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    """Collect a `checks.py` that is named on the command line, as in `checks.py::zero_pad`."""
    return _checks_file(module_path, parent)


def _checks_file(path: Path, parent: pytest.Collector) -> "ChecksFile | None":
    """The collector of a grader's checks, in a run that has a submission."""
    grader = path.parent
    if path.name != "checks.py":
        return None
    if not (grader.parent.parent / "assignments" / grader.name).is_dir():
        return None
    if _sitting in parent.config.stash:
        return ChecksFile.from_parent(parent, path=path)
    if any(map(parent.session.isinitpath, (path, grader, grader.parent))):
        parent.config.stash[_left_out] = path
    return None


class ChecksFile(pytest.File):
    """The checks of one assignment; collects a node per task."""

    def collect(self) -> "Iterator[TaskNode]":
        """Hand out the tasks."""
        for task in self._exam.spec.task_names:
            yield TaskNode.from_parent(self, name=task, checks=self._exam.checks_of(task))

    @cached_property
    def _exam(self) -> "Exam":
        from dlcnn.course.discover import find_course
        from dlcnn.errors import DlcnnError
        from dlcnn.grading.exam import load_exam

        grader = self.path.parent
        try:
            return load_exam(find_course(grader.parent.parent), grader.name)
        except DlcnnError as error:
            raise self.CollectError(str(error)) from None

    @cached_property
    def results(self) -> "dict[str, CheckResult]":
        """What the submission earns in each check; graded when it is first asked for."""
        from dlcnn.grading.engine import grade_submission

        sitting = self.config.stash[_sitting]
        report = grade_submission(
            self._exam,
            sitting.path,
            sitting.student,
            sitting.zygote(self._exam.spec.profile),
            shown_path=sitting.path.name,
        )
        return {check.check: check for task in report.tasks for check in task.checks}


class TaskNode(pytest.Collector):
    """A task, whose items are its checks."""

    def __init__(self, checks: "tuple[Check, ...]", **keywords: Any) -> None:
        super().__init__(**keywords)
        self._checks = checks

    def collect(self) -> "Iterator[CheckItem]":
        """Hand out the checks."""
        for check in self._checks:
            yield CheckItem.from_parent(self, name=check.name, check=check)


class CheckItem(pytest.Item):
    """A check, which tells what the engine found."""

    _result: "CheckResult"

    def __init__(self, check: "Check", **keywords: Any) -> None:
        super().__init__(**keywords)
        self._check = check

    def setup(self) -> None:
        """The grader's own fault is an error, not a failure."""
        file = self.getparent(ChecksFile)
        assert file is not None
        self._result = file.results[self._check.name]
        if self._result.status == "ERROR":
            raise _Told(self._message())

    def runtest(self) -> None:
        """Tell the result in pytest's terms."""
        if self._result.status == "FAIL":
            raise _Told(self._message())
        if self._result.status != "PASS":
            pytest.skip(self._message())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The engine's words, without a traceback through code that is not the student's."""
        if isinstance(excinfo.value, _Told):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where the check is written, and its title."""
        return self.path, None, self._check.title

    def _message(self) -> str:
        from dlcnn.grading.render.plain import points
        from dlcnn.grading.render.words import sentences

        # Items may be shown to students, so a hidden check keeps its cause to itself.
        cause = self._result.cause if self._result.visibility == "public" else None
        score = f"{points(self._result.score)}/{points(self._result.max_score)}"
        told = [f"{self._result.title}  {score}", *sentences(self._result.facts, cause)]
        return (
            "\n    ".join(told) if self._result.status in ("FAIL", "ERROR") else "; ".join(told[1:])
        )


class _Told(Exception):  # noqa: N818  carries a verdict, not an error of ours
    """A result in words."""
