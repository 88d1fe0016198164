"""Learning curves."""

import pytest

from dlcnn.figures import compare_runs, curves


def _lines(axes):
    return {line.get_label(): list(line.get_ydata()) for line in axes.get_lines()}


def test_curves_put_a_metric_and_its_validation_on_one_axes():
    """`loss` and `val_loss` are compared on the same axes, accuracy beside them."""
    figure = curves({"loss": [3, 2], "accuracy": [0.1, 0.4], "val_loss": [4, 3]})

    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy"]
    assert _lines(figure.axes[0]) == {"training": [3, 2], "validation": [4, 3]}
    assert _lines(figure.axes[1]) == {"training": [0.1, 0.4]}


def test_curves_count_epochs_from_one_and_mark_a_single_one():
    """The first epoch is 1, and one epoch alone is still seen."""
    line = curves({"loss": [3.0]}).axes[0].get_lines()[0]

    assert list(line.get_xdata()) == [1]
    assert line.get_marker() == "o"


def test_curves_refuse_nothing():
    """An empty history has no curves."""
    with pytest.raises(ValueError, match="at least one metric"):
        curves({})


def test_compare_runs_brings_out_the_best_only():
    """Each run is drawn on the metric's axes; the kept one alone is named."""
    figure = compare_runs([{"loss": [3, 2]}, {"loss": [3, 1, 0]}], best=1)

    lines = figure.axes[0].get_lines()
    assert [list(line.get_ydata()) for line in lines] == [[3, 2], [3, 1, 0]]
    legend = figure.axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["run 2, kept"]
    assert lines[0].get_color() != lines[1].get_color()
