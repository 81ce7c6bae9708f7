#!/usr/bin/env python3
"""Times what scripts/gpu_plan.py listed on the GPU at hand, within a budget of seconds that it never passes.

    python scripts/gpu_run.py data/gpu/h100-plan.json --output data/gpu --budget 540

Results are on disk after each net, a file for each platform. Run again, on another day too, it goes on with what is missing. A
batch that does not fit is halved. Convolutions are cuDNN's first choice: to try them all took 15 s a net on an H100. Clocks, power
and throttling are in clocks.csv beside the results, once a second.
"""

import time

# Before torch is imported, which takes seconds that the budget pays for.
BEGUN = time.monotonic()

import argparse
import gc
import json
import os
import shutil
import subprocess
import threading
import traceback
from pathlib import Path
from typing import Any

import torch

from epochcast.bench import machine, nets, run
from epochcast.graphs.build import module
from epochcast.bench.options import Options, Wanted
from epochcast.bench.results import Results, unsteady
from epochcast.bench.steps import out_of_memory

Timing = dict[str, Any]


def options_of(timing: Timing, arguments: argparse.Namespace) -> Options:
    """How it is timed."""
    return Options(
        device=arguments.device,
        mode=timing["mode"],
        precision=arguments.precision or timing["precision"],
        channels_last=timing["channels_last"],
        compiled=timing["compiled"],
        batch_size=min(timing["batch_size"], arguments.most_batch),
        least_steps=arguments.min_steps,
        least_seconds=arguments.min_seconds,
        most_warm_up_seconds=arguments.most_warm_up_seconds,
        cudnn_benchmark=False,
    )


def built(name: str, net: dict[str, Any], device: str) -> nets.Found:
    """The net, made on the device, where it is quicker than to make it elsewhere and copy it."""
    with torch.device(device):
        if net["description"] is not None:
            return nets.Found(module(net["description"]), net["resolution"], net["fields"], "epochcast's description")
        made = nets.of_torchvision(name)
    if made is None:
        raise ValueError(f"this torchvision has no {name}")
    return nets.Found(made[0], net["resolution"], net["fields"], made[2])


def timed(name: str, net: dict[str, Any], options: Options) -> dict[str, Any]:
    """One net's timing, with the largest batch of `options`, its half, and so on, that fits."""
    wanted = Wanted(name)
    while True:
        try:
            begun = time.monotonic()
            found = built(name, net, options.device)
            seconds = time.monotonic() - begun
            return run.time_one(wanted, found, options) | {"build_seconds": seconds}
        except RuntimeError as error:
            if not out_of_memory(error) or options.batch_size in (None, 1):
                raise
            options = Options(**{**options.to_dict(), "batch_size": (options.batch_size or 2) // 2})
            print(f"{name}: out of memory, so {options.batch_size} images", flush=True)
        finally:
            forget(compiled=options.compiled)


def forget(*, compiled: bool) -> None:
    """Gives back what the last net took."""
    gc.collect()
    if compiled:
        torch.compiler.reset()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def files(folder: Path) -> "dict[str, Results]":
    """The results so far, by platform."""
    return {path.stem: Results(path, json.loads(path.read_text())["platform"], {}) for path in folder.glob("*-torch*.json")}


def results_of(known: "dict[str, Results]", options: Options, folder: Path) -> Results:
    """The file of the platform that `options` make."""
    platform = machine.platform_row(options)
    if platform["id"] not in known:
        path = folder / f"{platform['id']}.json"
        known[platform["id"]] = Results(path, platform, machine.describe(options))
    return known[platform["id"]]


def has(results: Results, name: str, options: Options) -> bool:
    """Whether an earlier run timed it, were it with a smaller batch."""
    said = {**options.to_dict(), "batch_size": None, "least_steps": None, "least_seconds": None}

    def same(result: dict[str, Any]) -> bool:
        there = {**result["options"], "batch_size": None, "least_steps": None, "least_seconds": None}
        asked = result.get("asked_batch", result["options"]["batch_size"])
        return result["wanted"] == name and there == said and asked == options.batch_size

    return any("steps" in result and same(result) for result in results.all)


def watch_clocks(path: Path) -> "subprocess.Popen[bytes] | None":
    """Clocks, power and reasons for slowing, once a second, where there is an NVIDIA driver."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return None
    query = "timestamp,clocks.sm,clocks.mem,power.draw,temperature.gpu,clocks_event_reasons.active"
    with path.open("ab") as out:
        return subprocess.Popen([command, f"--query-gpu={query}", "--format=csv,nounits", "--loop=1"], stdout=out)


def stop_after(seconds: float, watch: "subprocess.Popen[bytes] | None") -> threading.Timer:
    """Ends the process then, whatever it is in the middle of: all that is finished is on disk."""

    def end() -> None:
        print("the budget is spent", flush=True)
        if watch is not None:
            watch.terminate()
        os._exit(0)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer


def parser() -> argparse.ArgumentParser:
    """What can be said."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = found.add_argument
    add("list", type=Path)
    add("--output", type=Path, required=True, help="folder of the results")
    add("--budget", type=float, default=540, help="seconds in all; default: %(default)s")
    add("--device", default="cuda")
    add("--min-steps", type=int, default=12, help="default: %(default)s")
    add("--min-seconds", type=float, default=0.5, help="default: %(default)s")
    add("--most-warm-up-seconds", type=float, default=20.0, help="default: %(default)s")
    add("--most-batch", type=int, default=1024, help="for a trial on a CPU; default: as listed")
    add("--precision", help="for a trial on a CPU; default: as listed")
    add("--side", type=int, help="for a trial on a CPU; default: as listed")
    return found


def main() -> None:
    """Times as much of the list as the budget allows."""
    arguments = parser().parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    watch = watch_clocks(arguments.output / "clocks.csv")
    timer = stop_after(BEGUN + arguments.budget - time.monotonic(), watch)
    try:
        time_all(json.loads(arguments.list.read_text()), arguments)
    finally:
        timer.cancel()
        if watch is not None:
            watch.terminate()


def time_all(plan: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Times what is listed and not timed yet."""
    known = files(arguments.output)
    done = failed = 0
    for at, timing in enumerate(plan["timings"], start=1):
        options = options_of(timing, arguments)
        results = results_of(known, options, arguments.output)
        name = timing["net"]
        if has(results, name, options):
            continue
        start = time.monotonic()
        try:
            net = plan["nets"][name]
            result = timed(name, {**net, "resolution": arguments.side or net["resolution"]}, options)
        except Exception as error:  # whatever one net does, the others are timed
            failed += 1
            traceback.print_exc(limit=-3)
            results.fail(Wanted(name), options, f"{type(error).__name__}: {error}"[:500])
            continue
        results.add(result | {"class": timing["class"], "asked_batch": options.batch_size})
        done += 1
        print(line(at, time.monotonic() - BEGUN, time.monotonic() - start, results.all[-1]), flush=True)
    print(f"{done} timed, {failed} failed, in {time.monotonic() - BEGUN:.0f} s; the list is at its end", flush=True)


def line(at: int, now: float, took: float, result: dict[str, Any]) -> str:
    """What a log needs: where the time went, and what speaks against the timing."""
    warm = result["warm_up"]
    options = result["options"]
    layout = "nhwc" if options["channels_last"] else "nchw"
    against = [doubt for doubt in unsteady(result) if "fewer than" not in doubt]
    return (
        f"{now:5.0f} s #{at} {result['class']}: {result['label']} {options['mode']} {options['precision']} {layout} "
        f"batch {result['batch_size']}: {1000 * result['median']:.2f} ms ±{100 * result['spread']:.1f} % of "
        f"{len(result['steps'])}; took {took:.1f} s (build {result['build_seconds']:.1f}, first step {warm[0]:.1f}, "
        f"warm-up {sum(warm[1:]):.1f}, steps {sum(result['steps']):.1f}); SM {result['state'].get('sm_mhz')}"
        f"{'; ' + '; '.join(against) if against else ''}"
    )


if __name__ == "__main__":
    main()
