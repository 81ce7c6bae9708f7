#!/usr/bin/env python3
"""Takes the nets of timm and torchvision apart, for data/graphs: one line of JSON for each, without weights.

    pip install torch torchvision timm ./clients/python
    python scripts/collect_graphs.py nets.ndjson
    cargo run --release --example pack_graphs -- nets.ndjson

Every net is built without memory for its weights and written as a graph (docs/graphs.md), at the resolution of its own
configuration. A line has its name, that resolution, its parameters by PyTorch's count and its graph, without the names
of modules, which are most of its size. Nets that the file has are left as they are, so that a run can be broken off and
gone on with: it takes some hours. What is refused is said on stderr.
"""

import argparse
import json
import logging
import sys
import warnings
from pathlib import Path

import timm
import torch
import torchvision
from epochcast import graph

# Only for the tests of timm.
TESTS = "test_"


def names():
    """All, those of torchvision that timm has no net of the same name of last."""
    known = timm.list_models()
    yield from (name for name in known if not name.startswith(TESTS))
    yield from (name for name in torchvision.models.list_models(module=torchvision.models) if name not in known)


def made(name, device="meta"):
    """The net, and the side of its images."""
    with torch.device(device):
        if timm.is_model(name):
            net = timm.create_model(name)
            return net, int(net.pretrained_cfg["input_size"][-1])
        more = {"aux_logits": False, "init_weights": False} if name in {"inception_v3", "googlenet"} else {}
        return torchvision.models.get_model(name, weights=None, **more), 299 if name == "inception_v3" else 224


def line(name):
    """What the file says of a net."""
    try:
        net, side = made(name)
        found = graph(net, input=(3, side, side))
    except NotImplementedError:
        # Some nets look at their weights when they are made.
        net, side = made(name, "cpu")
        found = graph(net, input=(3, side, side))
    params = sum(parameter.numel() for parameter in net.parameters())
    bare = without_names(found.to_dict())
    return {"name": name, "resolution": side, "params": params, "graph": {"nodes": bare["nodes"]}}


def without_names(written):
    """`written` without the names of modules."""
    if isinstance(written, dict):
        return {key: without_names(value) for key, value in written.items() if key != "at"}
    return [without_names(one) for one in written] if isinstance(written, list) else written


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="where the lines are appended")
    parser.add_argument("names", nargs="*", help="these nets alone")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.CRITICAL)
    warnings.filterwarnings("ignore")
    done = set()
    if asked.file.exists():
        done = {json.loads(text)["name"] for text in asked.file.read_text().splitlines()}
    with asked.file.open("a") as file:
        for name in asked.names or names():
            if name in done:
                continue
            try:
                file.write(json.dumps(line(name), separators=(",", ":")) + "\n")
                file.flush()
            except Exception as error:
                print(f"{name}: {type(error).__name__}: {str(error)[:200]!r}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
