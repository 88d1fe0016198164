"""Calls of one submission's functions, over as many workers as it takes; judges nothing."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from dlcnn.grading.worker.pool import AnswerRefusedError, Failure, Reply, Session, Worker

__all__ = ["Runner"]

_PATIENCE = 4  # calls' worth of time that the checks of one task may take at one go


class Runner:
    """The functions of one submission, called by name.

    A worker that crashed, hung or was killed is replaced by a fresh one at the next call; a
    program whose definitions cannot be run at all is not tried again, and a task that has used up
    its time, by calls that hang or that each end just within their limit, is not called further.

    Args:
        open_session: gives a session of the submission.
        wall_seconds: what one call may take.
    """

    def __init__(self, open_session: Callable[[], Session], wall_seconds: float) -> None:
        self._wall_seconds = wall_seconds
        self._open_session = open_session
        self._session = open_session()
        self._worker: Worker | None = None
        self._load_failure: Failure | None = None
        self._answered: frozenset[str] = frozenset()
        self._answer: Callable[..., Any] | None = None
        self.grant()

    def grant(self) -> None:
        """Begin another task, with time of its own."""
        self._seconds_left = _PATIENCE * self._wall_seconds

    def renew(self) -> None:
        """Go on in a new session: nothing that a worker left behind is there to be found."""
        self._worker = None
        self._session.close()
        self._session = self._open_session()

    def close(self) -> None:
        """End every process."""
        self._session.close()

    def restart(
        self, answered: Collection[str] = (), answer: Callable[..., Any] | None = None
    ) -> None:
        """Go on in a fresh worker, in which `answer` stands for the functions `answered`."""
        self._worker = None
        self._answered = frozenset(answered)
        self._answer = answer

    def answer(self, function: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """The value of a call, for somebody else's code that asked for it."""
        reply = self.call(function, arguments, keywords)
        if reply.failure:
            raise AnswerRefusedError(f"{reply.failure.type}: {reply.failure.message}")
        return reply.value

    def call(self, function: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Reply:
        """Call a function of the submission; what goes wrong there is in the reply."""
        if self._worker is None and self._load_failure is None:
            self._worker = self._session.worker(self._answered)
            self._seconds_left -= self._worker.load_seconds
            self._load_failure = _while_loading(self._worker.load_failure)
        if self._worker is None or self._load_failure:
            return Reply(failure=self._load_failure)
        if self._seconds_left <= 0:
            return Reply(failure=Failure("time", detail={"spent": True}))
        reply = self._worker.call(function, arguments, keywords, self._answer)
        self._seconds_left -= reply.seconds
        if reply.exhausted:
            self._worker = None
        return reply


def _while_loading(failure: Failure | None) -> Failure | None:
    """No function is to blame for what happened before any was called."""
    return failure and replace(failure, detail={**failure.detail, "loading": True})
