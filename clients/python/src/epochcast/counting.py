"""Flops, params and acts of a torch module, counted while it looks at one image.

The rules are the server's: a multiply-add is one flop, a bias one more for each output; acts are the elements that
convolutions, linear layers, matrix products and max-pools put out; norms, activations and average pools are free.
"""

import math
import warnings
from typing import Any, Callable

import torch
from torch.overrides import TorchFunctionMode

from .answers import Costs

NOT_COUNTED = "not counted: "
# Layers with weights or products that no rule below counts.
_UNCOUNTED = {"einsum", "baddbmm", "bilinear", "lstm", "gru", "rnn_tanh", "rnn_relu", "conv_tbc", "deform_conv2d"}


def _convolution(args: dict[str, Any], out: Any) -> tuple[int, int]:
    weight, bias = args["weight"], args.get("bias")
    # Shape (width_out, width_in / groups, kernel…): each output element takes as many multiply-adds as one filter has.
    each = weight[0].numel()
    return out.numel() * (each + (bias is not None)), out.numel()


def _transposed(args: dict[str, Any], out: Any) -> tuple[int, int]:
    # Shape (width_in, width_out / groups, kernel…): each input element is multiplied by one filter.
    bias = out.numel() if args.get("bias") is not None else 0
    return args["input"].numel() * args["weight"][0].numel() + bias, out.numel()


def _linear(args: dict[str, Any], out: Any) -> tuple[int, int]:
    return out.numel() * (args["weight"].shape[-1] + (args.get("bias") is not None)), out.numel()


def _product(args: dict[str, Any], out: Any) -> tuple[int, int]:
    return out.numel() * args["input"].shape[-1], out.numel()


def _attention(args: dict[str, Any], out: Any) -> tuple[int, int]:
    query, key = args["query"], args["key"]
    weights = math.prod(query.shape[:-1]) * key.shape[-2]
    return weights * (query.shape[-1] + out.shape[-1]), weights + out.numel()


def _multi_head(args: dict[str, Any], _: Any) -> tuple[int, int]:
    """Three projections, attention, and one more projection; nothing within it is seen by itself."""
    query, key, value = args["query"], args["key"], args["value"]
    width, heads = query.shape[-1], args["num_heads"]
    tokens, others = query.numel() // width, key.numel() // key.shape[-1]
    biased = (args.get("in_proj_bias") is not None, args.get("out_proj_bias") is not None)
    projected = tokens * width * (width + biased[0]) + tokens * width * (width + biased[1])
    projected += others * width * (key.shape[-1] + value.shape[-1] + 2 * biased[0])
    # Each image's queries meet its own keys.
    images = query.shape[1] if query.dim() == 3 else 1
    weights = heads * tokens * others // images
    return projected + 2 * weights * (width // heads), 3 * tokens * width + 2 * others * width + weights


def _max_pool(_: dict[str, Any], out: Any) -> tuple[int, int]:
    first = out[0] if isinstance(out, tuple) else out
    return 0, first.numel()


Rule = Callable[[dict[str, Any], Any], tuple[int, int]]
_CONV, _PAIR = ("input", "weight", "bias"), ("input", "other")
_HEADS = (
    "query", "key", "value", "embed_dim", "num_heads", "in_proj_weight", "in_proj_bias", "bias_k", "bias_v",
    "add_zero_attn", "dropout_p", "out_proj_weight", "out_proj_bias",
)  # fmt: skip
_RULES: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "conv1d": (_convolution, _CONV),
    "conv2d": (_convolution, _CONV),
    "conv3d": (_convolution, _CONV),
    "conv_transpose1d": (_transposed, _CONV),
    "conv_transpose2d": (_transposed, _CONV),
    "conv_transpose3d": (_transposed, _CONV),
    "linear": (_linear, _CONV),
    "matmul": (_product, _PAIR),
    "__matmul__": (_product, _PAIR),
    "bmm": (_product, _PAIR),
    "mm": (_product, _PAIR),
    "scaled_dot_product_attention": (_attention, ("query", "key", "value")),
    "multi_head_attention_forward": (_multi_head, _HEADS),
    "max_pool2d": (_max_pool, ("input",)),
    "max_pool2d_with_indices": (_max_pool, ("input",)),
    "adaptive_max_pool2d": (_max_pool, ("input",)),
}


class _Counter(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.flops = self.acts = 0
        self.uncounted: set[str] = set()
        self._within = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        rule = None if self._within else _RULES.get(name)
        if rule is None:
            if name in _UNCOUNTED:
                self.uncounted.add(name)
            return func(*args, **kwargs)
        # F.max_pool2d calls torch.max_pool2d: one layer.
        self._within = True
        try:
            out = func(*args, **kwargs)
        finally:
            self._within = False
        count, names = rule
        flops, acts = count({**dict(zip(names, args)), **kwargs}, out)
        self.flops += flops
        self.acts += acts
        return out


def costs(module: Any, resolution: int = 224, *, channels: int = 3) -> Costs:
    """What `module` costs for one image of `resolution` pixels.

    It runs once, in evaluation mode and without gradients, where it is. Operations that are not counted are warned of.
    """
    weight = next(iter(module.parameters()), None)
    where = {} if weight is None else {"device": weight.device, "dtype": weight.dtype}
    image = torch.zeros(1, channels, resolution, resolution, **where)
    training = {name: part.training for name, part in module.named_modules()}
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    module.eval()
    counter = _Counter()
    try:
        with torch.no_grad(), counter:
            module(image)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for name, part in module.named_modules():
            part.training = training[name]
    if counter.uncounted:
        warnings.warn(f"{NOT_COUNTED}{', '.join(sorted(counter.uncounted))}", stacklevel=2)
    params = sum(weight.numel() for weight in module.parameters())
    return Costs({"flops": counter.flops, "params": params, "acts": counter.acts})
