"""The report that the renderers' tests share."""

import pytest

from tests.grading.render.samples import a_report


@pytest.fixture
def report():
    """Five submissions: correct, a wrong stride, hostile text, unfinished, not a notebook."""
    return a_report()
