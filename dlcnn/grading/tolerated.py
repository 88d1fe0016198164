"""What of older code was let pass while marking, in a sentence each for student and teacher.

A worker only names kinds (`compat.KINDS`); no word of its own gets into a report.
"""

from collections.abc import Collection

from dlcnn.grading.worker import compat

__all__ = ["notes_on"]

_REFUSED = "is refused by NumPy 2.4 and newer; it was accepted here, marks are not lost."
_NAMES = "np."


def notes_on(kinds: Collection[str]) -> tuple[str, ...]:
    """A note for each kind, in the order of their names, and one for all names that are gone."""
    notes = [_note(kind) for kind in sorted(kinds) if not kind.startswith(_NAMES)]
    gone = [kind for kind in sorted(kinds) if kind.startswith(_NAMES)]
    if gone:
        advice = "; ".join(f"{name}: write {_instead_of(name)}" for name in gone)
        notes.append(
            f"Names that NumPy has dropped were accepted here, marks are not lost. {advice}."
        )
    return tuple(notes)


def _note(kind: str) -> str:
    if kind == "store":
        return (
            "Storing an array that holds one number in an element of another array, as in "
            f"Z[i, h, w, c] = s, {_REFUSED} Write s.item() for what is stored."
        )
    return (
        f"{kind}() of an array that holds one number {_REFUSED} "
        f"For such an array b, write {kind}(b.item())."
    )


def _instead_of(name: str) -> str:
    return compat.REMOVED[name.removeprefix(_NAMES)]
