"""Untrusted side: a profile that each worker loads for itself.

For a machine on which a process that has loaded it cannot be forked: some libraries start threads
when they are imported, and a fork then waits for threads that it does not have. Each worker takes
seconds instead of milliseconds, and is no less confined.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlcnn.grading.worker.profiles import Profile

__all__ = ["NOTE", "Cold"]

NOTE = (
    "each worker loads its libraries anew, which takes seconds: here a copy of a process that had "
    "loaded them did not come to the end of its first operation"
)


class Cold:
    """A profile as `profiles.Profile` says, of which nothing is loaded before the last fork."""

    def __init__(self, profile: "Profile") -> None:
        self.OPERATIONS = profile.OPERATIONS
        self.stand_in = profile.stand_in
        self._profile = profile
        self._source = ""

    def load(self) -> None:
        """Not yet."""

    def canary(self) -> None:
        self._profile.load()
        self._profile.canary()

    def prepare(self, source: str) -> None:
        self._source = source

    def refresh(self) -> None:
        self._profile.load()
        self._profile.prepare(self._source)
        self._profile.refresh()
