"""Nets that are in no list, taken as graphs and built back: `python tools/own_graphs.py`.

Each is taken, built back, and given the same weights; what both put out has to be the same.
"""

import sys
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional

import epochcast
from epochcast.counting import costs
from epochcast.graphs.names import Names
from epochcast.graphs.shapes import shaped

SIDE = 64


def conv(w_in: int, w_out: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """With its norm."""
    layer = nn.Conv2d(w_in, w_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(w_out))


class Net(nn.Module):
    """A stem, a body of some width, and a classifier."""

    def __init__(self, body: nn.Module, width: int, stem: int = 24) -> None:
        super().__init__()
        self.stem, self.body, self.head = conv(3, stem, 3, 4), body, nn.Linear(width, 10)

    def forward(self, x: Any) -> Any:  # noqa: D102
        return self.head(self.body(functional.relu(self.stem(x))).mean((2, 3)))


class Shuffled(nn.Module):
    """Half of the channels pass, the others are worked on; then they are shuffled."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.work = conv(width // 2, width // 2, groups=width // 2)

    def forward(self, x: Any) -> Any:  # noqa: D102
        passed, worked = x.chunk(2, 1)
        both = torch.cat((passed, self.work(worked)), 1)
        batch, channels, height, width = both.shape
        return both.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(batch, channels, height, width)


class Dense(nn.Module):
    """Each layer sees all before it."""

    def __init__(self, width: int, grow: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(conv(width + at * grow, grow) for at in range(depth))

    def forward(self, x: Any) -> Any:  # noqa: D102
        for layer in self.layers:
            x = torch.cat((x, functional.gelu(layer(x))), 1)
        return x


class FarSum(nn.Module):
    """A sum of what is far apart, and a module that is used twice."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.twice, self.gate = conv(width, width), conv(width, width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x: Any) -> Any:  # noqa: D102
        start = self.first(x)
        x = self.twice(functional.silu(start))
        x = self.twice(functional.silu(x)) * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True)))
        return x + start


class Functional(nn.Module):
    """Weights that are parameters of its own, and uneven pieces."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(width, width, 3, 3) * 0.1)
        self.scale = nn.Parameter(torch.ones(width, 1, 1))

    def forward(self, x: Any) -> Any:  # noqa: D102
        x = functional.conv2d(functional.pad(x, (0, 1, 0, 1)), self.weight, stride=2) * self.scale
        one, two, rest = x.split((5, 7, x.shape[1] - 12), 1)
        return torch.cat((rest, one, two), 1)


class Attended(nn.Module):
    """Attention over pixels by torch's own module, and back to a map."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention, self.norm = nn.MultiheadAttention(width, 4, batch_first=True), nn.LayerNorm(width)
        self.token = nn.Parameter(torch.zeros(1, 1, width))

    def forward(self, x: Any) -> Any:  # noqa: D102
        batch, channels, height, width = x.shape
        tokens = self.norm(x.flatten(2).transpose(1, 2))
        tokens = torch.cat((self.token.expand(batch, -1, -1), tokens), 1)
        tokens = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return tokens[:, 1:].transpose(1, 2).reshape(batch, channels, height, width)


class Summed(nn.Module):
    """An einsum over heads, windows, and a map that is made larger again."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.randn(3, width // 3, width // 3) * 0.1)

    def forward(self, x: Any) -> Any:  # noqa: D102
        batch, channels, height, width = x.shape
        heads = x.view(batch, 3, channels // 3, height, width)
        mixed = torch.einsum("bgchw,gcd->bgdhw", heads, self.mix).reshape(x.shape)
        windows = mixed.view(batch, channels, height // 4, 4, width // 4, 4).permute(0, 2, 4, 3, 5, 1)
        windows = functional.softmax(windows.reshape(-1, 16, channels), -1)
        back = windows.view(batch, height // 4, width // 4, 4, 4, channels).permute(0, 5, 1, 3, 2, 4).reshape(x.shape)
        small = functional.avg_pool2d(back, 2)
        return x + functional.interpolate(small, size=x.shape[-2:], mode="nearest")


class Written(nn.Module):
    """Some channels are written anew in place, as others look on."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.groups = nn.BatchNorm2d(width), nn.GroupNorm(4, width)

    def forward(self, x: Any) -> Any:  # noqa: D102
        whole = self.norm(x)
        head = whole[:, :4]
        whole[:, :8] += 1.0
        whole[:, -1] = whole[:, 0] * 2
        return self.groups(whole) * head.mean(1, keepdim=True)


def nets() -> Iterator[tuple[str, nn.Module]]:
    """What is taken."""
    yield "odd widths", Net(nn.Sequential(conv(23, 37), nn.ReLU(), conv(37, 41, 5, 2, 1), nn.Hardswish()), 41, 23)
    yield "shuffled", Net(Shuffled(24), 24)
    yield "dense", Net(Dense(24, 11, 3), 57)
    yield "far sums, used twice", Net(FarSum(24), 24)
    yield "functional", Net(Functional(24), 24)
    yield "attention", Net(Attended(24), 24)
    yield "written in place", Net(Written(24), 24)
    yield "einsum, windows", Net(Summed(24), 24)
    yield (
        "sequential",
        nn.Sequential(conv(3, 7, 3, 2), nn.PReLU(7), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(63, 5)),
    )


def filled(net: nn.Module, written: dict[str, Any], built: nn.Module) -> None:
    """The weights of `net` in what is built from its graph: where layers stand in the order of their calls."""
    names = Names(shaped(written))
    # Two layers may stand at one place, as those of an attention do.
    ours = {at: iter(part.parameters()) for at, part in net.named_modules()}
    with torch.no_grad():
        for one in shaped(written):
            if not one.params:
                continue
            at, layer = one.step.at, getattr(built, names.attributes[one.step.place])
            if one.step.op == "param":
                layer.copy_(net.get_parameter(at).reshape(one.shape))
            else:
                for weight, own in zip(layer.parameters(), ours[at]):
                    weight.copy_(own)


def main() -> None:
    """All of them."""
    torch.manual_seed(18)
    for name, net in nets():
        graph = epochcast.graph(net, (3, SIDE, SIDE))
        built = graph.to_torch()
        own = sum(weight.numel() for weight in net.parameters())
        held = sum(weight.numel() for weight in built.parameters())
        counted, again = costs(net, SIDE), costs(built, SIDE)
        wrong = [] if (own, counted) == (held, again) else [f"{counted} is built as {again}"]
        filled(net, graph.to_dict(), built)
        image = torch.randn(2, 3, 2 * SIDE, 2 * SIDE)
        with torch.no_grad():
            theirs, ours = net.eval()(image), built.eval()(image)
        if not torch.allclose(theirs, ours, atol=1e-4):
            wrong.append(f"it puts out what is off by {float((theirs - ours).abs().max()):.3g}")
        built.train()(image).sum().backward()
        print(f"{name}: {graph}{': wrong: ' if wrong else ''}{'; '.join(wrong)}")
        if wrong:
            print(graph.code())
            sys.exit(1)


if __name__ == "__main__":
    main()
