"""The ways to write a net and a scaling."""

import json
from pathlib import Path

import pytest

import epochcast
from epochcast import ask


@pytest.mark.parametrize(
    ("scale", "wanted"),
    [
        ("dWr:4", {"strategy": "dWr", "factor": 4}),
        ("a0.7:2", {"alpha": 0.7, "factor": 2}),
        ("d1_w8_g8_r1:1.5", {"scale_type": "d1_w8_g8_r1", "factor": 1.5}),
        (("orig", 3), {"strategy": "orig", "factor": 3}),
        ({"exponents": {"w": 1}, "factor": 2}, {"exponents": {"w": 1}, "factor": 2}),
        ("dwR:2", {"strategy": "dwR", "factor": 2}),
    ],
)
def test_a_scaling_is_written_as_on_the_command_line(scale, wanted):
    assert ask.scaling(scale) == wanted


@pytest.mark.parametrize(
    ("platform", "wanted"),
    [
        ("gpu:h100", "gpu:h100"),
        ({"gpu": "RTX A6000"}, "gpu:RTX A6000"),
        ({"software": "compiled", "gpu": "h100", "precision": "bf16"}, "gpu:h100:bf16:compiled"),
        (({"gpu": "l4"}, "rtx3090-nchw"), ["gpu:l4", "rtx3090-nchw"]),
        ({"gpu": "l4", "layout": "nhwc"}, {"gpu": "l4", "layout": "nhwc"}),
    ],
)
def test_a_gpu_in_a_recipe_is_written_as_a_mapping_too(platform, wanted):
    assert ask.question("resnet50", None, None, {"platform": platform})["platform"] == wanted


def test_a_mapping_of_a_gpu_is_answered_and_a_wrong_one_is_pointed_at(client):
    answer = client.predict("ResNet-50", platform={"gpu": "2080ti", "precision": "fp32"})
    assert answer.prediction.platform == "gpu:rtx2080ti:fp32"
    with pytest.raises(epochcast.Problem, match="/platform/layout"):
        client.predict("ResNet-50", platform={"gpu": "2080ti", "layout": "nhwc"})


@pytest.mark.parametrize("wrong", ["dWr", "dWr:x", "a0..7:2"])
def test_a_scaling_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match=r"dWr:4|no number"):
        ask.scaling(wrong)


def test_a_net_is_a_name_a_description_costs_or_a_file(tmp_path: Path):
    costs = {"flops": 1, "params": 2, "acts": 3}
    file = tmp_path / "net.json"
    file.write_text(json.dumps({"family": "resnet", "depth": 50}))
    assert ask.net("resnet50") == {"model": {"name": "resnet50"}}
    assert ask.net("resnet50", 288) == {"model": {"name": "resnet50", "resolution": 288}}
    assert ask.net(costs) == {"complexity": costs}
    assert ask.net(file) == ask.net(str(file)) == {"model": {"family": "resnet", "depth": 50}}


CONFIG = """\
MODEL:
  TYPE: regnet
  NUM_CLASSES: 1000
REGNET:
  DEPTH: 22
  W0: 24
  WA: 24.48
  WM: 2.54
  GROUP_W: 16
"""


def test_a_config_of_pycls_is_read_wherever_a_net_is(client, tmp_path: Path, monkeypatch):
    (tmp_path / "net.yaml").write_text(CONFIG)
    (tmp_path / "NET.YML").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    exact = client.complexity("RegNetX-400MF").base.complexity
    for path in ("net.yaml", tmp_path / "net.yaml", "NET.YML", str(tmp_path / "NET.YML")):
        assert client.complexity(path).base.complexity == exact
    assert client.complexity("net.yaml", "dWr:2", resolution=128).base.resolution == 128
    assert client.predict("net.yaml", "dWr:2", platform="v100x8-paper").epoch_seconds > 0
    assert client.predict_many(["net.yaml"], platform="v100x8-paper")[0].base.complexity == exact
    assert client.compare("net.yaml", factors=[1, 2]).base.complexity == exact
    assert client.explain("net.yaml", platform="v100x8-paper").base.complexity == exact
    assert client.plan("net.yaml", limits={"flops": 1e9}, strategies=["w"]).base.complexity == exact
    row = {"platform": {"id": "of-yaml", "device": "made up"}, "mode": "train", "model": "net.yaml", "batch_size": 8}
    assert client.upload({**row, "images_per_second": 100.0}).accepted == 1
    assert client.measurements(platform="of-yaml")[0].costs == exact


def test_a_fault_in_a_config_is_told_by_the_server_with_its_line(client, tmp_path: Path):
    path = tmp_path / "net.yaml"
    path.write_text(CONFIG.replace("DEPTH: 22", "DEPTH: deep"))
    with pytest.raises(epochcast.Problem, match=r"line 5, REGNET\.DEPTH: a string"):
        client.complexity(path)


@pytest.mark.parametrize(
    ("name", "held", "told"),
    [
        ("net.json", None, r"there is no file .*net\.json \(looked in "),
        ("net.yaml", None, r"there is no file .*net\.yaml \(looked in "),
        ("net.json", b"", r"net\.json is empty"),
        ("net.yml", b" \n\n", r"net\.yml is empty"),
        ("net.json", b'{"depth": 1,}', r"net\.json, line 1, column 13: .*a net is read from JSON"),
        ("net.json", b"[1]", r"net\.json holds a list, not an object"),
        ("net.json", b"\xff\xfe\x00", r"net\.json is no text"),
        ("net.onnx", None, r"there is no file .*net\.onnx \(looked in "),
        ("net.onnx", b"", r"net\.onnx is empty"),
        ("net.pth", b"PK\x03\x04", r"net\.pth: weights do not say which net"),
    ],
)
def test_a_file_that_is_no_net_says_why(tmp_path: Path, name, held, told):
    path = tmp_path / name
    if held is not None:
        path.write_bytes(held)
    for written in (path, str(path)):
        with pytest.raises((ValueError, FileNotFoundError), match=told):
            ask.net(written)


def test_a_folder_is_no_net(tmp_path: Path):
    with pytest.raises(IsADirectoryError, match="is a folder: give the file in it"):
        ask.net(tmp_path)
    (tmp_path / "net.json").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder: give the file in it"):
        ask.net(str(tmp_path / "net.json"))


def test_a_file_written_on_windows_is_read(tmp_path: Path):
    path = tmp_path / "net.json"
    path.write_text('{"family": "resnet", "depth": 50}', encoding="utf-8-sig")
    assert ask.net(path) == {"model": {"family": "resnet", "depth": 50}}


def test_a_text_too_long_for_a_path_is_a_name():
    assert ask.net("x" * 5000) == {"model": {"name": "x" * 5000}}


def test_what_is_no_net_is_refused():
    with pytest.raises(TypeError, match="a int is no net"):
        ask.net(5)
