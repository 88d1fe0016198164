"""Everything the trusted side knows about one assignment, loaded and held against the rules."""

import ast
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from dlcnn.course.discover import Assignment, Course
from dlcnn.course.mistakes import Mistake, load_mistakes
from dlcnn.course.spec import CourseError, Spec
from dlcnn.course.submission import (
    Submission,
    UnreadableSubmission,
    functions_of,
    read_submission,
)
from dlcnn.grading.checks import Check
from dlcnn.grading.model_files import ModelFile, model_files_of

__all__ = ["Exam", "load_exam"]

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Exam:
    """One assignment with its checks, its solution and what its template looks like.

    `answers` is where what the course's own code answered is remembered.
    """

    assignment: Assignment
    checks: tuple[Check, ...]
    mistakes: tuple[Mistake, ...]
    solution: Submission
    template_functions: Mapping[str, Any]
    secret: str
    digest: str
    answers: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    _live: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def spec(self) -> Spec:
        """The assignment's specification."""
        return self.assignment.spec

    @cached_property
    def returns(self) -> dict[str, tuple[str, ...]]:
        """What each task returns, by the names in the solution's last `return`: ("Z", "cache")."""
        functions = self.solution.functions
        models: dict[str, tuple[str, ...]] = dict.fromkeys(self.spec.model_files, ())
        return models | {
            name: _returned_names(functions[name]) for name in self.spec.function_names
        }

    @cached_property
    def parameters(self) -> dict[str, list[str]]:
        """The names of each task's parameters, in order."""
        functions = self.solution.functions
        models = {name: ["images"] for name in self.spec.model_files}
        return models | {
            name: _parameter_names(functions[name]) for name in self.spec.function_names
        }

    @cached_property
    def model_files(self) -> dict[str, ModelFile]:
        """The solution's own trained models, by their tasks."""
        return model_files_of(self.spec, self.assignment.solution_path)

    @cached_property
    def source(self) -> str:
        """What is taken of the solution: its definitions without the cells that call `check`."""
        return "\n".join(cell.source for cell in self.solution.cells)

    def functions(self, source: str) -> dict[str, Any]:
        """The functions of the solution, or of it with a mistake, live in this process.

        They are the course's own code, so they may run beside us.
        """
        if source not in self._live:
            namespace: dict[str, Any] = {"__name__": "solution"}
            exec(compile(source, self.solution.path, "exec"), namespace)
            self._live[source] = namespace
        return self._live[source]

    def checks_of(self, task: str) -> tuple[Check, ...]:
        """The checks of one task, in the order of `checks.py`."""
        return tuple(check for check in self.checks if check.task == task)

    def max_scores(self) -> tuple[float, float]:
        """The points of all checks: of the graded tasks, of the optional ones."""
        optional = {task.name for task in self.spec.tasks if task.optional}
        return (
            sum(check.points for check in self.checks if check.task not in optional),
            sum(check.points for check in self.checks if check.task in optional),
        )


def load_exam(course: Course, assignment_id: str) -> Exam:
    """Load an assignment for grading.

    Raises:
        CourseError: the assignment is unknown, or its checks, solution or template break a rule.
    """
    _hold_place(course.root)
    assignment = course.assignment(assignment_id)
    try:
        solution = read_submission(assignment.solution_path)
    except UnreadableSubmission as error:
        raise CourseError(
            f"{assignment.solution_path}: the solution is a script. Received: {error} Mend it."
        ) from None
    missing = [name for name in assignment.spec.function_names if name not in solution.functions]
    if missing:
        raise CourseError(
            f"{assignment.solution_path}: the solution defines every task. "
            f"Received no definition of {', '.join(missing)}. Add it, or remove the task."
        )
    template = assignment.template_path(".py")
    if not template.is_file():
        raise CourseError(
            f"{template}: the template is generated from the solution. Received no such file. "
            "Run `dlcnn course sync`."
        )
    return Exam(
        assignment,
        _load_checks(assignment),
        # What is taken of the solution: its definitions without the cells that call `check`.
        load_mistakes(assignment.mistakes_path, "\n".join(c.source for c in solution.cells)),
        solution,
        functions_of(template.read_text(encoding="utf-8")),
        course.secret(),
        assignment.digest(),
    )


def _hold_place(root: Path) -> None:
    """Refuse a course among Python's libraries, which student code may read; ours is held back."""
    among_libraries = {"site-packages", "dist-packages"} & set(root.resolve().parts)
    if among_libraries and not root.resolve().is_relative_to(_PACKAGE):
        raise CourseError(
            f"{root}: a course lies apart from Python's libraries, which student code can read. "
            f"Received a folder in {among_libraries.pop()}. Move the course."
        )


def _load_checks(assignment: Assignment) -> tuple[Check, ...]:
    path = assignment.checks_path
    module = _execute(path)
    checks = tuple(value for value in vars(module).values() if isinstance(value, Check))
    _hold_names(path)
    for check in checks:
        _hold_check(path, check, assignment.spec)
    checks = tuple(replace(each, curve=assignment.spec.task(each.task).curve) for each in checks)
    for task in assignment.spec.task_names:
        if not any(check.task == task for check in checks):
            raise CourseError(f"{path}: every task has a check. Received none for {task}. Add one.")
    return checks


def _execute(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"checks of {path.parent.name}", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # No bytecode beside the course: its folder may be read-only, and is the author's.
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        specification.loader.exec_module(module)
    except FileNotFoundError:
        raise CourseError(
            f"{path}: an assignment has checks. Received no such file. Write it as "
            "CONTRIBUTING's recipe for a check shows."
        ) from None
    except (Exception, SystemExit) as error:
        raise CourseError(
            f"{path}: checks.py can be imported. Received {type(error).__name__}: {error}. "
            "Mend the file."
        ) from error
    finally:
        sys.dont_write_bytecode = writes_bytecode
    return module


def _hold_names(path: Path) -> None:
    """Refuse two functions of one name: the first would be gone without a word."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    for name in names:
        if names.count(name) > 1:
            raise CourseError(
                f"{path}: every check has a name of its own. Received {name} twice. Rename one."
            )


def _hold_check(path: Path, check: Check, spec: Spec) -> None:
    domain = check.domain
    rules = (
        (check.task in spec.task_names, "names a task of assignment.toml", f"task={check.task!r}"),
        (bool(check.title), "has a docstring, the title that students read", "none"),
        (check.points > 0, "is worth more than 0 points", f"points={check.points}"),
        (
            domain is None or domain.holds(check.case),
            "has a domain that holds its own case",
            f"the case {check.case}",
        ),
    )
    for holds, rule, received in rules:
        if not holds:
            raise CourseError(
                f"{path}: a check {rule}. Received {received} in {check.name}. Mend the check."
            )


def _returned_names(function: ast.AST) -> tuple[str, ...]:
    """The names in the function's last `return a, b`, or () where it returns one value."""
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    last = max(returns, key=lambda node: node.lineno).value if returns else None
    return tuple(map(ast.unparse, last.elts)) if isinstance(last, ast.Tuple) else ()


def _parameter_names(function: ast.AST) -> list[str]:
    return [node.arg for node in ast.walk(function) if isinstance(node, ast.arg)]
