"""The report as web pages: whole, harmless, and the same in a real browser."""

import html
import itertools
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from dlcnn.grading.render.html import write_html
from tests.grading.render.samples import CAUSE, a_check, a_submission, a_task, tasks_of

_CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_chromium = pytest.mark.skipif(_CHROMIUM is None, reason="no Chromium found to render with")


@pytest.fixture
def pages(report, tmp_path):
    """The written pages by file name."""
    write_html(report, tmp_path, "Convolutional networks, step by step")
    return {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}


def _dom(path):
    """The page's elements as a browser sees them, after it has run whatever it would run."""
    command = [
        _CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--dump-dom",
        path.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def _text(page):
    """The words of a page, without tags and styles."""
    page = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_write_html_writes_a_class_page_and_one_per_student(pages):
    """Every student has a page, and the class page links each."""
    assert sorted(pages) == [
        "ada.html",
        "blaise.html",
        "index.html",
        "maria.html",
        "script_alert_1_script.html",
        "zoe.html",
    ]
    for name in pages.keys() - {"index.html"}:
        assert f'href="{name}"' in pages["index.html"]
        assert 'href="index.html"' in pages[name]


def test_write_html_tells_everything_of_a_submission(pages):
    """Facts, cause, hidden category with its cause, points and status words."""
    text = _text(pages["blaise.html"])
    assert "first difference at Z[0, 0, 1, 0]: yours 5.68871, expected -1.15841" in text
    assert text.count(CAUSE["text"]) == 1
    assert text.count("same cause as the failed check above") == 1
    assert "wrong values; the inputs of this check are not shown" in text
    assert "Failed: conv_forward applies stride 2 and pad 1 to a non-square image" in text
    assert "Not attempted: conv_backward gives dA_prev, dW and db" in text
    assert "h 3 w 4" in text
    assert "cause" not in re.sub(r"<style>.*?</style>", "", pages["ada.html"], flags=re.DOTALL)


def test_write_html_tells_the_cause_of_a_hidden_check_to_teachers(report, tmp_path):
    """Where the hidden check is the only one to fail, its cause stands under it in full."""
    hidden = a_check(
        "h", "t", "FAIL", visibility="hidden", facts={"category": "wrong values"}, cause=CAUSE
    )
    submission = a_submission("ada", a_task("conv_forward", hidden))
    write_html(replace(report, submissions=(submission,)), tmp_path)
    assert CAUSE["text"] in _text((tmp_path / "ada.html").read_text(encoding="utf-8"))


def test_write_html_draws_the_smallest_case(pages):
    """Input, yours, expected and difference, told by words as well as by colour."""
    page = pages["blaise.html"]
    picture = re.search(r"<figure.*?</figure>", page, flags=re.DOTALL)[0]
    assert _text(picture) == (
        "input A_prev [0, :, :, 0] 0 1 2 0 3 -8 1 "
        "yours [0, :, :, 0] 0 1 0 3 -8 differs "
        "expected [0, :, :, 0] 0 1 0 3 1 "
        "difference [0, :, :, 0] 0 1 0 0 −9 differs "  # noqa: RUF001  a minus sign
        "Outlined: values that differ. "
        "Difference: yours minus expected, too large or too small ."
    )
    assert picture.count('class="differs under-3"') == 1
    assert page.count("<figure") == 1
    assert "<figure" not in pages["ada.html"]


def test_write_html_names_the_replay_of_each_failed_check(pages):
    """The student's command for a public check, the teacher's for a hidden one, none for a pass."""
    text = _text(pages["blaise.html"])
    student = "dlcnn check blaise.ipynb --student blaise --only"
    assert f"Run it again: {student} strided_non_square" in text
    assert f"Run it again: {student} average_windows" in text
    assert "Run it again: dlcnn grade conv_step_by_step blaise.ipynb" in text
    assert text.count("Run it again") == 3
    assert "Run it again" not in pages["ada.html"]


def test_write_html_tells_the_isolation_on_every_page(pages, report):
    """The tier and the reason for less are never left out."""
    for page in pages.values():
        assert f"Isolation: process. {report.isolation.reason}" in _text(page)


def test_write_html_counts_the_class(pages):
    """Averages and pass rates stand on the class page."""
    text = _text(pages["index.html"])
    assert "Mean 33.33 / 50 Median 40 / 50 Unreadable 1 Grader errors 1" in text
    assert "pool_forward averages windows that do not overlap 1 of 3 1 not attempted" in text
    assert "unreadable: This is not a notebook" in text


def test_write_html_needs_no_network_and_no_script(pages):
    """Nothing on a page is loaded from anywhere, and the page's policy forbids it."""
    for page in pages.values():
        assert "default-src 'none'" in page
        assert not re.search(
            r"<script|<link|<img|<iframe|\ssrc=|url\(|@import|https?:|\son\w+=", page
        )


def test_write_html_is_the_same_each_time(pages, report, tmp_path):
    """The same report gives the same bytes."""
    write_html(report, tmp_path, "Convolutional networks, step by step")
    for name, page in pages.items():
        assert (tmp_path / name).read_text(encoding="utf-8") == page


def test_write_html_escapes_every_student_text(report, tmp_path):
    """Name, path, note, exception and code are text wherever they appear."""
    evil = '"><img src=x onerror=alert(1)>{{ 7 * 7 }}'
    facts = {
        "kind": "exception",
        "function": "f",
        "type": evil,
        "message": evil,
        "where": {"label": evil, "line": 1, "function": evil, "code": evil},
        "printed": evil,
    }
    submission = a_submission(evil, *tasks_of(pool="FAIL"), path=evil, notes=[evil])
    check = replace(submission.tasks[2].checks[0], facts=facts)
    tasks = [*submission.tasks]
    tasks[2] = replace(tasks[2], checks=(check,))
    hostile = replace(submission, tasks=tuple(tasks))
    write_html(replace(report, submissions=(hostile,)), tmp_path)
    for path in tmp_path.iterdir():
        page = path.read_text(encoding="utf-8")
        assert "<img" not in page
        assert evil in _text(page)


def test_write_html_of_unreadable_files_only(report, tmp_path):
    """A class page without a single graded submission still stands."""
    write_html(replace(report, submissions=report.submissions[-1:]), tmp_path)
    page = _text((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "Submissions 1 Unreadable 1" in page
    assert "unreadable: This is not a notebook" in page


def test_write_html_has_headings_and_headers_in_order(pages):
    """One h1, no skipped level, and every table has headers: screen readers find their way."""
    for page in pages.values():
        levels = [int(level) for level in re.findall(r"<h(\d)", page)]
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
        for table in re.findall(r"<table.*?</table>", page, flags=re.DOTALL):
            assert 'scope="col"' in table
            assert 'scope="row"' in table


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_style_has_contrast_enough_to_read(pages, scheme):
    """Every text colour has 4.5 to 1 (WCAG AA) on the grounds that it stands on."""
    blocks = re.findall(r":root \{(.*?)\}", pages["index.html"], flags=re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", blocks[scheme]))
    for text in ("ink", "soft", "link", "pass", "fail", "todo", "skip", "error"):
        for ground in ("ground", "surface", "faint" if text in ("ink", "soft") else "surface"):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for status in ("pass", "fail", "todo", "skip", "error"):
        assert _contrast(colours[status], colours[f"{status}-tint"]) >= 4.5, status
    for shade in ("over-1", "over-2", "over-3", "under-1", "under-2", "under-3"):
        assert _contrast(colours["ink"], colours[shade]) >= 4.5, shade


@needs_chromium
def test_write_html_in_a_browser_runs_nothing_of_a_students(report, tmp_path):
    """In Chromium a name that is a script is text: no script element comes to be."""
    write_html(report, tmp_path)
    for name in ("index.html", "script_alert_1_script.html"):
        dom = _dom(tmp_path / name)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in dom
        assert not re.search(r"<script", dom, flags=re.IGNORECASE)


@needs_chromium
def test_write_html_in_a_browser_fits_a_phone(report, tmp_path):
    """At 500 pixels nothing makes the page scroll sideways."""
    write_html(report, tmp_path)
    # The page itself runs no script, so a copy is made that may, to measure it.
    page = (tmp_path / "blaise.html").read_text(encoding="utf-8")
    page = page.replace("default-src 'none'", "default-src 'unsafe-inline'")
    probe = (
        "<script>document.title = document.documentElement.scrollWidth + ' of ' + innerWidth"
        "</script></body>"
    )
    (tmp_path / "probe.html").write_text(page.replace("</body>", probe), encoding="utf-8")
    command = [_CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=500,900"]
    command += ["--dump-dom", (tmp_path / "probe.html").as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    width, window = re.search(r"<title>(\d+) of (\d+)</title>", dom).groups()
    assert int(width) <= int(window)
