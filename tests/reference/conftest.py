"""How Hypothesis runs here, and by which way the operations compute."""

from contextlib import contextmanager

import pytest
from hypothesis import settings

from dlcnn.reference import engine

# A busy machine is no failed property, and all draw the same cases.
settings.register_profile("reference", deadline=None, derandomize=True)
settings.load_profile("reference")


@contextmanager
def nothing_is_small():
    """Within, no case is left to `plain` for its size, or to `columns` for its channels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_SMALL_BYTES", 0)
        patch.setattr(engine, "_FEW_KERNELS", 0)
        patch.setattr(engine, "_FEW", 0)
        patch.setattr(engine, "_WINOGRAD_CHANNELS", 1)
        yield


@pytest.fixture(scope="module", params=["small", "large"])
def both_ways(request):
    """Every test once as it is, where small cases are left to `plain`, and once by the engine."""
    if request.param == "small":
        yield
        return
    with nothing_is_small():
        yield


@pytest.fixture(scope="module")
def engine_way():
    """Every test by the engine."""
    with nothing_is_small():
        yield
