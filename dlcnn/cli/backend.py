"""Starts the framework that Keras computes with: chosen before Keras is imported, and quietly."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from dlcnn.errors import DlcnnError

__all__ = ["BACKENDS", "start_backend"]

BACKENDS = ("tensorflow", "jax", "torch")
_DETERMINISTIC = "--xla_gpu_deterministic_ops=true"


def start_backend(name: str | None = None, *, deterministic: bool = False) -> None:
    """Import Keras on the backend of this name; by default the one that KERAS_BACKEND names.

    Raises:
        DlcnnError: the backend is not installed.
    """
    if name is not None:
        if find_spec(name) is None:
            raise DlcnnError(
                f"backend: a backend of Keras is installed beside it. Received {name}, which is "
                f"not. Install it: pip install {name}."
            )
        os.environ["KERAS_BACKEND"] = name
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if deterministic:  # JAX reads it when it starts; it does nothing without a GPU
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_DETERMINISTIC}".strip()
    with _quiet():
        import keras  # noqa: F401  # the import is the start


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what C++ libraries write to stderr while they load; shown only when that fails.

    TensorFlow logs its build and the GPUs it does not find before any setting of its own applies.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            with os.fdopen(os.dup(kept), "wb") as stream:
                shutil.copyfileobj(held, stream)
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
