#!/usr/bin/env python3
"""What more timings cost: a start, the first answer after it, predictions, an upload of one row, and memory.

    scripts/bench_growth.py [MOST, default 1000000] [FOLDER to keep the databases in]

A fifth of the rows are of one platform, the others of platforms with 5,000 each. Each figure is the median of some turns; the
exponent is the slope of its log beside that of the number of rows, over the last two decades: 0 does not grow, 1 grows with
the rows.
"""

import json
import math
import pathlib
import random
import statistics
import sys
import tempfile
import time

from common import COLUMNS, Server

MOST = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
KEEP = sys.argv[2] if len(sys.argv) > 2 else None
EACH, PART, STARTS, TURNS = 5_000, 100_000, 3, 15
LARGE = "large"
FAMILIES = ["regnetx", "regnety", "resnet", "resnext", "efficientnet", "other"]


def row(dice, platform, label, device=""):
    acts, flops = dice.uniform(2e6, 60e6), dice.uniform(2e8, 2e10)
    ms = (0.05 + 2e-8 * acts + 1e-10 * flops) * dice.uniform(0.95, 1.05)
    return (f"{platform},{device},train,{label},{dice.choice(FAMILIES)},{flops:.0f},{flops / 200:.0f},{acts:.0f},256,"
            f"{1000 / ms:.3f}")


def parts(rows):
    """CSV files of all `rows`, in parts."""
    dice, defined = random.Random(rows), set()
    others = max(1, (rows - rows // 5) // EACH)
    lines = []
    for i in range(rows):
        small = i // 5 * 4 + i % 5 - 1
        platform = LARGE if i % 5 == 0 else f"small-{small % others}"
        lines.append(row(dice, platform, f"r{i}", "" if platform in defined else "made-up GPU"))
        defined.add(platform)
        if len(lines) == PART or i == rows - 1:
            yield "\n".join([COLUMNS.replace("label,", "label,family,"), *lines]) + "\n"
            lines = []


def database(folder, rows):
    place = pathlib.Path(folder, str(rows))
    if not (place / "epochcast.db").exists():
        place.mkdir(parents=True, exist_ok=True)
        server = Server(place, "--no-seed").start()
        token = server.token()
        for body in parts(rows):
            status, answer = server.upload(token, body.encode())
            assert status == 200 and answer["rejected"] == 0, answer
        time.sleep(3)
        server.stop()
    return place


def timed(work):
    begun = time.perf_counter()
    answer = work()
    return (time.perf_counter() - begun) * 1000, answer


def predict(server, platform, factor):
    body = {"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": factor}, "platform": platform}
    status, answer = server.request("POST", "/v1/predict", json.dumps(body), {"Content-Type": "application/json"})
    assert status == 200, answer


def upload(server, token, platform, dice):
    line = row(dice, platform, f"more{dice.random()}")
    body = f"{COLUMNS.replace('label,', 'label,family,')}\n{line}\n"
    status, answer = server.upload(token, body)
    assert status == 200 and answer["accepted"] + answer["quarantined"] == 1, answer


def costs(place):
    starts, firsts, memory = [], [], []
    for _ in range(STARTS):
        server = Server(place, "--no-seed")
        starts.append(timed(server.start)[0])
        memory.append(server.resident_mb())
        firsts.append(timed(lambda: predict(server, LARGE, 2))[0])
        server.stop()
    server.start()
    dice, token = random.Random(time.time()), server.token()
    predictions = [timed(lambda i=i: predict(server, "small-0", 1 + i / 100))[0] for i in range(10 * TURNS)]
    first_small = timed(lambda: upload(server, token, "small-0", dice))[0]
    small = [timed(lambda: upload(server, token, "small-0", dice))[0] for _ in range(TURNS)]
    first_large = timed(lambda: upload(server, token, LARGE, dice))[0]
    large = [timed(lambda: upload(server, token, LARGE, dice))[0] for _ in range(TURNS)]
    time.sleep(2)
    end = server.resident_mb()
    server.stop()
    median = statistics.median
    return {
        "start, ms": median(starts),
        "first answer, ms": median(firsts),
        "a prediction, ms": median(predictions),
        "first row beside 4,000, ms": first_small,
        "a row beside 4,000, ms": median(small),
        "first row beside a fifth of all, ms": first_large,
        "a row beside a fifth of all, ms": median(large),
        "resident after the start, MB": median(memory),
        "resident after the uploads, MB": end,
    }


def exponent(points):
    logs = [(math.log(n), math.log(cost)) for n, cost in points]
    x, y = (statistics.mean(part) for part in zip(*logs))
    return sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)


def main():
    sizes = [10**k for k in range(3, 9) if 10**k <= MOST]
    if MOST >= 200_000:
        sizes = sorted({*sizes, 200_000})
    with tempfile.TemporaryDirectory() as scratch:
        table = {}
        for rows in sizes:
            table[rows] = costs(database(KEEP or scratch, rows))
            print(f"{rows:,} rows: {json.dumps({k: round(v, 1) for k, v in table[rows].items()})}", file=sys.stderr, flush=True)
    print("| cost | " + " | ".join(f"{rows:,}" for rows in sizes) + " | exponent |")
    print("| --- |" + " --- |" * (len(sizes) + 1))
    for name in table[sizes[0]]:
        points = [(rows, table[rows][name]) for rows in sizes]
        late = [point for point in points if point[0] * 100 >= sizes[-1]]
        figures = " | ".join(f"{cost:,.1f}" for _, cost in points)
        print(f"| {name} | {figures} | {exponent(late):.2f} |")


if __name__ == "__main__":
    main()
