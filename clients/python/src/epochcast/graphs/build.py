"""Torch modules from the server's descriptions, so that whatever it can scale can be timed."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from torch import nn


def module(description: Mapping[str, Any]) -> nn.Module:
    """The net that a description of the builders `anynet` and `effnet` is about."""
    family = description["family"]
    if family == "anynet":
        return _anynet(description)
    if family in ("effnet", "efficientnet"):
        return _effnet(description)
    raise ValueError(f"nets of the builder {family} are not built here; timm may have it")


def _conv(w_in: int, w_out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return nn.Conv2d(w_in, w_out, kernel, stride, kernel // 2, groups=groups, bias=False)


def _normed(act: type[nn.Module], *convs: nn.Module) -> list[nn.Module]:
    """Each convolution with its norm, and an activation between them."""
    layers: list[nn.Module] = []
    for conv in convs:
        if layers:
            layers.append(act())
        layers += [conv, nn.BatchNorm2d(conv.out_channels)] if isinstance(conv, nn.Conv2d) else [conv]
    return layers


class _SqueezeExcite(nn.Module):
    def __init__(self, width: int, squeezed: int, act: type[nn.Module]) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, squeezed, 1), act(), nn.Conv2d(squeezed, width, 1), nn.Sigmoid()
        )

    def forward(self, x: Any) -> Any:
        return x * self.body(x)


class _Beside(nn.Module):
    """`body` plus a shortcut, a projection where the shape changes and one is wanted."""

    def __init__(self, body: nn.Module, shortcut: nn.Module, after: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut, self.after = body, shortcut, after

    def forward(self, x: Any) -> Any:
        return self.after(self.shortcut(x) + self.body(x))


def _residual(body: list[nn.Module], w_in: int, w_out: int, stride: int, act: type[nn.Module]) -> nn.Module:
    same = w_in == w_out and stride == 1
    shortcut = nn.Identity() if same else nn.Sequential(*_normed(act, _conv(w_in, w_out, 1, stride)))
    return _Beside(nn.Sequential(*body), shortcut, act())


def _linear_residual(body: list[nn.Module], w_in: int, w_out: int, stride: int) -> nn.Module:
    same = w_in == w_out and stride == 1
    return _Beside(nn.Sequential(*body), nn.Identity(), nn.Identity()) if same else nn.Sequential(*body)


def _two_convs(w_in: int, w_out: int, stride: int) -> list[nn.Module]:
    return _normed(nn.ReLU, _conv(w_in, w_out, 3, stride), _conv(w_out, w_out, 3))


class _Bottleneck:
    """Widths of an anynet's bottleneck blocks."""

    def __init__(self, net: Mapping[str, Any], stage: int) -> None:
        self.width = net["widths"][stage]
        self.inner = round(self.width * (net.get("bot_muls") or [1.0] * (stage + 1))[stage])
        group = (net.get("group_ws") or [None] * (stage + 1))[stage]
        self.groups = 1 if not group else self.inner // group
        self.se_r = net["se_r"] if net.get("se_on") else 0.0

    def layers(self, w_in: int, stride: int, act: type[nn.Module]) -> list[nn.Module]:
        body = [
            *_normed(act, _conv(w_in, self.inner, 1), _conv(self.inner, self.inner, 3, stride, self.groups)),
            act(),
        ]
        if self.se_r:
            body.append(_SqueezeExcite(self.inner, round(w_in * self.se_r), act))
        return body + _normed(act, _conv(self.inner, self.width, 1))


def _block(net: Mapping[str, Any], stage: int, w_in: int, stride: int) -> nn.Module:
    kind, width = net["block_type"], net["widths"][stage]
    if kind == "vanilla_block":
        return nn.Sequential(*_two_convs(w_in, width, stride), nn.ReLU())
    if kind == "res_basic_block":
        return _residual(_two_convs(w_in, width, stride), w_in, width, stride, nn.ReLU)
    bottleneck = _Bottleneck(net, stage)
    if kind == "res_bottleneck_linear_block":
        return _linear_residual(bottleneck.layers(w_in, stride, nn.SiLU), w_in, width, stride)
    return _residual(bottleneck.layers(w_in, stride, nn.ReLU), w_in, width, stride, nn.ReLU)


def _stem(net: Mapping[str, Any], act: type[nn.Module]) -> nn.Module:
    kernel, stride = {"res_stem_cifar": (3, 1), "simple_stem_in": (3, 2), "res_stem_in": (7, 2)}[net["stem_type"]]
    layers = [*_normed(act, _conv(3, net["stem_w"], kernel, stride)), act()]
    if net["stem_type"] == "res_stem_in":
        layers.append(nn.MaxPool2d(3, 2, padding=1))
    return nn.Sequential(*layers)


def _anynet(net: Mapping[str, Any]) -> nn.Module:
    act: type[nn.Module] = nn.SiLU if net["block_type"] == "res_bottleneck_linear_block" else nn.ReLU
    parts: dict[str, nn.Module] = {"stem": _stem(net, act)}
    w_in = net["stem_w"]
    for stage, (depth, width, stride) in enumerate(zip(net["depths"], net["widths"], net["strides"])):
        blocks = [_block(net, stage, w_in, stride)] + [_block(net, stage, width, 1) for _ in range(depth - 1)]
        parts[f"stage{stage + 1}"] = nn.Sequential(*blocks)
        w_in = width
    return _headed(parts, w_in, net, act)


def _effnet(net: Mapping[str, Any]) -> nn.Module:
    parts: dict[str, nn.Module] = {"stem": nn.Sequential(*_normed(nn.SiLU, _conv(3, net["stem_w"], 3, 2)), nn.SiLU())}
    w_in = net["stem_w"]
    each = zip(net["depths"], net["widths"], net["exp_ratios"], net["strides"], net["kernels"])
    for stage, (depth, width, ratio, stride, kernel) in enumerate(each):
        first = _mb_conv(w_in, width, ratio, kernel, stride, net["se_r"])
        rest = [_mb_conv(width, width, ratio, kernel, 1, net["se_r"]) for _ in range(depth - 1)]
        parts[f"stage{stage + 1}"] = nn.Sequential(first, *rest)
        w_in = width
    return _headed(parts, w_in, net, nn.SiLU)


def _mb_conv(w_in: int, width: int, ratio: float, kernel: int, stride: int, se_r: float) -> nn.Module:  # noqa: PLR0917
    expanded, squeezed = int(w_in * ratio), int(w_in * se_r)
    body: list[nn.Module] = []
    if expanded != w_in:
        body += [*_normed(nn.SiLU, _conv(w_in, expanded, 1)), nn.SiLU()]
    body += [*_normed(nn.SiLU, _conv(expanded, expanded, kernel, stride, expanded)), nn.SiLU()]
    body.append(_SqueezeExcite(expanded, squeezed, nn.SiLU))
    body += _normed(nn.SiLU, _conv(expanded, width, 1))
    return _linear_residual(body, w_in, width, stride)


def _headed(parts: dict[str, nn.Module], w_in: int, net: Mapping[str, Any], act: type[nn.Module]) -> nn.Module:
    if net.get("head_w"):
        parts["head"] = nn.Sequential(*_normed(act, _conv(w_in, net["head_w"], 1)), act())
        w_in = net["head_w"]
    parts["pool"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    parts["classifier"] = nn.Linear(w_in, net["num_classes"])
    return nn.Sequential(OrderedDict(parts))
