"""The largest batch that fits."""

from typing import Callable


def largest(fits: Callable[[int], bool], *, first: int = 8, most: int = 1024) -> int:
    """The largest batch for which `fits`, at most `most`: doubled until it does not fit, then bisected.

    It is found to an eighth of its power of two (16, 18, 20, …, 32, 36, …): nobody chooses batches more finely, and
    each attempt costs a step. 0: not even one image fits.
    """
    low, high = 0, min(first, most)
    while fits(high):
        low = high
        if high == most:
            return low
        high = min(2 * high, most)
    while high - low > grain(low):
        middle = (low + high) // 2
        middle -= middle % grain(low)
        if fits(middle):
            low = middle
        else:
            high = middle
    return low


def grain(batch: int) -> int:
    """An eighth of the power of two below `batch`, and at least 1."""
    return max(1, 1 << max(0, batch.bit_length() - 1 - 3))
