"""The one error that every room may raise at a person; it knows nothing of the rooms."""

import difflib
from collections.abc import Iterable

__all__ = ["DlcnnError", "nearest"]


class DlcnnError(Exception):
    """Wrong use or wrong input, told to the person who can mend it.

    The message reads `where: the rule. Received name=value. What to do next.` and is shown as it
    is, without a traceback.
    """


def nearest(name: object, known: Iterable[str]) -> str:
    """The sentence that ends a message about an unknown name: the closest known one, or all.

    Letters of either case count as the same.
    """
    names = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(str(name).casefold(), names, n=1)
    if close:
        return f"Did you mean {names[close[0]]!r}?"
    return f"There are: {', '.join(names.values()) or 'none'}."
