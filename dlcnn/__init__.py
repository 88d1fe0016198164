"""dlcnn: a convolutional-network course that runs, and the tools to learn, build and grade it.

Importing this package is quick: what needs NumPy or Keras is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcnn.grading.live import check

__all__ = ["__version__", "check"]

__version__: str


def __getattr__(name: str) -> Any:
    if name == "check":
        from dlcnn.grading.live import check

        return check
    if name == "__version__":
        from importlib.metadata import version

        return version("dlcnn")
    raise AttributeError(f"module 'dlcnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
