"""A torch module as the nodes of a graph."""

import warnings
from dataclasses import replace
from typing import Any

from ...errors import NoGraph
from .capture import Captured, captured
from .program import values_of
from .written import written

_SHOWN = 3


def taken(module: Any, image: tuple[int, ...]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The nodes of `module` for images of `(channels, height, width)`, and other fields of the graph."""
    channels, height, width = image
    if height != width:
        raise NoGraph(f"images of {height} x {width} pixels are not square; a graph is for square ones")
    found = captured(module, height, channels)
    nodes, used = _read(found)
    unused = _unused(found.parameters, used)
    if unused:
        more = f" and {len(unused) - _SHOWN} more" if len(unused) > _SHOWN else ""
        warnings.warn(f"parameters that are not used are left out: {', '.join(unused[:_SHOWN])}{more}", stacklevel=3)
    return nodes, {} if channels == 3 else {"channels": channels}


def _read(found: Captured) -> tuple[list[dict[str, Any]], set[str]]:
    """The nodes, and the parameters in them."""
    try:
        return written(*values_of(found))
    except NoGraph:
        if len(found.programs) == 1:
            raise
    # Something changes with the resolution in a way that no operator has: the graph is for one alone.
    return _read(replace(found, programs=found.programs[:1], resolutions=found.resolutions[:1]))


def _unused(parameters: dict[str, Any], used: set[str]) -> list[str]:
    names = {name.partition("[")[0] for name in used}
    tensors = {id(parameters[name]) for name in names if name in parameters}
    return [name for name, tensor in parameters.items() if id(tensor) not in tensors]
