"""What NVIDIA's driver says of a GPU, by NVML where its binding is installed, else by `nvidia-smi`."""

import os
import shutil
import subprocess
from typing import Any

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


def state(device: int) -> dict[str, Any]:
    """Driver, clocks, temperature, power, and what holds torch's GPU number `device` back, as far as it can be read."""
    at = index(device, os.environ.get("CUDA_VISIBLE_DEVICES", ""))
    return judged(_by_nvml(at) or _by_command(at))


def judged(found: dict[str, Any]) -> dict[str, Any]:
    """The reasons for a lower clock, by name."""
    reasons = found.pop("reasons", None)
    if reasons is not None:
        found["throttled"] = [name for bit, name in _SLOWED.items() if reasons & bit]
        found["at_power_cap"] = bool(reasons & _POWER_CAP)
    return found


def index(device: int, visible: str) -> int:
    """The driver's number of torch's GPU `device`; the driver does not know what CUDA_VISIBLE_DEVICES hides."""
    shown = [part.strip() for part in visible.split(",") if part.strip()]
    return int(shown[device]) if device < len(shown) and shown[device].isdigit() else device


def _by_nvml(at: int) -> dict[str, Any]:
    try:
        import pynvml as nvml

        nvml.nvmlInit()
    except Exception:  # there are many ways to have no NVML
        return {}
    try:
        gpu = nvml.nvmlDeviceGetHandleByIndex(at)
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


def _by_command(at: int) -> dict[str, Any]:
    command = shutil.which("nvidia-smi")
    if command is None:
        return {}
    query = [f"--query-gpu={','.join(_QUERIES.values())}", "--format=csv,noheader,nounits", f"--id={at}"]
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
