"""Values become nodes: what does nothing goes, what is left is put in order."""

import math
from typing import Any, Optional

from ...errors import NoGraph
from ..shapes import ELEMENTWISE
from .layout import Batches, Inexpressible
from .values import Value

# Up to here a constant is written number by number.
_FEW = 64


def written(out: Value, batches: Batches) -> tuple[list[dict[str, Any]], set[str]]:
    """The nodes that make `out`, and the parameters in them."""
    order = _ordered(_without_growth(out))
    writer = _Writer(batches)
    for value in order:
        writer.add(value)
    if not writer.nodes or writer.at[order[-1]] != len(writer.nodes) - 1:
        raise NoGraph("the module puts out what it was given")
    return writer.nodes, set(writer.holders)


def _real(value: Value) -> Value:
    """What stands for `value` when all that does nothing is gone."""
    while value.op == "identity" or (value.layout is not None and value.layout.fused().is_same):
        value = value.inputs[0]
    return value


def _reachable(out: Value) -> list[Value]:
    """All that `out` is made of, in the order in which it was made."""
    found: dict[Value, float] = {}
    waiting = [_real(out)]
    while waiting:
        value = waiting.pop()
        if value in found:
            continue
        value.inputs = tuple(_real(inner) for inner in value.inputs)
        found[value] = value.born
        waiting += value.inputs
    return sorted(found, key=lambda value: value.born)


def _without_growth(out: Value) -> Value:
    """Expansions go where operators broadcast anyway."""
    values = _reachable(out)
    users: dict[Value, list[Value]] = {value: [] for value in values}
    for value in values:
        for inner in value.inputs:
            users[inner].append(value)
    for value in values:
        if value.op == "expand" and users[value] and all(_broadcasts(user, value) for user in users[value]):
            value.op = "identity"
        elif value.op == "expand":
            _grow(value)
    return _real(out)


def _broadcasts(user: Value, grown: Value) -> bool:
    """Whether `user` makes the same of what was not expanded."""
    if user.op not in ELEMENTWISE:
        return False
    inputs = [grown.inputs[0] if inner is grown else inner for inner in user.inputs]
    # Another expansion beside it may go too.
    inputs = [inner.inputs[0] if inner.op in ("expand", "identity") else inner for inner in inputs]
    return all(_broadcast([inner.shapes[at] for inner in inputs]) == shape for at, shape in enumerate(user.shapes))


def _broadcast(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    rank = max(len(shape) for shape in shapes)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(max(sizes) for sizes in zip(*padded))


def _grow(value: Value) -> None:
    """An expansion that has to stay: an axis repeated, or the shape of another value."""
    axes = value.fields.pop("grow")
    like: Optional[Value] = value.like
    counts = {axis: value.sizes(axis) for axis in axes}
    if like is None or all(len(set(sizes)) == 1 for sizes in counts.values()):
        if any(len(set(sizes)) > 1 for sizes in counts.values()):
            raise NoGraph(f"expand in {value.at}: the shape that it makes is that of no other value")
        source = value.inputs[0]
        for axis in axes[:-1]:
            between = Value("repeat", (source,), value.shapes, axis=axis, times=counts[axis][0])
            # Just before the last one.
            between.born, between.at = value.born - 0.5 + axis / 100, value.at
            source = between
        value.op, value.inputs = "repeat", (source,)
        value.fields = {"axis": axes[-1], "times": counts[axes[-1]][0]}
        return
    value.inputs = (value.inputs[0], _real(like))


def _ordered(out: Value) -> list[Value]:
    return _reachable(out)


class _Writer:
    def __init__(self, batches: Batches) -> None:
        self.batches = batches
        self.nodes: list[dict[str, Any]] = []
        self.at: dict[Value, int] = {}
        # Which node holds a parameter.
        self.holders: dict[str, int] = {}
        self.done: list[Value] = []

    def add(self, value: Value) -> None:
        """Writes a value, after the parameters and constants that it takes."""
        if value.op == "image":
            self.at[value] = -1
        elif value.op not in ("param", "const"):
            for inner in value.inputs:
                if inner not in self.at:
                    self._write(inner)
            self._write(value)

    def _write(self, value: Value) -> None:
        fields, inputs = self._fields(value)
        here = len(self.nodes)
        sources = [self.at[inner] - here for inner in inputs]
        fields.update(self._tied(value, fields))
        node = {"op": value.op, **fields}
        if sources and sources != [-1]:
            node["from"] = sources
        if value.at:
            node["at"] = value.at
        self.at[value] = here
        self.nodes.append(node)
        self.done.append(value)

    def _tied(self, value: Value, fields: dict[str, Any]) -> dict[str, Any]:
        """A node whose weights are those of an earlier one says so."""
        holders = {self.holders.get(name) for name in value.weights}
        here = len(self.nodes)
        if value.weights and None not in holders:
            first = holders.pop()
            if not holders and first is not None and self._alike(self.nodes[first], value, fields):
                return {"tied": first - here}
        if holders - {None}:
            raise NoGraph(f"{value.op} in {value.at}: one of its parameters is used elsewhere in another way")
        self.holders.update(dict.fromkeys(value.weights, here))
        return {}

    def _alike(self, node: dict[str, Any], value: Value, fields: dict[str, Any]) -> bool:
        same = ("out", "kernel", "groups", "bias", "affine", "shape")
        return node["op"] == value.op and all(node.get(name) == fields.get(name) for name in same)

    def _fields(self, value: Value) -> tuple[dict[str, Any], tuple[Value, ...]]:
        if value.op == "rearrange" and value.layout is not None:
            try:
                return value.layout.fused().fields(self.batches), value.inputs
            except Inexpressible as error:
                raise NoGraph(f"reshape in {value.at}: {error}") from None
        if value.op == "const":
            return self._constant(value)
        if value.op == "pad":
            return _padding(value), value.inputs
        fields = dict(value.fields)
        fields.pop("grow", None)
        return {name: field for name, field in fields.items() if field is not None}, value.inputs

    def _constant(self, value: Value) -> tuple[dict[str, Any], tuple[Value, ...]]:
        shape: list[Optional[int]] = []
        like: tuple[Value, ...] = ()
        for axis in range(value.rank):
            sizes = value.sizes(axis)
            if axis == 0 and self.batches.is_batch(sizes):
                shape.append(1)
            elif len(set(sizes)) == 1:
                shape.append(sizes[0])
            else:
                like = like or self._like(value)
                shape.append(None)
        return {"shape": shape, **_numbers(value, shape)}, like

    def _like(self, value: Value) -> tuple[Value, ...]:
        """A value before, whose sizes a constant takes where they change with the resolution."""
        axes = [axis for axis in range(value.rank) if len(set(value.sizes(axis))) > 1]
        for other in reversed(self.done):
            if other.moving and other.rank == value.rank and all(other.sizes(a) == value.sizes(a) for a in axes):
                return (other,)
        raise NoGraph("a constant whose size changes with the resolution is that of no other value")


def _numbers(value: Value, shape: list[Optional[int]]) -> dict[str, Any]:
    if "value" in value.fields:
        return {"value": value.fields["value"]}
    if value.tensor is None:
        return {"how": "table"}
    first = value.tensor[0].reshape(-1)
    if all(bool((tensor == first[0]).all()) for tensor in value.tensor if tensor.numel()):
        return {"value": _number(first[0])}
    if None not in shape and len(first) <= _FEW and len(set(value.shapes)) == 1:
        return {"value": [_number(number) for number in first]}
    return {"how": "table"}


def _number(scalar: Any) -> Any:
    number = float(scalar)
    if not math.isfinite(number):
        # JSON has none; softmax makes the same of it.
        return -1e30 if number < 0 else 1e30
    return int(number) if number == int(number) and abs(number) < 1e15 else float(f"{number:.7g}")


def _padding(value: Value) -> dict[str, Any]:
    pads = value.fields["pads"]
    if len({tuple(pad) for pad in pads}) > 1:
        raise NoGraph(f"pad in {value.at}: how much it adds changes with the resolution")
    rest = {name: value.fields[name] for name in ("value", "mode") if value.fields.get(name) is not None}
    if "value" in rest:
        rest["value"] = _number(rest["value"])
    return {"pad": list(pads[0]), **rest}
