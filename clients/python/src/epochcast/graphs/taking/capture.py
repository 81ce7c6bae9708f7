"""A module's operators as torch.export sees them: at two resolutions, where the module takes them."""

import copy
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any, Callable, Optional

import torch
from torch import nn

from ...errors import NoGraph
from .mutation import functional

# Primes that are nobody's width, so that an axis as long as these is the batch.
BATCHES = (499, 509)
# By how much larger the second image is: all usual strides divide it.
MORE = (64, 32)
# A net of these alone has no size written anywhere, so one look is enough.
_UNAMBIGUOUS = {
    "conv2d", "batch_norm", "group_norm", "relu", "silu", "gelu", "hardswish", "hardsigmoid", "hardtanh", "sigmoid",
    "mish", "leaky_relu", "elu", "add", "mul", "cat", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "mean",
    "flatten", "linear", "dropout",
}  # fmt: skip


@dataclass(frozen=True)
class Captured:
    """`programs` are the same graph for other sizes; `tensors` are the module's own, with values where it has them."""

    programs: tuple[Any, ...]
    resolutions: tuple[int, ...]
    tensors: dict[str, Any]
    parameters: dict[str, Any]


def captured(module: Any, side: int, channels: int) -> Captured:
    """The operators of `module`, in evaluation mode, for images of `side` pixels."""
    _without_recurrence(module)
    with _in_evaluation(module):
        parameters = dict(module.named_parameters(remove_duplicate=False))
        tensors = {**parameters, **dict(module.named_buffers(remove_duplicate=False))}
        tried: list[str] = []
        for name, way in _WAYS.items():
            try:
                programs, sides = _twice(way(module), side, channels)
            except Exception as error:
                tried.append(f"{name}: {_first_line(error)}")
                continue
            return Captured(programs, sides, tensors, parameters)
    raise NoGraph("torch.export does not take this module: " + "; ".join(tried))


def _without_recurrence(module: Any) -> None:
    """An LSTM would be unrolled, operator by operator for each of its steps, and be none that a graph knows."""
    for name, part in module.named_modules():
        if isinstance(part, (nn.RNNBase, nn.RNNCellBase)):
            raise NoGraph(f"{type(part).__name__.lower()} in {name}: no operator of a graph is this")


def _first_line(error: Exception) -> str:
    told = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__} {told[0][:200]}".strip()


Export = Callable[[int, int, int], Any]


def _without_weights(module: Any) -> Any:
    """A copy whose tensors have shapes alone."""
    memo: dict[int, Any] = {}
    for weight in module.parameters():
        empty = torch.empty_like(weight, device="meta")
        memo[id(weight)] = nn.Parameter(empty, requires_grad=weight.requires_grad)
    return copy.deepcopy(module, memo).to("meta")


def _exported(module: Any, device: str, *, strict: bool) -> Export:
    def export(batch: int, channels: int, side: int) -> Any:
        image = torch.zeros(batch, channels, side, side, device=device)
        with warnings.catch_warnings(), torch.no_grad(), _unlogged():
            warnings.simplefilter("ignore")
            if device == "meta" and batch != BATCHES[0]:
                # A size that it does not take is found out in a tenth of the time.
                copy.deepcopy(module)(image)
            # Some keep what they computed for the next image, which would be a constant then.
            fresh = copy.deepcopy(module) if device == "meta" else module
            return functional(torch.export.export(fresh, (image,), strict=strict))

    return export


@contextmanager
def _unlogged() -> Iterator[None]:
    """A trial that fails is no error of anybody's, but torch logs and prints pages of its insides for each."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def _device(module: Any) -> str:
    return str(next((weight.device for weight in module.parameters()), "cpu"))


_WAYS: dict[str, Callable[[Any], Export]] = {
    "without weights": lambda module: _exported(_without_weights(module), "meta", strict=False),
    "where it is": lambda module: _exported(module, _device(module), strict=False),
    "strictly": lambda module: _exported(module, _device(module), strict=True),
}


def _twice(export: Export, side: int, channels: int) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    first = export(BATCHES[0], channels, side)
    if all(_name(node) in _UNAMBIGUOUS for node in first.graph.nodes if node.op == "call_function"):
        return (first,), (side,)
    for more in MORE:
        try:
            second = export(BATCHES[1], channels, side + more)
        except Exception:
            continue
        if _same(first, second):
            return (first, second), (side, side + more)
    return (first,), (side,)


def _name(node: Any) -> str:
    return str(getattr(node.target, "_opname", node.target)).rstrip("_")


def _same(first: Any, second: Any) -> bool:
    """Whether both have the same operators in the same order."""
    one, other = ([str(node.target) for node in program.graph.nodes] for program in (first, second))
    return one == other


@contextmanager
def _in_evaluation(module: Any) -> Iterator[None]:
    training = {name: part.training for name, part in module.named_modules()}
    module.eval()
    try:
        yield
    finally:
        for name, part in module.named_modules():
            part.training = training.get(name, part.training)


def path_of(node: Any) -> tuple[str, Optional[str]]:
    """Where in the module an operator is called, and the class there."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    if not stack:
        return "", None
    path, kind = stack[-1][0], stack[-1][1]
    return str(path), str(kind).rpartition(".")[2]
