"""Figures and lists as people write them."""

from collections.abc import Iterable
from typing import Optional

MOST_NAMES = 5


def big(value: float) -> str:
    """A cost in three digits: 4.1 G."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:,.0f}"


def number(value: Optional[float], digits: int = 4) -> str:
    """A figure for people: grouped when whole, else with so many digits."""
    if value is None:
        return ""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) >= 10 ** (digits - 1)):
        return f"{int(value):,}"
    text = f"{value:.{digits}g}"
    return f"{value:,.0f}" if "e" in text and abs(value) >= 1 else text


def duration(seconds: Optional[float]) -> str:
    """Seconds as the command line prints them: 532 s, 20.3 min, 5.2 h."""
    return "" if seconds is None else f"{_in(_unit(seconds), seconds)} {_unit(seconds)}"


def between(low: float, high: float, middle: Optional[float] = None) -> str:
    """An interval in one unit, that of its `middle`: 18.0 to 22.9 min."""
    unit = _unit(high if middle is None else middle)
    return f"{_in(unit, low)} to {_in(unit, high)} {unit}"


def _unit(seconds: float) -> str:
    if seconds < 600:
        return "s"
    return "min" if seconds < 7200 else "h"


def _in(unit: str, seconds: float) -> str:
    return number(seconds, 3) if unit == "s" else f"{seconds / {'min': 60, 'h': 3600}[unit]:.1f}"


def counted(count: int, what: str) -> str:
    """`no warnings`, `1 warning`, `1,024 warnings`."""
    return f"{f'{count:,}' if count else 'no'} {what}{'' if count == 1 else 's'}"


def joined(names: Iterable[object], most: int = MOST_NAMES) -> str:
    """Names with commas, the first ones where they are many."""
    every = [str(name) for name in names]
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return f"{', '.join(every[:most])}{more}"
