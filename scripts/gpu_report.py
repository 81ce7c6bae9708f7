#!/usr/bin/env python3
"""Says what scripts/gpu_run.py found beside what was predicted before, as the tables of docs/h100.md.

python scripts/gpu_report.py data/gpu/h100-plan.json data/gpu/h100/h100-*.json data/gpu/h100/disturbed/h100-*.json

What lies in a folder `disturbed` was timed while other nets were made ready on the same GPU, and has tables of its own. Of these the
lower quartile of the steps is taken: of eight nets that were timed both ways it came closest to what they take alone.
"""

import csv
import json
import math
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

IMAGES = 1_281_167
PAPER = Path(__file__).resolve().parent.parent / "data/seed/v100x8-paper.csv"
COSTS = ("acts", "flops", "params")
BASES = ("EfficientNet-B0", "RegNetY-500MF", "RegNetZ-500MF")
WAYS = ("w", "dWr", "dw", "dwr")
CALM = 0.05
SIXTEEN = 16e9
# The day before which a timing may be in the fits of a release, so that its prediction is none.
BUILT_IN = {"epochcast 0.11.0": "2026-11-28", "epochcast 0.12.0": "2026-11-29"}

Timed = dict[str, Any]


def timed(plan: dict[str, Any], files: Iterable[str]) -> list[Timed]:
    """Every timing with what was predicted of it."""
    listed = {(one["class"], one["net"], one["batch_size"]): one["predicted"] for one in plan["timings"]}
    found = []
    for path in map(Path, files):
        disturbed = path.parent.name == "disturbed"
        for result in json.loads(path.read_text())["results"]:
            if "steps" in result:
                net = result["wanted"]
                step = quantile(result["steps"], 0.25) if disturbed else result["median"]
                found.append({
                    "class": result["class"], "net": net, "spread": result["spread"], "disturbed": disturbed,
                    "seconds": IMAGES * step / result["batch_size"], "day": result["measured_at"],
                    "predicted": listed[result["class"], net, result["asked_batch"]], **plan["nets"][net]["complexity"],
                })  # fmt: skip
    return found


def quantile(values: list[float], share: float) -> float:
    """Of `values`, without a place between them."""
    return sorted(values)[int(share * (len(values) - 1))]


def pearson(rows: list[Timed], cost: str) -> float:
    """Of the time with a cost."""
    return statistics.correlation([row[cost] for row in rows], [row["seconds"] for row in rows])


def table(head: str, rows: Iterable[Iterable[object]]) -> None:
    """A table for Markdown."""
    print(f"\n| {head} |\n|{' --- |' * len(head.split(' | '))}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")


def correlations(paper: list[Timed]) -> Iterable[Iterable[object]]:
    """Pearson's r by base net, of all, of those timed alone, and of these with even steps."""
    parts = [(base, [row for row in paper if row["net"].startswith(base)]) for base in BASES]
    alone = [row for row in paper if not row["disturbed"]]
    calm = [row for row in alone if row["spread"] <= CALM]
    for name, rows in [*parts, ("all", paper), ("all timed alone", alone), ("… with even steps", calm)]:
        yield name, len(rows), *(f"{pearson(rows, cost):.2f}".lstrip("0") for cost in COSTS)


def is_new(row: Timed, release: str) -> bool:
    """Whether `release` predicted it before it knew it."""
    return release in row["predicted"] and (row["disturbed"] or row["day"] >= BUILT_IN.get(release, ""))


def errors(rows: list[Timed], release: str) -> Iterable[Iterable[object]]:
    """Error, bias and coverage of a release's predictions by class."""
    kinds = dict.fromkeys((row["class"], row["disturbed"]) for row in rows)
    for kind, disturbed in kinds:
        own = [row for row in rows if (row["class"], row["disturbed"]) == (kind, disturbed)]
        own = [row for row in own if is_new(row, release)]
        if not own:
            continue
        told = [row["predicted"][release] for row in own]
        ratios = [one["epoch_seconds"] / row["seconds"] for one, row in zip(told, own)]
        error = statistics.fmean(abs(ratio - 1) for ratio in ratios)
        bias = math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))
        held = sum(one["low_seconds"] <= row["seconds"] <= one["high_seconds"] for one, row in zip(told, own))
        name = f"{kind}, disturbed" if disturbed else kind
        yield release, name, len(own), f"{100 * error:.0f} %", f"{bias:.2f}", f"{held} of {len(own)}"


def at_sixteen(points: list[tuple[float, float]]) -> str:
    """Seconds at 16 GF, straight in logs between the nets on both sides."""
    below = max(point for point in points if point[0] <= SIXTEEN)
    above = min(point for point in points if point[0] > SIXTEEN)
    share = math.log(SIXTEEN / below[0]) / math.log(above[0] / below[0])
    return f"{math.exp((1 - share) * math.log(below[1]) + share * math.log(above[1])):,.0f}"


def strategies(plan: dict[str, Any], paper: list[Timed]) -> Iterable[Iterable[object]]:
    """Epoch seconds at 16 GF by base and strategy, on this GPU and as the paper has them."""
    with PAPER.open() as lines:
        printed = {row["label"]: float(row["epoch_seconds"]) for row in csv.DictReader(lines)}
    for base in BASES:
        for way in WAYS:
            start = f"{base} {way} "
            here = [(row["flops"], row["seconds"]) for row in paper if row["net"].startswith(start)]
            there = [
                (plan["nets"][net]["complexity"]["flops"], seconds) for net, seconds in printed.items() if net.startswith(start)
            ]
            yield base, f"`{way}`", at_sixteen(here), at_sixteen(there)


def main() -> None:
    """Prints all of it."""
    plan = json.loads(Path(sys.argv[1]).read_text())
    rows = timed(plan, sys.argv[2:])
    paper = [row for row in rows if row["class"] == "paper"]
    releases = list(dict.fromkeys(release for row in rows for release in row["predicted"]))
    found = [line for release in releases for line in errors(rows, release)]
    table("predicted by | class | timed | off by | predicted over measured | 90 % interval held", found)
    table("nets | timed | acts | flops | params", correlations(paper))
    table("net | scaled by | this GPU | 8 V100, the paper", strategies(plan, paper))
    alone = [row for row in rows if not row["disturbed"]]
    uneven = sum(row["spread"] > CALM for row in alone)
    print(f"\n{len(rows)} timings, {len(alone)} of them alone; of {uneven} of these the quartiles of the steps lie more than {CALM:.0%} apart")


if __name__ == "__main__":
    main()
