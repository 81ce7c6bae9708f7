"""The command line of the harness."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from .. import __version__
from ..client import Client
from ..errors import EpochcastError, Problem, Unreachable
from .options import PRECISIONS, Options, Wanted, listed

EXAMPLES = """examples:
  epochcast-bench --models resnet50,regnety_040 --upload
  epochcast-bench --suggest 5 --upload           the nets that teach the server most about this device
  epochcast-bench --models RegNetY-4GF/dWr:2     a scaled net, built from the server's description
  epochcast-bench --models resnet18@64 --device cpu --batch-size 8
  epochcast-bench --models 'net.py:Net(width=64)@128' --family resnet --upload    your own module
  epochcast-bench --models resnet50 --redo doubtful                               once more, if it was doubtful
"""


# Small and large, with plain, grouped and depthwise convolutions: what a first fit has to tell apart.
FIRST = ("ResNet-50", "EfficientNet-B0", "RegNetY-4.0GF", "RegNetX-400MF", "ResNeXt-50", "EfficientNet-B3")


def _whole(text: str) -> int:
    """A number of something; 0 would be taken for "not said"."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_whole.__name__ = "number from 1 on"


def _group(text: str) -> str:
    """A timing group, as the server takes it."""
    if not re.fullmatch(r"[a-z0-9_.-]{1,64}", text):
        raise ValueError
    return text


_group.__name__ = "lower-case word (such as resnet)"


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    found = argparse.ArgumentParser(
        prog="epochcast-bench",
        description="Times nets on this machine, keeps the raw steps in a file, and sends the medians to a server.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = found.add_argument
    nets = "NAME, NAME@SIDE, NAME/FORM:FACTOR, FILE.yaml, or one's own FILE.py:NET(ARGUMENTS), PACKAGE.MODULE:NET"
    add("--models", default="", help=f"nets, separated by commas: {nets}")
    add(
        "--family",
        type=_group,
        metavar="GROUP",
        help="timing group of one's own nets, such as resnet; default: told by timm, else none",
    )
    add("--suggest", type=_whole, metavar="N", help="also the N nets that the server wants timed next")
    add("--mode", choices=("train", "infer"), default="train", help="default: %(default)s")
    add("--device", help="cuda, cuda:1, cpu, mps; default: cuda where there is one, else cpu")
    add("--precision", choices=PRECISIONS, help="default: amp on a GPU, fp32 on a CPU")
    add("--channels-last", action="store_true", help="memory format; default: channels first")
    add("--compile", action="store_true", help="torch.compile the net")
    add(
        "--no-cudnn-benchmark",
        action="store_true",
        help="take cuDNN's first choice; default: it tries all first, which takes 10 s for a net on a recent GPU",
    )
    add("--batch-size", type=_whole, help="default: the largest that fits on a GPU, 8 on a CPU")
    add("--max-batch", type=_whole, default=1024, help="the most that is tried, default: %(default)s")
    add("--min-steps", type=_whole, default=30, help="default: %(default)s")
    add("--min-seconds", type=float, default=3.0, help="default: %(default)s")
    add("--threads", type=_whole, help="threads of a CPU; default: torch's own choice")
    add("--platform", metavar="ID", help="name of the platform; default: made from device, precision and versions")
    add(
        "--tries",
        type=_whole,
        default=2,
        help="a doubtful timing is taken again, up to so many in all; default: %(default)s",
    )
    add(
        "--redo",
        choices=("doubtful", "all"),
        default="none",
        help="time again what an earlier run has: what is doubtful (the calmer timing is kept), or all",
    )
    add("--output", type=Path, help="file of the results; an earlier run is gone on with; default: PLATFORM.json")
    add("--upload", action="store_true", help="send the timings (EPOCHCAST_TOKEN, or --token)")
    add("--force", action="store_true", help="send also what was throttled or varies by more than 5 %%")
    add("--url", help="the server, default: EPOCHCAST_URL, else http://127.0.0.1:8080")
    add("--token", help="default: EPOCHCAST_TOKEN")
    add(
        "--offline",
        action="store_true",
        help="ask no server: nets come from timm and torchvision, known by their costs",
    )
    add("--version", action="version", version=f"epochcast-bench {__version__}")
    return found


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Runs it. 0: all was timed, and sent where that was asked for; 1: something was not; 2: misused."""
    arguments = parser().parse_args(argv)
    if not arguments.models and not arguments.suggest:
        parser().error("name the nets with --models, or ask the server with --suggest")
    if arguments.offline and (arguments.upload or arguments.suggest):
        parser().error("--upload and --suggest need a server, so they do not go with --offline")
    try:
        import torch  # noqa: F401, to say in one line that it is missing
    except ImportError:
        print("this needs torch: pip install torch timm", file=sys.stderr)
        return 1
    try:
        return _run(arguments)
    except Unreachable as error:
        print(f"{error}; --offline times without a server, and a later run with --upload sends", file=sys.stderr)
        return 1
    except (EpochcastError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    from . import machine, run
    from .results import Results

    options = _options(arguments)
    client = None if arguments.offline else Client(arguments.url, arguments.token)
    wanted = listed(arguments.models)
    platform = machine.platform_row(options, arguments.platform)
    results = Results(arguments.output or Path(f"{platform['id']}.json"), platform, machine.describe(options))
    print(f"{platform['id']}: {platform['device']}, {options.precision}, {platform['framework']}")
    if client is not None:
        ask_first(client, upload=arguments.upload)
    if client is not None and arguments.suggest:
        wanted += suggested(client, platform["id"], options.mode, arguments.suggest)
    again = run.Again(arguments.tries, arguments.redo)
    failed = run.time_all(wanted, options, results, client, print, again=again, family=arguments.family)
    held = 0
    if client is not None and arguments.upload:
        held = run.send(results, client, print, force=arguments.force)
    return 1 if failed or held else 0


def ask_first(client: Client, *, upload: bool) -> None:
    """Finds out before all the timing whether the server is there, and, to upload, whether it takes the token."""
    if upload:
        client.upload([], dry_run=True)
    else:
        client.version()


def _options(arguments: argparse.Namespace) -> Options:
    import torch

    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    gpu = device.startswith("cuda")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    return Options(
        device=device,
        mode=arguments.mode,
        precision=arguments.precision or ("amp" if gpu else "fp32"),
        channels_last=arguments.channels_last,
        compiled=arguments.compile,
        batch_size=arguments.batch_size or (None if gpu else 8),
        most_batch=arguments.max_batch,
        least_steps=arguments.min_steps,
        least_seconds=arguments.min_seconds,
        threads=arguments.threads,
        cudnn_benchmark=not arguments.no_cudnn_benchmark,
    )


def suggested(client: Client, platform: str, mode: str, count: int) -> list[Wanted]:
    """The nets that teach the server most about `platform`; for one that it has not seen, a spread of sizes."""
    try:
        answer = client.next(platform, mode="infer" if mode == "infer" else "train", count=count)
    except Problem as problem:
        if problem.status != 404:
            raise
        print(f"{platform} is new to the server, so these come first: {', '.join(FIRST[:count])}")
        return [Wanted.read(name) for name in FIRST[:count]]
    for net in answer.nets:
        print(f"suggested: {net.label}: {net.why}")
    return [Wanted.read(net.label) for net in answer.nets]


if __name__ == "__main__":
    sys.exit(main())
