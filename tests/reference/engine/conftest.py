"""Small cases go the way of large ones here."""

import pytest

from dlcnn.reference import engine


@pytest.fixture(scope="package", autouse=True)
def nothing_is_small():
    """No case is left to `plain` for its size, or to `columns` for its channels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_SMALL_BYTES", 0)
        patch.setattr(engine, "_FEW_KERNELS", 0)
        patch.setattr(engine, "_FEW", 0)
        patch.setattr(engine, "_WINOGRAD_CHANNELS", 1)
        yield
