"""Views, permutations and their like, merged into one pattern of axes.

Each axis of a value is a product of atoms, in order. A size is a tuple, one number for each capture, so that what
changes with the batch or the resolution is told from what stays.
"""

import math
from dataclasses import dataclass
from typing import Any, Optional

Sizes = tuple[int, ...]
# In the order in which they are taken; `b` is the batch, always.
_NAMES = "gdijklmopqrstuvxyznaefhw"
_WHOLE = {4: ("b", "c", "h", "w"), 3: ("b", "n", "c"), 2: ("b", "c"), 1: ("c",)}


class Inexpressible(ValueError):
    """No pattern says this for more than one size of image."""


class Atom:
    """A part of an axis that is moved as a whole."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes

    def __repr__(self) -> str:
        return f"Atom{self.sizes}"


Axes = tuple[tuple[Atom, ...], ...]


def times(left: Sizes, right: Sizes) -> Sizes:
    """Elementwise product."""
    return tuple(a * b for a, b in zip(left, right))


def divided(whole: Sizes, by: Sizes) -> Optional[Sizes]:
    """Elementwise quotient; None where one does not come out even."""
    return None if any(b == 0 or a % b for a, b in zip(whole, by)) else tuple(a // b for a, b in zip(whole, by))


@dataclass(frozen=True)
class Batches:
    """What the batch was in each capture, and which sizes change with the resolution."""

    batch: Sizes

    def is_batch(self, sizes: Sizes) -> bool:
        """Whether an axis is the batch, and nothing else."""
        return sizes == self.batch

    def varies(self, sizes: Sizes) -> bool:
        """Whether a size changes with the resolution or the batch."""
        return len(set(sizes)) > 1 or sizes[0] % self.batch[0] == 0


@dataclass(frozen=True)
class Layout:
    """`left` is how the source's axes are made of atoms, `right` how the result's are."""

    left: Axes
    right: Axes

    @classmethod
    def of(cls, shapes: tuple[tuple[int, ...], ...]) -> "Layout":
        """A value as it is."""
        axes = tuple((Atom(sizes),) if set(sizes) != {1} else () for sizes in zip(*shapes))
        return cls(axes, axes)

    @property
    def is_same(self) -> bool:
        """Whether nothing moves."""
        return self.left == self.right

    def permuted(self, order: "list[int] | tuple[int, ...]") -> "Layout":
        """The result's axes in another order."""
        return Layout(self.left, tuple(self.right[at] for at in order))

    def without(self, axis: int) -> "Layout":
        """Without an axis of the result, which has to be of one."""
        return Layout(self.left, self.right[:axis] + self.right[axis + 1 :])

    def with_one(self, axis: int) -> "Layout":
        """With an axis of one more."""
        return Layout(self.left, (*self.right[:axis], (), *self.right[axis:]))

    def reshaped(self, shapes: tuple[tuple[int, ...], ...]) -> "Layout":
        """The result in other shapes, row by row: atoms are split where an axis ends inside of them."""
        layout = self
        atoms = [atom for axis in self.right for atom in axis]
        axes: list[tuple[Atom, ...]] = []
        for wanted in zip(*shapes):
            axis: list[Atom] = []
            rest: Sizes = wanted
            while set(rest) != {1}:
                if not atoms:
                    raise Inexpressible("its elements are regrouped")
                atom = atoms.pop(0)
                left_over = divided(rest, atom.sizes)
                if left_over is None:
                    second = divided(atom.sizes, rest)
                    if second is None:
                        raise Inexpressible("its elements are regrouped")
                    parts = (Atom(rest), Atom(second))
                    layout = layout._split(atom, parts)
                    axes = [_replaced(old, atom, parts) for old in axes]
                    axis.append(parts[0])
                    atoms.insert(0, parts[1])
                    break
                axis.append(atom)
                rest = left_over
            axes.append(tuple(axis))
        if atoms:
            raise Inexpressible("its elements are regrouped")
        return Layout(layout.left, tuple(axes))

    def _split(self, atom: Atom, parts: tuple[Atom, ...]) -> "Layout":
        left, right = (tuple(_replaced(axis, atom, parts) for axis in axes) for axes in (self.left, self.right))
        return Layout(left, right)

    def fused(self) -> "Layout":
        """Atoms that stand side by side on both sides are one."""
        layout = self
        while (pair := layout._neighbours()) is not None:
            whole = Atom(times(pair[0].sizes, pair[1].sizes))
            layout = Layout(
                *(tuple(_joined(axis, pair, whole) for axis in axes) for axes in (layout.left, layout.right))
            )
        return layout

    def _neighbours(self) -> Optional[tuple[Atom, Atom]]:
        right = {pair for axis in self.right for pair in zip(axis, axis[1:])}
        for axis in self.left:
            for pair in zip(axis, axis[1:]):
                if pair in right:
                    return pair
        return None

    def fields(self, batches: Batches) -> dict[str, Any]:
        """The pattern, and the sizes that do not follow."""
        names = self._names(batches)
        sides = [" ".join(_written(axis, names) for axis in axes) for axes in (self.left, self.right)]
        sizes: dict[str, int] = {}
        for axis in self.left:
            sizes.update({names[atom]: size for atom, size in _sized(axis, batches).items()})
        return {"as": " -> ".join(sides), **({"sizes": sizes} if sizes else {})}

    def _names(self, batches: Batches) -> dict[Atom, str]:
        atoms = [atom for axis in self.left for atom in axis]
        names = {atom: "b" for atom in atoms if batches.is_batch(atom.sizes)}
        if len(names) > 1:
            raise Inexpressible("two axes are as long as the batch")
        usual = _WHOLE.get(len(self.left), ())
        for name, axis in zip(usual, self.left):
            if len(axis) == 1 and axis[0] not in names and name != "b":
                names[axis[0]] = name
        for axis in self.left:
            grid = [atom for atom in axis if atom not in names and batches.varies(atom.sizes)]
            if len(grid) == 2 and not {"h", "w"} & set(names.values()):
                names.update(zip(grid, "hw"))
        free = [name for name in _NAMES if name not in names.values()] + [f"x{at}" for at in range(99)]
        for atom in atoms:
            if atom not in names:
                names[atom] = free.pop(0)
        return names


def _replaced(axis: tuple[Atom, ...], atom: Atom, parts: tuple[Atom, ...]) -> tuple[Atom, ...]:
    return tuple(new for old in axis for new in (parts if old is atom else (old,)))


def _joined(axis: tuple[Atom, ...], pair: tuple[Atom, Atom], whole: Atom) -> tuple[Atom, ...]:
    return tuple(whole if atom is pair[0] else atom for atom in axis if atom is not pair[1])


def _written(axis: tuple[Atom, ...], names: dict[Atom, str]) -> str:
    if len(axis) == 1:
        return names[axis[0]]
    return f"({' '.join(names[atom] for atom in axis)})" if axis else "1"


def _sized(axis: tuple[Atom, ...], batches: Batches) -> dict[Atom, int]:
    """The sizes that have to be written for the atoms of one axis of the source."""
    if len(axis) < 2:
        return {}
    inner = [atom for atom in axis if not batches.is_batch(atom.sizes)]
    free = [atom for atom in inner if batches.varies(atom.sizes)]
    fixed = [atom for atom in inner if atom not in free]
    if len(free) > 2 or (len(free) == 2 and free[0].sizes != free[1].sizes):
        raise Inexpressible("more than one size changes with the resolution")
    if not free:
        # The smaller factor stays when the net is widened, the larger grows.
        largest = max(reversed(fixed), key=lambda atom: math.prod(atom.sizes))
        fixed = [atom for atom in fixed if atom is not largest]
    return {atom: atom.sizes[0] for atom in fixed}
