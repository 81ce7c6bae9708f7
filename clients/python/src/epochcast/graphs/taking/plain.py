"""Rules of operators that compute, without weights."""

from typing import Any, Optional

from .call import Call, rule
from .values import Value
from .weighted import fits, is_same, per_side, short, unless

_SAME = {
    "silu": "silu", "mish": "mish", "sigmoid": "sigmoid", "tanh": "tanh", "relu": "relu", "relu6": "relu6",
    "selu": "selu", "hardswish": "hardswish", "hardsigmoid": "hardsigmoid", "softsign": "softsign",
    "log_sigmoid": "logsigmoid", "exp": "exp", "log": "log", "sqrt": "sqrt", "rsqrt": "rsqrt", "abs": "abs",
    "neg": "neg", "square": "square", "reciprocal": "reciprocal", "sin": "sin", "cos": "cos", "erf": "erf",
    "floor": "floor", "ceil": "ceil", "round": "round", "sign": "sign", "logical_not": "logical_not",
    "bitwise_not": "logical_not",
}  # fmt: skip


@rule(*_SAME)
def _unary(call: Call) -> Value:
    return call.value(_SAME[call.name], call.first)


@rule("gelu")
def _gelu(call: Call) -> Value:
    return call.value("gelu", call.first, approximate="tanh" if call.get("approximate") == "tanh" else None)


@rule("leaky_relu", "elu", "celu", "softplus", "hardtanh", "clamp", "clamp_min", "clamp_max")
def _with_numbers(call: Call) -> Value:
    source: Value = call.first
    if call.name in ("hardtanh", "clamp", "clamp_min", "clamp_max"):
        low, high = (call.get(f"{end}_val", call.get(end)) for end in ("min", "max"))
        if call.name == "hardtanh" and (low, high) == (0, 6):
            return call.value("relu6", source)
        if call.name == "hardtanh" and (low, high) == (-1, 1):
            return call.value("hardtanh", source)
        if isinstance(low, Value) or isinstance(high, Value):
            return _bounded(call, source, low, high)
        return call.value("clamp", source, start=low, stop=high)
    usual = {"leaky_relu": 0.01}.get(call.name, 1.0)
    number = list(call.args[0].values())[1]
    return call.value(call.name, source, value=None if number == usual else number)


def _bounded(call: Call, source: Value, low: Any, high: Any) -> Value:
    """Between bounds that are values."""
    made = source
    for op, bound in (("maximum", low), ("minimum", high)):
        if isinstance(bound, Value):
            made = call.value(op, made, bound)
        elif bound is not None:
            made = call.value(op, made, value=bound)
    return made


@rule(
    "dropout", "feature_dropout", "alpha_dropout", "contiguous", "clone", "alias", "detach", "lift_fresh_copy",
    "lift_fresh", "to", "_to_copy", "type_as", "float", "_assert_tensor_metadata", "positive", "identity",
)  # fmt: skip
def _nothing(call: Call) -> Value:
    return call.same(call.first)


@rule("softmax", "_softmax", "log_softmax", "_log_softmax")
def _softmax(call: Call) -> Value:
    return call.value(call.name.strip("_"), call.first, axis=call["dim"])


_PAIRS = {
    "add": "add", "sub": "sub", "subtract": "sub", "rsub": "sub", "mul": "mul", "multiply": "mul", "div": "div",
    "divide": "div", "true_divide": "div", "pow": "pow", "maximum": "maximum", "minimum": "minimum", "max": "maximum",
    "min": "minimum", "remainder": "remainder", "eq": "equal", "lt": "less", "gt": "greater",
}  # fmt: skip


def pair(call: Call) -> Value:
    """An operator of two values, or of one and a number."""
    op = _PAIRS[call.name]
    one, other = (number_or_value(value) for value in list(call.args[0].values())[:2])
    if call.get("alpha", 1) != 1:
        other = other * call["alpha"] if not isinstance(other, Value) else call.value("mul", other, value=call["alpha"])
    turned = call.name == "rsub"
    if isinstance(one, Value) and isinstance(other, Value):
        return call.value(op, *((other, one) if turned else (one, other)))
    if isinstance(one, Value):
        if (op, other) in (("mul", 1), ("div", 1), ("add", 0), ("sub", 0), ("pow", 1)) and not turned:
            return call.same(one)
        rounded = call.get("rounding_mode")
        made = call.value(op, one, value=other, reversed=True if turned else None)
        return call.value(rounded, made) if rounded == "floor" else made
    commutes = op in ("add", "mul", "maximum", "minimum", "equal")
    return call.value(op, other, value=one, reversed=None if commutes else True)


rule(*(name for name in _PAIRS if name not in ("max", "min")))(pair)


def number_or_value(value: Any) -> Any:
    """A constant of one element is a number."""
    if isinstance(value, Value) and value.is_constant and value.tensor is not None and value.numel == 1:
        same = {float(tensor.reshape(-1)[0]) for tensor in value.tensor}
        if len(same) == 1:
            number = same.pop()
            return int(number) if number == int(number) and abs(number) < 1e9 else number
    return value


@rule("addcmul", "addcdiv")
def _add_product(call: Call) -> Value:
    one, two, three = list(call.args[0].values())[:3]
    if call.get("value", 1) != 1:
        two = call.value("mul", two, value=call["value"])
    return call.value("add", one, call.value("mul" if call.name == "addcmul" else "div", two, three))


@rule("where")
def _where(call: Call) -> Value:
    values = [value if isinstance(value, Value) else constant(call, value) for value in call.args[0].values()]
    return call.value("where", *values)


@rule("masked_fill")
def _filled(call: Call) -> Value:
    value = call["value"]
    return call.value("where", call["mask"], value if isinstance(value, Value) else constant(call, value), call.first)


def constant(call: Call, number: float) -> Value:
    """A number as a value."""
    return call.value("const", shapes=tuple(() for _ in call.args), shape=[], value=number)


_REDUCED = {
    "mean": "mean", "sum": "sum", "amax": "max", "amin": "min", "prod": "prod", "std": "std", "var": "var",
    "linalg_vector_norm": "norm", "norm": "norm",
}  # fmt: skip


@rule(*_REDUCED)
def _reduce(call: Call) -> Value:
    source: Value = call.first
    return reduced(call, source, _REDUCED[call.name], call.get("dim"), keep=bool(call.get("keepdim")))


@rule("max", "min")
def _max(call: Call) -> Any:
    if call.get("other") is not None:
        return pair(call)
    if call.get("dim") is None:
        return reduced(call, call.first, call.name, None, keep=False)
    shapes = tuple(shapes[0] for shapes in call.shapes)
    made = reduced(call, call.first, call.name, call["dim"], keep=bool(call.get("keepdim")), shapes=shapes)
    return [made, made]


@rule("var_mean", "std_mean")
def _two(call: Call) -> list[Value]:
    keep = bool(call.get("keepdim"))
    one, other = call.name.split("_")
    parts = [tuple(shapes[at] for shapes in call.shapes) for at in (0, 1)]
    return [
        reduced(call, call.first, how, call.get("dim"), keep=keep, shapes=shapes)
        for how, shapes in zip((one, other), parts)
    ]


def reduced(call: Call, source: Value, how: str, dim: Any, *, keep: bool, shapes: Any = None) -> Value:
    """One number for each of some axes."""
    axes = [dim] if isinstance(dim, int) else list(dim) if dim else list(range(source.rank))
    if source.rank == 4 and sorted(axis % 4 for axis in axes) == [2, 3] and keep and how in ("mean", "max"):
        return call.value({"mean": "global_avg_pool", "max": "global_max_pool"}[how], source, shapes=shapes)
    return call.value("reduce", source, shapes=shapes, how=how, axes=axes, keep=None if keep else False)


def padded_pool(call: Call, source: Value, op: str) -> tuple[Value, Any]:
    """What is pooled, and the padding, with that of an operator before, where it pads with what a pool ignores."""
    own = unless(call["padding"], 0)
    kernel = per_side(call["kernel_size"], source.rank - 2)
    if source.op != "pad" or own or not fits(source, len(kernel), float("-inf") if op == "max_pool" else 0):
        return source, own
    strides = per_side(call["stride"] or call["kernel_size"], len(kernel))
    if is_same(call, source, kernel, strides, per_side(call.get("dilation", 1), len(kernel))):
        return source.inputs[0], "same"
    return source, own


@rule("max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool2d_with_indices")
def _pool(call: Call) -> Any:
    kernel = short(call["kernel_size"])
    stride = short(call["stride"]) if call["stride"] else kernel
    op = "max_pool" if call.name.startswith("max") else "avg_pool"
    source, pad = padded_pool(call, call.first, op)
    made = call.value(
        op,
        source,
        shapes=tuple(shapes[0] for shapes in call.shapes) if call.name.endswith("indices") else None,
        kernel=kernel,
        stride=None if stride == kernel else stride,
        pad=pad,
        dilation=unless(call.get("dilation", 1), 1),
        ceil=True if call["ceil_mode"] else None,
        count_pad=False if call.get("count_include_pad") is False and unless(call["padding"], 0) else None,
    )
    return [made] if call.name.endswith("indices") else made


@rule(
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "adaptive_max_pool1d", "_adaptive_avg_pool2d"
)
def _adaptive(call: Call) -> Any:
    kind = "avg" if "avg" in call.name else "max"
    to = short(call["output_size"])
    several = kind == "max"
    shapes = tuple(shapes[0] for shapes in call.shapes) if several else call.shapes
    source: Value = call.first
    if to == 1 and source.rank == 4:
        made = call.value(f"global_{kind}_pool", source, shapes=shapes)
    elif len(shapes) > 1 and source.shapes == shapes:
        made = call.same(source, shapes)
    else:
        made = call.value(f"adaptive_{kind}_pool", source, shapes=shapes, to=to)
    return [made, made] if several else made


@rule("matmul", "bmm", "mm", "mv", "dot")
def _matmul(call: Call) -> Value:
    one, other = list(call.args[0].values())[:2]
    return call.value("matmul", one, other)


@rule("einsum")
def _einsum(call: Call) -> Value:
    return call.value("einsum", *call["tensors"], equation=call["equation"].replace(" ", ""))


@rule("scaled_dot_product_attention")
def _attention(call: Call) -> Value:
    inputs = [call["query"], call["key"], call["value"]]
    if call.get("attn_mask") is not None:
        inputs.append(call["attn_mask"])
    if call.get("is_causal"):
        raise call.refuse("it is causal")
    return call.value("attention", *inputs)


@rule("upsample_bilinear2d", "upsample_nearest2d", "upsample_bicubic2d", "upsample_nearest1d", "upsample_linear1d",
      "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "_upsample_nearest_exact2d")  # fmt: skip
def _resize(call: Call) -> Value:
    source: Value = call.first
    mode = next(mode for mode in ("bilinear", "bicubic", "linear", "nearest") if mode in call.name)
    kept = None if mode == "nearest" else mode
    if len(call.shapes) > 1 and call.shapes == source.shapes:
        return call.same(source)
    scales = {
        tuple(new / old for new, old in zip(shape[2:], before[2:])) for shape, before in zip(call.shapes, source.shapes)
    }
    if len(set(call.shapes[0][2:])) == 1 and len({shape[2:] for shape in call.shapes}) == 1 and not source.moving:
        return call.value("resize", source, to=short(call.shapes[0][2:]), mode=kept)
    scale = scales.pop()
    if not scales and len(set(scale)) == 1:
        return call.value("resize", source, scale=int(scale[0]) if scale[0] == int(scale[0]) else scale[0], mode=kept)
    if len({shape[2:] for shape in call.shapes}) == 1:
        return call.value("resize", source, to=short(call.shapes[0][2:]), mode=kept)
    like = like_spatial(call)
    if like is None:
        raise call.refuse("the size that it makes follows from nothing that is there")
    return call.value("resize", source, like, mode=kept)


def like_spatial(call: Call) -> Optional[Value]:
    """An earlier value of the same height and width."""
    sizes = [shape[-2:] for shape in call.shapes]
    for value in reversed(call.earlier):
        if value.moving and value.rank == 4 and [shape[-2:] for shape in value.shapes] == sizes:
            return value
    return None


@rule("im2col")
def _unfold(call: Call) -> Value:
    return call.value(
        "unfold",
        call.first,
        kernel=short(call["kernel_size"]),
        stride=unless(call["stride"], 1),
        pad=unless(call["padding"], 0),
        dilation=unless(call["dilation"], 1),
    )


@rule("col2im")
def _fold(call: Call) -> Value:
    fields: dict[str, Any] = {
        "kernel": short(call["kernel_size"]),
        "stride": unless(call["stride"], 1),
        "pad": unless(call["padding"], 0),
        "dilation": unless(call["dilation"], 1),
    }
    if len({shape[2:] for shape in call.shapes}) == 1:
        return call.value("fold", call.first, to=short(call.shapes[0][2:]), **fields)
    like = like_spatial(call)
    if like is None:
        raise call.refuse("the size that it makes follows from nothing that is there")
    return call.value("fold", call.first, like, **fields)
