"""Where the nets come from: timm, torchvision, or the server's description; and what the server calls them."""

import warnings
from dataclasses import dataclass
from typing import Any, Optional

from .. import ask
from ..client import Client
from ..counting import NOT_COUNTED, costs
from ..errors import NoGraph, Problem
from ..graphs.of_module import graph
from .options import Wanted
from .own import Own


@dataclass(frozen=True)
class Found:
    """A net ready to be timed, and the fields that tell the server which it is."""

    module: Any
    resolution: int
    fields: dict[str, Any]
    built_by: str
    # What its costs do not count.
    uncounted: str = ""


def find(wanted: Wanted, client: Optional[Client], family: Optional[str] = None) -> Found:
    """The net that is wanted; one's own is of the group `family`. A scaled one is always built as the server says."""
    if wanted.own is not None:
        return _own(wanted.own, wanted.resolution, client, family)
    if wanted.scale or wanted.file:
        if client is None:
            raise ValueError(f"{wanted}: only a server knows what this net is; say where it is with --url")
        return _described(wanted, client)
    found = _from_timm(wanted.name) or of_torchvision(wanted.name)
    if found is None:
        if client is None:
            raise ValueError(f"neither timm nor torchvision knows {wanted.name}, and there is no server to ask")
        return _described(wanted, client)
    module, side, built_by = found
    return named(wanted.name, module, wanted.resolution or side, built_by, client)


def named(name: str, module: Any, resolution: int, built_by: str, client: Optional[Client]) -> Found:
    """`module`, which some library calls `name`, with the fields that tell the server which net it is."""
    counted = _counted(module, resolution)
    fields = _fields(name, counted, resolution, client)
    # By name it is sent with the costs that the server has.
    return Found(module, resolution, fields, built_by, counted.uncounted if "complexity" in fields else "")


def _own(own: Own, side: Optional[int], client: Optional[Client], family: Optional[str]) -> Found:
    module = own.made()
    config = _config(module)
    resolution = side or _side(config) or 224
    built_by = f"own module {own.label.partition('(')[0]}"
    family = family or _family(config.get("architecture"), client)
    named = {"family": family} if family else {}
    try:
        return Found(module, resolution, {"model": _graph(module, resolution), **named}, built_by)
    except NoGraph:
        counted = _counted(module, resolution)
    return Found(
        module,
        resolution,
        {"complexity": counted.costs, "resolution": resolution, **named},
        built_by,
        counted.uncounted,
    )


def _graph(module: Any, resolution: int) -> dict[str, Any]:
    with warnings.catch_warnings():
        # What a module does not use takes no time.
        warnings.simplefilter("ignore")
        return graph(module, (3, resolution, resolution)).to_dict()


def _config(module: Any) -> dict[str, Any]:
    """What timm knows of a net that it made."""
    for name in ("pretrained_cfg", "default_cfg"):
        config = getattr(module, name, None)
        if isinstance(config, dict):
            return config
    return {}


def _side(config: dict[str, Any]) -> Optional[int]:
    return int(config["input_size"][-1]) if config.get("input_size") else None


def _from_timm(name: str) -> Optional[tuple[Any, int, str]]:
    try:
        import timm
    except ImportError:
        return None
    if not timm.is_model(name):
        return None
    module = timm.create_model(name, pretrained=False)
    return module, _side(_config(module)) or 224, f"timm {timm.__version__}"


def of_torchvision(name: str) -> Optional[tuple[Any, int, str]]:
    """Torchvision's net `name`, its side, and who made it; None where there is none."""
    try:
        import torchvision
    except ImportError:
        return None
    if name not in torchvision.models.list_models(module=torchvision.models):
        return None
    module = torchvision.models.get_model(name, weights=None)
    return module, 224, f"torchvision {torchvision.__version__}"


def _described(wanted: Wanted, client: Client) -> Found:
    from ..graphs.build import module

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


@dataclass(frozen=True)
class Counted:
    """Costs, and what they leave out."""

    costs: dict[str, int]
    uncounted: str


def _counted(module: Any, resolution: int) -> Counted:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = costs(module, resolution).to_dict()
    told = [str(warning.message) for warning in caught if str(warning.message).startswith(NOT_COUNTED)]
    return Counted(found, "; ".join(told))


def _fields(name: str, counted: Counted, resolution: int, client: Optional[Client]) -> dict[str, Any]:
    """The net by name where the server's net of that name costs the same, else by its costs and its group."""
    by_costs = {"complexity": counted.costs, "resolution": resolution}
    if client is None:
        return by_costs
    family = _family(name, client)
    if family is not None:
        by_costs["family"] = family
    try:
        known = client.complexity(name, resolution=resolution).base.complexity
    except Problem:
        return by_costs
    same = all(abs(counted.costs[cost] - known[cost]) <= 0.01 * known[cost] for cost in ("flops", "params"))
    return ask.net(name, resolution) if same else by_costs


def _family(name: Optional[str], client: Optional[Client]) -> Optional[str]:
    """The timing group of a net that the server knows by name, at whatever size."""
    if client is None or not name:
        return None
    try:
        return client.model(name).family
    except Problem as problem:
        if problem.status != 404:
            raise
        return None
