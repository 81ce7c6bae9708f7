"""What a list of step times says."""

import statistics
from collections.abc import Sequence

WINDOW = 5
LEAST_WARM_UP = 10
SETTLED = 0.02


def quantile(values: Sequence[float], q: float) -> float:
    """The `q`-quantile, linear between the values around it."""
    ordered = sorted(values)
    at = q * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def spread(values: Sequence[float]) -> float:
    """Distance between the quartiles, over the median."""
    return (quantile(values, 0.75) - quantile(values, 0.25)) / statistics.median(values)


def noise(values: Sequence[float]) -> float:
    """Standard deviation over the mean."""
    return statistics.stdev(values) / statistics.fmean(values)


def settled(steps: Sequence[float]) -> bool:
    """Whether the warm-up is over: the median of the last steps is within 2 % of that of those before them."""
    if len(steps) < max(LEAST_WARM_UP, 2 * WINDOW):
        return False
    last = statistics.median(steps[-WINDOW:])
    before = statistics.median(steps[-2 * WINDOW : -WINDOW])
    return abs(last - before) <= SETTLED * before
