"""The source of a graph as a plain PyTorch module, written without torch."""

import keyword
import re
from collections.abc import Mapping
from typing import Any

from .forward import Line, line
from .helpers import HELPERS
from .init import Made, made
from .shapes import Shaped, shaped
from .steps import IMAGE

# Long enough to tell the batch from any other size.
_BATCH = 7919
_HEAD = "import math\n\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"


def code(graph: Mapping[str, Any], name: str = "Net") -> str:
    """The source of a class `name`, a torch module that is the graph."""
    found = shaped(graph, _BATCH)
    named = Names(found)
    layers = [made(one, named) for one in found]
    lines = [line(one, named, _BATCH) for one in found]
    body = _forward(found, named, lines)
    used = "\n".join([*(layer.text for layer in layers), body])
    helpers = [text for word, text in HELPERS.items() if re.search(rf"\b{word}\(", used)]
    parts = [_head(used + "".join(helpers)), *helpers, _class(graph, name, layers, body)]
    return "\n\n".join(parts)


def _head(used: str) -> str:
    return _HEAD if "math." in used else _HEAD.partition("\n\n")[2]


def _class(graph: Mapping[str, Any], name: str, layers: list[Made], body: str) -> str:
    channels, side = graph.get("channels") or 3, graph.get("resolution") or 224
    inits = [f"        {text}" for layer in layers if layer.text for text in layer.text.splitlines()]
    told = f'    """For images of ({channels}, {side}, {side})."""'
    head = [f"class {name}(nn.Module):", told, "", "    def __init__(self):", "        super().__init__()"]
    return "\n".join([*head, *inits, "", body, ""])


def _forward(found: list[Shaped], named: "Names", lines: list[Line]) -> str:
    first = named.variable(IMAGE)
    written = []
    for one, text in zip(found, lines):
        if text.inline is None:
            target, value = named.variable(one.step.place), text.value
            if target != value:
                written.append(f"{target} = {value}")
    last = named.expression(found[-1].step.place)
    if any(re.search(r"\bbatch\b", text) for text in written):
        written.insert(0, f"batch = {first}.shape[0]")
    if written and written[-1].startswith(f"{last} = "):
        written[-1] = f"return {written[-1].partition(' = ')[2]}"
    else:
        written.append(f"return {last}")
    return "\n".join([f"    def forward(self, {first}):", *(f"        {text}" for text in written)])


class Names:
    """What layers are called, after their places in the module, and the variables of values."""

    def __init__(self, found: list[Shaped]) -> None:
        self.found = found
        self.attributes = _attributes(found)
        self.inlined: dict[int, str] = {}
        self._variables = _variables(found)

    def attribute(self, one: Shaped) -> str:
        """The layer of a step, be it that of an earlier one."""
        return f"self.{self.attributes[self.owner(one)]}"

    def owner(self, one: Shaped) -> int:
        """The step whose weights it has."""
        place = one.step.place
        while self.found[place].step.tied != place:
            place = self.found[place].step.tied
        return place

    def variable(self, place: int) -> str:
        """The variable that a value is in."""
        return self._variables[place]

    def expression(self, place: int) -> str:
        """A value where it is used."""
        return self.inlined.get(place, self._variables.get(place, "x"))

    def inline(self, place: int, text: str) -> None:
        """A value that is no line of its own."""
        self.inlined[place] = text


def _attributes(found: list[Shaped]) -> dict[int, str]:
    names: dict[int, str] = {}
    taken: set[str] = set()
    for one in found:
        base = re.sub(r"\W+", "_", one.step.at).strip("_") or one.step.op
        # Operators of a block have the block's name, which says too little.
        base = f"n{base}" if base[0].isdigit() else base
        base = f"{base}_" if keyword.iskeyword(base) or base in _RESERVED else base
        name, more = base, 2
        while name in taken:
            name, more = f"{base}_{more}", more + 1
        if one.step.op in _NAMED and one.step.tied == one.step.place:
            taken.add(name)
        names[one.step.place] = name
    return names


_NAMED = ("conv", "conv_transpose", "linear", "norm", "prelu", "param", "const", "index")
# What a module has itself.
_RESERVED = {
    "forward", "training", "type", "float", "double", "half", "to", "cpu", "cuda", "apply", "train", "eval", "children",
    "modules", "parameters", "buffers", "compile", "share_memory", "state_dict", "zero_grad", "requires_grad_", "add_module",
}  # fmt: skip


def _variables(found: list[Shaped]) -> dict[int, str]:
    """`x` runs along the chain; what is needed later has a name until then."""
    last: dict[int, int] = {IMAGE: 0}
    for one in found:
        last[one.step.place] = one.step.place + 1
    for one in found:
        for at in one.step.inputs:
            last[at] = max(last[at], one.step.place)
    silent = {one.step.place for one in found if one.step.op == "param"}
    names: dict[int, str] = {}
    kept: dict[str, int] = {}
    for place in range(IMAGE, len(found)):
        following = place + 1
        while following in silent:
            following += 1
        if last[place] <= following:
            names[place] = "x"
            continue
        # A variable is free once its value was used for the last time.
        free = (f"y{at}" for at in range(1, len(found) + 2))
        name = next(name for name in free if kept.get(name, -2) <= place)
        kept[name] = last[place]
        names[place] = name
    return names
