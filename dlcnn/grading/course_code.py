"""The course's own code: the solution and its mistaken forms, and where they run.

What is asked of a solution may come from a student's code, so it runs apart. Mistakes are asked
what our own checks draw: NumPy's run in this process, which is fast; Keras' run apart, since
nothing here ever loads TensorFlow. Judges nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from dlcnn.course.mistakes import Mistake
from dlcnn.course.submission import Cell
from dlcnn.grading.calls import Call
from dlcnn.grading.exam import Exam
from dlcnn.grading.lender import Lender
from dlcnn.grading.local import call_here
from dlcnn.grading.programs import limits_of, program_of
from dlcnn.grading.runner import Runner
from dlcnn.grading.worker.pool import Reply, Zygote
from dlcnn.grading.worker.wire import encode

__all__ = ["Beside", "CourseCode", "beside", "here"]

_MAX_REMEMBERED = 4096  # answers; most are descriptions of models, of a few kilobytes


@dataclass(frozen=True)
class CourseCode:
    """How to call the course's functions.

    Attributes:
        solution: calls a function of the solution.
        mistaken: gives what calls a function of the solution with a mistake in it.
    """

    solution: Call
    mistaken: Callable[[Mistake], Call]


def here(exam: Exam) -> CourseCode:
    """The course's code live in this process, which has loaded what it needs."""

    def calling(source: str) -> Call:
        def call(name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Reply:
            functions = exam.functions(source)
            return call_here(functions, name, (arguments, keywords), exam.spec.profile)

        return call

    return CourseCode(calling(exam.source), lambda mistake: calling(mistake.source))


def beside(exam: Exam, zygote: Zygote) -> "Beside":
    """The course's code beside the students', warm from one submission to the next."""
    kept = _kept.get(zygote)
    if kept is None or kept.exam is not exam:
        if kept is not None:
            kept.close()
        kept = _kept[zygote] = Beside(exam, zygote)
    return kept


class Beside:
    """The course's code in workers of its own; what it answers our own checks is remembered."""

    def __init__(self, exam: Exam, zygote: Zygote) -> None:
        """Nothing is started before it is called."""
        self.exam = exam
        self._zygote = zygote
        self._runner: Runner | None = None
        self._was_asked = False
        self._lender = Lender(self._calling(exam.source))

    def begin(self) -> None:
        """Another submission: what the last one asked has left nothing behind."""
        if self._was_asked:
            self.close()
        if self._runner is not None:
            self._runner.grant()

    def close(self) -> None:
        """End its processes."""
        if self._runner is not None:
            self._runner.close()
        self._runner, self._was_asked = None, False

    def answer(self, function: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """What the solution answers to a student's code."""
        self._was_asked = True
        if self.exam.spec.profile == "keras":
            return self._lender.shape(function, arguments, keywords)
        return self._run().answer(function, arguments, keywords)

    def completing(self, call: Call) -> Call:
        """Calls of the student's functions while some of them are answered by the solution."""
        return self._lender.completing(call) if self.exam.spec.profile == "keras" else call

    @property
    def code(self) -> CourseCode:
        """What our own checks call."""
        solution = self._calling(self.exam.source)
        if self.exam.spec.profile == "numpy":
            return CourseCode(solution, here(self.exam).mistaken)
        return CourseCode(solution, lambda mistake: self._calling(mistake.source))

    def _calling(self, source: str) -> Call:
        def call(name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Reply:
            answers = self.exam.answers
            sent = encode((name, arguments, keywords))
            key = (source, hashlib.sha256(sent).digest())
            reply: Reply | None = answers.get(key)
            if reply is None:
                runner = self._run()
                runner.grant()
                reply = runner.call(self._named(name, source), arguments, keywords)
                if len(answers) >= _MAX_REMEMBERED:
                    answers.clear()
                if not reply.exhausted:
                    answers[key] = reply
            return reply

        return call

    def _named(self, name: str, source: str) -> str:
        """What a function, or an operation on what it makes, is called where all forms are."""
        if self.exam.spec.profile == "keras" and " of " not in name:
            name = f"layers of {name}"  # which is all that a description tells
        return name if source == self.exam.source else f"{name}{self._suffixes[source]}"

    @cached_property
    def _suffixes(self) -> dict[str, str]:
        """How the functions of each form with a mistake are called, by the form's text."""
        sources = dict.fromkeys(mistake.source for mistake in self.exam.mistakes)
        return {source: f"__{number}" for number, source in enumerate(sources)}

    def _run(self) -> Runner:
        if self._runner is None:
            exam, zygote = self.exam, self._zygote.second
            cells = [Cell("solution.py", exam.source)]
            if exam.spec.profile == "keras":
                cells.append(Cell("mistakes", _defining(self._suffixes, exam.spec.function_names)))
            form = replace(exam.solution, cells=tuple(cells))
            program, limits = program_of(exam, form, exam.model_files), limits_of(exam)
            self._runner = Runner(lambda: zygote.session(program, limits), limits.wall_seconds)
        return self._runner


def _defining(suffixes: Mapping[str, str], functions: Iterable[str]) -> str:
    """Code that defines the functions of many forms, each form in a namespace of its own.

    They share one process: to start one costs more than to make a model.
    """
    return f"""
for _source, _suffix in {[*suffixes.items()]!r}:
    _functions = {{}}
    exec(_source, _functions)
    globals().update((_name + _suffix, _functions[_name]) for _name in {[*functions]!r})
"""


_kept: WeakKeyDictionary[Zygote, Beside] = WeakKeyDictionary()
