"""`assignment.toml`: what an assignment is called, its tasks, its limits; validated, immutable.

Knows the file's format only, not where assignments lie or how they are graded.
"""

import keyword
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    model_validator,
)

from dlcnn.course.curve import Curve
from dlcnn.course.errors import CourseError

__all__ = ["CourseError", "Limits", "Spec", "Task", "load_spec"]


def _function_name(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError("a task is named after a Python function")
    return name


def _model_file(name: str) -> str:
    if not _MODEL_FILE.fullmatch(name):
        raise ValueError("a model file is named without folders, as NAME.keras or NAME.weights.h5")
    return name


_MODEL_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.(keras|weights\.h5)")

Text = Annotated[str, Field(strict=True, min_length=1)]
FunctionName = Annotated[Text, AfterValidator(_function_name)]
ModelFileName = Annotated[Text, AfterValidator(_model_file)]


class _Table(BaseModel):
    """A table of the file: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Table):
    """What one call of a student's function may use."""

    wall_seconds: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] = 10.0
    memory_mb: Annotated[StrictInt, Field(gt=0)] = 1024


class Task(_Table):
    """What the student makes: a function, or a model file that is handed in with the functions.

    Attributes:
        name: the function's name, or what the model is called in the checks.
        title: what it does, in words.
        kind: "function" or "trained_model".
        file: the name of a trained model's file.
        curve: what a trained model's accuracy earns.
        optional: whether it is scored apart.
        uses: the tasks that it may call.
        hints: sentences that help, from vague to plain.
    """

    name: FunctionName
    title: Text
    kind: Literal["function", "trained_model"] = "function"
    file: ModelFileName | None = None
    curve: Curve | None = None
    optional: StrictBool = False
    uses: tuple[Text, ...] = ()
    hints: tuple[Text, ...] = ()


class Spec(_Table):
    """An assignment as `assignment.toml` describes it.

    Attributes:
        title: what it is called.
        version: changes when its checks do; part of the seeds.
        order: its place in the course.
        profile: what the worker has loaded: "numpy" or "keras".
        limits: what one call may use.
        allow_imports: packages that the student's code may import beside the profile's.
        compat: whether code for older NumPy and Keras is tolerated.
        tasks: what the student writes, in order.
    """

    title: Text
    version: Text
    order: StrictInt
    profile: Literal["numpy", "keras"]
    limits: Limits = Limits()
    allow_imports: tuple[Text, ...] = ()
    compat: StrictBool = False
    tasks: Annotated[tuple[Task, ...], Field(alias="task", min_length=1)]

    @property
    def task_names(self) -> tuple[str, ...]:
        """The tasks' names, in order."""
        return tuple(task.name for task in self.tasks)

    @property
    def function_names(self) -> tuple[str, ...]:
        """The names of the tasks that are functions, in order."""
        return tuple(task.name for task in self.tasks if task.kind == "function")

    @property
    def model_files(self) -> dict[str, str]:
        """The file of each task that is a trained model, by the task's name."""
        return {task.name: task.file for task in self.tasks if task.file is not None}

    def task(self, name: str) -> Task:
        """The task called `name`.

        Raises:
            CourseError: there is none.
        """
        for task in self.tasks:
            if task.name == name:
                return task
        raise CourseError(
            f"{self.title}: a task is one of {', '.join(self.task_names)}. "
            f"Received task={name!r}. Correct the name."
        )

    def upstream(self, name: str) -> tuple[str, ...]:
        """Every task that `name` uses, directly or through others, in order."""
        found: set[str] = set()
        waiting = list(self.task(name).uses)
        while waiting:
            used = waiting.pop()
            if used not in found:
                found.add(used)
                waiting += self.task(used).uses
        return tuple(task for task in self.task_names if task in found)

    @model_validator(mode="after")
    def _hold_tasks_together(self) -> Self:
        names = self.task_names
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"task: every task has its own name; {name!r} stands twice")
        for task in self.tasks:
            for used in task.uses:
                if used not in names:
                    raise ValueError(
                        f"task {task.name}.uses: names tasks of this file; there is no {used!r}"
                    )
            if task.kind == "function":
                _hold_function(task, self.model_files)
            else:
                _hold_trained_model(task, self.profile)
        files = list(self.model_files.values())
        for file in files:
            if files.count(file) > 1:
                raise ValueError(f"task: every model has a file of its own; {file!r} stands twice")
        for name in names:
            if name in self.upstream(name):
                raise ValueError(
                    f"task {name}.uses: tasks do not use each other in a circle; "
                    f"{name!r} uses itself through {', '.join(self.upstream(name))}"
                )
        return self


def _hold_function(task: Task, model_files: Collection[str]) -> None:
    for key, value in (("file", task.file), ("curve", task.curve)):
        if value is not None:
            raise ValueError(
                f'task {task.name}.{key}: belongs to a trained model; kind is "function" here'
            )
    for used in task.uses:
        if used in model_files:
            raise ValueError(
                f"task {task.name}.uses: names functions; {used!r} is a model file, which no "
                "function calls"
            )


def _hold_trained_model(task: Task, profile: str) -> None:
    for key, value in (("file", task.file), ("curve", task.curve)):
        if value is None:
            raise ValueError(f"task {task.name}.{key}: a trained model has one; there is none")
    if task.uses:
        raise ValueError(f"task {task.name}.uses: a trained model is a file, which calls no task")
    if profile != "keras":
        raise ValueError(
            f'task {task.name}.kind: a trained model needs profile = "keras"; it is {profile!r}'
        )


def load_spec(path: Path) -> Spec:
    """Load and validate an `assignment.toml`.

    Raises:
        CourseError: the file is missing, not TOML, or breaks a rule; names file, key and rule.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CourseError(
            f"{path}: an assignment has this file. Received {error.strerror}. "
            "Write it, or start from `dlcnn course new`."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(
            f"{path}: the file is TOML text in UTF-8. Received {error}. Correct that place."
        ) from None
    try:
        return Spec.model_validate(values)
    except ValidationError as error:
        raise CourseError(f"{path}: {_first_complaint(error)}") from None


def _first_complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    key = _key(first["loc"])
    rule = first["msg"].removeprefix("Value error, ")
    if not key:  # a rule that holds tasks together; it names the key itself
        return f"{rule}. Correct that key."
    if first["type"] == "extra_forbidden":
        return f"{key}: there is no such key. Received {_shown(first['input'])}. Remove the key."
    if first["type"] == "missing":
        return f"{key}: the key is required. Received nothing. Add it."
    return f"{key}: {rule[:1].lower()}{rule[1:]}. Received {_shown(first['input'])}. Correct it."


def _key(location: tuple[int | str, ...]) -> str:
    """("task", 1, "name") as the author counts: task 2.name."""
    key = ""
    for part in location:
        key += f" {part + 1}" if isinstance(part, int) else f".{part}" if key else part
    return key


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
