"""Functions that callers pass, looked at before they are called; it knows none of them."""

import inspect
from typing import Any

__all__ = ["takes"]


def takes(function: Any, *arguments: Any, **options: Any) -> bool:
    """Whether something is a function that such arguments can be passed to.

    It is not called, so that an error within it is not taken for one of how it is called.
    """
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(*arguments, **options)
    except (TypeError, ValueError):
        return False
    return True
