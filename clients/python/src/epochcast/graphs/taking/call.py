"""One operator of a captured program, and what its rule may ask."""

from typing import Any, Callable, Optional

from ...errors import NoGraph
from .layout import Batches, Layout
from .values import Shapes, Value


class Call:
    """`name` is that of the operator, without what the dispatcher adds; arguments have their names and defaults."""

    def __init__(self, name: str, args: tuple[dict[str, Any], ...], shapes: Any, at: str, batches: Batches) -> None:
        self.name, self.args, self.shapes, self.at, self.batches = name, args, shapes, at, batches
        self.kind: Optional[str] = None
        self.earlier: list[Value] = []

    def __getitem__(self, name: str) -> Any:
        """An argument, of the first capture."""
        return self.args[0][name]

    def get(self, name: str, default: Any = None) -> Any:
        """An argument that only some forms of the operator have."""
        return self.args[0].get(name, default)

    def each(self, name: str) -> tuple[Any, ...]:
        """An argument in each capture."""
        return tuple(args[name] for args in self.args)

    @property
    def first(self) -> Any:
        """The first argument."""
        return next(iter(self.args[0].values()))

    def refuse(self, why: str) -> NoGraph:
        """The error that this operator is."""
        where = f" in {self.at}" if self.at else ""
        return NoGraph(f"{self.name}{where}: {why}")

    def value(self, op: str, *inputs: Value, shapes: Optional[Shapes] = None, **fields: Any) -> Value:
        """A new value, which stands where this operator does."""
        kept = {name: field for name, field in fields.items() if field is not None}
        made = Value(op, inputs, self.shapes if shapes is None else shapes, **kept)
        made.at = self.at
        return made

    def same(self, source: Value, shapes: Optional[Shapes] = None) -> Value:
        """`source` itself, or what stands for it in another shape and vanishes in the end."""
        if shapes is None or shapes == source.shapes:
            return source
        return self.value("identity", source, shapes=shapes)

    def arranged(self, source: Value, change: Callable[[Layout], Layout]) -> Value:
        """`source` with its axes moved, in one pattern with what was moved before."""
        layout, start = source.layout, source
        if layout is None:
            layout = Layout.of(source.shapes)
        else:
            start = source.inputs[0]
        layout = change(layout)
        shapes = tuple(
            tuple(_product(atom.sizes[at] for atom in axis) for axis in layout.right)
            for at in range(len(source.shapes))
        )
        made = self.value("rearrange", start, shapes=shapes)
        made.layout = layout
        return made


def _product(sizes: Any) -> int:
    count = 1
    for size in sizes:
        count *= size
    return count


Rule = Callable[[Call], Any]
RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers what becomes of the operators `names`."""

    def register(made: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, made))
        return made

    return register
