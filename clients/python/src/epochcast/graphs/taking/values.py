"""What operators put out, while a graph is being made."""

import itertools
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from .layout import Layout

_BIRTHS = itertools.count()
Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]


class Value:
    """The result of one operator: `shapes` in each capture; `weights` are the names of the parameters that it holds.

    `moving` says that it depends on the image; `tensor` is what a constant holds, where that is known.
    """

    def __init__(
        self,
        op: str,
        inputs: "tuple[Value, ...]" = (),
        shapes: Shapes = (),
        **fields: Any,
    ) -> None:
        self.op, self.inputs, self.shapes, self.fields = op, inputs, shapes, fields
        self.at = ""
        self.weights: tuple[str, ...] = ()
        self.layout: Optional[Layout] = None
        self.tensor: Any = None
        # The shape that an expansion may take.
        self.like: Optional[Value] = None
        self.born: float = next(_BIRTHS)
        self.moving: bool = op == "image" or any(value.moving for value in inputs)

    @property
    def rank(self) -> int:
        """How many axes it has."""
        return len(self.shapes[0])

    def sizes(self, axis: int) -> tuple[int, ...]:
        """An axis in each capture."""
        return tuple(shape[axis] for shape in self.shapes)

    @property
    def is_constant(self) -> bool:
        """Whether neither image nor parameters are in it."""
        return self.op == "const"

    @property
    def numel(self) -> int:
        """Elements in the first capture."""
        count = 1
        for size in self.shapes[0]:
            count *= size
        return count

    def __repr__(self) -> str:
        return f"{self.op}{list(self.shapes[0]) if self.shapes else ''}"
