"""What everything here is drawn on: matplotlib's figure, which notebooks show by themselves.

matplotlib's own is shown as text wherever pyplot has not been imported. It is loaded when something
is drawn.
"""

import io

from matplotlib.figure import Figure as PlainFigure

__all__ = ["Figure"]


class Figure(PlainFigure):
    """A `matplotlib.figure.Figure` with a picture of itself."""

    def _repr_png_(self) -> bytes:
        """The picture that IPython asks for."""
        stream = io.BytesIO()
        self.savefig(stream, format="png")
        return stream.getvalue()
