"""The result of a check in a notebook: a small table there, plain lines elsewhere."""

from collections.abc import Sequence
from html import escape

from dlcnn.grading.render.plain import points
from dlcnn.grading.render.words import STATUS_SYMBOLS, STATUS_WORDS, sentences, with_causes_once
from dlcnn.grading.report import CheckResult

__all__ = ["LiveResult"]

_CELL = "text-align:left;vertical-align:top;padding:.3em .8em"


class LiveResult:
    """What `check(function)` found; Jupyter shows it as a table.

    Args:
        task: the function's name.
        checks: the results, in order.
        problem: why nothing could be checked, where that is so.
    """

    def __init__(self, task: str, checks: Sequence[CheckResult], problem: str | None = None):
        self.task = task
        self.checks = tuple(with_causes_once(checks, hidden=False))
        self.problem = problem
        self._is_shown = False

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return self.problem is None and all(check.status == "PASS" for check in self.checks)

    def __str__(self) -> str:
        if self.problem:
            return self.problem
        lines = [self._summary()]
        for check in self.checks:
            word = f"{check.status} " if check.status != "PASS" else ""
            lines.append(f"{STATUS_SYMBOLS[check.status]} {word}{check.title}")
            lines += [f"    {sentence}" for sentence in sentences(check.facts, check.cause)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<{self.problem or self._summary()}>"

    def show(self) -> None:
        """Show it once: as the table in a notebook, as text elsewhere."""
        if _in_notebook():
            self._ipython_display_()
        else:
            print(self)

    def _ipython_display_(self) -> None:
        """What IPython calls for the last value of a cell, which may have been shown before."""
        if not self._is_shown:
            from IPython.display import display  # there, or nobody would call this

            shown = {"text/html": self._repr_html_(), "text/plain": str(self)}
            display(shown, raw=True)  # type: ignore[no-untyped-call]  # IPython has no types here
        self._is_shown = True

    def _repr_html_(self) -> str:
        """The table."""
        if self.problem:
            return f"<p>{escape(self.problem)}</p>"
        rows = "".join(_row(check) for check in self.checks)
        return (
            f"<table><caption style='text-align:left'>{escape(self._summary())}</caption>"
            f"<thead><tr><th style='{_CELL}'>Result</th><th style='{_CELL}'>What should be true"
            f"</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    def _summary(self) -> str:
        passed = sum(check.status == "PASS" for check in self.checks)
        score = points(sum(check.score for check in self.checks))
        most = points(sum(check.max_score for check in self.checks))
        return (
            f"{self.task}: {passed} of {len(self.checks)} public checks passed, "
            f"{score} of {most} points"
        )


def _row(check: CheckResult) -> str:
    status = f"{STATUS_SYMBOLS[check.status]}&nbsp;{STATUS_WORDS[check.status]}"
    told = "".join(
        f"<br><span style='white-space:pre-wrap'>{escape(sentence)}</span>"
        for sentence in sentences(check.facts, check.cause)
    )
    title = f"<strong>{escape(check.title)}</strong>" if told else escape(check.title)
    return f"<tr><td style='{_CELL}'>{status}</td><td style='{_CELL}'>{title}{told}</td></tr>"


def _in_notebook() -> bool:
    try:
        return bool(__IPYTHON__)  # type: ignore[name-defined]  # IPython puts it into builtins
    except NameError:
        return False
