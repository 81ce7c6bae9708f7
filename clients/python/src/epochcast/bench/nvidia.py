"""What NVIDIA's driver says of a GPU, by NVML where its binding is installed, else by `nvidia-smi`."""

import shutil
import subprocess
from collections.abc import Sequence
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
}
# Later drivers renamed it, and a query with a name that the driver does not know is refused as a whole.
_REASONS = ("clocks_event_reasons.active", "clocks_throttle_reasons.active")


def state(gpu: str) -> dict[str, Any]:
    """Driver, clocks, temperature, power, and what holds `gpu` back, as far as it can be read.

    `gpu` is a UUID (`GPU-…`) or the driver's number. Where `throttled` is missing, nobody could tell.
    """
    return judged(_by_nvml(gpu) or _by_command(gpu))


def judged(found: dict[str, Any]) -> dict[str, Any]:
    """The reasons for a lower clock, by name."""
    reasons = found.pop("reasons", None)
    if reasons is not None:
        found["throttled"] = [name for bit, name in _SLOWED.items() if reasons & bit]
        found["at_power_cap"] = bool(reasons & _POWER_CAP)
    return found


def name(device: int, uuid: object, visible: str) -> str:
    """What the driver calls torch's GPU number `device`: by its UUID where torch tells it.

    The driver numbers GPUs in another order, and does not know what CUDA_VISIBLE_DEVICES hides.
    """
    if uuid is not None:
        text = str(uuid)
        return text if text.startswith(("GPU-", "MIG-")) else f"GPU-{text}"
    shown = [part.strip() for part in visible.split(",") if part.strip()]
    return shown[device] if device < len(shown) else str(device)


def _by_nvml(gpu: str) -> dict[str, Any]:
    try:
        import pynvml as nvml

        nvml.nvmlInit()
    except Exception:  # there are many ways to have no NVML
        return {}
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(int(gpu)) if gpu.isdigit() else nvml.nvmlDeviceGetHandleByUUID(gpu)
        driver = nvml.nvmlSystemGetDriverVersion()
        return {
            "driver": driver.decode() if isinstance(driver, bytes) else driver,
            "sm_mhz": nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
            "memory_mhz": nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM),
            "celsius": nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU),
            "watts": nvml.nvmlDeviceGetPowerUsage(handle) / 1000,
            "watts_limit": nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000,
            "reasons": nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle),
        }
    except nvml.NVMLError:
        return {}


def _by_command(gpu: str) -> dict[str, Any]:
    command = shutil.which("nvidia-smi")
    if command is None:
        return {}
    for reasons in _REASONS:
        query = [f"--query-gpu={','.join([*_QUERIES.values(), reasons])}", "--format=csv,noheader,nounits"]
        told = _told([command, *query, f"--id={gpu}"])
        if told:
            return read_state(told)
    return {}


def _told(command: Sequence[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""


def read_state(line: str) -> dict[str, Any]:
    """One line of `nvidia-smi`."""
    found: dict[str, Any] = {}
    for field, text in zip([*_QUERIES, "reasons"], (part.strip() for part in line.strip().split(","))):
        try:
            found[field] = text if field == "driver" else int(text, 16) if field == "reasons" else float(text)
        except ValueError:
            # "[N/A]" and the like
            continue
    return found
