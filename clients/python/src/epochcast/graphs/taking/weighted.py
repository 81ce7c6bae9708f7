"""Rules of operators with weights."""

import math
from collections.abc import Iterator
from typing import Any, Optional, Union

from .call import Call, rule
from .values import Value

_CLOSE = 1e-4
_PLAIN = ("identity", "rearrange", "part", "slice")


def short(numbers: Any) -> Union[int, list[int]]:
    """A number, where all are the same."""
    listed = [int(number) for number in (numbers if isinstance(numbers, (list, tuple)) else [numbers])]
    return listed[0] if len(set(listed)) == 1 else listed


def unless(numbers: Any, usual: int) -> Optional[Union[int, list[int]]]:
    """A number that is worth a word."""
    found = short(numbers)
    return None if found == usual else found


def leaves(value: Value) -> Iterator[Value]:
    """The parameters and constants that a value is computed from."""
    if not value.inputs:
        yield value
    for inner in value.inputs:
        yield from leaves(inner)


def names_of(values: Iterator[Value]) -> tuple[str, ...]:
    """The parameters among them, each once."""
    return tuple(dict.fromkeys(name for value in values for name in value.weights))


def plain(value: Value) -> Optional[Value]:
    """The parameter that `value` is, or is a piece of, with its elements where they were."""
    while value.op in _PLAIN:
        value = value.inputs[0]
    return value if value.op == "param" else None


@rule("conv1d", "conv2d", "conv3d", "convolution")
def _conv(call: Call) -> Value:
    if call.get("transposed"):
        raise call.refuse("it is transposed by a flag")
    weight: Value = call["weight"]
    source, fields = _padded(call, call["input"], weight.shapes[0][2:])
    kind, held = _kind_of_filter(call, weight)
    return _biased(
        call,
        "conv",
        source,
        held,
        out=weight.shapes[0][0],
        kernel=unless(weight.shapes[0][2:], 1),
        stride=unless(call["stride"], 1),
        **fields,
        dilation=unless(call["dilation"], 1),
        groups=unless(call["groups"], 1),
        **kind,
    )


def _padded(call: Call, source: Value, kernel: tuple[int, ...]) -> tuple[Value, dict[str, Any]]:
    """What is convolved, and the padding, with that of an operator before."""
    pad = call["padding"]
    sides = len(kernel)
    if pad == "valid":
        pad = [0] * sides
    if pad == "same":
        dilation = list(call["dilation"]) * (sides if len(call["dilation"]) == 1 else 1)
        total = [d * (k - 1) for d, k in zip(dilation, kernel)]
        before = [t // 2 for t in total]
        return source, {"pad": _pads(before, [t - b for t, b in zip(total, before)])}
    own = list(pad) * (sides if len(pad) == 1 else 1)
    if source.op == "pad" and fits(source, sides):
        pads = source.fields["pads"]
        strides = [per_side(call[name], sides) for name in ("stride", "dilation")]
        if not any(own) and is_same(call, source, kernel, *strides):
            return source.inputs[0], {"pad": "same"}
        if len({tuple(one) for one in pads}) == 1:
            half = len(pads[0]) // 2
            before = [a + b for a, b in zip(pads[0][half - sides : half], own)]
            after = [a + b for a, b in zip(pads[0][-sides:], own)]
            return source.inputs[0], {"pad": _pads(before, after)}
    return source, {"pad": unless(own, 0)}


def fits(source: Value, sides: int, value: float = 0) -> bool:
    """Whether a padding is of `value`, of the spatial axes, and adds."""
    if source.fields.get("mode") or (source.fields.get("value") or 0) != value:
        return False
    pads = source.fields["pads"]
    half = len(pads[0]) // 2
    return all(min(pad) >= 0 and not any(pad[: half - sides]) and half >= sides for pad in pads)


def per_side(numbers: Any, sides: int) -> list[int]:
    """A number for each spatial axis."""
    listed = list(numbers) if isinstance(numbers, (list, tuple)) else [numbers]
    return listed * sides if len(listed) == 1 else listed


def _pads(before: list[int], after: list[int]) -> Optional[Union[int, list[int]]]:
    return unless(before, 0) if before == after else [*before, *after]


def is_same(call: Call, source: Value, kernel: Any, stride: list[int], dilation: list[int]) -> bool:
    """Whether a padding is TensorFlow's in each capture, and could not be a constant one."""
    for pads, shape in zip(source.fields["pads"], source.inputs[0].shapes):
        for side, size in enumerate(kernel):
            length = shape[side - len(kernel)]
            out = math.ceil(length / stride[side])
            total = max(0, (out - 1) * stride[side] + dilation[side] * (size - 1) + 1 - length)
            half = len(pads) // 2
            if [pads[half - len(kernel) + side], pads[side - len(kernel)]] != [total // 2, total - total // 2]:
                return False
    half = len(source.fields["pads"][0]) // 2
    uneven = any(pads[:half] != pads[half:] for pads in source.fields["pads"])
    return uneven or "Same" in (call.kind or "") or len({tuple(pads) for pads in source.fields["pads"]}) > 1


def _kind_of_filter(call: Call, weight: Value) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Whether the filters are learned, normalised before use, or constant; and the parameters that they are."""
    if weight.moving:
        raise call.refuse("its filters are computed from the image")
    if plain(weight) is not None:
        return {}, piece_of(weight)
    names = names_of(leaves(weight))
    if not names:
        return {"weight": "fixed"}, ()
    counts = sorted(value.numel for value in {id(leaf): leaf for leaf in leaves(weight)}.values() if value.weights)
    if counts == [weight.numel]:
        return {"weight": "standardized"}, names
    if counts == sorted([weight.numel, weight.shapes[0][0]]):
        return {"weight": "standardized", "gain": True, **_factor(weight)}, names
    raise call.refuse("its filters are computed from several parameters")


def _factor(weight: Value) -> dict[str, Any]:
    """By what constant a gain is multiplied, beside the root of the inputs of a filter, which follows."""
    factor, waiting, seen = 1.0, [weight], set()
    while waiting:
        value = waiting.pop()
        if value not in seen and value.op == "mul" and isinstance(value.fields.get("value"), (int, float)):
            factor *= value.fields["value"]
        seen.add(value)
        waiting += value.inputs
    own = factor * math.sqrt(weight.numel / weight.shapes[0][0])
    return {} if abs(own - 1) < _CLOSE else {"value": float(f"{own:.6g}")}


def piece_of(weight: Value) -> tuple[str, ...]:
    """The parameter's name, with the place of the piece that is used."""
    whole = plain(weight)
    assert whole is not None  # noqa: S101, asked by the callers
    if whole.numel == weight.numel:
        return whole.weights
    places, value = [], weight
    while value is not whole:
        if value.op in ("part", "slice"):
            places.append(str(sorted(value.fields.items(), key=str)))
        value = value.inputs[0]
    return (f"{whole.weights[0]}{''.join(places)}",)


def _biased(call: Call, op: str, source: Value, held: tuple[str, ...], **fields: Any) -> Value:
    bias: Optional[Value] = call.get("bias")
    given = bias is not None and plain(bias) is None
    inputs = (source, bias) if given and bias is not None else (source,)
    made = call.value(op, *inputs, **fields, bias=True if bias is not None else None)
    made.weights = held + (piece_of(bias) if bias is not None and not given else ())
    return made


@rule("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def _conv_transpose(call: Call) -> Value:
    weight: Value = call["weight"]
    if weight.moving or plain(weight) is None:
        raise call.refuse("its filters are computed")
    return _biased(
        call,
        "conv_transpose",
        call["input"],
        piece_of(weight),
        out=weight.shapes[0][1] * call["groups"],
        kernel=unless(weight.shapes[0][2:], 1),
        stride=unless(call["stride"], 1),
        pad=unless(call["padding"], 0),
        dilation=unless(call["dilation"], 1),
        groups=unless(call["groups"], 1),
        out_pad=unless(call["output_padding"], 0),
    )


@rule("linear")
def _linear(call: Call) -> Value:
    weight: Value = call["weight"]
    whole = plain(weight)
    turned = whole is not None and _turned(weight)
    if whole is not None and not turned and not weight.moving:
        return _biased(call, "linear", call["input"], piece_of(weight), out=weight.shapes[0][0])
    across = call.arranged(weight, lambda layout: layout.permuted([1, 0]))
    product = call.value("matmul", call["input"], across)
    return product if call.get("bias") is None else call.value("add", product, call["bias"])


def _turned(weight: Value) -> bool:
    """Whether a parameter's axes were moved."""
    while weight.op in _PLAIN:
        if weight.layout is not None and len([axis for axis in weight.layout.right if axis]) > 1:
            return True
        weight = weight.inputs[0]
    return False


@rule("addmm", "baddbmm")
def _addmm(call: Call) -> Value:
    bias, left, right = list(call.args[0].values())[:3]
    if call.get("beta", 1) != 1 or call.get("alpha", 1) != 1:
        raise call.refuse("it weighs its terms")
    return call.value("add", call.value("matmul", left, right), bias)


@rule("batch_norm", "cudnn_batch_norm", "_native_batch_norm_legit_no_training", "native_batch_norm")
def _batch_norm(call: Call) -> Any:
    made = _norm(call, call["input"], "batch")
    return [made] if call.name.startswith(("_native", "native")) else made


@rule("layer_norm", "native_layer_norm")
def _layer_norm(call: Call) -> Any:
    axes = len(call["normalized_shape"])
    made = _norm(call, call["input"], "layer", axes=None if axes == 1 else axes)
    return [made] if call.name.startswith("native") else made


@rule("rms_norm")
def _rms_norm(call: Call) -> Value:
    axes = len(call["normalized_shape"])
    return _norm(call, call["input"], "rms", axes=None if axes == 1 else axes)


@rule("group_norm", "native_group_norm")
def _group_norm(call: Call) -> Any:
    native = call.name.startswith("native")
    made = _norm(call, call["input"], "group", groups=call["group" if native else "num_groups"])
    return [made] if native else made


@rule("instance_norm")
def _instance_norm(call: Call) -> Value:
    return _norm(call, call["input"], "instance")


def _norm(call: Call, source: Value, kind: str, **more: Any) -> Value:
    given = [call.get(name) for name in ("weight", "bias")]
    # Constants, as of a frozen norm, are no parameters; what is computed is applied by operators of its own.
    known = [value if value is not None and not value.is_constant else None for value in given]
    weight, bias = [value if value is not None and plain(value) is not None else None for value in known]
    usual = "scale" if kind == "rms" else "both"
    affine = {(True, True): "both", (True, False): "scale", (False, False): "none", (False, True): "none"}
    found = affine[weight is not None, bias is not None]
    fields = {"kind": None if kind == "batch" else kind, "affine": None if found == usual else found, **more}
    made = call.value("norm", source, shapes=source.shapes, **fields)
    if found == "none":
        weight, bias = None, None
    for value in (weight, bias):
        made.weights += () if value is None else piece_of(value)
    for op, value, used in (("mul", known[0], weight), ("add", known[1], bias)):
        if value is not None and used is None:
            made = call.value(op, made, along_channels(call, value, made, kind), shapes=source.shapes)
    return made


def along_channels(call: Call, value: Value, beside: Value, kind: str = "batch") -> Value:
    """A vector of channels, shaped so that it fits."""
    if kind in ("layer", "rms"):
        return value
    made = value
    for _ in range(beside.rank - 2):
        made = call.arranged(made, lambda layout: layout.with_one(len(layout.right)))
    return made


@rule("prelu", "_prelu_kernel")
def _prelu(call: Call) -> Value:
    source, weight = list(call.args[0].values())[:2]
    made = call.value("prelu", source, shared=True if weight.numel == 1 else None)
    made.weights = names_of(leaves(weight))
    return made


@rule("embedding")
def _embedding(call: Call) -> Value:
    return looked_up(call, call["weight"], 0, call["indices"])


@rule("index")
def _index(call: Call) -> Value:
    source: Value = call.first
    asked = [(axis, index) for axis, index in enumerate(call["indices"]) if index is not None]
    if len(asked) > 1:
        return _looked_up_together(call, source, asked)
    return looked_up(call, source, *asked[0])


def _looked_up_together(call: Call, source: Value, asked: list[tuple[int, Value]]) -> Value:
    """Entries of several axes side by side are entries of one long axis."""
    axes, indices = zip(*asked)
    if list(axes) != list(range(axes[0], axes[-1] + 1)):
        raise call.refuse("it looks up along axes that do not stand side by side")
    first, last = axes[0], axes[-1] + 1
    merged = tuple((*s[:first], math.prod(s[first:last]), *s[last:]) for s in source.shapes)
    long = call.arranged(source, lambda layout: layout.reshaped(merged))
    if any(index.moving for index in indices):
        raise call.refuse("what it looks up is computed from the image")
    rank = max(index.rank for index in indices)
    places = call.value("const", shapes=tuple(shape[first : first + rank] for shape in call.shapes))
    return looked_up(call, long, first, places)


@rule("index_select")
def _index_select(call: Call) -> Value:
    return looked_up(call, call.first, call["dim"] % call.first.rank, call["index"])


def looked_up(call: Call, source: Value, axis: int, index: Value) -> Value:
    """Entries of a table at constant places."""
    if index.moving or names_of(leaves(index)):
        raise call.refuse("what it looks up is computed from the image")
    shapes = tuple((*s[:axis], *i, *s[axis + 1 :]) for s, i in zip(source.shapes, index.shapes))
    if len(set(index.shapes)) > 1:
        raise call.refuse("the table of what it looks up changes with the resolution")
    return call.value("index", source, shapes=shapes, axis=axis or None, shape=list(index.shapes[0]))
