"""Where the nets come from: timm, torchvision, or the server's description; and what the server calls them."""

import warnings
from dataclasses import dataclass
from typing import Any, Optional

from .. import ask
from ..client import Client
from ..counting import costs
from ..errors import Problem
from .options import Wanted


@dataclass(frozen=True)
class Found:
    """A net ready to be timed, and the fields that tell the server which it is."""

    module: Any
    resolution: int
    fields: dict[str, Any]
    built_by: str


def find(wanted: Wanted, client: Optional[Client]) -> Found:
    """The net that is wanted. A scaled one is always built from the server's description."""
    if wanted.scale:
        if client is None:
            raise ValueError(f"{wanted}: only a server knows what the scaled net is; say where it is with --url")
        return _described(wanted, client)
    module, side, built_by = _from_timm(wanted.name) or _from_torchvision(wanted.name) or (None, None, "")
    if module is None:
        if client is None:
            raise ValueError(f"neither timm nor torchvision knows {wanted.name}, and there is no server to ask")
        return _described(wanted, client)
    resolution = wanted.resolution or side or 224
    return Found(module, resolution, _fields(wanted.name, module, resolution, client), built_by)


def _from_timm(name: str) -> Optional[tuple[Any, int, str]]:
    try:
        import timm
    except ImportError:
        return None
    if not timm.is_model(name):
        return None
    module = timm.create_model(name, pretrained=False)
    config = getattr(module, "pretrained_cfg", None) or getattr(module, "default_cfg", {})
    return module, int(config.get("input_size", (3, 224, 224))[-1]), f"timm {timm.__version__}"


def _from_torchvision(name: str) -> Optional[tuple[Any, int, str]]:
    try:
        import torchvision
    except ImportError:
        return None
    if name not in torchvision.models.list_models(module=torchvision.models):
        return None
    module = torchvision.models.get_model(name, weights=None)
    return module, 224, f"torchvision {torchvision.__version__}"


def _described(wanted: Wanted, client: Client) -> Found:
    from .build import module

    # Scaled by 1, any net that can be scaled is described stage by stage.
    answer = client.complexity(wanted.name, wanted.scale or "d1_w1:1", resolution=wanted.resolution)
    description = dict(answer.net.model or {})
    built = module(description)
    resolution = int(description["resolution"])
    counted = costs(built, resolution).to_dict()
    if counted != answer.net.complexity.to_dict():
        raise AssertionError(f"{wanted}: built with {counted}, but described with {answer.net.complexity}")
    fields = ask.net(wanted.name, wanted.resolution)
    if wanted.scale:
        fields["scaling"] = ask.scaling(wanted.scale)
    return Found(built, resolution, fields, "epochcast's description")


def _fields(name: str, module: Any, resolution: int, client: Optional[Client]) -> dict[str, Any]:
    """The net by name where the server's net of that name costs the same, else by its costs."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        counted = costs(module, resolution).to_dict()
    by_costs = {"complexity": counted, "resolution": resolution}
    if client is None:
        return by_costs
    try:
        known = client.complexity(name, resolution=resolution).base.complexity.to_dict()
    except Problem:
        return by_costs
    same = all(abs(counted[cost] - known[cost]) <= 0.01 * known[cost] for cost in ("flops", "params"))
    return ask.net(name, resolution) if same else by_costs
