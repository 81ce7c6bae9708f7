"""How many of timm's and torchvision's nets are taken as graphs, and built back: `python tools/graphs.py --draw 60`.

Each is taken as a module without weights. Its graph has to have the module's parameters; the module that is built from
the graph has to have as many and cost the same, and to run forward and backward in training.
"""

import argparse
import collections
import json
import logging
import random
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import timm
import torch
import torchvision
from torch import nn

from epochcast import graph
from epochcast.counting import costs
from epochcast.graphs.module import module
from epochcast.graphs.shapes import shaped

TAKEN, REFUSED, WRONG = "taken", "refused", "wrong"


def names(asked: argparse.Namespace) -> list[str]:
    """The nets that are asked for; those of torchvision begin with `torchvision.`."""
    every = timm.list_models() + [
        f"torchvision.{name}" for name in torchvision.models.list_models(module=torchvision.models)
    ]
    if asked.names:
        return list(asked.names)
    order = random.Random(asked.seed)  # noqa: S311
    if asked.families:
        return [order.choice(sorted(timm.list_models(module=family))) for family in timm.list_modules()]
    order.shuffle(every)
    return every[: asked.draw]


def made(name: str, device: str = "meta") -> tuple[Any, int]:
    """A net, and the side of its images."""
    with torch.device(device):
        if name.startswith("torchvision."):
            more = {"aux_logits": False, "init_weights": False} if "inception" in name or "googlenet" in name else {}
            net = torchvision.models.get_model(name.partition(".")[2], weights=None, **more)
            return net, 299 if "inception" in name else 224
        net = timm.create_model(name)
    return net, int(net.pretrained_cfg["input_size"][-1])


def judged(net: Any, side: int) -> tuple[str, str, Optional[Any]]:
    """What became of a net, why, and its graph."""
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = graph(net, (3, side, side))
    except Exception as error:
        return REFUSED, f"{type(error).__name__} {error}".replace("\n", " ")[:300], None
    unused = any("not used" in str(warning.message) for warning in told)
    try:
        wrong = faults(net, side, found.to_dict(), unused=unused)
    except Exception as error:
        wrong = [f"{type(error).__name__} {error}".replace("\n", " ")[:300]]
    return (
        (WRONG, "; ".join(wrong), found) if wrong else (TAKEN, "some parameters are not used" if unused else "", found)
    )


def faults(net: Any, side: int, written: dict[str, Any], *, unused: bool) -> list[str]:
    """What is not as it should be."""
    wrong = []
    own = sum(weight.numel() for weight in net.parameters())
    inferred = sum(one.params for one in shaped(written))
    if inferred != own and not (unused and inferred < own):
        wrong.append(f"the graph has {inferred} parameters, the module {own}")
    with torch.device("meta"):
        built = module(written)
    held = sum(weight.numel() for weight in built.parameters())
    if held != inferred:
        wrong.append(f"what is built has {held} parameters, its graph {inferred}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = costs(built, side).to_dict(), costs(net, side).to_dict()
    differing = [cost for cost in ("flops", "acts") if ours[cost] != theirs[cost]]
    wrong += [f"{cost} {ours[cost]} in place of {theirs[cost]}" for cost in differing]
    out = built.train()(torch.zeros(2, 3, side, side, device="meta"))
    out.sum().backward()
    without = [name for name, weight in built.named_parameters() if weight.grad is None]
    if without:
        wrong.append(f"no gradient for {', '.join(without[:3])}")
    return wrong


def reason(told: str) -> str:
    """A refusal without its place."""
    return told.partition(" in ")[0][:60] + " | " + told.rpartition(": ")[2][:80]


def table(results: dict[str, tuple[str, str]]) -> Iterator[str]:
    """How many of each kind, and why."""
    counts = collections.Counter(kind for kind, _ in results.values())
    yield f"{counts[TAKEN]} of {len(results)} are taken, {counts[WRONG]} wrongly, {counts[REFUSED]} refused"
    for kind in (WRONG, REFUSED):
        why = collections.defaultdict(list)
        for name, (found, told) in results.items():
            if found == kind:
                why[reason(told)].append(name)
        for told, which in sorted(why.items(), key=lambda item: -len(item[1])):
            yield f"{kind} {len(which):4} | {told} | {', '.join(which[:4])}"


def main() -> None:
    """Takes nets, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--draw", type=int, default=60)
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--families", action="store_true", help="one net of each of timm's modules")
    parser.add_argument("--output", type=Path, help="NDJSON of the graphs, appended to")
    parser.add_argument("--code", action="store_true", help="prints the source too")
    parser.add_argument("--known", action="store_true", help="takes also those that are in the output already")
    asked = parser.parse_args()
    logging.getLogger("torch").setLevel(logging.CRITICAL)
    torch.set_num_threads(1)
    done = set()
    if asked.output and asked.output.exists() and not asked.known:
        with asked.output.open() as lines:
            done = {json.loads(line)["name"] for line in lines}
    results: dict[str, tuple[str, str]] = {}
    for name in names(asked):
        if name in done:
            continue
        start = time.monotonic()
        try:
            # Some compute their first weights, which takes real ones.
            try:
                net, side = made(name)
            except NotImplementedError:
                net, side = made(name, "cpu")
        except Exception as error:
            print(f"{name}: not made: {error}")
            continue
        assert isinstance(net, nn.Module)  # noqa: S101
        kind, told, found = judged(net, side)
        results[name] = (kind, told)
        print(f"{name}@{side}: {kind} in {time.monotonic() - start:.1f} s {told}", flush=True)
        if found is not None and kind == TAKEN and asked.output:
            with asked.output.open("a") as lines:
                lines.write(json.dumps({"name": name, "resolution": side, "graph": found.to_dict()}) + "\n")
        if found is not None and asked.code:
            print(found.code())
    print("\n".join(table(results)))


if __name__ == "__main__":
    sys.exit(main())
