"""The harness with nets of one's own, and timings taken again. Torch is a stand-in; `tools/with_torch.py` has it."""

import importlib
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT

import epochcast
from epochcast.bench.__main__ import main
from epochcast.bench.options import Options, Wanted, listed
from epochcast.bench.own import Own, WrongNet
from epochcast.bench.results import Results, calmer, doubts, row

OPTIONS = Options(device="cpu", precision="fp32", batch_size=4)
PLATFORM = {"id": "own-nets", "device": "made up"}
WITH_TORCH = ("counting", "bench.run", "bench.nets", "bench.clock", "bench.machine", "bench.steps")
NET = """
from torch import nn
from parts_of_net import WIDTH

class Net(nn.Module):
    def __init__(self, width=WIDTH, depths=(), act="relu"):
        self.made_with = (width, list(depths), act)

class Needy(nn.Module):
    def __init__(self, width):
        pass

def factory():
    return Net(7)

ready = Net(8)
number = 3

def no_net():
    return 5
"""


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """As much of torch as it takes to import the harness."""
    fake, nn, overrides = (types.ModuleType(name) for name in ("torch", "torch.nn", "torch.overrides"))
    nn.Module = type("Module", (), {})
    overrides.TorchFunctionMode = object
    fake.nn, fake.overrides = nn, overrides
    fake.float16, fake.bfloat16, fake.float32 = "float16", "bfloat16", "float32"
    for module in (fake, nn, overrides):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    yield fake
    for name in WITH_TORCH:
        sys.modules.pop(f"epochcast.{name}", None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where somebody has a net in a file."""
    (tmp_path / "my_net.py").write_text(NET)
    (tmp_path / "parts_of_net.py").write_text("WIDTH = 16")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield tmp_path
    for name in {name for name in set(sys.modules) - known if name.startswith(("my_net", "parts_of_net"))}:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "wanted", "label"),
    [
        ("net.py:Net", Wanted("net.py:Net"), "net.py:Net"),
        ("net.py:Net@96", Wanted("net.py:Net", 96), "net.py:Net@96"),
        ("/home/me/my nets/net.py:Net(64)@96", Wanted("/home/me/my nets/net.py:Net(64)", 96), "net.py:Net(64)@96"),
        ("net.py:Net(act='a@b')", Wanted("net.py:Net(act='a@b')"), "net.py:Net(act='a@b')"),
        ("pkg.mod:factory", Wanted("pkg.mod:factory"), "pkg.mod:factory"),
        ("nets/my.yaml@128/dWr:2", Wanted("nets/my.yaml", 128, "dWr:2"), "my.yaml@128/dWr:2"),
        ("my.json", Wanted("my.json"), "my.json"),
        ("RegNetY-4GF@128/a0.7:2", Wanted("RegNetY-4GF", 128, "a0.7:2"), "RegNetY-4GF@128/a0.7:2"),
    ],
)
def test_ones_own_net_is_written_as_file_and_name_and_called_without_its_folders(text, wanted, label):
    assert Wanted.read(text) == wanted
    assert str(wanted) == text
    assert wanted.label == label


def test_commas_in_brackets_separate_no_nets():
    assert [str(one) for one in listed("resnet50, net.py:Net(64, depths=[1, 2])@96,,pkg.mod:f")] == [
        "resnet50", "net.py:Net(64, depths=[1, 2])@96", "pkg.mod:f",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "made_with"),
    [
        ("my_net.py:Net", (16, [], "relu")),
        ("my_net.py:Net(64, depths=[1, 2], act='silu')", (64, [1, 2], "silu")),
        ("my_net.py:factory", (7, [], "relu")),
        ("my_net.py:ready", (8, [], "relu")),
        ("my_net:Net(width=2)", (2, [], "relu")),
    ],
)
def test_a_class_a_function_or_a_module_is_a_net(torch, folder, text, made_with):
    assert Own.read(text).made().made_with == made_with


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("absent.py:Net", r"there is no file absent\.py \(looked in "),
        ("my_net.py:Nett", r"my_net\.py has no Nett \(did you mean Net\?\)"),
        ("my_net.py:Needy", r"Needy takes other arguments \(missing a required argument: 'width'\)"),
        ("my_net.py:Net(wide=3)", r"Net takes other arguments \(got an unexpected keyword argument 'wide'\)"),
        ("my_net.py:Net(open)", r"made with numbers, words in quotes and lists"),
        ("my_net.py:Net(3)(4)", r"made with numbers, words in quotes and lists"),
        ("my_net.py:ready(3)", r"ready is made already"),
        ("my_net.py:number", r"number is a int, no class, function or module"),
        ("my_net.py:no_net", r"no_net\(\) is a int, no torch module"),
        ("my_nets.absent:Net", r"there is no module my_nets\.absent"),
    ],
)
def test_what_cannot_be_made_says_why(torch, folder, text, told):
    with pytest.raises(WrongNet, match=told):
        Own.read(text).made()


@pytest.mark.parametrize(("line", "told"), [("raise SystemExit(2)", "ends when it is imported"), ("1 / 0", "by zero")])
def test_a_file_that_cannot_be_imported_is_told_each_time(torch, folder, line, told):
    (folder / "my_net_script.py").write_text(line)
    for _ in range(2):
        with pytest.raises((WrongNet, ZeroDivisionError), match=told):
            Own.read("my_net_script.py:Net").made()


def test_a_file_called_as_a_package_that_is_there_hides_nothing(torch, folder):
    (folder / "json.py").write_text(NET)
    assert Own.read("json.py:Net").made().made_with == (16, [], "relu")
    assert importlib.import_module("json") is json


def calm(wanted: Wanted, **more: object) -> dict:
    return {
        "wanted": str(wanted), "label": wanted.label, "code": wanted.code, "options": OPTIONS.to_dict(),
        "net": {"complexity": {"flops": 4e8, "params": 5e6, "acts": 6e6}, "resolution": 224}, "batch_size": 4,
        "batch_chosen": "given", "median": 0.1, "p10": 0.1, "p90": 0.1, "spread": 0.01, "noise": 0.01, "settled": True,
        "images_per_second": 40.0, "state": {}, "measured_at": "2026-01-01T00:00:00Z", "source": "made up",
        "steps": [0.1] * 40, "sent": None, **more,
    }  # fmt: skip


def test_a_net_whose_file_changed_is_another_net(folder):
    wanted = Wanted.read("my_net.py:Net")
    results = Results(folder / "run.json", PLATFORM, {})
    results.add(calm(wanted))
    assert results.find(wanted, OPTIONS) is not None
    (folder / "my_net.py").write_text(NET.replace("16", "32") + "# changed")
    assert results.find(wanted, OPTIONS) is None
    results.add(calm(wanted, median=0.2))
    assert [result["median"] for result in results.all] == [0.2]


def test_a_file_that_is_gone_changed_too(folder):
    for text in ("my_net.py:Net", "my_net:Net"):
        assert Wanted.read(text).code is not None
    (folder / "my_net.py").unlink()
    importlib.invalidate_caches()
    for text in ("my_net.py:Net", "my_net:Net", "absent.package:Net"):
        assert Wanted.read(text).code is None


class Bench:
    """The harness, with timings that are made up."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run = importlib.import_module("epochcast.bench.run")
        self.results = Results(folder / "run.json", PLATFORM, {})
        self.timed: list[str] = []
        self.said: list[str] = []
        self.spreads: dict[str, list[float]] = {}
        monkeypatch.setattr(self.run.nets, "find", lambda wanted, client, family: None)
        monkeypatch.setattr(self.run, "time_one", self.time_one)

    def time_one(self, wanted: Wanted, found: object, options: Options) -> dict:
        self.timed.append(str(wanted))
        left = self.spreads.get(str(wanted), [0.01])
        spread = left.pop(0) if len(left) > 1 else left[0]
        if spread < 0:
            raise KeyError("nope")
        return calm(wanted, spread=spread)

    def __call__(self, models: str, **again: object) -> int:
        self.timed.clear()
        self.said.clear()
        how = self.run.Again(**again)
        return self.run.time_all(listed(models), OPTIONS, self.results, None, self.said.append, again=how)

    def spread(self, name: str) -> float:
        return self.results.find(Wanted.read(name), OPTIONS)["spread"]


@pytest.fixture
def bench(torch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def test_a_doubtful_timing_is_taken_again_at_once(bench):
    bench.spreads = {"wild": [0.3, 0.02], "wilder": [0.3, 0.1, 0.2]}
    assert bench("calm,wild,wilder", tries=3) == 0
    assert bench.timed == ["calm", "wild", "wild", "wilder", "wilder", "wilder"]
    assert (bench.spread("wild"), bench.spread("wilder")) == (0.02, 0.1)
    assert bench.said[1].startswith("[2/3] wild: doubtful (its quartiles lie 30.0% of the median apart, more than 5 %)")
    assert bench.said[1].endswith("so once more: 2 of at most 3")
    assert bench.said[-1].endswith("more than 5 % (--redo doubtful times it again)")


def test_a_later_run_takes_doubtful_timings_again_where_that_is_wanted(bench):
    bench.spreads = {"wild": [0.3]}
    bench("calm,wild")
    bench("calm,wild")
    assert bench.timed == []
    assert bench.said[-1].endswith("(--redo doubtful times it again)")
    bench.spreads = {"wild": [0.02]}
    bench("calm,wild", redo="doubtful")
    assert (bench.timed, bench.spread("wild")) == (["wild"], 0.02)
    bench("calm,wild", redo="doubtful")
    assert bench.timed == []
    bench("calm,wild", redo="all")
    assert bench.timed == ["calm", "wild"]


def test_a_timing_stays_while_a_later_one_is_no_calmer_or_fails(bench):
    bench.spreads = {"wild": [0.2]}
    bench("wild")
    bench.spreads = {"wild": [0.4]}
    bench("wild", redo="doubtful")
    assert (bench.timed, bench.spread("wild")) == (["wild"], 0.2)
    bench.spreads = {"wild": [-1]}
    assert bench("wild", redo="doubtful") == 1
    assert bench.spread("wild") == 0.2


def test_a_net_that_fails_in_its_own_way_ends_no_run(bench):
    bench.spreads = {"broken": [-1]}
    assert bench("broken,calm") == 1
    assert bench.said[0] == "[1/2] broken: KeyError: 'nope'"
    assert bench.timed == ["broken", "calm"]


def test_what_is_not_counted_is_not_timed_again_and_held_back():
    result = calm(Wanted("net"), uncounted="not counted: einsum")
    assert doubts(result) == ["its costs are too small: not counted: einsum"]
    steady = {**result, "uncounted": ""}
    assert calmer(steady, result) is result


def test_the_name_of_a_folder_is_not_sent(client, tmp_path: Path):
    wanted = Wanted.read(f"{tmp_path}/net.py:Net(width=64)@224")
    sent = row(calm(wanted), PLATFORM)
    assert sent["label"] == "net.py:Net(width=64)@224"
    assert str(tmp_path) not in json.dumps(sent)
    assert client.upload(sent).accepted == 1


def nets(torch: types.ModuleType) -> types.ModuleType:
    return importlib.import_module("epochcast.bench.nets")


COSTS = {"flops": 51_000_000, "params": 5_483_000, "acts": 1_060_000}


@pytest.mark.parametrize(
    ("name", "side", "group"),
    [("mobilenetv3_large_100", 96, "mobilenetv3"), ("regnety_040", 96, "regnety"), ("nobody_knows_it", 96, "other")],
)
def test_a_net_of_a_size_that_the_server_does_not_know_lands_in_its_group(torch, client, name, side, group):
    harness = nets(torch)
    fields = harness._fields(name, harness.Counted(COSTS, ""), side, client)
    assert fields["complexity"] == COSTS
    platform = {"id": f"groups-{group}", "device": "made up"}
    timed = {**fields, "platform": platform, "mode": "train", "label": f"{name}@{side}", "batch_size": 4}
    assert client.upload({**timed, "step_seconds": 0.01}).accepted == 1
    assert [kept.group for kept in client.measurements(platform=platform["id"])] == [group]


def test_a_net_that_costs_what_the_server_says_goes_by_its_name(torch, client):
    harness = nets(torch)
    known = client.complexity("resnet50", resolution=160).base.complexity.to_dict()
    assert harness._fields("resnet50", harness.Counted(known, ""), 160, client) == {
        "model": {"name": "resnet50", "resolution": 160}
    }


@pytest.mark.parametrize(("side", "told"), [(160, ""), (96, "not counted: einsum")])
def test_costs_that_are_not_sent_may_be_too_small(torch, client, monkeypatch, side, told):
    harness = nets(torch)
    known = client.complexity("resnet50", resolution=160).base.complexity.to_dict()
    monkeypatch.setattr(harness, "_from_timm", lambda name: (object(), 224, "timm"))
    monkeypatch.setattr(harness, "_counted", lambda module, side: harness.Counted(known, "not counted: einsum"))
    assert harness.find(Wanted("resnet50", side), client).uncounted == told


@pytest.fixture
def own(torch, folder: Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The harness's nets, where each costs the same, and none is a graph."""
    harness = nets(torch)
    monkeypatch.setattr(harness, "costs", lambda module, side: epochcast.answers.Costs(COSTS))
    monkeypatch.setattr(harness, "graph", no_graph)
    return harness


def no_graph(module: object, image: tuple[int, int, int]) -> epochcast.Graph:
    raise epochcast.NoGraph("lstm in body: no operator of a graph is this")


def test_ones_own_net_is_sent_as_a_graph(own, client, monkeypatch):
    graph = {"family": "graph", "resolution": 96, "nodes": [{"op": "conv", "out": 8}]}
    monkeypatch.setattr(own, "graph", lambda module, image: epochcast.Graph({**graph, "resolution": image[-1]}))
    found = own.find(Wanted.read("my_net.py:ready@96"), client, "mine")
    assert (found.fields, found.resolution, found.uncounted) == ({"model": graph, "family": "mine"}, 96, "")


def test_ones_own_net_that_is_no_graph_is_sent_by_its_costs_and_the_group_that_was_said(own, client):
    found = own.find(Wanted.read("my_net.py:ready@96"), client, "mine")
    assert found.fields == {"complexity": COSTS, "resolution": 96, "family": "mine"}
    assert found.built_by == "own module my_net.py:ready"
    unsaid = own.find(Wanted.read("my_net.py:Net(3)"), client)
    assert unsaid.fields == {"complexity": COSTS, "resolution": 224}


@pytest.mark.parametrize(
    ("said", "architecture", "family"),
    [(None, "resnet50", "resnet"), ("mine", "resnet50", "mine"), (None, "nobody_knows_it", None)],
)
def test_of_a_net_that_timm_made_the_group_and_the_size_are_known(own, client, said, architecture, family):
    wanted = Wanted.read("my_net.py:ready")
    wanted.own.made().pretrained_cfg = {"architecture": architecture, "input_size": (3, 288, 288)}
    found = own.find(wanted, client, said)
    assert (found.fields.get("family"), found.resolution) == (family, 288)


def test_a_group_that_the_server_would_refuse_is_refused_before_anything_is_timed(capsys):
    with pytest.raises(SystemExit):
        main(["--models", "net.py:Net", "--family", "ResNet"])
    assert "--family: invalid lower-case word (such as resnet) value: 'ResNet'" in capsys.readouterr().err


def test_an_earlier_file_of_results_is_still_read():
    kept = json.loads((ROOT / "examples/bench-cpu.json").read_text())
    result = kept["results"][0]
    assert "code" not in result
    results = Results(ROOT / "examples/bench-cpu.json", kept["platform"], {})
    assert results.find(Wanted.read(result["wanted"]), Options(**result["options"])) == result
    assert row(result, kept["platform"])["label"] == result["wanted"]
