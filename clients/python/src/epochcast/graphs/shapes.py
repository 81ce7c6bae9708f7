"""The shape of each value of a graph, and how many parameters each node has."""

import math
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from .pattern import Pattern
from .steps import Step, steps

Shape = tuple[int, ...]


class Shaped(NamedTuple):
    """A step, the shapes of its inputs, its own, its parameters; `moving` says that it depends on the image."""

    step: Step
    inputs: tuple[Shape, ...]
    shape: Shape
    params: int
    moving: bool


def shaped(graph: Mapping[str, Any], batch: int = 1, resolution: int = 0) -> list[Shaped]:
    """Each step with its shapes, for so many images."""
    side = resolution or int(graph.get("resolution") or 224)
    image = (batch, int(graph.get("channels") or 3), side, side)
    found: list[Shaped] = []
    for step in steps(graph):
        before = [found[at] if at >= 0 else None for at in step.inputs]
        inputs = tuple(image if one is None else one.shape for one in before)
        moving = any(one is None or one.moving for one in before) and step.op != "const"
        try:
            shape = _shape(step, inputs, batch if moving else 1)
            params = _params(step, inputs) if step.tied == step.place else 0
        except (ValueError, KeyError, IndexError, TypeError) as error:
            told = f"has no {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"{step}: {told}") from None
        found.append(Shaped(step, inputs, shape, params, moving))
    return found


def _shape(step: Step, inputs: tuple[Shape, ...], batch: int) -> Shape:
    rule = _RULES.get(step.op)
    if rule is None:
        return _SHAPES[step.op](step, batch, inputs) if step.op in _SHAPES else inputs[0]
    return rule(step, inputs)


def per_axis(value: Any, sides: int) -> list[int]:
    """A number for each axis."""
    listed = list(value) if isinstance(value, (list, tuple)) else [value]
    return [int(number) for number in (listed * sides if len(listed) == 1 else listed)]


def pads(step: Step, sides: int) -> tuple[list[int], list[int]]:
    """The padding before and after each axis."""
    given = per_axis(step.get("pad", 0), sides)
    return given[:sides], given[-sides:]


def _window(step: Step, size: Shape) -> list[int]:
    """What a window makes of some axes."""
    sides = len(size)
    kernel = per_axis(step.get("kernel", 1), sides)
    stride = per_axis(step.get("stride", kernel if step.op.endswith("pool") else 1), sides)
    if step.get("pad") == "same":
        return [-(-length // by) for length, by in zip(size, stride)]
    dilation, (before, after) = per_axis(step.get("dilation", 1), sides), pads(step, sides)
    made = []
    for at, length in enumerate(size):
        room = length + before[at] + after[at] - dilation[at] * (kernel[at] - 1) - 1
        out = (-(-room // stride[at]) if step.get("ceil") else room // stride[at]) + 1
        # The last window starts inside of the image or its first padding.
        if step.get("ceil") and (out - 1) * stride[at] >= length + before[at]:
            out -= 1
        if out < 1:
            raise ValueError(f"{length} pixels are too few for a kernel of {kernel[at]}")
        made.append(out)
    return made


def _conv(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    batch, _, *size = inputs[0]
    return (batch, int(step.fields["out"]), *_window(step, tuple(size)))


def _conv_transpose(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    batch, _, *size = inputs[0]
    sides = len(size)
    kernel, stride, dilation = (per_axis(step.get(name, 1), sides) for name in ("kernel", "stride", "dilation"))
    before, after = pads(step, sides)
    more = per_axis(step.get("out_pad", 0), sides)
    made = [
        (length - 1) * stride[at] - before[at] - after[at] + dilation[at] * (kernel[at] - 1) + more[at] + 1
        for at, length in enumerate(size)
    ]
    return (batch, int(step.fields["out"]), *made)


def broadcast(shapes: tuple[Shape, ...]) -> Shape:
    """The shape that shapes have together, aligned right."""
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    for sizes in zip(*padded):
        if len({size for size in sizes if size != 1}) > 1:
            raise ValueError(f"{' and '.join(map(str, shapes))} do not fit together")
    return tuple(max(sizes) for sizes in zip(*padded))


def _cat(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    axis = int(step.get("axis", 1)) % len(inputs[0])
    rest = broadcast(tuple((*shape[:axis], 1, *shape[axis + 1 :]) for shape in inputs))
    return (*rest[:axis], sum(shape[axis] for shape in inputs), *rest[axis + 1 :])


def _with(shape: Shape, axis: int, size: int) -> Shape:
    axis %= len(shape)
    return (*shape[:axis], size, *shape[axis + 1 :])


def _part(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    axis, of = int(step.get("axis", 1)), int(step.fields["of"])
    if inputs[0][axis] % of:
        raise ValueError(f"an axis of {inputs[0][axis]} has no {of} equal parts")
    return _with(inputs[0], axis, inputs[0][axis] // of)


def _slice(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    axis = int(step.fields["axis"])
    cut = slice(step.get("start"), step.get("stop"), step.get("step"))
    return _with(inputs[0], axis, len(range(*cut.indices(inputs[0][axis]))))


def reduced_axes(step: Step, rank: int) -> list[int]:
    """The axes that a reduction takes, from the first on."""
    given = step.get("axes")
    listed = range(rank) if given is None else [given] if isinstance(given, int) else given
    return sorted(int(axis) % rank for axis in listed)


def _reduce(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    axes = reduced_axes(step, len(inputs[0]))
    keep = step.get("keep", True)
    return tuple(1 if at in axes else size for at, size in enumerate(inputs[0]) if keep or at not in axes)


def _pool(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    batch, channels, *size = inputs[0]
    return (batch, channels, *_window(step, tuple(size)))


def _global(_: Step, inputs: tuple[Shape, ...]) -> Shape:
    return (*inputs[0][:2], *(1 for _ in inputs[0][2:]))


def _adaptive(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    return (*inputs[0][:2], *per_axis(step.fields["to"], len(inputs[0]) - 2))


def _matmul(_: Step, inputs: tuple[Shape, ...]) -> Shape:
    left, right = inputs
    if left[-1] != right[-2]:
        raise ValueError(f"{left} times {right}: {left[-1]} is not {right[-2]}")
    return (*broadcast((left[:-2], right[:-2])), left[-2], right[-1]) if len(left) > 1 and len(right) > 1 else ()


def _attention(_: Step, inputs: tuple[Shape, ...]) -> Shape:
    query, key, value = inputs[:3]
    return (*broadcast((query[:-2], key[:-2], value[:-2])), query[-2], value[-1])


def _einsum(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    terms, _, out = str(step.fields["equation"]).partition("->")
    sizes: dict[str, int] = {}
    for term, shape in zip(terms.split(","), inputs):
        sizes.update({name: max(size, sizes.get(name, 1)) for name, size in zip(term, shape)})
    return tuple(sizes[name] for name in out)


def _resize(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    head, size = inputs[0][:2], inputs[0][2:]
    if len(inputs) > 1:
        return (*head, *inputs[1][-len(size) :])
    if step.get("to") is not None:
        return (*head, *per_axis(step.fields["to"], len(size)))
    scale = step.fields["scale"]
    scales = scale if isinstance(scale, list) else [scale] * len(size)
    return (*head, *(math.floor(length * by) for length, by in zip(size, scales)))


def _pad(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    given = [int(number) for number in step.fields["pad"]]
    half = len(given) // 2
    more = [before + after for before, after in zip(given[:half], given[half:])]
    head = len(inputs[0]) - half
    return (*inputs[0][:head], *(size + extra for size, extra in zip(inputs[0][head:], more)))


def _unfold(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    batch, channels, *size = inputs[0]
    return (batch, channels * math.prod(per_axis(step.fields["kernel"], 2)), math.prod(_window(step, tuple(size))))


def _fold(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    batch, channels, _ = inputs[0]
    size = inputs[1][-2:] if len(inputs) > 1 else per_axis(step.fields["to"], 2)
    return (batch, channels // math.prod(per_axis(step.fields["kernel"], 2)), *size)


def _windows(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    axis, size = int(step.fields["axis"]), int(step.fields["size"])
    count = (inputs[0][axis] - size) // int(step.get("step", 1)) + 1
    if count < 1:
        raise ValueError(f"an axis of {inputs[0][axis]} has no windows of {size}")
    return (*_with(inputs[0], axis, count), size)


def _index(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    axis = int(step.get("axis", 0)) % len(inputs[0])
    return (*inputs[0][:axis], *(int(size) for size in step.fields["shape"]), *inputs[0][axis + 1 :])


def _const(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    return tuple(inputs[0][at] if size is None else int(size) for at, size in enumerate(step.fields["shape"]))


def _linear(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    return (*inputs[0][:-1], int(step.fields["out"]))


def _repeat(step: Step, inputs: tuple[Shape, ...]) -> Shape:
    axis = int(step.fields["axis"])
    return _with(inputs[0], axis, inputs[0][axis] * int(step.fields["times"]))


def _param(step: Step, _: tuple[Shape, ...]) -> Shape:
    return tuple(int(size) for size in step.fields["shape"])


def _elementwise(_: Step, inputs: tuple[Shape, ...]) -> Shape:
    return broadcast(inputs)


def _rearrange(step: Step, batch: int, inputs: tuple[Shape, ...]) -> Shape:
    return Pattern.read(step.fields["as"], step.get("sizes")).shape(inputs[0], batch)


ELEMENTWISE = (
    "add",
    "sub",
    "mul",
    "div",
    "pow",
    "maximum",
    "minimum",
    "remainder",
    "equal",
    "less",
    "greater",
    "where",
)

_RULES: dict[str, Callable[[Step, tuple[Shape, ...]], Shape]] = {
    "conv": _conv, "conv_transpose": _conv_transpose, "linear": _linear, "param": _param, "const": _const,
    **dict.fromkeys((*ELEMENTWISE, "expand"), _elementwise),
    "cat": _cat, "part": _part, "slice": _slice, "reduce": _reduce,
    **dict.fromkeys(("max_pool", "avg_pool", "lp_pool"), _pool),
    **dict.fromkeys(("global_avg_pool", "global_max_pool"), _global),
    **dict.fromkeys(("adaptive_avg_pool", "adaptive_max_pool"), _adaptive),
    "repeat": _repeat, "matmul": _matmul, "attention": _attention, "einsum": _einsum, "resize": _resize, "pad": _pad,
    "unfold": _unfold, "fold": _fold, "index": _index, "windows": _windows,
}  # fmt: skip
# Those that have to know the batch.
_SHAPES = {"rearrange": _rearrange}


def _params(step: Step, inputs: tuple[Shape, ...]) -> int:
    rule = _PARAMS.get(step.op)
    return 0 if rule is None else rule(step, inputs)


def own_bias(step: Step) -> bool:
    """Whether it has a bias that is its own, and no second input."""
    return bool(step.get("bias")) and len(step.inputs) == 1


def _conv_params(step: Step, inputs: tuple[Shape, ...]) -> int:
    out, width = int(step.fields["out"]), inputs[0][1]
    groups = int(step.get("groups", 1))
    kernel = math.prod(per_axis(step.get("kernel", 1), len(inputs[0]) - 2))
    if width % groups or out % groups:
        raise ValueError(f"{groups} groups do not divide {width} channels in and {out} out")
    bias = out if own_bias(step) else 0
    if step.get("weight") == "fixed":
        return bias
    return kernel * width * out // groups + bias + (out if step.get("gain") else 0)


def _linear_params(step: Step, inputs: tuple[Shape, ...]) -> int:
    out = int(step.fields["out"])
    return inputs[0][-1] * out + (out if own_bias(step) else 0)


def normed(step: Step, shape: Shape) -> list[int]:
    """The axes that a norm's weights have."""
    if step.get("kind", "batch") in ("layer", "rms"):
        return list(shape[len(shape) - int(step.get("axes", 1)) :])
    return [shape[1]]


def affine(step: Step) -> str:
    """What a norm learns: `both`, `scale` or `none`."""
    return str(step.get("affine", "scale" if step.get("kind") == "rms" else "both"))


def _norm_params(step: Step, inputs: tuple[Shape, ...]) -> int:
    return {"both": 2, "scale": 1, "none": 0}[affine(step)] * math.prod(normed(step, inputs[0]))


def _prelu_params(step: Step, inputs: tuple[Shape, ...]) -> int:
    return 1 if step.get("shared") else inputs[0][1]


_PARAMS: dict[str, Callable[[Step, tuple[Shape, ...]], int]] = {
    "conv": _conv_params,
    "conv_transpose": _conv_params,
    "linear": _linear_params,
    "norm": _norm_params,
    "prelu": _prelu_params,
    "param": lambda step, _: math.prod(int(size) for size in step.fields["shape"]),
}
