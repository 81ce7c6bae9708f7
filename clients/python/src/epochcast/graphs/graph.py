"""A net as a graph: the JSON form, and what becomes of it."""

from typing import Any, Optional

from ..wire.records import Record
from .code import code
from .module import module
from .shapes import shaped


class Graph(Record):
    """A net as a graph of operators, which goes wherever a model goes; `to_dict()` is its JSON form."""

    family: str
    resolution: int
    channels: Optional[int]
    nodes: list[dict[str, Any]]

    def __str__(self) -> str:
        found = shaped(self.to_dict())
        params = sum(one.params for one in found)
        return f"a graph of {len(found):,} operators at {self.resolution} px: {params:,} params"

    def code(self) -> str:
        """Its source as a plain PyTorch module."""
        return code(self.to_dict())

    def to_torch(self) -> Any:
        """It as a torch module, with weights as PyTorch starts them."""
        return module(self.to_dict())
