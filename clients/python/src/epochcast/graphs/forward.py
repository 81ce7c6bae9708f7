"""How a step is written in a module's `forward`."""

from typing import Any, Callable, NamedTuple, Optional

from .init import number
from .names import Names
from .pattern import Pattern
from .shapes import Shaped, pads, per_axis, reduced_axes


class Line(NamedTuple):
    """The value of a step; `inline` where it is written into the lines that use it."""

    value: str
    inline: Optional[str] = None


def line(one: Shaped, names: Names, batch: int) -> Line:
    """What `forward` does for a step."""
    op = one.step.op
    if op == "param" or (op == "const" and not one.step.inputs):
        text = names.attribute(one) if one.shape or op == "param" else str(one.step.get("value", 0))
        names.inline(one.step.place, text)
        return Line(text, text)
    values = [_input(one, at, names, batch) for at in range(len(one.inputs))]
    if op in _FUNCTIONS:
        return Line(_FUNCTIONS[op].format(x=values[0]))
    rule = _RULES.get(op)
    if rule is None:
        raise ValueError(f"{one.step}: no operator of PyTorch is written for it")
    return Line(rule(Written(one, values, names.attribute(one))))


def _input(one: Shaped, at: int, names: Names, batch: int) -> str:
    """An input, of as many images as the others where that matters."""
    text = names.expression(one.step.inputs[at])
    if one.step.op not in ("cat", "attention", "einsum"):
        return text
    shape = one.inputs[at]
    axis = int(one.step.get("axis", 1)) % len(shape) if one.step.op == "cat" else None
    wide = [
        place
        for place, size in enumerate(shape)
        if size == 1 and place != axis and any(len(s) == len(shape) and s[place] == batch for s in one.inputs)
    ]
    if not wide:
        return text
    sizes = ["batch" if place in wide else "-1" for place in range(len(shape))]
    return f"{text}.expand({', '.join(sizes)})"


class Written(NamedTuple):
    """A step, the expressions of its inputs, and its layer."""

    one: Shaped
    values: list[str]
    layer: str

    @property
    def x(self) -> str:
        """The first input."""
        return self.values[0]

    def get(self, name: str, default: Any = None) -> Any:
        """A field."""
        return self.one.step.get(name, default)

    @property
    def sides(self) -> int:
        """How many spatial axes the first input has."""
        return len(self.one.inputs[0]) - 2


_FUNCTIONS = {
    **{name: f"F.{name}({{x}})" for name in (
        "relu", "relu6", "selu", "silu", "mish", "hardswish", "hardsigmoid", "hardtanh", "softsign", "logsigmoid",
    )},
    **{name: f"{{x}}.{name}()" for name in (
        "sigmoid", "tanh", "exp", "log", "sqrt", "rsqrt", "abs", "neg", "square", "reciprocal", "sin", "cos", "erf",
        "floor", "ceil", "round", "sign", "logical_not",
    )},
    "identity": "{x}",
    "cast": "{x}",
}  # fmt: skip


def _padded(how: Written) -> str:
    """The input of a convolution, with the padding that the layer does not do."""
    step, sides = how.one.step, how.sides
    if step.get("pad") == "same":
        kernel, stride, dilation = (
            f"({', '.join(map(str, per_axis(step.get(name, 1), sides)))},)".replace(",,", ",")
            for name in ("kernel", "stride", "dilation")
        )
        kernel, stride, dilation = (text if sides == 1 else text[:-2] + ")" for text in (kernel, stride, dilation))
        more = "" if set(per_axis(step.get("dilation", 1), sides)) == {1} and sides == 2 else f", {dilation}"
        return f"same({how.x}, {kernel}, {stride}{more})"
    before, after = pads(step, sides)
    if before == after:
        return how.x
    return f"F.pad({how.x}, {_pairs(before, after)})"


def _pairs(before: list[int], after: list[int]) -> str:
    """Padding as PyTorch writes it: pairs, the last axis first."""
    pairs = [number for pair in zip(reversed(before), reversed(after)) for number in pair]
    return f"({', '.join(map(str, pairs))})"


def _conv(how: Written) -> str:
    x = _padded(how)
    if len(how.values) < 2:
        return f"{how.layer}({x})"
    return f"{how.layer}({x}) + {how.values[1]}.reshape(-1, {', '.join(['1'] * how.sides)})"


def _linear(how: Written) -> str:
    if len(how.values) < 2:
        return f"{how.layer}({how.x})"
    return f"F.linear({how.x}, {how.layer}.weight, {how.values[1]})"


def _norm(how: Written) -> str:
    return f"{how.layer}({how.x})"


def _pair(sign: str) -> Callable[[Written], str]:
    def write(how: Written) -> str:
        other = how.values[1] if len(how.values) > 1 else repr(how.get("value"))
        one, two = (other, how.x) if how.get("reversed") else (how.x, other)
        if len(how.values) < 2 and str(two).startswith("-"):
            two = f"({two})"
        return sign.format(one, two)

    return write


def _limit(name: str) -> Callable[[Written], str]:
    def write(how: Written) -> str:
        if len(how.values) > 1 and how.one.inputs[1] == ():
            return f"{how.x}.clamp({'min' if name == 'maximum' else 'max'}={how.values[1]})"
        if len(how.values) > 1:
            return f"torch.{name}({how.x}, {how.values[1]})"
        return f"{how.x}.clamp({'min' if name == 'maximum' else 'max'}={how.get('value')})"

    return write


def _where(how: Written) -> str:
    return f"torch.where({how.x}.bool(), {how.values[1]}, {how.values[2]})"


def _cat(how: Written) -> str:
    return f"torch.cat(({', '.join(how.values)}), {how.get('axis', 1)})"


def _part(how: Written) -> str:
    return f"{how.x}.chunk({how.get('of')}, {how.get('axis', 1)})[{how.get('index')}]"


def _slice(how: Written) -> str:
    rank = len(how.one.inputs[0])
    axis = int(how.get("axis")) % rank
    start, stop, step = (how.get(name) for name in ("start", "stop", "step"))
    cut = f"{start or ''}:{'' if stop is None else stop}" + (f":{step}" if step not in (None, 1) else "")
    return f"{how.x}[{', '.join([':'] * axis + [cut])}]"


_REDUCED = {
    "mean": "{x}.mean({axes}{keep})",
    "sum": "{x}.sum({axes}{keep})",
    "max": "{x}.amax({axes}{keep})",
    "min": "{x}.amin({axes}{keep})",
    "var": "{x}.var({axes}{keep})",
    "std": "{x}.std({axes}{keep})",
    "norm": "torch.linalg.vector_norm({x}, dim={axes}{keep})",
    "prod": "{x}.prod({axes}{keep})",
}


def _reduce(how: Written) -> str:
    axes = reduced_axes(how.one.step, len(how.one.inputs[0]))
    text = str(axes[0]) if len(axes) == 1 else f"({', '.join(map(str, axes))})"
    keep = ", keepdim=True" if how.get("keep", True) else ""
    return _REDUCED[how.get("how")].format(x=how.x, axes=text, keep=keep)


def _padded_pool(how: Written, kind: str) -> tuple[str, list[str]]:
    """What is pooled, and the padding that the pool does itself."""
    ignored = "value=-torch.inf" if kind == "max" else ""
    if how.get("pad") == "same":
        sizes = [per_axis(how.get(name, how.get("kernel")), how.sides) for name in ("kernel", "stride")]
        words = [how.x, *(str(tuple(size)) for size in sizes), *([ignored] if ignored else [])]
        return f"same({', '.join(words)})", []
    before, after = pads(how.one.step, how.sides)
    if before != after:
        return f"F.pad({how.x}, {_pairs(before, after)}{', ' if ignored else ''}{ignored})", []
    return how.x, [f"padding={number(before)}"] if any(before) else []


def _pool(how: Written) -> str:
    kind = how.one.step.op.partition("_")[0]
    words = [number(how.get("kernel"))]
    if how.get("stride") is not None:
        words.append(number(how.get("stride")))
    x, padding = _padded_pool(how, kind)
    words += padding
    if kind == "max" and number(how.get("dilation", 1)) != "1":
        words.append(f"dilation={number(how.get('dilation'))}")
    if how.get("ceil"):
        words.append("ceil_mode=True")
    if kind == "avg" and how.get("count_pad") is False:
        words.append("count_include_pad=False")
    return f"F.{kind}_pool{how.sides}d({x}, {', '.join(words)})"


def _lp_pool(how: Written) -> str:
    kernel = how.get("kernel")
    return f"F.lp_pool{how.sides}d({how.x}, 2, {number(kernel)}, {number(how.get('stride', kernel))})"


def _global(how: Written) -> str:
    axes = ", ".join(str(axis) for axis in range(2, how.sides + 2))
    kind = "mean" if "avg" in how.one.step.op else "amax"
    return (
        f"{how.x}.{kind}(({axes}), keepdim=True)" if kind == "mean" else f"F.adaptive_max_pool{how.sides}d({how.x}, 1)"
    )


def _adaptive(how: Written) -> str:
    return f"F.{how.one.step.op}{how.sides}d({how.x}, {number(how.get('to'))})"


def _resize(how: Written) -> str:
    mode = how.get("mode", "nearest")
    kind = "" if mode == "nearest" else f', mode="{mode}"'
    if len(how.values) > 1:
        return f"F.interpolate({how.x}, {how.values[1]}.shape[-{how.sides}:]{kind})"
    if how.get("to") is not None:
        return f"F.interpolate({how.x}, {number(how.get('to'))}{kind})"
    return f"F.interpolate({how.x}, scale_factor={number(how.get('scale'))}{kind})"


def _pad(how: Written) -> str:
    given = list(how.get("pad"))
    half = len(given) // 2
    before, after = given[:half], given[half:]
    # Axes before the first that is padded need not be said.
    while len(before) > 1 and before[0] == after[0] == 0:
        before, after = before[1:], after[1:]
    mode = f', mode="{how.get("mode")}"' if how.get("mode") else ""
    value = f", value={how.get('value')}" if how.get("value") else ""
    return f"F.pad({how.x}, {_pairs(before, after)}{mode}{value})"


def _windows(how: Written) -> str:
    words = [number(how.get("kernel"))]
    for field, word, usual in (("dilation", "dilation", 1), ("pad", "padding", 0), ("stride", "stride", 1)):
        if number(how.get(field, usual)) != str(usual):
            words.append(f"{word}={number(how.get(field))}")
    if how.one.step.op == "unfold":
        return f"F.unfold({how.x}, {', '.join(words)})"
    to = f"{how.values[1]}.shape[-2:]" if len(how.values) > 1 else number(per_axis(how.get("to"), 2))
    to = f"({to}, {to})" if to.isdigit() else to
    return f"F.fold({how.x}, {to}, {', '.join(words)})"


def _index(how: Written) -> str:
    axis, shape = int(how.get("axis", 0)), how.get("shape")
    found = f"{how.x}.index_select({axis}, {how.layer})"
    return found if len(shape) == 1 else f"{found}.unflatten({axis}, {tuple(shape)})"


def _const(how: Written) -> str:
    sizes = [f"{how.x}.shape[{at}]" if size is None else str(size) for at, size in enumerate(how.get("shape"))]
    return f"{how.x}.new_full(({', '.join(sizes)},), {float(how.get('value', 0))})"


def _expand(how: Written) -> str:
    return f"{how.x}.expand_as({how.values[1]})"


def _repeat(how: Written) -> str:
    axis, rank = int(how.get("axis")) % len(how.one.inputs[0]), len(how.one.inputs[0])
    counts = [str(how.get("times")) if at == axis else "1" for at in range(rank)]
    return f"{how.x}.repeat({', '.join(counts)})"


def _rearrange(how: Written) -> str:
    """Axes are opened, those of one dropped, the rest put in order and joined."""
    pattern = Pattern.read(how.get("as"), how.get("sizes"))
    text, flat = _opened(how, pattern)
    ones = [at for at, name in enumerate(flat) if name == "1"]
    names = [name for name in flat if name != "1"]
    order = [name for axis in pattern.right for name in axis]
    tail = (
        ones == list(range(len(names), len(flat))) and names == order and all(len(axis) == 1 for axis in pattern.right)
    )
    if ones and tail and names:
        return f"{text}.flatten({len(names) - 1})"
    if ones:
        text += f".squeeze({_axes(ones)})"
    places = [names.index(name) for name in order]
    text += _permuted(places)
    return text + _joined(pattern)


def _axes(places: list[int]) -> str:
    return str(places[0]) if len(places) == 1 else f"({', '.join(map(str, places))})"


def _opened(how: Written, pattern: Pattern) -> tuple[str, list[str]]:
    text = how.x
    flat = [name for axis in pattern.left for name in (axis or ("1",))]
    for at in reversed(range(len(pattern.left))):
        axis = pattern.left[at]
        if len(axis) > 1:
            text += f".unflatten({at}, ({', '.join(_sizes(how, pattern, at))}))"
    return text, flat


def _sizes(how: Written, pattern: Pattern, at: int) -> list[str]:
    axis = pattern.left[at]
    batch = "batch" if how.one.moving else "1"
    free = pattern.free(axis)
    known = {name: str(pattern.sizes.get(name, batch)) for name in axis if name not in free}
    if len(free) == 2:
        rest = "".join(f" // {size}" for size in known.values())
        known[free[0]] = f"math.isqrt({how.x}.shape[{at}]{rest})"
    return [known.get(name, "-1") for name in axis]


def _permuted(places: list[int]) -> str:
    moved = [at for at, place in enumerate(places) if at != place]
    if not moved:
        return ""
    if len(moved) == 2:
        return f".transpose({moved[0]}, {moved[1]})"
    return f".permute({', '.join(map(str, places))})"


def _joined(pattern: Pattern) -> str:
    text, start = "", sum(len(axis) for axis in pattern.right)
    for axis in reversed(pattern.right):
        start -= len(axis)
        if len(axis) > 1:
            text += f".flatten({start}, {start + len(axis) - 1})"
    for at, axis in enumerate(pattern.right):
        if not axis:
            text += f".unsqueeze({at})"
    return text


def _valued(template: str, usual: Any) -> Callable[[Written], str]:
    return lambda how: template.format(x=how.x, value=how.get("value", usual))


_RULES: dict[str, Callable[[Written], str]] = {
    "conv": _conv,
    "conv_transpose": _conv,
    "linear": _linear,
    "norm": _norm,
    "prelu": _norm,
    "gelu": lambda how: (
        f"F.gelu({how.x}{', approximate=' + repr(how.get('approximate')) if how.get('approximate') else ''})"
    ),
    "leaky_relu": _valued("F.leaky_relu({x}, {value})", 0.01),
    "elu": _valued("F.elu({x}, {value})", 1.0),
    "celu": _valued("F.celu({x}, {value})", 1.0),
    "softplus": _valued("F.softplus({x}, {value})", 1.0),
    "dropout": _valued("F.dropout({x}, {value}, self.training)", 0.5),
    "drop_path": _valued("drop_path({x}, {value}, self.training)", 0.1),
    "clamp": lambda how: f"{how.x}.clamp({how.get('start')}, {how.get('stop')})",
    "softmax": lambda how: f"{how.x}.softmax({how.get('axis', -1)})",
    "log_softmax": lambda how: f"{how.x}.log_softmax({how.get('axis', -1)})",
    "normalize": lambda how: f"F.normalize({how.x}, dim={how.get('axis', 1)})",
    "roll": lambda how: f"{how.x}.roll({tuple(how.get('shifts'))}, {tuple(how.get('axes'))})",
    "flip": lambda how: f"{how.x}.flip({tuple(how.get('axes'))})",
    "add": _pair("{} + {}"),
    "sub": _pair("{} - {}"),
    "mul": _pair("{} * {}"),
    "div": _pair("{} / {}"),
    "pow": _pair("{} ** {}"),
    "remainder": _pair("{} % {}"),
    "equal": _pair("{} == {}"),
    "less": _pair("{} < {}"),
    "greater": _pair("{} > {}"),
    "maximum": _limit("maximum"),
    "minimum": _limit("minimum"),
    "where": _where,
    "cat": _cat,
    "part": _part,
    "slice": _slice,
    "reduce": _reduce,
    "max_pool": _pool,
    "avg_pool": _pool,
    "lp_pool": _lp_pool,
    "global_avg_pool": _global,
    "global_max_pool": _global,
    "adaptive_avg_pool": _adaptive,
    "adaptive_max_pool": _adaptive,
    "rearrange": _rearrange,
    "repeat": _repeat,
    "expand": _expand,
    "matmul": lambda how: f"{how.x} @ {how.values[1]}",
    "attention": lambda how: f"F.scaled_dot_product_attention({', '.join(how.values)})",
    "einsum": lambda how: f'torch.einsum("{how.get("equation")}", {", ".join(how.values)})',
    "resize": _resize,
    "pad": _pad,
    "unfold": _windows,
    "fold": _windows,
    "const": _const,
    "windows": lambda how: f"{how.x}.unfold({how.get('axis')}, {how.get('size')}, {how.get('step', 1)})",
    "index": _index,
}
