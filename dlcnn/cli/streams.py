"""Where a command prints to: no terminal and no reader that left early makes it fail.

Knows nothing of what is printed.
"""

import io
import sys
from typing import Any, TextIO

__all__ = ["forgiving"]


def forgiving(stream: TextIO) -> TextIO:
    """Standard output or error, so that a command ends in its own way, with its own exit code.

    A terminal without ticks still shows the words, and what nobody reads any more, as in
    `dlcnn models | head`, is dropped: by every way to print, and when Python flushes at its end.

    Args:
        stream: `sys.stdout` or `sys.stderr`; what a test or a notebook put there is kept.
    """
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.reconfigure(errors="replace")
    if stream is not sys.__stdout__ and stream is not sys.__stderr__:
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Dropping(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering or stream.write_through,
    )


class _Dropping(io.FileIO):
    """A file that takes everything, also when the other end of its pipe is closed."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes
