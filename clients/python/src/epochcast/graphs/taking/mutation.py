"""Operators that write into what others see as well, as `x[:, :4] += y` does."""

from typing import Any


def functional(program: Any) -> Any:
    """`program` without any, where one is of consequence; else as it is, since much is taken apart on the way."""
    return program.run_decompositions({}) if _overwrites(list(program.graph.nodes)) else program


def _overwrites(nodes: list[Any]) -> bool:
    """Whether something is written to that is looked at later under another name."""
    place = {node: at for at, node in enumerate(nodes)}
    root: dict[Any, Any] = {}
    written: dict[Any, int] = {}
    for at, node in enumerate(nodes):
        for inner in node.all_input_nodes:
            since = written.get(root.get(inner, inner))
            if since is not None and place[inner] < since and inner is not nodes[since].args[0]:
                return True
        kind = _kind(node)
        if kind and node.all_input_nodes:
            source = node.args[0]
            root[node] = root.get(source, source)
            if kind == "write" and (source in root or _seen_elsewhere(source, root)):
                written[root[node]] = at
    return False


def _seen_elsewhere(source: Any, root: dict[Any, Any]) -> bool:
    return any(other is source for other in root.values())


def _kind(node: Any) -> str:
    """Whether what it makes is a view of its first input, or that input written to."""
    schema = getattr(node.target, "_schema", None)
    if node.op != "call_function" or schema is None or not schema.arguments or not schema.returns:
        return ""
    alias, out = schema.arguments[0].alias_info, schema.returns[0].alias_info
    if alias is None or out is None:
        return ""
    return "write" if alias.is_write else "view"
