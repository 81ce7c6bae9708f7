"""Charts by matplotlib."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional

from ..errors import Missing
from .drawings import Line, Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes(ax: "Optional[Axes]") -> "Axes":
    """`ax`, or those of a new figure."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise Missing("matplotlib") from None
    _, made = pyplot.subplots()
    return made


def intervals(spans: Sequence[Span], ax: "Optional[Axes]" = None) -> "Axes":
    """Each time as a point with its interval, in minutes."""
    ax = axes(ax)
    at = [span.at / 60 for span in spans]
    below = [(span.at - span.low) / 60 for span in spans]
    above = [(span.high - span.at) / 60 for span in spans]
    ax.errorbar(at, range(len(spans)), xerr=[below, above], fmt="o", capsize=3)
    ax.set_yticks(range(len(spans)), [span.name for span in spans])
    ax.set_xlabel("minutes for one epoch")
    ax.set_xlim(left=0)
    return ax


def lines(series: Sequence[Line], x: str, y: str, ax: "Optional[Axes]" = None) -> "Axes":
    """One line for each of `series`, on logarithmic axes."""
    ax = axes(ax)
    for name, points in series:
        ordered = sorted(points)
        ax.plot([at for at, _ in ordered], [value for _, value in ordered], marker="o", markersize=3, label=name)
    return _logarithmic(ax, x.replace("_", " "), y.replace("_", " "), legend=bool(series))


def dots(series: Sequence[Line], x: str, y: str, ax: "Optional[Axes]" = None) -> "Axes":
    """One colour of dots for each of `series`, on logarithmic axes."""
    ax = axes(ax)
    for name, points in series:
        ax.plot([at for at, _ in points], [value for _, value in points], "o", markersize=3, label=name)
    return _logarithmic(ax, x, y, legend=bool(series))


def _logarithmic(ax: "Axes", x: str, y: str, *, legend: bool) -> "Axes":
    ax.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
    if legend:
        ax.legend()
    return ax


def columns(bars: Sequence[tuple[str, float]], y: str, ax: "Optional[Axes]" = None) -> "Axes":
    """One column for each of `bars`."""
    ax = axes(ax)
    ax.bar([name for name, _ in bars], [height for _, height in bars])
    ax.set_ylabel(y)
    return ax
