"""What everything is drawn on."""

import nbformat
from nbclient import NotebookClient


def _shown(source):
    """What a real notebook shows below a cell, by kind."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, timeout=120).execute()
    return [kind for output in notebook.cells[0].outputs for kind in output.get("data", {})]


def test_figure_is_a_picture_in_a_notebook():
    """Below a cell stands a picture, though nobody imported pyplot; matplotlib's own is text."""
    drawing = "lines([1, 2], {'one': [1, 2]}, xlabel='x', ylabel='y')"

    assert "image/png" in _shown(f"from dlcnn.figures import lines\n{drawing}")
    assert _shown("from matplotlib.figure import Figure\nFigure()") == ["text/plain"]
