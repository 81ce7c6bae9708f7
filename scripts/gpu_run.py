#!/usr/bin/env python3
"""Times what scripts/gpu_plan.py listed on the GPU at hand, within a budget of seconds that it never passes.

    python scripts/gpu_run.py data/gpu/h100-plan.json --output data/gpu --budget 540

Results are on disk after each net, a file for each platform. Run again, on another day too, it goes on with what is missing. A
batch that does not fit is halved. Convolutions are cuDNN's first choice: to try them all took 15 s a net on an H100. Clocks, power
and throttling are in clocks.csv beside the results, once a second.

A net takes seconds to make ready, for which the GPU is idle: cuDNN plans each convolution, a compiler compiles. So several processes
make nets ready, with one step of each, and one at a time is timed.
"""

import time

# Before torch is imported, which takes seconds that the budget pays for.
BEGUN = time.monotonic()

import argparse
import gc
import json
import multiprocessing
import os
import queue
import shutil
import subprocess
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from epochcast.bench import machine, nets, run
from epochcast.graphs.build import module
from epochcast.bench.options import Options, Wanted
from epochcast.bench.results import Results, unsteady
from epochcast.bench.steps import out_of_memory, prepare, step

# scripts/gpu_plan.py, beside this file.
from gpu_plan import bytes_per_image

Timing = dict[str, Any]
# On the H100 the largest step took 1.8 times what the estimate said.
MEMORY_DOUBT = 1.9


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


@dataclass(frozen=True)
class Job:
    """A net to time, of which `memory` bytes of the GPU are taken meanwhile, by estimate."""

    at: int
    timing: Timing
    net: dict[str, Any]
    options: Options
    memory: int


class Turns:
    """Whose turn it is: one process times, and all together stay within `memory` bytes."""

    def __init__(self, memory: int) -> None:
        # A child that is forked has the parent's CUDA, which works in no child.
        context = multiprocessing.get_context("spawn")
        self.timing = context.Lock()
        self.free = context.Value("q", memory)
        self.changed = context.Condition(self.free.get_lock())

    @contextmanager
    def keep(self, memory: int) -> Iterator[None]:
        """Waits until so many bytes are free."""
        with self.changed:
            self.changed.wait_for(lambda: self.free.value >= memory)
            self.free.value -= memory
        try:
            yield
        finally:
            with self.changed:
                self.free.value += memory
                self.changed.notify_all()


def timed(job: Job, turns: Turns) -> dict[str, Any]:
    """One net's timing, with the largest batch of those asked for, its half, and so on, that fits."""
    options, name = job.options, job.timing["net"]
    while True:
        try:
            begun = time.monotonic()
            found = built(name, job.net, options.device)
            make_ready(found, options)
            seconds = time.monotonic() - begun
            with turns.timing:
                return run.time_one(Wanted(name), found, options) | {"ready_seconds": seconds}
        except RuntimeError as error:
            if not out_of_memory(error) or options.batch_size in (None, 1):
                raise
            options = replace(options, batch_size=(options.batch_size or 2) // 2)
            print(f"{name}: out of memory, so {options.batch_size} images", flush=True)
        finally:
            forget(compiled=options.compiled)


def make_ready(found: nets.Found, options: Options) -> None:
    """One step, so that what is planned, compiled or loaded for it is there when it is timed."""
    step(prepare(found.module, options), options, options.batch_size or 1, found.resolution)()
    if options.device.startswith("cuda"):
        torch.cuda.synchronize()
    give_back()


def give_back() -> None:
    """Gives back the memory that nothing uses any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def forget(*, compiled: bool) -> None:
    """Gives back what the last net took."""
    if compiled:
        torch.compiler.reset()
    give_back()


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


def parser() -> argparse.ArgumentParser:
    """What can be said."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = found.add_argument
    add("list", type=Path)
    add("--output", type=Path, required=True, help="folder of the results")
    add("--budget", type=float, default=540, help="seconds in all; default: %(default)s")
    add("--device", default="cuda")
    add("--workers", type=int, default=4, help="processes that make nets ready; default: %(default)s")
    add("--gigabytes", type=float, default=68, help="of the GPU's memory for all of them; default: %(default)s")
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
    try:
        time_all(json.loads(arguments.list.read_text()), arguments)
    finally:
        if watch is not None:
            watch.terminate()


def missing(plan: dict[str, Any], known: "dict[str, Results]", arguments: argparse.Namespace) -> Iterator[Job]:
    """What is listed and not timed yet."""
    most = int(arguments.gigabytes * 1e9)
    for at, timing in enumerate(plan["timings"], start=1):
        options = options_of(timing, arguments)
        name = timing["net"]
        if has(results_of(known, options, arguments.output), name, options):
            continue
        net = {**plan["nets"][name], "resolution": arguments.side or plan["nets"][name]["resolution"]}
        memory = bytes_per_image(net, timing) * (options.batch_size or 1) * MEMORY_DOUBT
        yield Job(at, timing, net, options, min(int(memory), most))


def time_all(plan: dict[str, Any], arguments: argparse.Namespace) -> None:
    """Times what is missing, and stops wherever it is when the budget is spent: all that is finished is on disk."""
    known = files(arguments.output)
    jobs = list(missing(plan, known, arguments))
    turns = Turns(int(arguments.gigabytes * 1e9))
    context = multiprocessing.get_context("spawn")
    asked, answers = context.Queue(), context.Queue()
    for job in jobs:
        asked.put(job)
    workers = [context.Process(target=work, args=(asked, answers, turns), daemon=True) for _ in range(arguments.workers)]
    for worker in workers:
        worker.start()
    done = failed = 0
    try:
        for _ in jobs:
            job, result = answers.get(timeout=max(0.0, BEGUN + arguments.budget - time.monotonic()))
            results = results_of(known, job.options, arguments.output)
            if isinstance(result, str):
                failed += 1
                results.fail(Wanted(job.timing["net"]), job.options, result)
                print(f"{job.timing['net']}: {result}", flush=True)
                continue
            done += 1
            results.add(result | {"class": job.timing["class"], "asked_batch": job.options.batch_size})
            print(line(job.at, time.monotonic() - BEGUN, results.all[-1]), flush=True)
        print(f"{done} timed, {failed} failed, in {time.monotonic() - BEGUN:.0f} s; the list is at its end", flush=True)
    except queue.Empty:
        print(f"{done} timed, {failed} failed; the budget is spent", flush=True)
    finally:
        # What nobody takes any more would be waited for.
        asked.cancel_join_thread()
        for worker in workers:
            worker.kill()


def work(asked: "multiprocessing.Queue[Job]", answers: "multiprocessing.Queue[tuple[Job, Any]]", turns: Turns) -> None:
    """Times one job after another; of one that fails it says why."""
    while True:
        job = asked.get()
        try:
            with turns.keep(job.memory):
                answers.put((job, timed(job, turns)))
        except Exception as error:  # whatever one net does, the others are timed
            traceback.print_exc(limit=-3)
            answers.put((job, f"{type(error).__name__}: {error}"[:500]))


def line(at: int, now: float, result: dict[str, Any]) -> str:
    """What a log needs: where the time went, and what speaks against the timing."""
    warm = result["warm_up"]
    options = result["options"]
    layout = "nhwc" if options["channels_last"] else "nchw"
    against = [doubt for doubt in unsteady(result) if "fewer than" not in doubt]
    return (
        f"{now:5.0f} s #{at} {result['class']}: {result['label']} {options['mode']} {options['precision']} {layout} "
        f"batch {result['batch_size']}: {1000 * result['median']:.2f} ms ±{100 * result['spread']:.1f} % of "
        f"{len(result['steps'])}; ready in {result['ready_seconds']:.1f} s, "
        f"warm-up {sum(warm):.1f}, steps {sum(result['steps']):.1f}; SM {result['state'].get('sm_mhz')}"
        f"{'; ' + '; '.join(against) if against else ''}"
    )


if __name__ == "__main__":
    main()
