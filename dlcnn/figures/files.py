"""Saving figures whole or not at all."""

from pathlib import Path
from typing import TYPE_CHECKING

from dlcnn.errors import DlcnnError
from dlcnn.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["check_format", "save"]

_FORMATS = (".pdf", ".png", ".svg")


def check_format(path: str | Path) -> None:
    """Refuse a file that `save` could not write, before the work that leads to the figure.

    Args:
        path: ends in .png, .svg or .pdf.

    Raises:
        DlcnnError: another suffix.
    """
    if Path(path).suffix.lower() not in _FORMATS:
        raise DlcnnError(
            f"figure: the file's suffix chooses its format, one of {', '.join(_FORMATS)}. "
            f"Received {str(path)!r}. Name the file with one of them."
        )


def save(figure: "Figure", path: str | Path, *, dpi: int = 120) -> None:
    """Write `figure` to `path` atomically, in the format that its suffix names.

    The same figure gives the same bytes: no date is written into the file.

    Args:
        figure: what the functions of `dlcnn.figures` give.
        path: ends in .png, .svg or .pdf.
        dpi: pixels per inch of a .png.

    Raises:
        DlcnnError: another suffix.
    """
    check_format(path)
    path = Path(path)
    dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi, metadata=dates.get(path.suffix.lower()))
