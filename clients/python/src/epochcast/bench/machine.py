"""What a timing was taken on: GPU or CPU, driver and libraries, clocks, and whether it was throttled."""

import os
import platform
import re
from pathlib import Path
from typing import Any, Optional

import torch

from . import nvidia
from .options import Options


def describe(options: Options) -> dict[str, Any]:
    """The hardware and the software."""
    found: dict[str, Any] = {
        "device": device_name(options),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": cpu_name(),
        "threads": torch.get_num_threads(),
    }
    if options.device.startswith("cuda"):
        properties = torch.cuda.get_device_properties(torch.device(options.device))
        found |= {
            "cuda": torch.version.cuda or getattr(torch.version, "hip", None),
            "cudnn": torch.backends.cudnn.version(),
            "memory_bytes": properties.total_memory,
            "capability": f"{properties.major}.{properties.minor}",
            "driver": state(options).get("driver"),
        }
    return found


def cpu_name() -> str:
    """The processor, as it calls itself."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()


def device_name(options: Options) -> str:
    """What is timed; a CPU with its number of threads, which is what makes it fast."""
    if options.device.startswith("cuda"):
        name: str = torch.cuda.get_device_name(torch.device(options.device))
        return name
    if options.device == "cpu":
        threads = torch.get_num_threads()
        return f"CPU {cpu_name()}, {threads} thread{'' if threads == 1 else 's'}"
    return f"{options.device} {cpu_name()}"


def framework() -> str:
    """Torch and CUDA as the server names them: `pytorch 2.9.1 cu128`."""
    version = torch.__version__.split("+")[0]
    cuda = torch.version.cuda
    return (
        f"pytorch {version} cu{cuda.replace('.', '')}" if cuda and torch.cuda.is_available() else f"pytorch {version}"
    )


def platform_id(options: Options) -> str:
    """A name that says what was timed: `rtx-4090-amp-nhwc-torch2.9-cu128`."""
    device = device_name(options)
    for noise in ("NVIDIA", "GeForce", "Tesla", "(R)", "(TM)", "Processor", "CPU @"):
        device = device.replace(noise, " ")
    words = [device, options.precision, "nhwc" if options.channels_last else "nchw"]
    if options.compiled:
        words.append("compiled")
    words += [f"torch{'.'.join(torch.__version__.split('.')[:2])}", *framework().split()[2:]]
    slug = re.sub(r"[^a-z0-9.]+", "-", " ".join(words).lower()).strip("-.")
    return slug[:64].rstrip("-.")


def platform_row(options: Options, name: Optional[str] = None) -> dict[str, Any]:
    """The platform as the server defines it."""
    return {
        "id": name or platform_id(options),
        "device": device_name(options),
        "device_count": 1,
        "precision": options.precision,
        "memory_format": options.memory_format,
        "compiled": options.compiled,
        "framework": framework(),
    }


def state(options: Options) -> dict[str, Any]:
    """Clocks, temperature, power, and what holds the device back, as far as they can be read."""
    if not options.device.startswith("cuda"):
        # Other programs' work is what slows a CPU.
        return {"load": os.getloadavg()[0]} if hasattr(os, "getloadavg") else {}
    device = torch.device(options.device)
    uuid = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    return nvidia.state(nvidia.name(device.index or 0, uuid, os.environ.get("CUDA_VISIBLE_DEVICES", "")))
