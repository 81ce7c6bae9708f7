"""The file that a run keeps: every net's timing with its raw steps, written anew after each net."""

import json
import os
from pathlib import Path
from typing import Any, Optional

from .options import Options, Wanted

FORMAT = 1
# What a timing takes to be sent, whatever the command line said.
LEAST_STEPS, LEAST_SECONDS = 30, 3.0
# The server takes no more; beyond it, the remark says how much it was.
MOST_NOISE = 1.0
MOST_LABEL = 500


class Results:
    """The timings of one platform in `path`; a later run goes on where it ends."""

    def __init__(self, path: Path, platform: dict[str, Any], machine: dict[str, Any]) -> None:
        self.path = path
        self.raw: dict[str, Any] = {"format": FORMAT, "platform": platform, "machine": machine, "results": []}
        if path.exists():
            self.raw = json.loads(path.read_text(encoding="utf-8"))
            if self.raw.get("format") != FORMAT or self.raw["platform"] != platform:
                there = self.raw.get("platform", {}).get("id")
                raise ValueError(f"{path} holds timings of {there}, not of {platform['id']}: choose another --output")

    @property
    def all(self) -> list[dict[str, Any]]:
        """Every result."""
        found: list[dict[str, Any]] = self.raw["results"]
        return found

    def find(self, wanted: Wanted, options: Options) -> Optional[dict[str, Any]]:
        """The timing of `wanted` under equal options, if it was taken of the file as it is now."""
        for result in self.all:
            # What an earlier release did not write down was as it is by default.
            same = result["wanted"] == str(wanted) and Options(**result["options"]) == options
            if same and "steps" in result and result.get("code") == wanted.code:
                return result
        return None

    def add(self, result: dict[str, Any]) -> None:
        """One more; it takes the place of one that failed."""
        same = [
            at
            for at, other in enumerate(self.all)
            if other["wanted"] == result["wanted"] and Options(**other["options"]) == Options(**result["options"])
        ]
        for at in reversed(same):
            del self.all[at]
        self.all.append(result)
        self.save()

    def fail(self, wanted: Wanted, options: Options, told: str) -> None:
        """A net that could not be timed; a timing that there is of it stays."""
        if self.find(wanted, options) is None:
            self.add({"wanted": str(wanted), "options": options.to_dict(), "error": told})

    def save(self) -> None:
        """Writes the file whole or not at all."""
        unfinished = self.path.with_name(f".{self.path.name}.part")
        with unfinished.open("w", encoding="utf-8") as out:
            json.dump(self.raw, out, indent=1)
            out.write("\n")
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(self.path)


def calmer(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Of two timings of a net that which less speaks against; the later where it is all the same."""
    return min((other, one), key=lambda result: (len(unsteady(result)), result["spread"]))


def doubts(result: dict[str, Any]) -> list[str]:
    """Why a timing should not be sent."""
    uncounted = result.get("uncounted")
    return unsteady(result) + ([f"its costs are too small: {uncounted}"] if uncounted else [])


def unsteady(result: dict[str, Any]) -> list[str]:
    """What may be otherwise when it is timed again."""
    found = [f"throttled: {reason}" for reason in result["state"].get("throttled", [])]
    if result["spread"] > 0.05:
        found.append(f"its quartiles lie {result['spread']:.1%} of the median apart, more than 5 %")
    if result["noise"] > MOST_NOISE:
        found.append(f"its steps' standard deviation is {result['noise']:.0%} of their mean")
    if not result["settled"]:
        found.append("the warm-up did not settle")
    steps = result["steps"]
    if len(steps) < LEAST_STEPS or sum(steps) < LEAST_SECONDS:
        found.append(f"{len(steps)} steps in {sum(steps):.1f} s are fewer than {LEAST_STEPS}, or than 3 s")
    return found


def row(result: dict[str, Any], platform: dict[str, Any]) -> dict[str, Any]:
    """A result as the server takes it, with the GPU's state and what speaks against it in its source."""
    against = doubts(result)
    source = "; ".join([result["source"], *_gpu(result["state"])])
    if against:
        source += f"; sent although {'; '.join(against)}"
    return {
        "platform": platform,
        "mode": result["options"]["mode"],
        "label": result.get("label", result["wanted"])[:MOST_LABEL],
        **result["net"],
        "batch_size": result["batch_size"],
        "step_seconds": result["median"],
        "measured_at": result["measured_at"],
        "source": source,
        "noise": min(result["noise"], MOST_NOISE),
    }


def _gpu(state: dict[str, Any]) -> list[str]:
    """What the driver said while the GPU was at work."""
    found = [f"driver {state['driver']}"] if "driver" in state else []
    if "sm_mhz" in state:
        found.append(f"SM at {state['sm_mhz']:.0f} MHz")
    if found and "throttled" not in state:
        found.append("throttling not known")
    return found
