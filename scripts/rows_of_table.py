#!/usr/bin/env python3
"""Writes published timings, a CSV of one row a figure, as rows that `epochcast import` and the example `poison` take.

    scripts/rows_of_table.py TABLE.csv ROWS.ndjson [--conv]

It knows two forms: one with costs (columns model, family, gmacs, params_m, macts, img_size, samples_per_sec, layout), whose nets are
given by these and labelled with their names, and one with names (columns net, resolution, images_per_second, memory_format).
`--conv` keeps those whose `kind` is conv. Each device, precision, layout, compiler and framework is a platform; they are listed.
Standard library only.
"""

import collections
import csv
import json
import re
import sys

PRECISIONS = {"amp_fp16": "amp", "bf16": "amp_bf16"}


def word(text):
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-._")


def platform(row):
    layout = row.get("layout") or row["memory_format"]
    layout = {"nchw": "channels_first", "nhwc": "channels_last"}.get(layout, layout)
    compiled = row["compiled"] in ("true", "dynamo")
    precision = PRECISIONS.get(row["precision"], row["precision"])
    count = int(float(row["device_count"]))
    short = {"channels_first": "nchw", "channels_last": "nhwc"}[layout]
    parts = [word(row["device"]), precision, short, "compiled" if compiled else "", word(row["framework"])]
    name = "-".join(part for part in parts if part) + (f"-x{count}" if count > 1 else "")
    return {"id": name[:64], "device": row["device"], "device_count": count, "precision": precision,
            "memory_format": layout, "compiled": compiled, "framework": row["framework"][:60]}  # fmt: skip


def measurement(row):
    side = int(float(row.get("img_size") or row.get("resolution") or 0))
    out = {"platform": platform(row), "mode": row["mode"], "label": row.get("model") or row["net"]}
    if "gmacs" in row:
        out["complexity"] = {"flops": float(row["gmacs"]) * 1e9, "params": float(row["params_m"]) * 1e6,
                             "acts": float(row["macts"]) * 1e6}  # fmt: skip
        out["family"] = re.sub("[^a-z0-9]", "", row["family"].lower()) or "other"
    else:
        out["model"] = {"name": row["net"]}
    if side:
        out["resolution"] = side
    if row["batch_size"]:
        out["batch_size"] = int(float(row["batch_size"]))
    out["images_per_second"] = float(row.get("samples_per_sec") or row["images_per_second"])
    return out


def main():
    source, target, *rest = sys.argv[1:]
    counts = collections.Counter()
    with open(source, newline="") as table, open(target, "w") as rows:
        for row in csv.DictReader(table):
            if "--conv" in rest and row.get("kind", "conv") != "conv":
                continue
            sent = measurement(row)
            counts[sent["platform"]["id"], sent["mode"]] += 1
            rows.write(json.dumps(sent) + "\n")
    for (name, mode), count in sorted(counts.items()):
        print(f"{count:6} {name} {mode}")


main()
