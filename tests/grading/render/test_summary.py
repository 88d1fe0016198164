"""What a class did, in numbers."""

from dataclasses import replace

from dlcnn.grading.render.summary import summarize


def test_summarize_counts_and_averages_graded_submissions_only(report):
    """An unreadable file or a grader error lowers nobody's average."""
    summary = summarize(report)
    assert (summary.graded, summary.unreadable, summary.errors) == (3, 1, 1)
    assert summary.mean == (50 + 10 + 40) / 3
    assert summary.median == 40
    assert summary.max_score == 50


def test_summarize_counts_each_check(report):
    """Passed, failed and not attempted add up to the graded submissions."""
    checks = {check.check: check for check in summarize(report).checks}
    strided, average = checks["strided_non_square"], checks["average_windows"]
    assert (strided.passed, strided.failed, strided.not_attempted, strided.total) == (2, 1, 0, 3)
    assert (average.passed, average.failed, average.not_attempted, average.total) == (1, 1, 1, 3)


def test_most_failed_lists_the_worst_first_and_no_check_that_all_pass(report):
    """The teacher sees what to teach again."""
    failing = replace(report.submissions[1], student="twin")
    summary = summarize(replace(report, submissions=(*report.submissions, failing)))
    failed = summary.most_failed(2)
    assert [check.failed for check in failed] == [2, 2]
    names = {check.check for check in summary.most_failed(99)}
    assert names == {"strided_non_square", "several_filters", "average_windows"}


def test_summarize_of_nothing_graded_has_no_average(report):
    """A run of unreadable files divides by nothing."""
    summary = summarize(replace(report, submissions=report.submissions[-1:]))
    assert (summary.mean, summary.median, summary.checks) == (None, None, ())
