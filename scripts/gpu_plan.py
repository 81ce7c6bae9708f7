#!/usr/bin/env python3
"""Lists what a lent GPU should time, in order of worth, with what the service predicts of it before anything is timed.

    pip install ./clients/python torch torchvision
    cargo run --release &
    python scripts/gpu_plan.py data/gpu/h100-plan.json --gpu h100

Run again once some of it was timed, it keeps the list's batches and first predictions, and adds what the service predicts now:

    python scripts/gpu_plan.py data/gpu/h100-plan.json --gpu h100 --timed h100-nchw

scripts/gpu_run.py times the list where there is no server, so each net comes with what it takes to build it. A batch is a power of
two that keeps the GPU busy for about `--step-seconds`, for longer where launching the layers is predicted to take long, and that
fits by our memory estimate (docs/plan.md).
"""

import argparse
import csv
import json
import math
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from epochcast import Client
from epochcast.bench import nets

Timing = dict[str, Any]

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
LARGER_BATCH, LARGER, SIXTEEN = "larger batch", 4, 16e9
BASES, WAYS = ("EfficientNet-B0", "RegNetY-500MF", "RegNetZ-500MF"), ("w", "dWr", "dw", "dwr")
TRAIN = {"mode": "train", "precision": "amp", "channels_last": False, "compiled": False}
LAST, INFER, COMPILED = {**TRAIN, "channels_last": True}, {**TRAIN, "mode": "infer"}, {**TRAIN, "compiled": True}
LAST_COMPILED = {**COMPILED, "channels_last": True}
MOST_BATCH, USABLE = 256, 0.8
FEW, MANY = 64, 4096


def wanted(known: dict[str, Any]) -> list[Timing]:
    """What to time, in order of worth, with a batch where it is given: first a little of each question, then the rest of it.

    The paper's nets are shuffled, so that whatever a budget cuts off is no particular kind of them.
    """
    paper = [net for net in known if net not in TORCHVISION]
    paper = random.Random(1).sample(paper, len(paper))
    third, rest = paper[::3], [net for at, net in enumerate(paper) if at % 3]

    def each(kind: str, listed: Iterable[str], recipe: Timing, batch: int | None = None) -> list[Timing]:
        return [{"class": kind, "net": net, **recipe, "batch_size": batch} for net in listed]

    last = "paper, channels last"
    return [
        *each("torchvision", TORCHVISION, TRAIN),
        *each("torchvision, channels last", TORCHVISION, LAST),
        *each(LARGER_BATCH, nearest_sixteen(known), TRAIN),
        *(one for batch in (1, 16, 256) for one in each("batch", SIX, TRAIN, batch)),
        *each("inference", TEN, INFER),
        *each("precision", TEN, {**TRAIN, "precision": "amp_bf16"}),
        *each("compiled", SIX, COMPILED),
        *each("paper", paper, TRAIN),
        *each("inference", (*(net for net in TORCHVISION if net not in TEN), *third[::2]), INFER),
        *(one for batch in (4, 64, 2, 8, 32, 128, 512) for one in each("batch", SIX, TRAIN, batch)),
        *(one for precision in ("tf32", "fp32") for one in each("precision", TEN, {**TRAIN, "precision": precision})),
        *each(last, third, LAST),
        *each("compiled", (net for net in FIFTEEN if net not in SIX), COMPILED),
        *each("compiled, channels last", TEN, LAST_COMPILED),
        *each("inference", (*third[1::2], *rest), INFER),
    ]


def nearest_sixteen(known: dict[str, Any]) -> list[str]:
    """Of each way to scale each base net, the net whose flops are nearest to the paper's 16 billion."""

    def off(net: str) -> float:
        return abs(math.log(known[net]["complexity"]["flops"] / SIXTEEN))

    return [min((net for net in known if net.startswith(f"{base} {way} ")), key=off) for base in BASES for way in WAYS]


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


def question(net: dict[str, Any], timing: Timing, platform: str) -> dict[str, Any]:
    """What a user of that GPU would ask."""
    return {**net["fields"], "platform": platform, "mode": timing["mode"], "batch_size": timing["batch_size"]}


def of_data_sheet(gpu: str, timing: Timing) -> str:
    """The GPU in the recipe of a timing."""
    words = [timing["precision"], "channels_last" * timing["channels_last"], "compiled" * timing["compiled"]]
    return ":".join(["gpu", gpu, *(word for word in words if word)])


def platform(timing: Timing, arguments: argparse.Namespace) -> str:
    """Whom to ask about a timing."""
    own = all(timing[field] == said for field, said in TRAIN.items())
    return arguments.timed if arguments.timed and own else of_data_sheet(arguments.gpu, timing)


def batches(client: Client, timings: list[Timing], known: dict[str, Any], arguments: argparse.Namespace) -> list[int]:
    """For each timing a power of two.

    What a step takes however many images it has is launching. Most of what is predicted of it is covered by work on images,
    since the service's figure is of the slower processors beside the GPUs that it knows.
    """

    def each(images: int) -> list[float]:
        asked = [{**question(known[one["net"]], one, of_data_sheet(arguments.gpu, one)), "batch_size": images} for one in timings]
        return [1 / answer.predictions[0].images_per_second for answer in client.predict_many(asked)]

    chosen = []
    for one, few, many in zip(timings, each(FEW), each(MANY)):
        fits = USABLE * arguments.gigabytes * 1e9 / bytes_per_image(known[one["net"]], one)
        step = max(arguments.step_seconds, 0.7 * FEW * (few - many))
        chosen.append(2 ** max(0, round(math.log2(min(MOST_BATCH, step / many)))))
        while chosen[-1] > fits and chosen[-1] > 1:
            chosen[-1] //= 2
    return chosen


def key(timing: Timing) -> tuple[Any, ...]:
    """What a timing is told by in the list of before; a batch belongs to it where that is what is varied."""
    batch = timing["batch_size"] if timing["class"] == "batch" else None
    return (*(timing[field] for field in ("class", "net", *TRAIN)), batch)


def with_batches(
    client: Client, timings: list[Timing], known: dict[str, Any], before: dict[Any, Timing], arguments: argparse.Namespace
) -> list[Timing]:
    """Each timing with its batch, the one that it had before where it was listed, and with what was predicted of it then."""
    missing = [one for one in timings if one["batch_size"] is None and key(one) not in before]
    chosen = {key(one): batch for one, batch in zip(missing, batches(client, missing, known, arguments))}
    found = []
    for one in timings:
        there = before.get(key(one), {})
        batch = one["batch_size"] or there.get("batch_size") or chosen[key(one)]
        larger = LARGER if one["class"] == LARGER_BATCH and not there else 1
        found.append({**one, "batch_size": batch * larger, "predicted": there.get("predicted", {})})
    return found


def main() -> None:
    """Writes the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path)
    parser.add_argument("--gpu", default="h100", help="as `epochcast gpus` calls it; default: %(default)s")
    parser.add_argument("--timed", help="a platform of training on that GPU, asked for what is trained in the same recipe")
    parser.add_argument("--gigabytes", type=float, default=80, help="memory of the GPU; default: %(default)s")
    parser.add_argument("--step-seconds", type=float, default=0.06, help="default: %(default)s")
    parser.add_argument("--url", help="the server, default: EPOCHCAST_URL, else http://127.0.0.1:8080")
    arguments = parser.parse_args()
    client = Client(arguments.url)
    before = json.loads(arguments.list.read_text()) if arguments.list.exists() else {"nets": None, "timings": []}
    known = before["nets"] or {**described(client), **of_torchvision(client)}
    listed = {key(one): one for one in before["timings"]}
    timings = with_batches(client, wanted(known), known, listed, arguments)
    asked = [question(known[one["net"]], one, platform(one, arguments)) for one in timings]
    release = f"epochcast {client.version().version}"
    for one, answer in zip(timings, client.predict_many(asked)):
        told = answer.predictions[0].to_dict()
        ends = {name: told["interval"][name] for name in ("low_seconds", "high_seconds")}
        one["predicted"] |= {release: {**ends, "epoch_seconds": told["epoch_seconds"]}}
    arguments.list.parent.mkdir(parents=True, exist_ok=True)
    with arguments.list.open("w") as out:
        lines = (
            ",\n".join(f"{json.dumps(name)}:{json.dumps(net)}" for name, net in known.items()),
            ",\n".join(json.dumps(one) for one in timings),
        )
        out.write(f'{{"gpu":{json.dumps(arguments.gpu)},\n"nets":{{\n{lines[0]}\n}},\n"timings":[\n{lines[1]}\n]}}\n')
    print(f"{len(timings)} timings of {len(known)} nets in {arguments.list}")


if __name__ == "__main__":
    main()
