"""What the exit codes of every command mean."""

__all__ = ["CHECK_FAILED", "DONE", "GRADER_FAULT", "INTERRUPTED", "WRONG_USAGE"]

DONE = 0  # whatever the marks
CHECK_FAILED = 1
WRONG_USAGE = 2  # or nothing readable
GRADER_FAULT = 3
INTERRUPTED = 130  # Ctrl-C, as shells count it
