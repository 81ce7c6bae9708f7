"""Axes that are moved, in the notation of einops: `b (g c) h w -> b (c g) h w`."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

Side = tuple[tuple[str, ...], ...]
_AXIS = re.compile(r"\(([^()]*)\)|(\S+)")


@dataclass(frozen=True)
class Pattern:
    """Each side is a list of axes, each a list of names; an axis of one has none."""

    left: Side
    right: Side
    sizes: Mapping[str, int]

    @classmethod
    def read(cls, text: str, sizes: Optional[Mapping[str, int]] = None) -> "Pattern":
        """What `text` says."""
        sides = text.split("->")
        if len(sides) != 2:
            raise ValueError(f"{text!r} is no pattern: write one -> between two sides")
        left, right = (_side(side) for side in sides)
        names = [sorted(name for axis in side for name in axis) for side in (left, right)]
        if names[0] != names[1] or len(set(names[0])) < len(names[0]):
            raise ValueError(f"{text!r}: each name stands once on either side")
        return cls(left, right, dict(sizes or {}))

    def free(self, axis: tuple[str, ...]) -> list[str]:
        """The names in brackets whose sizes follow from the whole."""
        return [name for name in axis if name not in self.sizes and name != "b"]

    def lengths(self, shape: tuple[int, ...], batch: int) -> dict[str, int]:
        """How long each name is in a value of `shape`."""
        if len(shape) != len(self.left):
            raise ValueError(f"the pattern has {len(self.left)} axes, and the value {len(shape)}")
        found: dict[str, int] = {}
        for axis, size in zip(self.left, shape):
            found.update(self._lengths(axis, size, batch))
        return found

    def _lengths(self, axis: tuple[str, ...], size: int, batch: int) -> dict[str, int]:
        if len(axis) == 1:
            return {axis[0]: size}
        known = {name: self.sizes.get(name, batch) for name in axis if name in self.sizes or name == "b"}
        free = self.free(axis)
        rest, left_over = divmod(size, math.prod(known.values()))
        each = {0: 1, 1: rest, 2: math.isqrt(rest)}.get(len(free), 0)
        if left_over or each ** len(free) != rest:
            raise ValueError(f"an axis of {size} is not ({' '.join(axis)}) with {known}")
        return {**known, **dict.fromkeys(free, each)}

    def shape(self, shape: tuple[int, ...], batch: int) -> tuple[int, ...]:
        """The shape of what comes out."""
        lengths = self.lengths(shape, batch)
        return tuple(math.prod(lengths[name] for name in axis) for axis in self.right)


def _side(text: str) -> Side:
    found = [tuple((inner or single).split()) for inner, single in _AXIS.findall(text)]
    return tuple(() if axis == ("1",) else axis for axis in found)
