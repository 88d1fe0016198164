"""The one error that every room may raise at a person; it knows nothing of the rooms."""

__all__ = ["DlcnnError"]


class DlcnnError(Exception):
    """Wrong use or wrong input, told to the person who can mend it.

    The message reads `where: the rule. Received name=value. What to do next.` and is shown as it
    is, without a traceback.
    """
