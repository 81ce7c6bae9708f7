"""A run: each net found, its batch chosen, timed, judged, kept, and sent."""

import datetime
import gc
import statistics as stats
from dataclasses import dataclass
from functools import partial
from typing import Any, Callable, Optional

import torch

from .. import __version__
from ..client import Client
from ..errors import EpochcastError
from ..show.progress import Progress
from ..show.words import duration
from . import batches, clock, machine, nets, steps
from .options import Options, Wanted
from .results import Results, calmer, doubts, row, unsteady
from .statistics import noise, quantile, spread

Say = Callable[[str], None]
Time = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Again:
    """When a net is timed once more: at once where the timing is doubtful, and in a later run."""

    # In all, until one is not doubtful.
    tries: int = 1
    # Which timings of an earlier run are taken again besides those that failed: `none`, `doubtful` ones, or `all`.
    redo: str = "none"

    def wanted(self, known: dict[str, Any]) -> bool:
        """Whether a timing of an earlier run is taken again."""
        return self.redo == "all" or (self.redo == "doubtful" and bool(unsteady(known)))


ONCE = Again()
# What says by itself what to do; the rest is some library's own, told with its kind.
_PLAIN = (EpochcastError, ValueError, RuntimeError)


def time_all(
    wanted: list[Wanted],
    options: Options,
    results: Results,
    client: Optional[Client],
    say: Say,
    *,
    again: Again = ONCE,
    family: Optional[str] = None,
) -> int:
    """Times each net that `results` does not have yet, and returns how many could not be timed."""
    failed = 0
    for at, one in enumerate(wanted, start=1):
        before = f"[{at}/{len(wanted)}] {one}: "
        try:
            known = results.find(one, options)
            if known is not None and not again.wanted(known):
                say(f"{before}{line(known)} (from {results.path})")
                _tell_doubts(known, before, say)
                continue
            made = nets.find(one, client, family)
            result = calmest(partial(time_one, one, made, options), again, partial(_say_of, before, say))
        except Exception as error:  # whatever one net does, the others are timed
            failed += 1
            told = str(error) if isinstance(error, _PLAIN) else f"{type(error).__name__}: {error}"
            results.fail(one, options, told)
            say(f"{before}{told}")
            continue
        if known is not None and again.redo == "doubtful":
            result = calmer(known, result)
        results.add(result)
        say(f"{before}{line(result)}")
        _tell_doubts(result, before, say)
    return failed


def _tell_doubts(result: dict[str, Any], before: str, say: Say) -> None:
    for doubt in doubts(result):
        again = " (--redo doubtful times it again)" if doubt in unsteady(result) else ""
        say(f"{' ' * len(before)}doubtful: {doubt}{again}")


def _say_of(before: str, say: Say, words: str) -> None:
    say(f"{before}{words}")


def calmest(time: Time, again: Again, say: Say) -> dict[str, Any]:
    """A timing that nothing speaks against; after so many tries, the one that least does."""
    result = time()
    for at in range(2, again.tries + 1):
        against = unsteady(result)
        if not against:
            break
        say(f"doubtful ({'; '.join(against)}), so once more: {at} of at most {again.tries}")
        result = calmer(result, time())
    return result


def time_one(wanted: Wanted, found: nets.Found, options: Options) -> dict[str, Any]:
    """One net's timing."""
    net = steps.prepare(found.module, options)
    batch, how = chosen_batch(net, options, found.resolution)
    before = machine.state(options)
    with Progress(str(wanted), 1, None) as shown:

        def told(what: str, done: int, total: int) -> None:
            shown.what = f"{wanted}, batch {batch}, {what}"
            shown.total = max(total, done + 1)
            shown.at(done)

        step = steps.step(net, options, batch, found.resolution)
        timed = clock.measure(step, options, lambda: machine.state(options), told)
    state = {**timed.state, "before": before}
    if "throttled" in before or "throttled" in timed.state:
        state["throttled"] = sorted({*before.get("throttled", []), *timed.state.get("throttled", [])})
    median = stats.median(timed.steps)
    return {
        "wanted": str(wanted),
        "label": wanted.label,
        "code": wanted.code,
        "uncounted": found.uncounted,
        "options": options.to_dict(),
        "net": found.fields,
        "resolution": found.resolution,
        "batch_size": batch,
        "batch_chosen": how,
        "median": median,
        "p10": quantile(timed.steps, 0.1),
        "p90": quantile(timed.steps, 0.9),
        "spread": spread(timed.steps),
        "noise": noise(timed.steps),
        "images_per_second": batch / median,
        "settled": timed.settled,
        "state": state,
        "peak_memory_bytes": torch.cuda.max_memory_allocated() if options.device.startswith("cuda") else None,
        "measured_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "source": source(options, found.built_by),
        "steps": timed.steps,
        "warm_up": timed.warm_up,
        "sent": None,
    }


def source(options: Options, built_by: str) -> str:
    """What was timed, in words."""
    what = "forward, backward and SGD step" if options.mode == "train" else "forward"
    chosen = "" if options.cudnn_benchmark else ", cuDNN's first choice"
    return f"epochcast-bench {__version__}, {built_by}: {what} on made-up images, median step{chosen}"


def chosen_batch(net: Any, options: Options, resolution: int) -> tuple[int, str]:
    """The batch that was asked for, else the largest that fits, and how it came about."""
    if options.batch_size is not None:
        return options.batch_size, "given"
    cuda = options.device.startswith("cuda")

    def fits(batch: int) -> bool:
        try:
            step = steps.step(net, options, batch, resolution)
            step()
            # The optimizer's own memory comes with its first step.
            step()
            if cuda:
                torch.cuda.synchronize()
        except RuntimeError as error:
            if not steps.out_of_memory(error):
                raise
            return False
        finally:
            gc.collect()
            if cuda:
                torch.cuda.empty_cache()
        return True

    batch = batches.largest(fits, most=options.most_batch)
    if not batch:
        raise RuntimeError("not even one image fits into the memory of the device")
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    return batch, "the most that was tried" if batch == options.most_batch else "the largest that fits"


def line(result: dict[str, Any]) -> str:
    """A result for people."""
    ms = [f"{1000 * result[name]:.4g}" for name in ("median", "p10", "p90")]
    return (
        f"batch {result['batch_size']} ({result['batch_chosen']}), {len(result['steps'])} steps, "
        f"median {ms[0]} ms (p10 {ms[1]}, p90 {ms[2]}), {result['images_per_second']:.4g} images/s, "
        f"{duration(1281167 / result['images_per_second'])} for an epoch of ImageNet"
    )


def send(results: Results, client: Client, say: Say, *, force: bool) -> int:
    """Sends what was timed and not sent yet, and returns how many timings were held back."""
    ready, held = [], 0
    for result in results.all:
        if "steps" not in result or result.get("sent"):
            continue
        against = doubts(result)
        if against and not force:
            held += 1
            say(f"not sent: {result['wanted']}: {'; '.join(against)} (--force sends it all the same)")
            continue
        ready.append(result)
    if ready:
        answer = client.upload([row(result, results.raw["platform"]) for result in ready], on_error="skip")
        say(
            f"sent {len(ready)} to {client.url}: {answer.accepted} accepted, {answer.duplicates} known already, "
            f"{answer.quarantined} quarantined"
        )
        for doubted in answer.doubted:
            say(f"quarantined: {ready[doubted['line'] - 1]['wanted']}: {doubted['reason']}")
        refused = {error.line: error for error in answer.errors}
        for line_number, error in refused.items():
            say(f"refused: {ready[line_number - 1]['wanted']}: {error.field}: {error.detail}")
        held += len(refused)
        for line_number, result in enumerate(ready, start=1):
            if not answer.queued and line_number not in refused:
                result["sent"] = client.url
        results.save()
    return held
