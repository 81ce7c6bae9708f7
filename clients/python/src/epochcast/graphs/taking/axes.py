"""Rules of what moves, cuts and joins axes."""

from functools import partial
from typing import Any, Callable, Optional

from .call import Call, rule
from .layout import Layout
from .values import Shape, Shapes, Value

_END = 1 << 60
# Cut in more equal parts than this, an axis is no list of things of one kind.
_MOST_PARTS = 8
# What is this near to the end of an axis is counted from there.
_NEAR = 4


def axis_of(call: Call, source: Value, name: str = "dim") -> int:
    """An axis, counted from the first."""
    axis: int = call[name]
    return axis % max(source.rank, 1)


@rule("view", "reshape", "_unsafe_view", "flatten", "unflatten", "view_copy", "reshape_as", "view_as")
def _view(call: Call) -> Value:
    source: Value = call.first
    if source.shapes == call.shapes:
        return call.same(source)
    return call.arranged(source, lambda layout: layout.reshaped(call.shapes))


@rule("permute")
def _permute(call: Call) -> Value:
    source: Value = call.first
    order = [axis % source.rank for axis in call["dims"]]
    return call.arranged(source, lambda layout: layout.permuted(order))


@rule("transpose", "swapaxes")
def _transpose(call: Call) -> Value:
    source: Value = call.first
    one, other = list(call.args[0].values())[1:3]
    return _swapped(call, source, one, other)


@rule("t", "numpy_T", "mT", "matrix_H")
def _transposed(call: Call) -> Value:
    source: Value = call.first
    if call.name == "numpy_T":
        return call.arranged(source, lambda layout: layout.permuted(list(range(source.rank))[::-1]))
    return call.same(source) if source.rank < 2 else _swapped(call, source, -2, -1)


def _swapped(call: Call, source: Value, one: int, other: int) -> Value:
    order = list(range(source.rank))
    order[one], order[other] = order[other], order[one]
    return call.arranged(source, lambda layout: layout.permuted(order))


@rule("movedim")
def _moved(call: Call) -> Value:
    source: Value = call.first
    starts, ends = ([call[name]] if isinstance(call[name], int) else call[name] for name in ("source", "destination"))
    order: list[Optional[int]] = [None] * source.rank
    for start, end in zip(starts, ends):
        order[end] = start % source.rank
    rest = iter(axis for axis in range(source.rank) if axis not in order)
    return call.arranged(source, lambda layout: layout.permuted([next(rest) if at is None else at for at in order]))


@rule("squeeze")
def _squeeze(call: Call) -> Value:
    source: Value = call.first
    dims = call.get("dim")
    asked = range(source.rank) if dims is None else [dims] if isinstance(dims, int) else dims
    ones = {axis % source.rank for axis in asked if set(source.sizes(axis)) == {1}}
    if not ones:
        return call.same(source)
    kept = [axis for axis in range(source.rank) if axis not in ones]
    return call.arranged(source, lambda layout: layout.permuted(kept))


@rule("unsqueeze")
def _unsqueeze(call: Call) -> Value:
    source: Value = call.first
    axis = call["dim"] % (source.rank + 1)
    return call.arranged(source, lambda layout: layout.with_one(axis))


@rule("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle")
def _shuffled(call: Call) -> Value:
    source: Value = call.first
    groups = int(list(call.args[0].values())[1])

    opened, order = _OPENED[call.name]
    shapes = tuple(opened(shape, groups) for shape in source.shapes)
    return call.arranged(source, lambda old: old.reshaped(shapes).permuted(order).reshaped(call.shapes))


def _shuffle_opened(shape: Shape, groups: int) -> Shape:
    batch, channels, height, width = shape
    return (batch, groups, channels // groups, height, width)


def _up_opened(shape: Shape, by: int) -> Shape:
    batch, channels, height, width = shape
    return (batch, channels // by**2, by, by, height, width)


def _down_opened(shape: Shape, by: int) -> Shape:
    batch, channels, height, width = shape
    return (batch, channels, height // by, by, width // by, by)


_OPENED: dict[str, tuple[Callable[[Shape, int], Shape], list[int]]] = {
    "pixel_shuffle": (_up_opened, [0, 1, 4, 2, 5, 3]),
    "pixel_unshuffle": (_down_opened, [0, 1, 3, 5, 2, 4]),
    "channel_shuffle": (_shuffle_opened, [0, 2, 1, 3, 4]),
    "native_channel_shuffle": (_shuffle_opened, [0, 2, 1, 3, 4]),
}


@rule("cat", "concat", "concatenate")
def _cat(call: Call) -> Value:
    # An empty tensor is a leftover of old code, and joins nothing.
    values = [value for value in call["tensors"] if 0 not in value.shapes[0]]
    if len(values) == 1:
        return call.same(values[0])
    return call.value("cat", *values, axis=None if axis_of(call, values[0]) == 1 else call["dim"])


@rule("stack")
def _stack(call: Call) -> Value:
    axis = call["dim"] % (call["tensors"][0].rank + 1)
    opened = [call.arranged(value, lambda layout: layout.with_one(axis)) for value in call["tensors"]]
    return call.value("cat", *opened, axis=None if axis == 1 else axis)


@rule("chunk", "split", "split_with_sizes", "tensor_split", "unbind", "unsafe_chunk", "unsafe_split")
def _cut(call: Call) -> list[Value]:
    source: Value = call.first
    axis = axis_of(call, source)
    if call.name == "unbind":
        return [picked(call, source, axis, at) for at in range(len(call.shapes[0]))]
    starts = [0] * len(source.shapes)
    made = []
    for at in range(len(call.shapes[0])):
        shapes: Shapes = tuple(shapes[at] for shapes in call.shapes)
        ends = [start + shape[axis] for start, shape in zip(starts, shapes)]
        made.append(cut(call, source, axis, starts, ends))
        starts = ends
    return made


@rule("slice", "narrow")
def _slice(call: Call) -> Value:
    source: Value = call.first
    axis = axis_of(call, source)
    sizes = source.sizes(axis)
    if call.name == "narrow":
        starts = [start % size for start, size in zip(call.each("start"), sizes)]
        return cut(call, source, axis, starts, [start + n for start, n in zip(starts, call.each("length"))])
    starts = [_bound(start or 0, size) for start, size in zip(call.each("start"), sizes)]
    ends = [_bound(_END if end is None else end, size) for end, size in zip(call.each("end"), sizes)]
    return cut(call, source, axis, starts, ends, call["step"])


def _bound(at: int, size: int) -> int:
    return max(0, min(size, at + size if at < 0 else at))


@rule("select")
def _select(call: Call) -> Value:
    source: Value = call.first
    axis = axis_of(call, source)
    at = {index % size for index, size in zip(call.each("index"), source.sizes(axis))}
    if len(at) == 1:
        return picked(call, source, axis, at.pop())
    if {index % size - size for index, size in zip(call.each("index"), source.sizes(axis))} == {-1}:
        return picked(call, source, axis, -1)
    raise call.refuse("which of an axis it selects changes with the resolution")


def picked(call: Call, source: Value, axis: int, at: int) -> Value:
    """The `at`-th of an axis, which goes."""
    sizes = source.sizes(axis)
    if set(sizes) == {1}:
        return call.arranged(source, lambda layout: layout.without(axis))
    early = _picked_early(call, source, axis, at)
    if early is not None:
        return early
    starts = [at % size for size in sizes]
    cut_out = cut(call, source, axis, starts, [start + 1 for start in starts])
    return call.arranged(cut_out, lambda layout: layout.without(axis))


def _picked_early(call: Call, source: Value, axis: int, at: int) -> Optional[Value]:
    """`qkv[0]` of `b n (k h d) -> k b h n d` is a third of the channels, before anything is moved."""
    layout = source.layout
    if layout is None or len(layout.right[axis]) != 1 or len(set(source.sizes(axis))) > 1:
        return None
    atom = layout.right[axis][0]
    for before, inner in enumerate(layout.left):
        if inner and inner[0] is atom:
            start = source.inputs[0]
            length = [size // atom.sizes[0] for size in start.sizes(before)]
            index = at % atom.sizes[0]
            part = cut(call, start, before, [index * n for n in length], [(index + 1) * n for n in length])
            left = tuple(tuple(old for old in inner if old is not atom) for inner in layout.left)
            right = tuple(tuple(old for old in inner if old is not atom) for inner in layout.right)
            rest = type(layout)(left, right).without(axis)
            return call.arranged(part, partial(_instead, rest)) if part.layout is None else None
    return None


def _instead(layout: Layout, _: Layout) -> Layout:
    return layout


def cut(call: Call, source: Value, axis: int, starts: Any, ends: Any, step: int = 1) -> Value:  # noqa: PLR0917
    """A piece of an axis."""
    sizes = source.sizes(axis)
    lengths = [max(0, -(-(end - start) // step)) for start, end in zip(starts, ends)]
    shapes = tuple((*shape[:axis], length, *shape[axis + 1 :]) for shape, length in zip(source.shapes, lengths))
    if list(sizes) == lengths:
        return call.same(source)
    part = _equal_part(sizes, starts, lengths) if step == 1 else None
    if part is not None:
        index, of = part
        return call.value("part", source, shapes=shapes, index=index, of=of, axis=None if axis == 1 else axis)
    last = [min(size, start + length * step) for size, start, length in zip(sizes, starts, lengths)]
    start, stop = _constant(starts, sizes, call), None if last == list(sizes) else _constant(ends, sizes, call)
    return call.value(
        "slice", source, shapes=shapes, axis=axis, start=start or None, stop=stop, step=None if step == 1 else step
    )


def _equal_part(sizes: Any, starts: Any, lengths: Any) -> Optional[tuple[int, int]]:
    """Which of how many, where all captures agree."""
    found = {
        (start // length, size // length) if length and size % length == 0 and start % length == 0 else None
        for size, start, length in zip(sizes, starts, lengths)
    }
    part = found.pop() if len(found) == 1 else None
    # One of many single elements, as a class token is, is no part.
    single = set(lengths) == {1} and max(sizes) > 4
    return None if part is None or part[1] > _MOST_PARTS or single else part


def _constant(at: Any, sizes: Any, call: Call) -> int:
    """A place on an axis that is the same in each capture, from the near end."""
    ahead, behind = set(at), {place - size for place, size in zip(at, sizes)}
    near_end = len(behind) == 1 and max(behind) < 0 and -max(behind) <= min([_NEAR, *ahead])
    if len(ahead) == 1 and not near_end:
        return int(ahead.pop())
    if len(behind) == 1:
        return int(behind.pop())
    raise call.refuse("where it cuts changes with the resolution")


@rule("expand", "broadcast_to", "expand_copy")
def _expand(call: Call) -> Value:
    source: Value = call.first
    made = source
    for _ in range(len(call.shapes[0]) - source.rank):
        made = call.arranged(made, lambda layout: layout.with_one(0))
    return grown(call, made, call.shapes)


@rule("expand_as")
def _expand_as(call: Call) -> Value:
    made: Value = _expand(call)
    return made


def grown(call: Call, source: Value, shapes: Shapes) -> Value:
    """`source` with its ones repeated to `shapes`."""
    if source.shapes == shapes:
        return call.same(source)
    changed = [axis for axis in range(source.rank) if source.sizes(axis) != tuple(shape[axis] for shape in shapes)]
    if changed == [0] and call.batches.is_batch(tuple(shape[0] for shape in shapes)):
        # Batches are everywhere, and are never written.
        return call.same(source, shapes)
    made = call.value("expand", source, shapes=shapes)
    made.fields["grow"] = changed
    made.like = next((v for v in reversed(call.earlier) if v.moving and v.shapes == shapes), None)
    return made


@rule("repeat", "tile")
def _repeat(call: Call) -> Value:
    source: Value = call.first
    times = list(zip(*(list(args.values())[1] for args in call.args)))
    times = [(1,) * len(call.args)] * (source.rank - len(times)) + times
    made = source
    for _ in range(len(times) - source.rank):
        made = call.arranged(made, lambda layout: layout.with_one(0))
    for axis, counts in enumerate(times):
        made = repeated(call, made, axis, counts)
    return call.same(source) if made is source else made


def repeated(call: Call, source: Value, axis: int, counts: tuple[int, ...]) -> Value:
    """An axis several times in a row."""
    if set(counts) == {1}:
        return source
    shapes = tuple((*s[:axis], s[axis] * n, *s[axis + 1 :]) for s, n in zip(source.shapes, counts))
    if call.batches.is_batch(counts) and set(source.sizes(axis)) == {1}:
        return call.same(source, shapes)
    if len(set(counts)) > 1:
        if set(source.sizes(axis)) == {1}:
            return grown(call, source, shapes)
        raise call.refuse("how often it repeats changes with the resolution")
    return call.value("repeat", source, shapes=shapes, axis=axis, times=counts[0])


@rule("repeat_interleave")
def _interleaved(call: Call) -> Value:
    source: Value = call.first
    if call.get("repeats") is None or call.get("dim") is None:
        raise call.refuse("how often it repeats is computed")
    axis = axis_of(call, source)
    opened = call.arranged(source, lambda layout: layout.with_one(axis + 1))
    more = repeated(call, opened, axis + 1, call.each("repeats"))
    return call.arranged(more, lambda layout: layout.reshaped(call.shapes))


@rule("slice_scatter", "select_scatter")
def _overwritten(call: Call) -> Value:
    """A value of which a piece was written anew."""
    source, piece = list(call.args[0].values())[:2]
    axis = axis_of(call, source)
    sizes = source.sizes(axis)
    if call.name == "select_scatter":
        starts = [index % size for index, size in zip(call.each("index"), sizes)]
        ends = [start + 1 for start in starts]
        piece = call.arranged(piece, lambda layout: layout.with_one(axis))
    else:
        starts = [_bound(start or 0, size) for start, size in zip(call.each("start"), sizes)]
        ends = [_bound(_END if end is None else end, size) for end, size in zip(call.each("end"), sizes)]
        if call["step"] != 1:
            raise call.refuse("it writes into every other of an axis")
    around = [([0] * len(sizes), starts), (starts, ends), (ends, list(sizes))]
    parts = [
        piece if at == 1 else cut(call, source, axis, start, end)
        for at, (start, end) in enumerate(around)
        if any(one < other for one, other in zip(start, end))
    ]
    return piece if len(parts) == 1 else call.value("cat", *parts, axis=None if axis == 1 else axis)


@rule("copy")
def _copied(call: Call) -> Value:
    piece: Value = call["src"]
    made = piece
    for _ in range(len(call.shapes[0]) - piece.rank):
        made = call.arranged(made, lambda layout: layout.with_one(0))
    return grown(call, made, call.shapes)


@rule("unfold")
def _windows(call: Call) -> Value:
    source: Value = call.first
    return call.value("windows", source, axis=call["dimension"] % source.rank, size=call["size"], step=call["step"])


@rule("roll", "flip")
def _rolled(call: Call) -> Value:
    source: Value = call.first
    axes = list(call["dims"])
    if call.name == "flip":
        return call.value("flip", source, axes=axes)
    shifts = [shift[0] if len(set(shift)) == 1 else None for shift in zip(*call.each("shifts"))]
    if None in shifts:
        raise call.refuse("how far it rolls changes with the resolution")
    return call.value("roll", source, shifts=shifts, axes=axes)


@rule("pad", "constant_pad_nd", "reflection_pad2d", "replication_pad2d", "reflection_pad1d")
def _pad(call: Call) -> Value:
    source: Value = call.first
    pads = call.each("pad") if "pad" in call.args[0] else call.each("padding")
    if all(not any(pad) for pad in pads):
        return call.same(source)
    mode = call.get("mode") or {"c": None, "r": call.name.partition("_pad")[0]}[call.name[0]] or "constant"
    mode = {"reflection": "reflect", "replication": "replicate"}.get(mode, mode)
    made = call.value("pad", source)
    # torch writes pairs, the last axis first.
    made.fields["pads"] = tuple([*pad[-2::-2], *pad[-1::-2]] for pad in pads)
    made.fields["value"] = call.get("value") or None
    if mode != "constant":
        made.fields["mode"] = mode
    return made
