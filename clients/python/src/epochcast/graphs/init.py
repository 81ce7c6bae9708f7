"""What a graph's layers are made as."""

import math
from typing import Any, NamedTuple

from .names import Names
from .shapes import Shaped, affine, normed, own_bias, pads, per_axis


class Made(NamedTuple):
    """Lines of `__init__`, none where nothing is made."""

    text: str


def made(one: Shaped, names: Names) -> Made:
    """The layer of a step."""
    rule = _RULES.get(one.step.op)
    if rule is None or one.step.tied != one.step.place:
        return Made("")
    return Made(rule(one, names.attribute(one), names))


def number(value: Any) -> str:
    """A number, or a tuple of them, as short as can be."""
    listed = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(set(listed)) == 1:
        return str(listed[0])
    return f"({', '.join(map(str, listed))})"


def _conv(one: Shaped, name: str, _: Names) -> str:
    step, sides = one.step, len(one.inputs[0]) - 2
    kind = {"standardized": "StandardizedConv", "fixed": "FixedConv"}.get(step.get("weight", ""), "nn.Conv")
    words = [str(one.inputs[0][1]), str(step.fields["out"]), number(per_axis(step.get("kernel", 1), sides))]
    words += _worded(one, {"stride": "stride"}, 1)
    padding = layer_padding(one)
    if any(padding):
        words.append(f"padding={number(padding)}")
    words += _worded(one, {"dilation": "dilation", "groups": "groups"}, 1)
    if not own_bias(step):
        words.append("bias=False")
    if step.get("gain"):
        words.append(f"gain={step.get('value', 1)}")
    kind = f"{kind}{sides}d" if kind.startswith("nn.") else f"{kind}2d"
    return f"{name} = {kind}({', '.join(words)})"


def layer_padding(one: Shaped) -> list[int]:
    """The padding that the layer does itself: none where it is uneven."""
    sides = len(one.inputs[0]) - 2
    if one.step.get("pad") == "same":
        return [0] * sides
    before, after = pads(one.step, sides)
    return before if before == after else [0] * sides


def _worded(one: Shaped, fields: dict[str, str], usual: int) -> list[str]:
    found = []
    for field, word in fields.items():
        value = one.step.get(field, usual)
        if number(value) != str(usual):
            found.append(f"{word}={number(value)}")
    return found


def _conv_transpose(one: Shaped, name: str, _: Names) -> str:
    step, sides = one.step, len(one.inputs[0]) - 2
    words = [str(one.inputs[0][1]), str(step.fields["out"]), number(per_axis(step.get("kernel", 1), sides))]
    words += _worded(one, {"stride": "stride"}, 1) + _worded(one, {"pad": "padding", "out_pad": "output_padding"}, 0)
    words += _worded(one, {"groups": "groups", "dilation": "dilation"}, 1)
    words += [] if own_bias(step) else ["bias=False"]
    return f"{name} = nn.ConvTranspose{sides}d({', '.join(words)})"


def _linear(one: Shaped, name: str, _: Names) -> str:
    bias = "" if own_bias(one.step) else ", bias=False"
    return f"{name} = nn.Linear({one.inputs[0][-1]}, {one.step.fields['out']}{bias})"


def _norm(one: Shaped, name: str, _: Names) -> str:
    step, shape = one.step, one.inputs[0]
    kind, learned, sizes = step.get("kind", "batch"), affine(step), normed(step, shape)
    width = number(sizes) if len(sizes) == 1 else f"({', '.join(map(str, sizes))})"
    if kind == "rms":
        return f"{name} = nn.RMSNorm({width}{'' if learned == 'scale' else ', elementwise_affine=False'})"
    if kind == "layer":
        more = {"both": "", "scale": ", bias=False", "none": ", elementwise_affine=False"}[learned]
        return f"{name} = nn.LayerNorm({width}{more})"
    # A scale alone: the shift is taken away again.
    unshifted = f"\n{name}.bias = None" if learned == "scale" else ""
    plain = ", affine=False" if learned == "none" else ""
    if kind == "group":
        return f"{name} = nn.GroupNorm({step.fields['groups']}, {width}{plain}){unshifted}"
    sides = max(1, len(shape) - 2)
    if kind == "instance":
        return f"{name} = nn.InstanceNorm{sides}d({width}{'' if plain else ', affine=True'}){unshifted}"
    return f"{name} = nn.BatchNorm{sides}d({width}{plain}){unshifted}"


def _prelu(one: Shaped, name: str, _: Names) -> str:
    return f"{name} = nn.PReLU({'' if one.step.get('shared') else one.inputs[0][1]})"


def _param(one: Shaped, name: str, names: Names) -> str:
    shape = ", ".join(str(size) for size in one.shape) or "()"
    users = {other.step.op for other in names.found if one.step.place in other.step.inputs}
    # What is multiplied with starts as one, so that gradients flow.
    start = f"torch.ones({shape})" if users & {"mul", "div"} else f"0.02 * torch.randn({shape})"
    return f"{name} = nn.Parameter({start})"


def _const(one: Shaped, name: str, _: Names) -> str:
    if one.step.inputs or not one.shape:
        return ""
    value = one.step.get("value", 0)
    if isinstance(value, list):
        tensor = f"torch.tensor({value}, dtype=torch.float32).reshape({list(one.shape)})"
    else:
        tensor = f"torch.full({list(one.shape)}, {float(value)})"
    return f'self.register_buffer("{name.partition(".")[2]}", {tensor}, persistent=False)'


def _index(one: Shaped, name: str, _: Names) -> str:
    axis = int(one.step.get("axis", 0))
    count = math.prod(int(size) for size in one.step.fields["shape"])
    places = f"torch.arange({count}) % {one.inputs[0][axis]}"
    return f'self.register_buffer("{name.partition(".")[2]}", {places}, persistent=False)'


_RULES = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "linear": _linear,
    "norm": _norm,
    "prelu": _prelu,
    "param": _param,
    "const": _const,
    "index": _index,
}
