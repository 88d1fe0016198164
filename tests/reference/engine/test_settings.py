"""Bounds on threads and memory: said once, for a block, and refused in a sentence."""

import pytest

from dlcnn import reference
from dlcnn.reference.engine.settings import current


def test_settings_hold_in_their_block():
    """What is left out stays; afterwards, and after an exception, all is as before."""
    before = current()
    with reference.settings(threads=2, exact=True):
        with reference.settings(memory_mb=3):
            assert (current().threads, current().memory_mb, current().exact) == (2, 3.0, True)
        with pytest.raises(KeyError):
            _fail_within(exact=False)
        assert (current().threads, current().memory_mb, current().exact) == (2, None, True)
    assert current() == before


def _fail_within(**given):
    with reference.settings(**given):
        for name, value in given.items():
            assert getattr(current(), name) == value
        raise KeyError


@pytest.mark.parametrize("threads", [0, -1, 1.5, "two"])
def test_settings_refuse_threads(threads):
    """Where, the rule, what was received."""
    with pytest.raises(ValueError, match=r"settings: threads must be an integer, at least 1\. Rec"):
        _fail_within(threads=threads)


@pytest.mark.parametrize("memory_mb", [0, -1.0, float("nan"), "much", "5"])
def test_settings_refuse_memory(memory_mb):
    """Likewise."""
    with pytest.raises(ValueError, match=r"settings: memory_mb must be a number above 0\. Rec"):
        _fail_within(memory_mb=memory_mb)


def test_settings_take_all_memory():
    """Infinitely much is what is wanted."""
    with reference.settings(memory_mb=float("inf"), threads=3):
        assert current().scratch_bytes(1 << 30) == 1 << 30
        assert current().threads_with(1 << 30) == 3
        assert current().allows(1 << 40)


def test_settings_bound_threads_by_memory():
    """As many threads as have room for their scratch memory, and one always."""
    with reference.settings(threads=4, memory_mb=1):
        assert current().threads_with(1 << 18) == 4
        assert current().threads_with(1 << 19) == 2
        assert current().threads_with(1 << 30) == 1
        assert current().scratch_bytes(1 << 30) == 1 << 20
    with reference.settings(threads=4):
        assert current().threads_with(1 << 30) == 4
        assert current().scratch_bytes(1 << 30) == 1 << 30
