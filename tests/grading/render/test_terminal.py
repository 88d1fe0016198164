"""Reports at a terminal: complete, aligned, and never steered by what students wrote."""

import io
import re

import pytest
from rich.console import Console

from dlcnn.grading.render.terminal import (
    make_console,
    print_folder,
    print_isolation,
    print_submission,
)
from tests.grading.render.samples import CAUSE


@pytest.fixture
def shown():
    """Print with a function into a pipe; the text."""

    def run(show, *arguments):
        stream = io.StringIO()
        show(*arguments, make_console(stream))
        return stream.getvalue()

    return run


def test_print_submission_matches_the_style_example(report, shown):
    """Title and points on one line, facts under it, the cause last."""
    lines = shown(print_submission, report.submissions[1]).splitlines()
    start = next(i for i, line in enumerate(lines) if "applies stride 2" in line)
    assert re.fullmatch(
        r"  ✗ FAIL conv_forward applies stride 2 and pad 1 to a non-square image +0/20",
        lines[start],
    )
    assert lines[start + 1 : start + 4] == [
        "      Z has the right shape (2, 3, 4, 8) and dtype float64; 176 of 192 values differ",
        "      first difference at Z[0, 0, 1, 0]: yours 5.68871, expected -1.15841",
        "      largest error 24.4 absolute, 95.3 relative (allowed: rtol 1e-6, atol 1e-8)",
    ]
    assert lines[start + 4].strip().startswith("smallest input that shows it: A_prev (1, 1, 3, 1)")
    assert lines[start + 5].strip().startswith("your numbers are exactly those of a window")
    assert not any(line.endswith(" ") for line in lines)


def test_print_submission_aligns_points_right(report, shown):
    """Every line with points ends in the same column."""
    for submission in report.submissions[:-1]:
        lines = shown(print_submission, submission).splitlines()
        ends = {len(line) for line in lines if re.search(r"  \d+/\d+$", line)}
        assert ends == {100}


def test_print_submission_tells_each_status_by_symbol_and_word(report, shown):
    """Nothing depends on colour."""
    text = shown(print_submission, report.submissions[3])
    for mark in ("○ not attempted", "– not judged", "‼ ERROR"):  # noqa: RUF001  the symbol for SKIP
        assert mark in text
    assert "✓ " in shown(print_submission, report.submissions[0])
    assert "✗ FAIL" in shown(print_submission, report.submissions[1])


def test_print_submission_keeps_the_cause_of_a_hidden_check(report, shown):
    """A hidden check shows its category; the cause of a public one is told once."""
    text = shown(print_submission, report.submissions[1])
    assert "wrong values; the inputs of this check are not shown" in text
    assert " ".join(text.split()).count(CAUSE["text"]) == 1


def test_print_submission_ends_with_the_replay_in_one_line(report, shown):
    """The command can be copied: no line end is put into it, however long it is."""
    command = f"dlcnn check {'a' * 120}.ipynb --student ada --only strided_non_square"
    stream = io.StringIO()
    print_submission(report.submissions[1], make_console(stream), command)
    assert stream.getvalue().splitlines()[-1].strip() == command
    assert "dlcnn check" not in shown(print_submission, report.submissions[1])


def test_print_submission_of_an_unreadable_file_is_its_sentence(report, shown):
    """Who, which file, and why: nothing else."""
    assert shown(print_submission, report.submissions[-1]).splitlines() == [
        "zoe: zoe.ipynb",
        "This is not a notebook: the file is not JSON (line 1, column 1). "
        "Save it again from Jupyter.",
    ]


def test_print_submission_keeps_student_text_from_acting(report, shown):
    """Markup stays text, and a terminal escape in a note does not reach the terminal."""
    text = shown(print_submission, report.submissions[2])
    assert "<script>alert(1)</script>" in text
    assert "[bold]spaces[/bold]" in text
    assert "\x1b" not in text


def test_print_folder_lists_everyone_and_what_the_class_missed(report, shown):
    """A row per student, the averages, and the most failed check first."""
    text = shown(print_folder, report)
    assert re.search(r"ada +50/50 +20/20 +✓ passed", text)
    assert re.search(r"blaise +10/50 +0/20 +✗ failed: conv_forward, pool_forward", text)
    assert "unreadable: This is not a notebook" in text
    assert "3 graded, 1 unreadable, 1 stopped by a grader error" in text
    assert re.search(r"1 of 3 +conv_forward applies stride 2", text)
    assert "\x1b" not in text


def test_print_folder_fits_a_narrow_terminal(report):
    """No line is longer than the terminal is wide."""
    stream = io.StringIO()
    print_folder(report, Console(file=stream, width=60))
    print_submission(report.submissions[1], Console(file=stream, width=60))
    assert max(len(line) for line in stream.getvalue().splitlines()) <= 60


def test_print_isolation_names_tier_and_reason(report, shown):
    """The tier is never told without the reason for less."""
    text = " ".join(shown(print_isolation, report.isolation).split())
    assert text == f"isolation: process ({report.isolation.reason})"


def test_make_console_colours_a_terminal_only(report, monkeypatch):
    """Colour on a terminal, none in a pipe, none with NO_COLOR."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = Terminal()
    print_submission(report.submissions[1], make_console(coloured))
    assert "\x1b[31m" in coloured.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    print_submission(report.submissions[1], make_console(plain))
    assert "\x1b[31m" not in plain.getvalue()
