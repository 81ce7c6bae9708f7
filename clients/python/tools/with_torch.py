"""What needs torch, timm and torchvision, to be run when harness or counting change: `python tools/with_torch.py`.

Every named net that can be scaled is built from its description and counted again; those that timm has are counted too;
then the harness runs on the CPU in all its ways, is killed, goes on, and sends what it timed to a server of its own.
"""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import timm
import torch

import epochcast
from epochcast.bench import clock, run, steps
from epochcast.bench.__main__ import main as bench
from epochcast.bench.options import Options
from epochcast.counting import costs

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support import Server

SCALES = ("d:1", "dWr:2", "d:3", "w:3", "a0.5:4", "orig:2", "r:1.5")
SMALL = ["--tries", "1", "--device", "cpu", "--threads", "1", "--batch-size", "4"]


def sure(right: bool, told: object) -> None:
    """Ends it where something is not as it should be."""
    if not right:
        raise SystemExit(f"wrong: {told}")


def count_built(client: epochcast.Client) -> None:
    """Modules built from descriptions cost what the server says, to the last digit."""
    right = 0
    for model in client.models():
        for scale in SCALES if model.can_be_scaled else ():
            net = client.complexity(model.name, scale).net
            with torch.device("meta"):
                built = net.to_torch()
            counted = costs(built, net.resolution or 224)
            sure(counted == net.complexity, f"{model.name} {scale}: {counted} is not {net.complexity}")
            right += 1
    print(f"{right} built nets cost what the server says")


def count_timm(client: epochcast.Client) -> None:
    """And so do timm's nets, where the server builds the net of that name."""
    right, other = 0, []
    for model in client.models():
        names = [name for name in model.aliases if timm.is_model(name)] if model.can_be_scaled else []
        for name in names[:1]:
            at = model.resolutions[0]
            with torch.device("meta"):
                net = timm.create_model(name)
            if costs(net, at.resolution).to_dict() == at.complexity.to_dict():
                right += 1
            else:
                other.append(name)
    print(f"{right} of timm's nets cost what the server says, {len(other)} do not: {', '.join(other)}")


def told_by(arguments: list[str]) -> tuple[int, str]:
    """Exit code and words of a run."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = bench(arguments)
    print(out.getvalue(), end="")
    return code, out.getvalue()


def times_and_sends(client: epochcast.Client, folder: Path) -> None:
    """Nets of timm, of torchvision, described, and scaled; the second time all is known, and nothing is sent."""
    models = "resnet18@64,RegNetX-200MF@64,EfficientNet-B0@64/dWr:0.5,mobilenetv3_small_050@64,squeezenet1_1@64"
    how = ["--models", models, *SMALL, "--output", str(folder / "run.json"), "--upload", "--force"]
    code, _ = told_by(how)
    again, words = told_by(how)
    (platform,) = (platform for platform in client.platforms() if platform.id.startswith("cpu-"))
    sure((code, again, platform.measurements.train) == (0, 0, 5), f"exit codes {code} and {again}, {platform}")
    sure(words.count("(from ") == 5 and "sent" not in words, words)
    built = [row.source.split(",")[1].strip() for row in client.measurements(platform=platform.id)]
    sure({name.split()[0] for name in built} == {"timm", "torchvision", "epochcast's"}, built)
    # A platform that the server knows: it says itself what it wants.
    code, words = told_by(["--suggest", "1", *SMALL[:-1], "1", "--output", str(folder / "run.json")])
    sure(code == 0 and words.count("suggested: ") == 1, words)


def holds_back(folder: Path) -> None:
    """What varies too much is sent only by force."""
    how = ["--models", "resnet18@64", *SMALL, "--mode", "infer", "--output", str(folder / "wild.json"), "--upload"]
    told_by(how[:-1])
    kept = json.loads((folder / "wild.json").read_text())
    kept["results"][0]["spread"] = 0.2
    (folder / "wild.json").write_text(json.dumps(kept))
    code, words = told_by(how)
    sure(code == 1 and "not sent: resnet18@64: its quartiles lie 20.0% of the median apart" in words, words)
    code, words = told_by([*how, "--force"])
    sure(code == 0 and "1 accepted" in words, words)


OWN = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, width=8):
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)]
        super().__init__(nn.Conv2d(3, width, 3, 2, 1), nn.ReLU(), *head)

class Two(Net):
    def forward(self, x):
        return super().forward(x), x

def of_timm():
    import timm
    return timm.create_model("resnet18", num_classes=10)
"""


def times_ones_own(client: epochcast.Client, folder: Path) -> None:
    """A module out of a file, with arguments; one that timm made; one that cannot be trained; a config of pycls."""
    (folder / "net.py").write_text(OWN)
    config = "MODEL:\n  TYPE: regnet\nREGNET:\n  DEPTH: 4\n  W0: 24\n  WA: 24.48\n  WM: 2.54\n  GROUP_W: 8\n"
    (folder / "net.yaml").write_text(config)
    models = (
        f"{folder}/net.py:Net(width=16)@32,{folder}/net.py:of_timm@32,{folder}/net.py:Two@32,{folder}/net.yaml@32/dWr:2"
    )
    how = ["--models", models, *SMALL, "--platform", "own", "--output", str(folder / "own.json"), "--upload", "--force"]
    code, words = told_by(how)
    sure(code == 1 and "it puts out a tuple" in words, words)
    sent = {row.label: row for row in client.measurements(platform="own")}
    sure(set(sent) == {"net.py:Net(width=16)@32", "net.py:of_timm@32", "net.yaml@32/dWr:2"}, sent)
    # 16 filters of 27 and a bias at 16 x 16 positions; and 10 of 16 and a bias.
    sure(sent["net.py:Net(width=16)@32"].costs.flops == 16 * 16 * 16 * 28 + 10 * 17, sent["net.py:Net(width=16)@32"])
    groups = [sent[label].group for label in ("net.py:Net(width=16)@32", "net.py:of_timm@32", "net.yaml@32/dWr:2")]
    sure(groups == ["other", "resnet", "regnetx"], groups)
    # Timed once more where it is wanted, and where the file changed.
    code, words = told_by([*how[:-2], "--redo", "all"])
    sure(words.count("(from ") == 0, words)
    (folder / "net.py").write_text(OWN.replace("nn.ReLU()", "nn.SiLU()"))
    code, words = told_by(how[:-2])
    sure(words.count("(from ") == 1, words)


def every_way(client: epochcast.Client, folder: Path) -> None:
    """Precisions, layout, compilation: each is a platform of its own, named for what it is."""
    for way in (["amp"], ["amp_bf16", "--channels-last"], ["bf16"], ["fp32", "--compile"]):
        # Half precision is slow on a CPU.
        small = [*SMALL[:-1], "2", "--output", str(folder / f"{'-'.join(way)}.json")]
        how = ["--models", "resnet18@32", *small, "--precision", *way]
        code, words = told_by([*how, "--upload", "--force"])
        sure(code == 0, words)
        found = client.platform(words.partition(":")[0])
        expected = (way[0], "channels_last" if "--channels-last" in way else "channels_first", "--compile" in way)
        sure((found.precision, found.memory_format, found.compiled) == expected, found)


def finds_the_batch() -> None:
    """The largest batch for a memory that is made up: 21 images, of which the grain of 2 leaves 20."""
    made: Any = steps.step

    def step(net: Any, options: Options, batch: int, resolution: int) -> steps.Step:
        if batch > 21:
            raise torch.OutOfMemoryError("made up")
        done: steps.Step = made(net, options, batch, resolution)
        return done

    options = Options(device="cpu", precision="fp32", most_batch=64)
    steps.step = step
    try:
        found = run.chosen_batch(steps.prepare(timm.create_model("resnet18"), options), options, 32)
    finally:
        steps.step = made
    sure(found == (20, "the largest that fits"), found)
    print("the largest batch for 21 images' memory is 20")


class Event:
    """A mark on the clock of a GPU that is made up: it does each step as soon as it is told to."""

    def __init__(self, *, enable_timing: bool) -> None:
        self.at = 0.0 if enable_timing else None

    def record(self) -> None:
        """Now."""
        self.at = time.perf_counter()

    def elapsed_time(self, later: "Event") -> float:
        """Milliseconds from here to `later`."""
        return 1000 * ((later.at or 0.0) - (self.at or 0.0))


def measures_by_events() -> None:
    """On a GPU there is one wait for all steps, and throttling of any part of them counts."""
    waits: list[int] = []
    states = iter([{"throttled": ["power brake"]}])
    real = torch.cuda.Event, torch.cuda.synchronize
    torch.cuda.Event, torch.cuda.synchronize = Event, lambda: waits.append(1)
    try:
        options = Options(device="cuda", least_seconds=0.3)
        timed = clock.measure(
            lambda: time.sleep(0.005), options, lambda: next(states, {"throttled": []}), print_nothing
        )
    finally:
        torch.cuda.Event, torch.cuda.synchronize = real
    parts = len(waits) - len(timed.warm_up)
    sure(len(timed.steps) >= 30 and sum(timed.steps) >= 0.3 and parts < 4, f"{len(timed.steps)} steps in {parts} parts")
    sure(all(0.005 <= step < 1 for step in timed.steps), timed.steps)
    sure(timed.state["throttled"] == ["power brake"], timed.state)
    print(f"{len(timed.steps)} steps by events in {parts} part(s)")


def print_nothing(what: str, done: int, total: int) -> None:
    """In place of a progress bar."""


def goes_on_after_a_kill(folder: Path) -> None:
    """What was timed before kill -9 is not timed again."""
    how = ["--models", "resnet18@64,resnet34@64,resnet50@64", *SMALL, "--output", str(folder / "killed.json")]
    command = [sys.executable, "-u", "-m", "epochcast.bench", *how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        for line in process.stdout or ():
            if line.startswith("[1/3]"):
                process.send_signal(signal.SIGKILL)
    code, words = told_by(how)
    sure(code == 0 and words.count("(from ") == 1, words)


def spends_a_lent_gpu_well(client: epochcast.Client, folder: Path) -> None:
    """A list is timed net by net, goes on after kill -9 where it was, and ends when its budget does."""
    how = {"mode": "train", "precision": "fp32", "channels_last": False, "compiled": False, "batch_size": 4}
    names = [f"RegNetX-200MF/{scale}" for scale in ("d:1", "w:2", "d:2")]
    found = {name: client.complexity(*name.split("/"), resolution=32).net for name in names}
    described = {
        name: {"fields": {}, "resolution": net.resolution, "description": net.model} for name, net in found.items()
    }
    listed = [{"class": "trial", "net": name, **how} for name in names]
    (folder / "list.json").write_text(json.dumps({"nets": described, "timings": listed}))
    run_ = Path(__file__).resolve().parents[3] / "scripts/gpu_run.py"
    command = [sys.executable, "-u", str(run_), str(folder / "list.json"), "--output", str(folder / "lent")]
    command += ["--device", "cpu", "--min-steps", "3", "--min-seconds", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        for line in process.stdout or ():
            if "#1 trial" in line:
                process.send_signal(signal.SIGKILL)
    done = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    sure("#1 trial" not in done and "2 timed, 0 failed" in done, done)
    done = subprocess.run([*command, "--budget", "0"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    sure("the budget is spent" in done, done)
    print("a list goes on after a kill, and ends with its budget")


def main() -> None:
    """All of it."""
    warnings.simplefilter("default")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = Server(folder).start()
        try:
            os.environ["EPOCHCAST_URL"], os.environ["EPOCHCAST_TOKEN"] = server.url, server.token("bench")
            client = epochcast.Client()
            finds_the_batch()
            measures_by_events()
            times_and_sends(client, folder)
            holds_back(folder)
            times_ones_own(client, folder)
            goes_on_after_a_kill(folder)
            spends_a_lent_gpu_well(client, folder)
            every_way(client, folder)
            count_built(client)
            count_timm(client)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
