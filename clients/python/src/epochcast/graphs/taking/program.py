"""A captured program, operator by operator, becomes values."""

import operator
from typing import Any, Optional

import torch

from ...errors import NoGraph
from . import axes, plain, weighted
from .call import RULES, Call
from .capture import BATCHES, Captured, path_of
from .layout import Batches, Inexpressible
from .values import Shapes, Value

__all__ = ["axes", "plain", "values_of", "weighted"]

# Of larger tables only the shape is kept.
_MOST_KNOWN = 1 << 20
_ASSERTIONS = ("_assert", "sym_constrain", "_guards_fn")


class Reader:
    """Reads the programs of one module side by side."""

    def __init__(self, found: Captured) -> None:
        self.found = found
        self.batches = Batches(BATCHES[: len(found.programs)])
        self.values: dict[Any, Any] = {}
        self.order: list[Value] = []
        self._params: dict[int, Value] = {}

    def read(self) -> Value:
        """What the module puts out."""
        columns = [list(program.graph.nodes) for program in self.found.programs]
        for nodes in zip(*columns):
            node = nodes[0]
            if node.op == "placeholder":
                self.values[node] = self._placeholder(nodes)
            elif node.op == "output":
                return self._output(node)
            elif node.op == "call_function":
                self.values[node] = self._called(nodes)
                self._keep(self.values[node])
        raise NoGraph("the module puts out nothing")

    def _keep(self, made: Any) -> None:
        for value in made if isinstance(made, list) else [made]:
            if isinstance(value, Value):
                self.order.append(value)

    def _output(self, node: Any) -> Value:
        found = [self.values[inner] for inner in node.all_input_nodes]
        signature = self.found.programs[0].graph_signature
        wanted = [self.values[inner] for inner in node.all_input_nodes if inner.name in signature.user_outputs]
        found = wanted or found
        if len(found) != 1:
            raise NoGraph(f"the module puts out {len(found)} tensors; a graph puts out one")
        value: Value = found[0]
        return value

    def _placeholder(self, nodes: tuple[Any, ...]) -> Value:
        node, program = nodes[0], self.found.programs[0]
        signature = program.graph_signature
        shapes = _shapes(nodes)
        if node.name in signature.inputs_to_parameters:
            return self._parameter(signature.inputs_to_parameters[node.name], shapes)
        if node.name in signature.inputs_to_buffers:
            tensor = self.found.tensors.get(signature.inputs_to_buffers[node.name])
            return _constant([tensor] * len(nodes), shapes)
        if node.name in signature.inputs_to_lifted_tensor_constants:
            tensors = [
                one.constants.get(one.graph_signature.inputs_to_lifted_tensor_constants[other.name], None)
                for one, other in zip(self.found.programs, nodes)
            ]
            return _constant(tensors, shapes)
        if node.name in signature.user_inputs:
            return Value("image", (), shapes)
        return _constant([None] * len(nodes), shapes)

    def _parameter(self, name: str, shapes: Shapes) -> Value:
        # Tied weights have two names and are one tensor.
        identity = id(self.found.parameters.get(name, name))
        if identity not in self._params:
            made = Value("param", (), shapes, shape=list(shapes[0]))
            made.weights, made.at = (name,), name
            self._params[identity] = made
        return self._params[identity]

    def _called(self, nodes: tuple[Any, ...]) -> Any:
        node = nodes[0]
        if node.target is operator.getitem:
            return self.values[node.args[0]][node.args[1]]
        if any(word in str(node.target) for word in _ASSERTIONS):
            return None
        call = self._call(nodes)
        folded = self._folded(call, nodes)
        if folded is not None:
            return folded
        rule = RULES.get(call.name)
        if rule is None:
            raise call.refuse("no operator of a graph is this")
        call.earlier = self.order
        try:
            made = rule(call)
        except Inexpressible as error:
            raise call.refuse(str(error)) from None
        return made

    def _call(self, nodes: tuple[Any, ...]) -> Call:
        args = tuple(self._arguments(node) for node in nodes)
        # Values stand for the nodes of the first program alone.
        at, kind = path_of(nodes[0])
        call = Call(_name(nodes[0].target), args, _shapes(nodes), at, self.batches)
        call.kind = kind
        return call

    def _arguments(self, node: Any) -> dict[str, Any]:
        schema = getattr(node.target, "_schema", None)
        if schema is None:
            return {str(at): self._looked(arg) for at, arg in enumerate(node.args)}
        names = [argument.name for argument in schema.arguments]
        args = {argument.name: argument.default_value for argument in schema.arguments if argument.has_default_value()}
        args.update(zip(names, node.args))
        args.update(node.kwargs)
        return {name: self._looked(args[name]) for name in names if name in args}

    def _looked(self, arg: Any) -> Any:
        if isinstance(arg, torch.fx.Node):
            return self.values.get(arg, arg)
        if isinstance(arg, (list, tuple)):
            return [self._looked(inner) for inner in arg]
        return arg

    def _folded(self, call: Call, nodes: tuple[Any, ...]) -> Optional[Any]:
        """A constant, where neither the image nor a parameter has a part in it."""
        inputs = [self.values.get(node) for node in nodes[0].all_input_nodes]
        flat = [value for inner in inputs for value in (inner if isinstance(inner, list) else [inner])]
        made = call.name.startswith(("new_", "zeros", "ones", "full", "empty")) or call.name.endswith("_like")
        if not made and any(value is None or not value.is_constant for value in flat):
            return None
        if isinstance(nodes[0].meta.get("val"), (list, tuple)):
            several = [_evaluated(node, self.values, at) for at, node in enumerate(nodes)]
            places = range(len(call.shapes[0]))
            return [
                _constant([found and found[at] for found in several], tuple(s[at] for s in call.shapes))
                for at in places
            ]
        if not hasattr(nodes[0].meta.get("val"), "shape"):
            return None
        tensors = [_evaluated(node, self._twin(nodes[0], node), at) for at, node in enumerate(nodes)]
        return _constant(tensors, call.shapes)

    def _twin(self, node: Any, other: Any) -> dict[Any, Any]:
        """What the inputs of the same node in another program are."""
        found = dict(self.values)
        found.update(
            {theirs: self.values.get(ours) for ours, theirs in zip(node.all_input_nodes, other.all_input_nodes)}
        )
        return found


def _name(target: Any) -> str:
    name = str(getattr(target, "_opname", None) or getattr(target, "__name__", target))
    return name[:-1] if name.endswith("_") and not name.endswith("__") else name


def _shapes(nodes: tuple[Any, ...]) -> Any:
    def shape(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [shape(inner) for inner in value]
        return tuple(int(size) for size in value.shape) if hasattr(value, "shape") else ()

    return tuple(shape(node.meta.get("val")) for node in nodes)


def _constant(tensors: list[Any], shapes: Shapes) -> Value:
    made = Value("const", (), shapes)
    if all(tensor is not None and tensor.device.type != "meta" for tensor in tensors):
        made.tensor = [tensor.detach() for tensor in tensors]
    return made


def _evaluated(node: Any, values: dict[Any, Any], at: int) -> Any:
    """What a node of constants makes; None where that is not known."""

    def tensor(inner: Any) -> Any:
        value = values.get(inner)
        if value is None or value.tensor is None:
            raise LookupError
        return value.tensor[at]

    numel = 1
    for size in getattr(node.meta.get("val"), "shape", ()):
        numel *= int(size)
    if numel > _MOST_KNOWN:
        return None
    try:
        if node.target is None or _name(node.target).endswith("_like") or _name(node.target).startswith("new_"):
            return _uniform(node)
        args, kwargs = torch.fx.map_arg((node.args, node.kwargs), tensor)
        if "device" in kwargs:
            kwargs = {**kwargs, "device": "cpu"}
        with torch.no_grad():
            return node.target(*args, **kwargs)
    except Exception:
        return None


def _uniform(node: Any) -> Any:
    name, shape = _name(node.target), tuple(node.meta["val"].shape)
    if "zeros" in name or "empty" in name:
        return torch.zeros(shape)
    if "ones" in name:
        return torch.ones(shape)
    if "full" in name:
        return torch.full(shape, float(node.args[-1]))
    return None


def values_of(found: Captured) -> tuple[Value, Batches]:
    """The value that the module puts out."""
    reader = Reader(found)
    return reader.read(), reader.batches
