"""The harness, as far as it goes without torch; `tools/with_torch.py` runs the rest."""

import json
import math
import sys
import types
from pathlib import Path

import pytest
from support import ROOT

import epochcast
from epochcast.bench import batches, nvidia
from epochcast.bench.__main__ import FIRST, ask_first, main, suggested
from epochcast.bench.options import Options, Wanted
from epochcast.bench.results import Results, doubts, row
from epochcast.bench.statistics import noise, quantile, settled, spread

EXAMPLES = ROOT / "examples"


def recorded() -> Results:
    """A real run on a CPU."""
    path = EXAMPLES / "bench-cpu.json"
    return Results(path, json.loads(path.read_text())["platform"], {})


def test_a_result_of_an_earlier_release_is_found_again_by_how_it_was_timed():
    results = recorded()
    known = results.all[0]
    assert "cudnn_benchmark" not in known["options"]
    options = Options(**known["options"])
    assert results.find(Wanted.read(known["wanted"]), options) == known
    assert results.find(Wanted.read(known["wanted"]), Options(**known["options"], cudnn_benchmark=False)) is None


def test_quantiles_lie_between_the_values():
    assert [quantile([3.0, 1.0, 2.0, 4.0, 5.0], q) for q in (0, 0.5, 0.9, 1)] == [1.0, 3.0, pytest.approx(4.6), 5.0]


def test_spread_and_noise_are_shares():
    assert spread([9.0, 10.0, 11.0]) == pytest.approx(0.1)
    assert noise([9.0, 10.0, 11.0]) == pytest.approx(0.1)


def test_a_warm_up_is_over_when_the_median_settles():
    falling = [2.0 * 0.8**at for at in range(20)]
    assert not any(settled(falling[:at]) for at in range(1, 21))
    assert not settled([1.0] * 9)
    assert settled([1.0] * 10)
    assert settled([5.0, 3.0, 2.0, *[1.0] * 5, 9.0, *[1.01] * 4])


@pytest.mark.parametrize("limit", [1, 5, 8, 13, 31, 100, 257, 511, 1023])
def test_the_largest_batch_that_fits_is_found(limit):
    tried = []

    def fits(batch: int) -> bool:
        tried.append(batch)
        return batch <= limit

    found = batches.largest(fits)
    assert found <= limit < found + max(1, batches.grain(found))
    # Doubling takes log2 steps, and bisecting to an eighth three more.
    assert len(tried) <= math.ceil(math.log2(max(limit, 8) / 8)) + 1 + 4


def test_the_batch_stays_below_the_most_and_above_nothing():
    assert batches.largest(lambda batch: True, most=100) == 100
    assert batches.largest(lambda batch: False) == 0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("resnet50", Wanted("resnet50")),
        ("resnet50@288", Wanted("resnet50", 288)),
        ("RegNetY-4GF/dWr:2", Wanted("RegNetY-4GF", None, "dWr:2")),
        ("RegNetY-4GF@128/a0.7:2", Wanted("RegNetY-4GF", 128, "a0.7:2")),
    ],
)
def test_a_net_to_time_is_written_in_one_word(text, wanted):
    assert Wanted.read(text) == wanted
    assert str(wanted) == text


@pytest.mark.parametrize("wrong", ["", "@96", "resnet50@big"])
def test_what_is_no_net_is_refused(wrong):
    with pytest.raises(ValueError, match="is no net"):
        Wanted.read(wrong)


def test_nvidia_smi_is_read_and_throttling_named():
    found = nvidia.read_state("550.54.14, 1980, 7001, 71, 305.2, 450.00, 0x0000000000000024\n")
    assert found["driver"] == "550.54.14"
    judged = nvidia.judged(found)
    assert judged["throttled"] == ["too hot (software)"]
    assert judged["at_power_cap"]
    assert judged["sm_mhz"] == 1980


def test_what_the_driver_does_not_know_is_left_out():
    assert nvidia.read_state("550.54.14, [N/A], 7001, 71, [N/A], [N/A], [N/A]") == {
        "driver": "550.54.14", "memory_mhz": 7001.0, "celsius": 71.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("uuid", "visible", "name"),
    [
        (None, "", "1"),
        (None, "3,5", "5"),
        (None, "3", "1"),
        (None, "GPU-1,GPU-2", "GPU-2"),
        ("8d41", "3,5", "GPU-8d41"),
        ("MIG-8d41", "", "MIG-8d41"),
    ],
)
def test_a_gpu_is_called_by_its_uuid_where_torch_tells_it(uuid, visible, name):
    assert nvidia.name(1, uuid, visible) == name


# Answers as `nvidia-smi --query-gpu` does: fields in the order of the question, [N/A] for what the GPU does not tell,
# masks of 16 hexadecimal digits, and exit code 2 with a sentence for a field that it does not know.
NVIDIA_SMI = """#!{python}
import sys
known = {{"driver_version": "550.54.14", "clocks.sm": "1980", "clocks.mem": "7001", "temperature.gpu": "84",
          "power.draw": {power!r}, "power.limit": "450.00", {reasons!r}: "0x0000000000000064"}}
assert sys.argv[2:] == ["--format=csv,noheader,nounits", "--id=GPU-8d41"], sys.argv
for field in sys.argv[1].partition("=")[2].split(","):
    if field not in known:
        print(f'Field "{{field}}" is not a valid field to query.')
        sys.exit(2)
print(", ".join(known[field] for field in sys.argv[1].partition("=")[2].split(",")))
"""


def fake_nvidia_smi(folder: Path, monkeypatch: pytest.MonkeyPatch, reasons: str, power: str = "449.87") -> None:
    command = folder / "nvidia-smi"
    command.write_text(NVIDIA_SMI.format(python=sys.executable, reasons=reasons, power=power))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize("reasons", ["clocks_event_reasons.active", "clocks_throttle_reasons.active"])
def test_old_and_new_drivers_are_asked_by_their_command(tmp_path: Path, monkeypatch, reasons):
    fake_nvidia_smi(tmp_path, monkeypatch, reasons)
    assert nvidia.state("GPU-8d41") == {
        "driver": "550.54.14", "sm_mhz": 1980, "memory_mhz": 7001, "celsius": 84, "watts": 449.87, "watts_limit": 450,
        "throttled": ["too hot (software)", "too hot (hardware)"], "at_power_cap": True,
    }  # fmt: skip


def test_a_driver_that_tells_nothing_leaves_throttling_unknown(tmp_path: Path, monkeypatch):
    fake_nvidia_smi(tmp_path, monkeypatch, "neither", power="[N/A]")
    assert nvidia.state("GPU-8d41") == {}
    monkeypatch.setenv("PATH", "")
    assert nvidia.state("GPU-8d41") == {}


def test_nvml_is_asked_first_where_its_binding_is_installed(monkeypatch):
    nvml = types.ModuleType("pynvml")
    nvml.NVMLError = type("NVMLError", (Exception,), {})
    nvml.NVML_CLOCK_SM, nvml.NVML_CLOCK_MEM, nvml.NVML_TEMPERATURE_GPU = 1, 2, 0
    nvml.nvmlInit = lambda: None
    nvml.nvmlDeviceGetHandleByUUID = lambda uuid: {"GPU-8d41": "handle"}[uuid]
    nvml.nvmlSystemGetDriverVersion = lambda: b"550.54.14"
    nvml.nvmlDeviceGetClockInfo = lambda handle, clock: {1: 1410, 2: 1593}[clock]
    nvml.nvmlDeviceGetTemperature = lambda handle, sensor: 61
    nvml.nvmlDeviceGetPowerUsage = lambda handle: 398_120
    nvml.nvmlDeviceGetEnforcedPowerLimit = lambda handle: 400_000
    nvml.nvmlDeviceGetCurrentClocksThrottleReasons = lambda handle: 0x4
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    assert nvidia.state("GPU-8d41") == {
        "driver": "550.54.14", "sm_mhz": 1410, "memory_mhz": 1593, "celsius": 61, "watts": 398.12, "watts_limit": 400,
        "throttled": [], "at_power_cap": True,
    }  # fmt: skip


def test_a_doubtful_timing_says_why():
    calm = {"state": {"throttled": []}, "spread": 0.01, "settled": True, "noise": 0.02, "steps": [0.1] * 30}
    assert doubts(calm) == []
    wild = {
        "state": {"throttled": ["power brake"]},
        "spread": 0.062,
        "settled": False,
        "noise": 1.47,
        "steps": [0.1] * 29,
    }
    assert doubts(wild) == [
        "throttled: power brake", "its quartiles lie 6.2% of the median apart, more than 5 %",
        "its steps' standard deviation is 147% of their mean",
        "the warm-up did not settle", "29 steps in 2.9 s are fewer than 30, or than 3 s",
    ]  # fmt: skip


def test_what_is_sent_says_how_the_gpu_was():
    run = recorded()
    one = {**run.all[0], "spread": 0.01, "state": {"driver": "550.54.14", "sm_mhz": 1980.0, "throttled": []}}
    assert row(one, run.raw["platform"])["source"].endswith("median step; driver 550.54.14; SM at 1980 MHz")
    unknown = {**one, "state": {"driver": "550.54.14"}}
    assert row(unknown, run.raw["platform"])["source"].endswith("driver 550.54.14; throttling not known")
    slowed = {**one, "state": {"throttled": ["power brake"]}}
    assert row(slowed, run.raw["platform"])["source"].endswith("sent although throttled: power brake")


def test_a_real_run_has_enough_steps_and_adds_up():
    results = recorded().all
    assert len(results) >= 8
    for result in results:
        steps = result["steps"]
        assert len(steps) >= 30
        assert sum(steps) >= 3
        assert result["p10"] <= result["median"] <= result["p90"]
        assert result["images_per_second"] == pytest.approx(result["batch_size"] / result["median"])


def test_a_real_run_is_accepted_by_a_server(client):
    results = recorded()
    answer = client.upload([row(result, results.raw["platform"]) for result in results.all])
    assert answer.accepted == len(results.all)
    kept = client.platform(results.raw["platform"]["id"])
    assert kept.device.startswith("CPU ")
    assert kept.measurements.train == len(results.all)
    doubtful = [sent for sent in client.measurements(upload=answer.upload) if "sent although" in sent.source]
    assert len(doubtful) == sum(bool(doubts(result)) for result in results.all) == 3


def test_wild_steps_are_sent_with_the_noise_that_the_server_takes(client):
    run = recorded()
    wild = {**run.all[0], "noise": 1.47}
    sent = row(wild, {**run.raw["platform"], "id": "wild"})
    assert client.upload(sent).accepted == 1
    assert "147% of their mean" in client.measurements(platform="wild")[0].source


def test_a_run_goes_on_where_it_ended(tmp_path: Path):
    known = recorded().all[0]
    options = Options(**known["options"])
    platform = recorded().raw["platform"]
    results = Results(tmp_path / "run.json", platform, {})
    results.add({"wanted": known["wanted"], "options": known["options"], "error": "out of memory"})
    assert results.find(Wanted.read(known["wanted"]), options) is None
    results.add(known)
    again = Results(tmp_path / "run.json", platform, {})
    assert again.find(Wanted.read(known["wanted"]), options) == known
    assert again.find(Wanted.read("resnet18"), options) is None
    assert len(again.all) == 1
    with pytest.raises(ValueError, match="choose another --output"):
        Results(tmp_path / "run.json", {**platform, "id": "other"}, {})


def test_a_new_platform_is_suggested_a_spread_of_nets(client, capsys):
    assert [net.name for net in suggested(client, "brand-new", "train", 3)] == list(FIRST[:3])
    assert "brand-new is new to the server" in capsys.readouterr().out
    names = {name.lower() for model in client.models() for name in (model.name, *model.aliases)}
    assert {first.lower() for first in FIRST} <= names


def test_a_wrong_token_is_told_before_anything_is_timed(client, server):
    ask_first(client, upload=True)
    nobody = epochcast.Client(server.url, "epochcast_wrong")
    ask_first(nobody, upload=False)
    with pytest.raises(epochcast.Unauthorized):
        ask_first(nobody, upload=True)


@pytest.mark.parametrize("option", ["--batch-size", "--max-batch", "--min-steps", "--threads", "--suggest"])
def test_a_number_of_things_is_at_least_one(option, capsys):
    with pytest.raises(SystemExit):
        main(["--models", "resnet50", option, "0"])
    assert f"{option}: invalid number from 1 on value: '0'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--models", "resnet50", "--offline", "--upload"]])
def test_misuse_is_told(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "--models" in capsys.readouterr().err or "--offline" in capsys.readouterr().err


def test_without_torch_the_harness_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    assert main(["--models", "resnet50"]) == 1
    assert "pip install torch" in capsys.readouterr().err
