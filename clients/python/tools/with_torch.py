"""What needs torch and timm, to be run when the harness or the counting changes: `python tools/with_torch.py`.

Every named net that can be scaled is built from its description and counted again; those that timm has are counted too;
then the harness runs on the CPU and sends what it timed to a server of its own.
"""

import os
import sys
import tempfile
from pathlib import Path

import timm
import torch

import epochcast
from epochcast.bench.__main__ import main as bench
from epochcast.bench.build import module
from epochcast.counting import costs

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support import Server

SCALES = ("d:1", "dWr:2", "d:3", "w:3", "a0.5:4", "orig:2", "r:1.5")


def count_built(client: epochcast.Client) -> None:
    """Modules built from descriptions cost what the server says, to the last digit."""
    right = 0
    for model in client.models():
        for scale in SCALES if model.can_be_scaled else ():
            net = client.complexity(model.name, scale).net
            with torch.device("meta"):
                built = module(net.model or {})
            if costs(built, net.resolution or 224) != net.complexity:
                raise SystemExit(f"{model.name} {scale}: {costs(built)} is not {net.complexity}")
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


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).start()
        try:
            os.environ["EPOCHCAST_URL"], os.environ["EPOCHCAST_TOKEN"] = server.url, server.token("bench")
            client = epochcast.Client()
            count_built(client)
            count_timm(client)
            models = "resnet18@64,RegNetX-200MF@64,EfficientNet-B0@64/dWr:0.5,mobilenetv3_small_050@64"
            how = ["--device", "cpu", "--threads", "1", "--batch-size", "4", "--output", f"{folder}/run.json"]
            code = bench(["--models", models, *how, "--upload", "--force"])
            # Once more: all is known, and nothing is sent.
            again = bench(["--models", models, *how, "--upload", "--force"])
            sent = sum(platform.measurements.train for platform in client.platforms() if "cpu-" in platform.id)
            if (code, again, sent) != (0, 0, 4):
                raise SystemExit(f"the harness ended with {code} and {again}, and {sent} of 4 timings arrived")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
