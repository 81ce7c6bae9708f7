#!/usr/bin/env python3
"""Counts what the operators of published convolutional nets do, for data/operators.csv.

    pip install torch torchvision timm
    python scripts/count_operators.py > data/operators.csv

Every net of timm and torchvision that makes no more than a hundredth of its multiply-adds in attention is built without
memory for its weights (the meta device) and run once with one image and once with two: what an operator does for both is
the difference, so that work on the weights themselves does not count. Nets that are folded for inference (RepVGG,
MobileOne and others) are counted both ways. Columns: flops, params and acts as /v1/complexity counts them, but for the outputs
of max-pool layers; the rest are the sums of `LayerSums` in src/timing/fit/layer_sums.rs, for operators of any net:

    memory        elements: read and written by convolutions and linear layers, half of those that batch norms and
                  activation functions write, those that sums, products, copies and joins write, those that pools read,
                  and three times those that other norms write, which run in 32 bits under mixed precision
    compute       multiply-adds, dense ones as padded to the tensor cores' tile
    narrow        multiply-adds of grouped, not depthwise convolutions, more the narrower the groups are
    convolutions  convolutions and linear layers of maps larger than a pixel
    excitations   pairs of those of maps of a pixel (squeeze-excitation)
"""

import csv
import logging
import math
import re
import sys
import warnings
from collections import Counter

import timm
import torch
import torchvision
from timm.utils import reparameterize_model
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

COLUMNS = ["name", "resolution", "flops", "params", "acts", "memory", "compute", "narrow", "convolutions", "excitations"]
TILE = 16
NORMS = {"native_batch_norm", "_native_batch_norm_legit_no_training", "_native_batch_norm_legit", "cudnn_batch_norm"}
WIDE_NORMS = {"native_layer_norm", "native_group_norm", "var_mean", "var", "std", "rsqrt", "pow", "linalg_vector_norm"}
FUNCTIONS = {
    "relu", "silu", "gelu", "hardswish", "hardsigmoid", "sigmoid", "tanh", "leaky_relu", "elu", "mish", "hardtanh",
    "softplus", "clamp", "clamp_min", "celu", "selu", "prelu",
}
POOLS = {"max_pool2d_with_indices", "avg_pool2d", "_adaptive_avg_pool2d", "mean"}
# Nets of tokens, with or without attention, and nets that are for tests of timm only.
OTHERS = (
    r"(test|vit|xcit|mixer|gmlp|resmlp|sequencer|swin|shvit|nextvit|mobilevit|efficientvit|efficientformer|edgenext"
    r"|lowformer|swiftformer)"
)
MOVES = {"add", "sub", "mul", "div", "addcmul", "cat", "copy", "clone", "_to_copy", "constant_pad_nd", "index", "roll"}


class Operators(TorchDispatchMode):
    """The operators that ran: layers with their shapes, and elements read and written by the others."""

    def __init__(self):
        super().__init__()
        self.layers, self.attention, self.read, self.written = [], 0, Counter(), Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        name = func._schema.name.split("::")[1].rstrip("_")
        first = out[0] if isinstance(out, (tuple, list)) else out
        tensors = [leaf for leaf in tree_leaves(args) if isinstance(leaf, torch.Tensor)]
        if name == "convolution":
            read, weight, groups = args[0], args[1], args[8]
            shape = (read.shape[1], weight.shape[0], groups, math.prod(weight.shape[2:]), weight.shape[1])
            self.layers.append((shape, read.numel(), first.numel()))
        elif name in {"addmm", "mm"}:
            read, weight = tensors[-2:]
            shape = (weight.shape[0], weight.shape[1], 1, 1, weight.shape[0])
            self.layers.append((shape, read.numel(), first.numel()))
        elif name in {"bmm", "baddbmm"}:
            self.attention += first.numel() * tensors[-1].shape[-2]
        elif "attention" in name:
            self.attention += 2 * first.numel() * tensors[1].shape[-2]
        elif tensors and isinstance(first, torch.Tensor):
            self.read[name] += tensors[0].numel()
            self.written[name] += first.numel()
        return out


def run(net, images, side):
    operators = Operators()
    image = torch.empty(images, 3, side, side, device=next(net.parameters()).device)
    with torch.no_grad(), operators:
        net(image)
    return operators


def layer_sums(one, two):
    """Sums over convolutions and linear layers, of one image: the difference between `one` and `two`."""
    sums = Counter()
    for (shape, *first), (_, *second) in zip(one.layers, two.layers, strict=True):
        w_in, w_out, groups, kernel, fan_in = shape
        read, written = second[0] - first[0], second[1] - first[1]
        flops = written * fan_in * kernel
        sums["flops"] += flops
        sums["acts"] += written
        if kernel == 1 and read <= w_in and written <= w_out:
            sums["pixel_layers"] += 1
            continue
        sums["convolutions"] += 1
        sums["memory"] += read + written
        padding = (1 + TILE / w_in) * (1 + TILE / w_out) if groups == 1 else 1
        sums["compute"] += flops * padding
        if 1 < groups and fan_in > 1:
            sums["narrow"] += flops * TILE / (TILE + fan_in)
    return sums


def counted(net, side):
    """The columns from flops on, or None where attention makes more than a hundredth of the multiply-adds."""
    one, two = run(net, 1, side), run(net, 2, side)
    sums = layer_sums(one, two)
    if two.attention - one.attention > 0.01 * sums["flops"]:
        return None
    for name in two.written:
        written, read = two.written[name] - one.written[name], two.read[name] - one.read[name]
        if name in NORMS or name in FUNCTIONS:
            sums["memory"] += written / 2
        elif name in WIDE_NORMS:
            sums["memory"] += 3 * written
        elif name in POOLS:
            sums["memory"] += read
        elif name in MOVES:
            sums["memory"] += written
    params = sum(parameter.numel() for parameter in net.parameters())
    costs = [sums["flops"], params, sums["acts"], *(round(sums[column]) for column in ("memory", "compute", "narrow"))]
    return [*costs, sums["convolutions"], sums["pixel_layers"] // 2]


def folded(build):
    """The net as it runs for inference, where that has fewer layers; its weights have to exist."""
    kinds = ("fuse", "reparameterize", "switch_to_deploy")
    if any(hasattr(module, kind) for module in build("meta").modules() for kind in kinds):
        return reparameterize_model(build("cpu"))
    return None


def built_by_timm(name):
    def build(device):
        with torch.device(device):
            return timm.create_model(name).eval()

    return build


def built_by_torchvision(name):
    def build(device):
        with torch.device(device):
            return torchvision.models.get_model(name, weights=None).eval()

    return build


def nets():
    """Name, builder and side of the images of all."""
    known = timm.list_models()
    for name in known:
        config = timm.get_pretrained_cfg(name)
        yield name, built_by_timm(name), config.input_size[-1] if config else 224
    for name in torchvision.models.list_models(module=torchvision.models):
        if name not in known:
            yield name, built_by_torchvision(name), 224


def main():
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore")
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(COLUMNS)
    seen = set()
    for name, build, side in nets():
        if re.match(OTHERS, name):
            continue
        try:
            for net in filter(None, (build("meta"), folded(build))):
                row = counted(net, side)
                if row and (name, row[1]) not in seen:
                    seen.add((name, row[1]))
                    rows.writerow([name, side, *row])
                    sys.stdout.flush()
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {str(error)[:90]}", file=sys.stderr)


if __name__ == "__main__":
    main()
