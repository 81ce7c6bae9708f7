"""Torch modules and source of what the server describes, be it a graph or a net of a builder."""

from collections.abc import Mapping
from typing import Any, Optional

from ..errors import Missing
from .code import code
from .module import module
from .of_module import graph

_UNKNOWN = "only the costs of this net are known, not the net"


def to_torch(model: Optional[Mapping[str, Any]]) -> Any:
    """The torch module of a net in an answer."""
    if model is None:
        raise ValueError(_UNKNOWN)
    if model.get("family") == "graph":
        return module(model)
    try:
        from .build import module as built
    except ImportError:
        raise Missing("torch") from None
    return built(model)


def source(model: Optional[Mapping[str, Any]]) -> str:
    """The source of a net in an answer; of a builder's net it takes torch."""
    if model is None:
        raise ValueError(_UNKNOWN)
    if model.get("family") == "graph":
        return code(model)
    side = int(model.get("resolution") or 224)
    return graph(_empty(model), (3, side, side)).code()


def _empty(model: Mapping[str, Any]) -> Any:
    try:
        import torch
    except ImportError:
        raise Missing("torch") from None
    with torch.device("meta"):
        return to_torch(model)
