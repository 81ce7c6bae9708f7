"""Answers in one line of words, for `print`."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Optional

from .. import ask
from . import html

if TYPE_CHECKING:
    from ..answers import Caution, Costs, Interval, Net, Prediction

MOST_NAMES = 5


def net(base: "Net", scaled: "Optional[Net]", question: Any) -> str:
    """What was asked about: `RegNetY-4GF, dWr:4, 256 px`."""
    asked = question if scaled is None else {}
    side = (scaled or base).resolution or asked.get("resolution")
    how = question.get("scaling")
    # Whoever makes an answer from JSON of their own has no question to it.
    form = "" if scaled is None else ask.written(how) if how else "scaled"
    return ", ".join(part for part in (title(base), form, f"{side} px" if side else "") if part)


def title(base: "Net") -> str:
    """The net's name, else what it costs."""
    return base.name or f"a net of {big(base.complexity.flops)} flops"


def big(value: float) -> str:
    """A cost in three digits: 4.1 G."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:,.0f}"


def costs(found: "Costs") -> str:
    """Costs to the last digit."""
    return ", ".join(f"{found[name]:,} {name}" for name in ("flops", "params", "acts"))


def interval(found: "Interval", middle: Optional[float] = None) -> str:
    """An interval with its level: `90 %: 18.0 to 22.9 min`."""
    return f"{100 * found.level:g} %: {html.between(found.low_seconds, found.high_seconds, middle)}"


def epoch(found: "Prediction") -> str:
    """The time of an epoch with its interval, in one unit."""
    return f"{html.duration(found.epoch_seconds)} an epoch ({interval(found.interval, found.epoch_seconds)})"


def place(found: "Prediction") -> str:
    """The platform, with the mode where it is not training."""
    return found.platform if found.mode == "train" else f"{found.platform} ({found.mode})"


def cautions(found: "Iterable[Caution]") -> str:
    """How many warnings, and of which kinds."""
    codes = [warning.code for warning in found]
    return f"{counted(len(codes), 'warning')}{f' ({joined(dict.fromkeys(codes))})' if codes else ''}"


def fastest_and_slowest(found: "Sequence[Prediction]") -> str:
    """Several predictions, by their ends."""
    ordered = sorted(found, key=lambda one: one.epoch_seconds)
    ends = [f"{html.duration(one.epoch_seconds)} ({place(one)})" for one in (ordered[0], ordered[-1])]
    return f"{' to '.join(ends)} an epoch"


def counted(count: int, what: str) -> str:
    """`no warnings`, `1 warning`, `1,024 warnings`."""
    return f"{f'{count:,}' if count else 'no'} {what}{'' if count == 1 else 's'}"


def joined(names: Iterable[object], most: int = MOST_NAMES) -> str:
    """Names with commas, the first ones where they are many."""
    every = [str(name) for name in names]
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return f"{', '.join(every[:most])}{more}"
