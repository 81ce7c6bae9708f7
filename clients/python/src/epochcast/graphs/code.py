"""The source of a graph as a plain PyTorch module, written without torch."""

import re
from collections.abc import Mapping
from typing import Any

from .forward import Line, line
from .helpers import HELPERS
from .init import Made, made
from .names import Names
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


def _forward(found: list[Shaped], named: Names, lines: list[Line]) -> str:
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
