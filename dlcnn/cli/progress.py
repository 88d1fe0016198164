"""A progress bar on standard error, where somebody is there to see it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlcnn.grading.report import SubmissionReport

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(total: int) -> "Iterator[Callable[[SubmissionReport], None]]":
    """Show a bar for `total` submissions; what it yields is called with each finished one."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    hidden = total == 1 or not sys.stderr.isatty()
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=hidden
    ) as progress:
        task = progress.add_task("grading", total=total)
        yield lambda _report: progress.advance(task)
