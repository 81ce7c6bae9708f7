"""A line that says how far something is, where somebody is looking and it takes long."""

import sys
import time
from typing import Optional, TextIO

PATIENCE = 2.0
BETWEEN = 0.2


def watched(stream: TextIO) -> bool:
    """Whether `stream` is a terminal or a notebook's cell."""
    return stream.isatty() or type(stream).__module__.startswith("ipykernel")


def say(text: str) -> None:
    """A line for whoever is looking; scripts stay silent."""
    if watched(sys.stderr):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class Progress:
    """`what: 12 of 40 (30 %), 8 s left`, rewritten in place.

    `show` True or False decides; None shows it where somebody is looking, after two seconds.
    """

    def __init__(self, what: str, total: float, show: Optional[bool] = None, unit: str = "") -> None:
        self.what, self.total, self.unit, self.done = what, total, unit, 0.0
        self.stream: TextIO = sys.stderr
        self.asked = show is True
        self.show = watched(self.stream) if show is None else show
        self.start = time.monotonic()
        self.next = self.start + (PATIENCE if show is None else 0.0)
        self.width = 0

    def at(self, done: float, note: str = "") -> None:
        """It is `done` far."""
        self.done = done
        now = time.monotonic()
        due = now >= self.next or (done >= self.total and (self.width > 0 or self.asked))
        if not self.show or not due:
            return
        self.next = now + BETWEEN
        self._write(self._text(now, note))

    def _text(self, now: float, note: str) -> str:
        share = min(1.0, self.done / self.total) if self.total else 1.0
        left = (now - self.start) * (1 - share) / share if share > 0 else None
        rest = f", {left:.0f} s left" if left is not None and share < 1 else ""
        return f"{self.what}: {self.done:,.0f} of {self.total:,.0f}{self.unit} ({share:.0%}){rest}{note}"

    def _write(self, text: str) -> None:
        self.stream.write("\r" + text.ljust(self.width))
        self.stream.flush()
        self.width = len(text)

    def close(self) -> None:
        """Ends the line, if one was begun."""
        if self.width:
            self.stream.write("\n")
            self.stream.flush()
            self.width = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
