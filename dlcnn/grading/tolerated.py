"""What of older code was let pass while marking, or could not be, in a sentence each.

A worker only names kinds (`compat.KINDS`); no word of its own gets into a report.
"""

from collections.abc import Collection

from dlcnn.grading.worker import compat

__all__ = ["advice_on", "notes_on"]

_REFUSED = "is refused by NumPy 2.4 and newer; it was accepted here, marks are not lost."
_NAMES = "np."


# What newer NumPy says of code that was right under an older one, and what to write today.
_ADVICE = {
    "only 0-dimensional arrays can be converted to Python scalars": (
        "Since NumPy 2.4 an array that holds one number is no number: write b.item() for it."
    ),
    "has no attribute 'itemset'": "ndarray.itemset is gone since NumPy 2.0: write a[i] = value.",
    "has no attribute 'ptp'": "ndarray.ptp is gone since NumPy 2.0: write np.ptp(a).",
    "has no attribute 'newbyteorder'": (
        "ndarray.newbyteorder is gone since NumPy 2.0: write a.view(a.dtype.newbyteorder(order))."
    ),
    "inhomogeneous shape": (
        "Since NumPy 1.24 rows of different lengths make no array: give them one length, or pass "
        "dtype=object."
    ),
}


def advice_on(message: str) -> str | None:
    """What to write today, where an exception's message shows code for an older NumPy."""
    return next((advice for said, advice in _ADVICE.items() if said in message), None)


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
