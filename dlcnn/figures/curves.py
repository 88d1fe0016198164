"""Learning curves: of one run, or of several beside each other."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dlcnn.figures.colours import COLOURS, GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["compare_runs", "curves"]

_VALIDATION = "val_"


def curves(series: Mapping[str, Sequence[float]], *, title: str = "") -> "Figure":
    """Draw what changed over the epochs; a metric and its `val_` twin share their axes.

    Args:
        series: a value per epoch for each metric, as in Keras' `History.history`.
        title: stands above the figure.

    Raises:
        ValueError: there is nothing to draw.
    """
    metrics = list(dict.fromkeys(name.removeprefix(_VALIDATION) for name in series))
    figure, all_axes = _row_of_axes("curves", metrics, title)
    for axes, metric in zip(all_axes, metrics, strict=True):
        twins = {"training": metric, "validation": _VALIDATION + metric}
        drawn = {label: series[name] for label, name in twins.items() if name in series}
        for (label, values), colour in zip(drawn.items(), COLOURS, strict=False):
            # A single epoch is a point: without its mark nothing would be seen.
            marker = "o" if len(values) < 2 else ""
            axes.plot(range(1, len(values) + 1), values, marker=marker, color=colour, label=label)
        if len(drawn) > 1:
            axes.legend(frameon=False)
    return figure


def compare_runs(
    runs: Sequence[Mapping[str, Sequence[float]]], *, best: int, title: str = ""
) -> "Figure":
    """Draw the curves of several runs over each other, the best one in colour.

    Args:
        runs: as `series` of `curves`, one for each run, with the same metrics.
        best: which of `runs` to bring out.
        title: stands above the figure.

    Raises:
        ValueError: there is nothing to draw.
    """
    metrics = list(dict.fromkeys(metric for run in runs for metric in run))
    figure, all_axes = _row_of_axes("compare_runs", metrics, title)
    for axes, metric in zip(all_axes, metrics, strict=True):
        for index, run in enumerate(runs):
            values = run.get(metric, ())
            style = (
                {"color": COLOURS[0], "lw": 2, "zorder": 3} if index == best else {"color": GREY}
            )
            label = f"run {index + 1}, kept" if index == best else None
            axes.plot(range(1, len(values) + 1), values, label=label, **style)
        axes.legend(frameon=False)
    return figure


def _row_of_axes(where: str, metrics: Sequence[str], title: str) -> tuple["Figure", list["Axes"]]:
    from matplotlib.ticker import MaxNLocator

    from dlcnn.figures.figure import Figure

    if not metrics:
        raise ValueError(f"{where}: it draws at least one metric. Received none.")
    figure = Figure(figsize=(4.5 * len(metrics), 3.4), layout="constrained")
    all_axes = list(figure.subplots(1, len(metrics), squeeze=False).flat)
    for axes, metric in zip(all_axes, metrics, strict=True):
        axes.set(xlabel="epoch", ylabel=metric.replace("_", " "))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3)
    if title:
        figure.suptitle(title)
    return figure, all_axes
