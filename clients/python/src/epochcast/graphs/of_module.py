"""A torch module as a graph."""

from collections.abc import Sequence
from typing import Any

from ..errors import Missing
from .graph import Graph

_WRITTEN = "write (channels, height, width), such as (3, 224, 224)"


def graph(module: Any, input: Sequence[int] = (3, 224, 224)) -> Graph:  # noqa: A002, what it is
    """`module` as a graph for images of `input`, which are square: (channels, height, width).

    Nothing is computed and no weight is looked at. What cannot be said as a graph is a `NoGraph`, which names the
    operator. Parameters that the module does not use are warned of.
    """
    sizes = tuple(input) if isinstance(input, (tuple, list)) else ()
    if len(sizes) != 3 or not all(isinstance(size, int) and size > 0 for size in sizes):
        raise ValueError(f"{input!r} is no image: {_WRITTEN}")
    try:
        from torch import nn
    except ImportError:
        raise Missing("torch") from None
    if not isinstance(module, nn.Module):
        raise TypeError(f"a {type(module).__name__} is no torch module")
    from .taking.taken import taken

    nodes, more = taken(module, sizes)
    return Graph({"family": "graph", "resolution": sizes[-1], **more, "nodes": nodes})
