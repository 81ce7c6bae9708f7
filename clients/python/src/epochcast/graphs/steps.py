"""The nodes of a graph one by one: repeats written out, inputs counted from the first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

IMAGE = -1
# A graph that is nested deeper than this is no net.
_DEEPEST = 16


@dataclass(frozen=True)
class Step:
    """An operator: `inputs` are the places of other steps, or IMAGE; `tied` is the place of whose weights it has."""

    place: int
    op: str
    fields: Mapping[str, Any]
    inputs: tuple[int, ...]
    tied: int
    at: str

    def get(self, name: str, default: Any = None) -> Any:
        """A field."""
        found = self.fields.get(name)
        return default if found is None else found

    def __str__(self) -> str:
        return f"node {self.place}, {self.op}{f' in {self.at}' if self.at else ''}"


def steps(graph: Mapping[str, Any]) -> list[Step]:
    """The steps of a graph in its JSON form."""
    return [_step(place, node) for place, node in enumerate(_nodes(graph["nodes"], 0))]


def _nodes(nodes: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    if depth > _DEEPEST:
        raise ValueError("repeats are nested too deeply")
    for node in nodes:
        if "repeat" in node and "nodes" in node:
            for _ in range(int(node["repeat"])):
                yield from _nodes(node["nodes"], depth + 1)
        else:
            yield node


def _step(place: int, node: Mapping[str, Any]) -> Step:
    usual = [] if node["op"] in ("param", "const") else [-1]
    back = node.get("from")
    back = [back] if isinstance(back, int) else usual if back is None else back
    inputs = tuple(place + at for at in back)
    if any(not IMAGE <= at < place for at in inputs):
        raise ValueError(f"node {place}, {node['op']}: {back} is not before it")
    tied = place + int(node.get("tied") or 0)
    return Step(place, str(node["op"]), node, inputs, tied, str(node.get("at") or ""))
