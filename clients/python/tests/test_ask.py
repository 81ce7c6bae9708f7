"""The ways to write a net and a scaling."""

import json
from pathlib import Path

import pytest

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


def test_what_is_no_net_is_refused():
    with pytest.raises(TypeError, match="a int is no net"):
        ask.net(5)
