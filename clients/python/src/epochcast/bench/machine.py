"""What a timing was taken on: GPU or CPU, driver and libraries, clocks, and whether it was throttled."""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Optional

import torch

from .options import Options

# NVML's reasons for a lower clock that mean that the time is not the GPU's own. Its power cap (4) is its usual limit.
_SLOWED = {0x8: "hardware slowdown", 0x20: "too hot (software)", 0x40: "too hot (hardware)", 0x80: "power brake"}
_POWER_CAP = 0x4
_QUERIES = {
    "driver": "driver_version",
    "sm_mhz": "clocks.sm",
    "memory_mhz": "clocks.mem",
    "celsius": "temperature.gpu",
    "watts": "power.draw",
    "watts_limit": "power.limit",
    "reasons": "clocks_throttle_reasons.active",
}


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
        return f"CPU {cpu_name()}, {torch.get_num_threads()} threads"
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
    found = _by_nvml(options) or _by_command(options)
    reasons = found.pop("reasons", None)
    if reasons is not None:
        found["throttled"] = [name for bit, name in _SLOWED.items() if reasons & bit]
        found["at_power_cap"] = bool(reasons & _POWER_CAP)
    return found


def _index(options: Options) -> int:
    """NVML's number of the device, which does not know what CUDA_VISIBLE_DEVICES hides."""
    at = torch.device(options.device).index or 0
    visible = [part.strip() for part in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if part.strip()]
    return int(visible[at]) if at < len(visible) and visible[at].isdigit() else at


def _by_nvml(options: Options) -> dict[str, Any]:
    try:
        import pynvml as nvml

        nvml.nvmlInit()
    except Exception:  # there are many ways to have no NVML
        return {}
    try:
        gpu = nvml.nvmlDeviceGetHandleByIndex(_index(options))
        driver = nvml.nvmlSystemGetDriverVersion()
        return {
            "driver": driver.decode() if isinstance(driver, bytes) else driver,
            "sm_mhz": nvml.nvmlDeviceGetClockInfo(gpu, nvml.NVML_CLOCK_SM),
            "memory_mhz": nvml.nvmlDeviceGetClockInfo(gpu, nvml.NVML_CLOCK_MEM),
            "celsius": nvml.nvmlDeviceGetTemperature(gpu, nvml.NVML_TEMPERATURE_GPU),
            "watts": nvml.nvmlDeviceGetPowerUsage(gpu) / 1000,
            "watts_limit": nvml.nvmlDeviceGetEnforcedPowerLimit(gpu) / 1000,
            "reasons": nvml.nvmlDeviceGetCurrentClocksThrottleReasons(gpu),
        }
    except nvml.NVMLError:
        return {}


def _by_command(options: Options) -> dict[str, Any]:
    command = shutil.which("nvidia-smi")
    if command is None:
        return {}
    query = [f"--query-gpu={','.join(_QUERIES.values())}", "--format=csv,noheader,nounits", f"-i={_index(options)}"]
    try:
        done = subprocess.run([command, *query], capture_output=True, text=True, timeout=10, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return {}
    return read_state(done.stdout)


def read_state(line: str) -> dict[str, Any]:
    """One line of `nvidia-smi`."""
    found: dict[str, Any] = {}
    for name, text in zip(_QUERIES, (part.strip() for part in line.strip().split(","))):
        try:
            found[name] = text if name == "driver" else int(text, 16) if name == "reasons" else float(text)
        except ValueError:
            # "[N/A]" and the like
            continue
    return found
