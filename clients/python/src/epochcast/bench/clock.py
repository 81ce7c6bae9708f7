"""Steps against the clock: warmed up, then one by one, with the device waited for once."""

import math
import statistics
import time
from dataclasses import dataclass
from typing import Any, Callable, Optional

import torch

from .options import Options
from .statistics import settled
from .steps import Step

Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Timed:
    """Seconds of each step, and what the device said of itself while it was at work."""

    warm_up: list[float]
    steps: list[float]
    settled: bool
    state: dict[str, Any]


def measure(step: Step, options: Options, read_state: Callable[[], dict[str, Any]], told: Told) -> Timed:
    """Warms up until the median settles, then times at least so many steps and seconds as `options` say."""
    cuda = options.device.startswith("cuda")
    warm_up, calm = _warm_up(step, options, told, cuda=cuda)
    expected = statistics.median(warm_up[-5:])
    steps: list[float] = []
    state: dict[str, Any] = {}
    slowed: set[str] = set()
    while len(steps) < options.least_steps or sum(steps) < options.least_seconds:
        missing = (options.least_seconds - sum(steps)) / expected
        wanted = max(options.least_steps - len(steps), math.ceil(missing), 1)
        told("timing", len(steps), len(steps) + wanted)
        done, state = _by_events(step, wanted, read_state) if cuda else _by_clock(step, wanted, read_state, told)
        steps += done
        slowed.update(state.get("throttled", []))
        expected = statistics.median(steps)
    if slowed:
        state["throttled"] = sorted(slowed)
    return Timed(warm_up, steps, calm, state)


def _warm_up(step: Step, options: Options, told: Told, *, cuda: bool) -> tuple[list[float], bool]:
    steps: list[float] = []
    start = time.perf_counter()
    while not settled(steps):
        if steps and time.perf_counter() - start > options.most_warm_up_seconds:
            return steps, False
        told("warming up", len(steps), 0)
        begun = time.perf_counter()
        step()
        if cuda:
            torch.cuda.synchronize()
        steps.append(time.perf_counter() - begun)
    return steps, True


def _by_events(step: Step, count: int, read_state: Callable[[], dict[str, Any]]) -> tuple[list[float], dict[str, Any]]:
    """Marks between the steps on the device's own clock; nothing waits for it until the last is under way."""
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
    marks[0].record()
    for mark in marks[1:]:
        step()
        mark.record()
    # Now, since the device is still at work.
    state = read_state()
    torch.cuda.synchronize()
    return [before.elapsed_time(after) / 1000 for before, after in zip(marks, marks[1:])], state


def _by_clock(
    step: Step, count: int, read_state: Callable[[], dict[str, Any]], told: Optional[Told]
) -> tuple[list[float], dict[str, Any]]:
    steps = []
    for at in range(count):
        begun = time.perf_counter()
        step()
        steps.append(time.perf_counter() - begun)
        if told is not None:
            told("timing", at + 1, count)
    return steps, read_state()
