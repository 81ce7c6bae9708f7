#!/usr/bin/env python3
"""How well the memory model tells the largest batch, on published batches that were lowered until they fitted.

    scripts/check_memory.py TIMINGS.csv --device 3090 --memory-gib 24 --below 512

TIMINGS.csv has a row for each timing, with the columns device, mode, batch_size, params_m and macts (millions), family,
kind and arch_group. A batch below the first that was tried is the largest of its ladder (512, 384, 256, 192, 128, ...) that
fitted, so the true limit lies up to 1.5x above it. Nets are split in two halves by the hash of arch_group: the constants of
src/plan/memory.rs were chosen on one half, and both are reported.
"""

import argparse
import csv
import hashlib
import math
import statistics

USABLE = 0.93
BYTES_PER_PARAM = 14
ELEMENT_BYTES = 2
KEPT, KEPT_WITH_SILU = 2.5, 3.5
SILU = {"efficientnet", "efficientnet_cc", "efficientnet_edge", "efficientnetv2", "regnetz"}


def largest_batch(row, memory_bytes):
    kept = KEPT_WITH_SILU if row["family"] in SILU else KEPT
    room = USABLE * memory_bytes - BYTES_PER_PARAM * 1e6 * float(row["params_m"])
    return max(1.0, room / (kept * ELEMENT_BYTES * 1e6 * float(row["macts"])))


def half(row):
    return hashlib.sha256(row["arch_group"].encode()).digest()[-1] % 2


def report(name, rows, memory_bytes):
    if not rows:
        return
    logs = [math.log(largest_batch(row, memory_bytes) / int(row["batch_size"])) for row in rows]
    within = sum(abs(log) <= math.log(2) for log in logs) / len(logs)
    rung = sum(0 <= log < math.log(1.5) for log in logs) / len(logs)
    median = math.exp(statistics.median(logs))
    print(f"{name:<28}{len(rows):>6} rows, within 2x {100 * within:5.1f} %, on the rung {100 * rung:5.1f} %, median {median:.2f}x")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("timings")
    parser.add_argument("--device", required=True)
    parser.add_argument("--memory-gib", type=float, required=True)
    parser.add_argument("--below", type=int, default=512)
    args = parser.parse_args()
    with open(args.timings, newline="") as file:
        rows = [row for row in csv.DictReader(file) if args.device in row["device"] and row["mode"] == "train"]
    rows = [row for row in rows if int(row["batch_size"]) < args.below]
    memory_bytes = args.memory_gib * 2**30
    report("all", rows, memory_bytes)
    report("half they were chosen on", [row for row in rows if half(row) == 0], memory_bytes)
    report("other half", [row for row in rows if half(row) == 1], memory_bytes)
    report("other half, convolutional", [row for row in rows if half(row) == 1 and row["kind"] == "conv"], memory_bytes)
    for family in ("regnetx", "regnety", "regnetz", "resnet", "resnext", "efficientnet", "densenet"):
        report(family, [row for row in rows if row["family"] == family], memory_bytes)


if __name__ == "__main__":
    main()
