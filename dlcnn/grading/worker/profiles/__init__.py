"""Untrusted side: what is loaded for student code, one module per kind of assignment."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

__all__ = ["Operation", "Profile"]

Operation = Callable[[Any, tuple[Any, ...], dict[str, Any]], object]
"""What can be done with a student's function, its arguments and its keywords."""


class Profile(Protocol):
    """What such a module has. It is imported before `load`, and imports nothing of ours later."""

    OPERATIONS: Mapping[str, Operation]

    def stand_in(self, name: str, ask: Callable[..., Any]) -> Callable[..., object]:
        """The function in the place of a task that the grader answers, which `ask` asks."""

    def load(self) -> None:
        """Import what student code needs, and run nothing that would not survive a fork."""

    def canary(self) -> None:
        """Do what isolated student code must be able to do, in a process that then ends."""

    def prepare(self, source: str) -> None:
        """Once per submission, before its workers are forked."""

    def refresh(self) -> None:
        """In each new worker: the same submission draws the same numbers every time."""
