#!/usr/bin/env python3
"""Lists what a lent GPU should time, in order of worth, with what the service predicts of it before anything is timed.

    pip install ./clients/python torch torchvision
    cargo run --release &
    python scripts/gpu_plan.py data/gpu/h100-plan.json --gpu h100

scripts/gpu_run.py times the list where there is no server, so each net comes with what it takes to build it. A batch is a power of
two that keeps the GPU busy for about `--step-seconds`, for longer where launching the layers is predicted to take long, and that
fits by our memory estimate (docs/plan.md).
"""

import argparse
import csv
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from epochcast import Client
from epochcast.bench import nets

PAPER = Path(__file__).resolve().parent.parent / "data/seed/v100x8-paper.csv"
# Of torchvision's convolutional nets, small and large ones of each family that people train.
TORCHVISION = (
    "resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d wide_resnet50_2 "
    "regnet_x_400mf regnet_x_1_6gf regnet_x_3_2gf regnet_x_8gf regnet_x_16gf "
    "regnet_y_400mf regnet_y_1_6gf regnet_y_3_2gf regnet_y_8gf regnet_y_16gf "
    "efficientnet_b0 efficientnet_b2 efficientnet_b4 efficientnet_v2_s convnext_tiny convnext_base densenet121 densenet201 "
    "vgg16 vgg16_bn mobilenet_v2 mobilenet_v3_large mnasnet1_0 shufflenet_v2_x1_0 squeezenet1_0"
).split()
SIX = ("resnet50", "regnet_y_1_6gf", "efficientnet_b0", "convnext_tiny", "densenet121", "mobilenet_v2")
TEN = (*SIX, "resnet18", "resnext50_32x4d", "vgg16_bn", "regnet_x_8gf")
FIFTEEN = (*TEN, "resnet101", "regnet_y_8gf", "efficientnet_b2", "regnet_x_400mf", "mobilenet_v3_large")
TRAIN = {"mode": "train", "precision": "amp", "channels_last": False, "compiled": False}
LAST, INFER, COMPILED = {**TRAIN, "channels_last": True}, {**TRAIN, "mode": "infer"}, {**TRAIN, "compiled": True}
MOST_BATCH, USABLE = 256, 0.8
FEW, MANY = 64, 4096


def wanted(paper: list[str]) -> Iterator[tuple[str, str, dict[str, Any], int | None]]:
    """Class, net, recipe, and a batch where it is given, in order of worth.

    The paper's nets are shuffled, so that whatever a budget cuts off is no particular kind of them.
    """
    paper = random.Random(1).sample(paper, len(paper))
    third, rest = paper[::3], [net for at, net in enumerate(paper) if at % 3]
    yield from (("paper", net, TRAIN, None) for net in paper)
    yield from (("torchvision", net, TRAIN, None) for net in TORCHVISION)
    yield from (("torchvision, channels last", net, LAST, None) for net in TORCHVISION)
    yield from (("paper, channels last", net, LAST, None) for net in third[::2])
    yield from (("inference", net, INFER, None) for net in (*TORCHVISION, *third[::2]))
    yield from (("precision", net, {**TRAIN, "precision": p}, None) for p in ("amp_bf16", "tf32", "fp32") for net in TEN)
    yield from (("batch", net, TRAIN, batch) for batch in (1, 4, 16, 64, 256, 2, 8, 32, 128, 512) for net in SIX)
    yield from (("paper, channels last", net, LAST, None) for net in third[1::2])
    yield from (("compiled", net, COMPILED, None) for net in FIFTEEN)
    yield from (("inference", net, INFER, None) for net in (*third[1::2], *rest))


def described(client: Client) -> dict[str, Any]:
    """The 187 nets of the paper's Fig. 2, as the server describes them."""
    found = {}
    with PAPER.open() as lines:
        for row in csv.DictReader(lines):
            way = {"strategy": row["strategy"]} if row["strategy"] else {"scale_type": row["scale_type"]}
            scaling = {**way, "factor": float(row["factor"])}
            net = client.complexity(row["name"], scaling).net
            fields = {"model": {"name": row["name"]}, "scaling": scaling}
            found[row["label"]] = entry(fields, net.complexity.to_dict(), net.resolution, net.model)
    return found


def of_torchvision(client: Client) -> dict[str, Any]:
    """Torchvision's nets, told to the server by name where it counts the same, else by their costs."""
    found = {}
    for name in TORCHVISION:
        made = nets.of_torchvision(name)
        if made is None:
            raise SystemExit(f"torchvision has no {name}")
        module, side, built_by = made
        # Counted without its weights, which takes a moment and not seconds.
        net = nets.named(name, module.to("meta"), side, built_by, client)
        found[name] = entry(net.fields, nets.costs(net.module, net.resolution).to_dict(), net.resolution, None)
    return found


def entry(fields: dict[str, Any], complexity: dict[str, Any], resolution: int, description: Any) -> dict[str, Any]:
    """A net as the list holds it."""
    return {"fields": fields, "complexity": complexity, "resolution": resolution, "description": description}


def bytes_per_image(net: dict[str, Any], recipe: dict[str, Any]) -> float:
    """What a step keeps of each image, by the formula of docs/plan.md with its larger factor."""
    element = 2 if recipe["precision"].startswith("amp") else 4
    return 3.5 * element * float(net["complexity"]["acts"])


def question(net: dict[str, Any], recipe: dict[str, Any], gpu: str, batch: int) -> dict[str, Any]:
    """What a user of that GPU would ask: nothing more than the precision can be said of a GPU that nobody timed."""
    platform = f"gpu:{gpu}:{recipe['precision']}"
    return {**net["fields"], "platform": platform, "mode": recipe["mode"], "batch_size": batch}


def batches(client: Client, asked: list[dict[str, Any]], fits: list[float], seconds: float) -> list[int]:
    """For each question a power of two.

    What a step takes however many images it has is launching. Most of what is predicted of it is covered by work on images,
    since the service's figure is of the slower processors beside the GPUs that it knows.
    """

    def each(images: int) -> list[float]:
        found = client.predict_many([{**one, "batch_size": images} for one in asked])
        return [1 / answer.predictions[0].images_per_second for answer in found]

    chosen = []
    for few, many, most in zip(each(FEW), each(MANY), fits):
        step = max(seconds, 0.7 * FEW * (few - many))
        chosen.append(2 ** max(0, round(math.log2(min(MOST_BATCH, step / many)))))
        while chosen[-1] > most and chosen[-1] > 1:
            chosen[-1] //= 2
    return chosen


def main() -> None:
    """Writes the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path)
    parser.add_argument("--gpu", default="h100", help="as `epochcast gpus` calls it; default: %(default)s")
    parser.add_argument("--gigabytes", type=float, default=80, help="memory of the GPU; default: %(default)s")
    parser.add_argument("--step-seconds", type=float, default=0.06, help="default: %(default)s")
    parser.add_argument("--url", help="the server, default: EPOCHCAST_URL, else http://127.0.0.1:8080")
    arguments = parser.parse_args()
    client, gpu = Client(arguments.url), arguments.gpu
    paper = described(client)
    known = {**paper, **of_torchvision(client)}
    chosen = list(wanted(list(paper)))
    asked = [question(known[name], recipe, gpu, 1) for _, name, recipe, _ in chosen]
    fits = [USABLE * arguments.gigabytes * 1e9 / bytes_per_image(known[name], recipe) for _, name, recipe, _ in chosen]
    timings = [
        {"class": kind, "net": name, **recipe, "batch_size": given or batch}
        for (kind, name, recipe, given), batch in zip(chosen, batches(client, asked, fits, arguments.step_seconds))
    ]
    asked = [question(known[one["net"]], one, gpu, one["batch_size"]) for one in timings]
    for one, answer in zip(timings, client.predict_many(asked)):
        told = answer.predictions[0].to_dict()
        one["predicted"] = {name: told["interval"][name] for name in ("low_seconds", "high_seconds")}
        one["predicted"]["epoch_seconds"] = told["epoch_seconds"]
    release = client.version().version
    arguments.list.parent.mkdir(parents=True, exist_ok=True)
    with arguments.list.open("w") as out:
        head = json.dumps({"gpu": gpu, "predicted_by": f"epochcast {release}"})[1:-1]
        lines = (
            ",\n".join(f"{json.dumps(name)}:{json.dumps(net)}" for name, net in known.items()),
            ",\n".join(json.dumps(one) for one in timings),
        )
        out.write(f'{{{head},\n"nets":{{\n{lines[0]}\n}},\n"timings":[\n{lines[1]}\n]}}\n')
    print(f"{len(timings)} timings of {len(known)} nets in {arguments.list}")


if __name__ == "__main__":
    main()
