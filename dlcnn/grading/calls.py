"""What a check calls: the student's functions, wherever they run; failures become facts.

The code itself runs elsewhere (`worker.pool`, or `live` in a student's own notebook); this module
sees replies only.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from dlcnn.grading.checks import Asked, Change, CheckFailed, CheckRun
from dlcnn.grading.compare import describe
from dlcnn.grading.models import Model, is_model
from dlcnn.grading.report import Facts
from dlcnn.grading.tolerated import advice_on
from dlcnn.grading.worker.pool import Failure, Reply
from dlcnn.grading.worker.records import MAX_TEXT
from dlcnn.grading.worker.wire import arrays

__all__ = ["Call", "Student", "facts_of_failure", "mask"]

Call = Callable[[str, tuple[Any, ...], dict[str, Any]], Reply]

_UNUSABLE = "ModelFileError"  # what a worker raises for a model file, with a sentence about it
_HIDDEN = (
    (r"\b0x[0-9a-fA-F]{6,}", "0x…"),
    (r"(?<![\w.:/])/(?:[\w.@+-]+/)+(?=[\w.@+-])", "…/"),
    (r"(<KerasTensor shape=\([^)]*\), dtype=\w+)[^>]*>", r"\1>"),
    (r"\b(input_layer|keras_tensor)_\d+", r"\1"),
    (r"('[a-z]\w*?)_\d+(?=' \(of type )", r"\1"),
    (
        r"(\b(?:(?:name|path)=|(?:[Ll]ayer|[Mm]odel|operation):? )[\"'`]?[a-z]\w*?)_\d+\b",
        r"\1",
    ),
)


class Student:
    """The functions of one submission, as attributes that can be called.

    Args:
        call: runs a function by name.
        returns: per task the names of the values it returns; () where it is one value.
        run: the check run that the calls belong to.
        solution: runs a function of the solution by name.
    """

    def __init__(
        self,
        call: Call,
        returns: Mapping[str, tuple[str, ...]],
        run: CheckRun,
        solution: Call | None = None,
    ) -> None:
        self._call = call
        self._solution = solution
        self._returns = returns
        self._run = run

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._returns:
            raise AttributeError(f"student.{name}: the assignment has no task of that name")

        def function(*arguments: Any, **keywords: Any) -> Any:
            reply = self._ask(name, name, arguments, keywords)
            self._note(name, (arguments, keywords), reply)
            if is_model(reply.value):
                return self._model(name, arguments, keywords, reply.value["description"])
            return _unpackable(name, reply.value, self._returns[name])

        function.__name__ = name
        return function

    def _ask(
        self,
        name: str,
        asked: str,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        *more: object,
    ) -> Reply:
        """Have a function called, or what it makes tried in some way: "outputs of ResNet50"."""
        sent = ((arguments, keywords, *more), {}) if more else (arguments, keywords)
        reply = self._call(asked, *sent)
        self._run.asked.append(Asked(name, arguments, keywords, reply))
        if reply.failure:
            raise CheckFailed(facts_of_failure(name, reply.failure))
        return reply

    def _model(
        self, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any], description: object
    ) -> Model:
        """A model that stays where it is, to be asked for what it does."""

        def ask(operation: str, more: tuple[Any, ...]) -> object:
            return self._ask(name, f"{operation} of {name}", arguments, keywords, *more).value

        def solve() -> Model:
            if self._solution is None:
                raise RuntimeError(f"{name}: there is no solution here to compare a model with")
            ours = Student(self._solution, self._returns, CheckRun())
            answer = getattr(ours, name)(*arguments, **keywords)
            if not isinstance(answer, Model):
                raise RuntimeError(f"{name}: the solution gives no model. Received {answer!r}.")
            return answer

        return Model(name, description, ask, solve)

    def _note(self, name: str, sent: object, reply: Reply) -> None:
        if reply.changed:
            inputs = arrays(sent)
            self._run.changes += [
                Change(name, inputs[slot], after) for slot, after in reply.changed.items()
            ]
        if reply.subclasses:
            answers = arrays(reply.value)
            self._run.subclasses += [
                (answers[slot], kind) for slot, kind in reply.subclasses.items()
            ]


def facts_of_failure(function: str, failure: Failure) -> Facts:
    """A call that gave no answer, as facts."""
    if failure.type == _UNUSABLE:
        return {"kind": "model_file", "message": mask(failure.message)[:MAX_TEXT]}
    facts: Facts = {"kind": failure.kind, "function": function, **failure.detail}
    if failure.kind in ("exception", "undefined"):
        kind, message = failure.type, failure.message
        if kind == "UpstreamError":  # what the answered helper raised, in a name of ours
            kind, _, message = message.partition(": ")
        facts["type"], facts["message"] = kind, mask(message)[:MAX_TEXT]
        advice = advice_on(message)
        facts |= {"notes": [advice]} if advice else {}
    if failure.kind == "exception":
        last = failure.frames[-1] if failure.frames else None
        facts["where"] = last and {
            "label": last.label,
            "line": last.line,
            "function": last.function,
            "code": last.code,
        }
    return facts


def mask(text: str) -> str:
    """Hide what differs from run to run or belongs to this machine.

    These are addresses, folders, and the numbers that Keras gives to tensors and layers, which
    count what was made before.
    """
    for hidden, shown in _HIDDEN:
        text = re.sub(hidden, shown, text)
    return text


def _unpackable(function: str, value: Any, names: tuple[str, ...]) -> Any:
    """Refuse what a check could not take apart into the values that the task returns."""
    if not names or (isinstance(value, (tuple, list)) and len(value) == len(names)):
        return value
    raise CheckFailed(
        {
            "kind": "returns",
            "function": function,
            "names": list(names),
            "received": describe(value),
        }
    )
