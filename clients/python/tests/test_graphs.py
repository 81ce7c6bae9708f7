"""Nets as graphs, without torch: shapes, source, and where graphs and files of ONNX go."""

import json
import pickle
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import read_request

import epochcast
from epochcast import answers, ask
from epochcast.graphs.code import code
from epochcast.graphs.pattern import Pattern
from epochcast.graphs.shapes import shaped
from epochcast.sending.rows import nested

SMALL: dict[str, Any] = {
    "family": "graph",
    "resolution": 32,
    "nodes": [
        {"op": "conv", "out": 16, "kernel": 3, "stride": 2, "pad": "same", "at": "stem.conv"},
        {"op": "norm", "at": "stem.bn"},
        {"op": "relu"},
        {
            "repeat": 2,
            "nodes": [
                {"op": "conv", "out": 16, "kernel": 3, "pad": 1, "groups": 4, "at": "block.conv"},
                {"op": "norm", "affine": "scale", "at": "block.bn"},
                {"op": "rearrange", "as": "b (g c) h w -> b (c g) h w", "sizes": {"g": 4}},
                {"op": "add", "from": [-1, -4], "at": "block"},
            ],
        },
        {"op": "conv", "out": 16, "kernel": 3, "pad": 1, "groups": 4, "tied": -4, "at": "block.conv"},
        {"op": "part", "index": 1, "of": 2},
        {"op": "global_avg_pool"},
        {"op": "rearrange", "as": "b c 1 1 -> b c"},
        {"op": "linear", "out": 10, "bias": True, "at": "fc"},
    ],
}
PARAMS = 16 * 3 * 9 + 2 * 16 + 2 * (16 * 4 * 9 + 16) + 8 * 10 + 10

SOURCE = '''\
import math

import torch
from torch import nn
from torch.nn import functional as F


def same(x, kernel, stride, dilation=(1, 1), value=0.0):
    """Pads as TensorFlow does: one out for each stride, whatever the image."""
    pads = []
    for size, k, s, d in reversed(list(zip(x.shape[2:], kernel, stride, dilation))):
        total = max(0, (math.ceil(size / s) - 1) * s + d * (k - 1) + 1 - size)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


class Net(nn.Module):
    """For images of (3, 32, 32)."""

    def __init__(self):
        super().__init__()
        self.stem_conv = nn.Conv2d(3, 16, 3, stride=2, bias=False)
        self.stem_bn = nn.BatchNorm2d(16)
        self.block_conv = nn.Conv2d(16, 16, 3, padding=1, groups=4, bias=False)
        self.block_bn = nn.BatchNorm2d(16)
        self.block_bn.bias = None
        self.block_conv_2 = nn.Conv2d(16, 16, 3, padding=1, groups=4, bias=False)
        self.block_bn_2 = nn.BatchNorm2d(16)
        self.block_bn_2.bias = None
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        x = self.stem_conv(same(x, (3, 3), (2, 2)))
        x = self.stem_bn(x)
        y1 = F.relu(x)
        x = self.block_conv(y1)
        x = self.block_bn(x)
        x = x.unflatten(1, (4, -1)).transpose(1, 2).flatten(1, 2)
        y1 = x + y1
        x = self.block_conv_2(y1)
        x = self.block_bn_2(x)
        x = x.unflatten(1, (4, -1)).transpose(1, 2).flatten(1, 2)
        x = x + y1
        x = self.block_conv_2(x)
        x = x.chunk(2, 1)[1]
        x = x.mean((2, 3), keepdim=True)
        x = x.flatten(1)
        return self.fc(x)
'''


def test_a_graph_is_written_as_plain_pytorch():
    assert code(SMALL) == SOURCE
    compile(code(SMALL), "<net>", "exec")


def test_a_graph_tells_its_size_in_a_line():
    graph = epochcast.Graph(SMALL)
    assert str(graph) == f"a graph of 16 operators at 32 px: {PARAMS:,} params"
    assert (graph.to_dict(), graph.code()) == (SMALL, code(SMALL))
    assert pickle.loads(pickle.dumps(graph)) == graph


def test_shapes_follow_from_the_image():
    found = shaped(SMALL, batch=5, resolution=65)
    assert (found[0].shape, found[-1].shape) == ((5, 16, 33, 33), (5, 10))
    assert sum(one.params for one in found) == PARAMS


@pytest.mark.parametrize(
    ("pattern", "sizes", "shape", "wanted"),
    [
        ("b (g c) h w -> b (c g) h w", {"g": 2}, (7, 6, 4, 4), (7, 6, 4, 4)),
        ("b c h w -> b (h w) c", {}, (7, 6, 4, 5), (7, 20, 6)),
        ("b (h w) c -> b c h w", {}, (7, 16, 6), (7, 6, 4, 4)),
        ("(b h w) n c -> b (h w n) c", {}, (7 * 9, 4, 6), (7, 36, 6)),
        ("b c 1 1 -> b c", {}, (7, 6, 1, 1), (7, 6)),
        ("b (k h d) -> k b h 1 d", {"k": 3, "h": 2}, (7, 24), (3, 7, 2, 1, 4)),
    ],
)
def test_a_pattern_says_the_shape(pattern, sizes, shape, wanted):
    assert Pattern.read(pattern, sizes).shape(shape, 7) == wanted


@pytest.mark.parametrize(
    ("pattern", "shape", "told"),
    [
        ("b (h w) c -> b c h w", (7, 15, 6), "an axis of 15"),
        ("b c -> b c", (7, 15, 6), "2 axes"),
        ("b c -> b", (7, 15), "each name stands once"),
        ("b c", (7, 15), "one ->"),
    ],
)
def test_a_pattern_that_does_not_fit_is_refused(pattern, shape, told):
    with pytest.raises(ValueError, match=told):
        Pattern.read(pattern).shape(shape, 7)


@pytest.mark.parametrize(
    ("node", "shape", "params"),
    [
        ({"op": "conv", "out": 8, "kernel": [3, 1], "pad": [1, 0], "bias": True}, (2, 8, 32, 32), 8 * 9 + 8),
        ({"op": "conv", "out": 9, "kernel": 3, "weight": "standardized", "gain": True}, (2, 9, 30, 30), 9 * 28),
        ({"op": "conv", "out": 3, "kernel": 3, "pad": [1, 1, 2, 2], "groups": 3, "weight": "fixed"}, (2, 3, 33, 33), 0),
        ({"op": "conv_transpose", "out": 6, "kernel": 2, "stride": 2}, (2, 6, 64, 64), 6 * 3 * 4),
        ({"op": "norm", "kind": "layer", "axes": 2}, (2, 3, 32, 32), 2 * 32 * 32),
        ({"op": "norm", "kind": "rms"}, (2, 3, 32, 32), 32),
        ({"op": "max_pool", "kernel": 3, "stride": 2, "ceil": True}, (2, 3, 16, 16), 0),
        ({"op": "max_pool", "kernel": 3, "stride": 2, "pad": "same"}, (2, 3, 16, 16), 0),
        ({"op": "reduce", "how": "mean", "axes": [-2, -1], "keep": False}, (2, 3), 0),
        ({"op": "slice", "axis": 1, "start": -2}, (2, 2, 32, 32), 0),
        ({"op": "resize", "scale": 2, "mode": "bilinear"}, (2, 3, 64, 64), 0),
        ({"op": "pad", "pad": [1, 2, 3, 4]}, (2, 3, 36, 38), 0),
        ({"op": "unfold", "kernel": 3, "pad": 1}, (2, 27, 1024), 0),
        ({"op": "windows", "axis": 2, "size": 4, "step": 4}, (2, 3, 8, 32, 4), 0),
        ({"op": "index", "axis": 3, "shape": [2, 5]}, (2, 3, 32, 2, 5), 0),
        ({"op": "mul", "value": 2}, (2, 3, 32, 32), 0),
    ],
)
def test_an_operator_has_its_shape_and_parameters_and_is_written(node, shape, params):
    graph = {"family": "graph", "resolution": 32, "nodes": [node]}
    (found,) = shaped(graph, batch=2)
    assert (found.shape, found.params) == (shape, params)
    compile(code(graph), "<net>", "exec")


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (
            {"op": "conv", "out": 8, "groups": 2, "at": "a.b"},
            r"node 0, conv in a\.b: 2 groups do not divide 3 channels",
        ),
        ({"op": "conv"}, "node 0, conv: has no 'out'"),
        ({"op": "add", "from": [-1, -2]}, r"node 0, add: \[-1, -2\] is not before it"),
        ({"op": "part", "index": 0, "of": 2}, "an axis of 3 has no 2 equal parts"),
        ({"op": "lstm"}, "node 0, lstm: no operator of PyTorch is written for it"),
    ],
)
def test_a_graph_that_is_wrong_says_where(node, told):
    with pytest.raises(ValueError, match=told):
        code({"family": "graph", "resolution": 32, "nodes": [node]})


def test_a_graph_goes_wherever_a_model_goes():
    graph = epochcast.Graph(SMALL)
    assert ask.net(graph) == ask.net(SMALL) == {"model": SMALL}
    assert ask.net(graph, 64)["model"]["resolution"] == 64
    assert ask.one_of_many((graph, "w:2"), {}) == {"model": SMALL, "scaling": {"strategy": "w", "factor": 2.0}}


def test_a_scaled_net_gives_its_source():
    costs = {"flops": 1, "params": 2, "acts": 3}
    net = answers.Net({"name": None, "model": SMALL, "complexity": costs})
    assert net.code() == code(SMALL)
    with pytest.raises(ValueError, match="only the costs"):
        answers.Net({"name": None, "model": None, "complexity": costs}).code()


def test_without_torch_a_module_says_what_it_takes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for asked in (epochcast.Graph(SMALL).to_torch, lambda: epochcast.graph(object())):
        with pytest.raises(epochcast.EpochcastError, match="this needs torch"):
            asked()
    with pytest.raises(ValueError, match=r"write \(channels, height, width\)"):
        epochcast.graph(object(), 224)


ANSWER = {"base": {"name": None, "model": SMALL, "complexity": {"flops": 5, "params": 6, "acts": 7}}, "scaled": None}


@pytest.fixture
def recorded() -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers anything alike, and what it was sent."""
    listener, requests = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                requests.append(read_request(client))
                body = json.dumps(ANSWER).encode()
                client.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
    listener.close()


def test_a_file_of_onnx_goes_as_it_is_with_the_question_beside_it(recorded, tmp_path: Path):
    url, requests = recorded
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\x08\x08" + bytes(100_000))
    client = epochcast.Client(url)
    answer = client.complexity(path, "dWr:4")
    assert (answer.base.complexity.flops, answer.url) == (5, None)
    client.predict(str(path), platform=["a", "b"], mode="infer", batch_size=32, resolution=256)
    client.plan(path, "a", limits={"flops": 1e9})
    heads = [request.partition(b"\r\n\r\n") for request in requests]
    assert all(body == path.read_bytes() for _, _, body in heads)
    assert all(b"content-type: application/onnx" in head.lower() for head, _, _ in heads)
    assert [head.split()[1].decode() for head, _, _ in heads] == [
        "/v1/complexity?strategy=dWr&factor=4.0",
        "/v1/predict?resolution=256&platform=a%2Cb&mode=infer&batch_size=32",
        "/v1/plan?platform=a&limits=%7B%22flops%22%3A1000000000.0%7D",
    ]


def test_a_file_of_onnx_is_asked_about_alone(tmp_path: Path):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\x08\x08")
    with pytest.raises(ValueError, match="is asked about alone"):
        ask.one_of_many(path, {})
    row = {"platform": "p", "model": str(path), "images_per_second": 1.0}
    with pytest.raises(ValueError, match="not as a file of ONNX"):
        nested(row)
