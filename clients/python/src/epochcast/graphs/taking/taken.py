"""A torch module as a graph."""

import warnings
from typing import Any

from ..graph import Graph
from .capture import captured
from .program import values_of
from .refusals import Refused
from .written import written


def taken(module: Any, image: tuple[int, int, int]) -> Graph:
    """`module` for images of `(channels, height, width)`."""
    channels, height, width = image
    if height != width:
        raise Refused(f"images of {height} x {width} pixels are not square; a graph is for square ones")
    found = captured(module, height, channels)
    out, batches = values_of(found)
    nodes, used = written(out, batches)
    unused = _unused(found.parameters, used)
    if unused:
        few = ", ".join(unused[:3]) + (f" and {len(unused) - 3} more" if len(unused) > 3 else "")
        warnings.warn(f"parameters that are not used are left out: {few}", stacklevel=3)
    fields: dict[str, Any] = {"family": "graph", "resolution": height}
    if channels != 3:
        fields["channels"] = channels
    return Graph({**fields, "nodes": nodes})


def _unused(parameters: dict[str, Any], used: set[str]) -> list[str]:
    names = {name.partition("[")[0] for name in used}
    tensors = {id(parameters[name]) for name in names if name in parameters}
    return [name for name, tensor in parameters.items() if id(tensor) not in tensors]
