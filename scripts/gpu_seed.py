#!/usr/bin/env python3
"""Makes rows that can be uploaded, or built in, of what scripts/gpu_run.py timed.

    python scripts/gpu_seed.py h100-nchw data/gpu/h100/h100-*-nchw-*.json > data/seed/h100-nchw.csv

The noise of a row is its steps' spread between quartiles over their median, so that a fit knows which to trust less.
"""

import csv
import json
import sys
from pathlib import Path

PLATFORM = ("device", "device_count", "precision", "memory_format", "compiled", "framework")
COLUMNS = (
    "platform",
    *PLATFORM,
    "mode",
    "label",
    "name",
    "strategy",
    "scale_type",
    "factor",
    "flops",
    "params",
    "acts",
    "resolution",
    "family",
    "batch_size",
    "step_seconds",
    "measured_at",
    "noise",
    "source",
)


def main() -> None:
    """Writes the rows to standard output, the platform's properties in the first."""
    name, results = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
    out = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    out.writeheader()
    properties = {field: results["platform"][field] for field in PLATFORM}
    properties["compiled"] = str(properties["compiled"]).lower()
    timed = [result for result in results["results"] if "steps" in result]
    for result in sorted(timed, key=lambda result: (result["options"]["mode"], result["wanted"])):
        fields = result["net"]
        scaling = fields.get("scaling", {})
        model = fields.get("model", {})
        out.writerow(
            {
                "platform": name,
                **properties,
                "mode": result["options"]["mode"],
                "label": result["wanted"],
                "name": model.get("name", ""),
                "strategy": scaling.get("strategy", ""),
                "scale_type": scaling.get("scale_type", ""),
                "factor": f"{scaling['factor']:g}" if scaling else "",
                **fields.get("complexity", {}),
                "resolution": "" if scaling else result["resolution"],
                "family": fields.get("family", ""),
                "batch_size": result["batch_size"],
                "step_seconds": f"{result['median']:.6f}",
                "measured_at": result["measured_at"],
                "noise": f"{result['noise']:.4f}",
                "source": f"{result['source']}; SM at {result['state']['sm_mhz']:.0f} MHz",
            }
        )
        properties = dict.fromkeys(PLATFORM, "")


if __name__ == "__main__":
    main()
