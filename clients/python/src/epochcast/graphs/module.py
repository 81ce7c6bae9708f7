"""A graph as a torch module."""

import linecache
from collections.abc import Mapping
from typing import Any

from ..errors import Missing
from .code import code


def module(graph: Mapping[str, Any]) -> Any:
    """The module that `code(graph)` is the source of."""
    try:
        import torch  # noqa: F401
    except ImportError:
        raise Missing("torch") from None
    source = code(graph)
    name = f"<graph {hash(source) & 0xFFFFFFFF:08x}>"
    # So that tracebacks show its lines.
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    found: dict[str, Any] = {"__name__": "epochcast_graph"}
    exec(compile(source, name, "exec"), found)  # noqa: S102, source of our own making
    return found["Net"]()
