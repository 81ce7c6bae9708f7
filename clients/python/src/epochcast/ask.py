"""What a net and a scaling are, in the ways that people write them."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional, Union

from . import files
from .wire.records import Record

STRATEGIES = ("d", "w", "r", "dw", "dr", "wr", "dwr", "dWr", "orig")
"""The named strategies; case matters."""

_COSTS = {"flops", "params", "acts"}
_REFERENCE = re.compile(r"[dwgr][0-9.]+(_[dwgr][0-9.]+)*")

Scale = Union[str, tuple[str, float], Mapping[str, Any], None]
"""`"dWr:4"`, `("dWr", 4)`, `{"strategy": "dWr", "factor": 4}`, or None for none."""


def net(model: Any, resolution: Optional[int] = None) -> dict[str, Any]:
    """The fields of a request that say which net it is about.

    `model` is a name, a description, the costs `{"flops", "params", "acts"}`, a file with one of these in JSON, a pycls
    config (`.yaml`), a net out of an answer, or a torch module, which is counted at `resolution`.
    """
    if is_file(model):
        return _of_mapping(files.net(Path(model)), resolution)
    if isinstance(model, str):
        return _with({"model": {"name": model}}, resolution)
    if isinstance(model, Record):
        return net(_of_record(model), resolution)
    if isinstance(model, Mapping):
        return _of_mapping(model, resolution)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        from .counting import costs

        return {"complexity": costs(model, resolution or 224).to_dict()}
    raise TypeError(f"a {type(model).__name__} is no net: give a name, a description, costs, or a torch module")


def is_file(model: Any) -> bool:
    """Whether `model` is a path, and no name: as on the command line, by its ending, or since such a file is there."""
    if isinstance(model, str):
        return Path(model).suffix.lower() in files.ENDINGS or os.path.isfile(model)  # noqa: PTH113, no text is too long for it
    return isinstance(model, os.PathLike)


def _of_record(record: Record) -> Mapping[str, Any]:
    raw = record.to_dict()
    if raw.get("model") is not None:
        model: Mapping[str, Any] = raw["model"]
        return model
    costs: Mapping[str, Any] = raw.get("complexity", raw)
    return costs


def _of_mapping(model: Mapping[str, Any], resolution: Optional[int]) -> dict[str, Any]:
    if set(model) == _COSTS:
        return {"complexity": dict(model)}
    if "model" in model or "complexity" in model:
        # A whole question, as it goes over HTTP.
        return _with(dict(model), resolution)
    return _with({"model": dict(model)}, resolution)


def _with(fields: dict[str, Any], resolution: Optional[int]) -> dict[str, Any]:
    if resolution is None:
        return fields
    if "model" in fields:
        return {**fields, "model": {**fields["model"], "resolution": resolution}}
    return {**fields, "resolution": resolution}


def scaling(scale: Scale) -> Optional[dict[str, Any]]:
    """The `scaling` of a request."""
    if scale is None:
        return None
    if isinstance(scale, Mapping):
        return dict(scale)
    if isinstance(scale, str):
        form, colon, factor = scale.rpartition(":")
        if not colon:
            raise ValueError(f"{scale!r} is no scaling: write FORM:FACTOR, such as 'dWr:4' or 'a0.7:2'")
        return {**form_of(form), "factor": _number(factor, scale)}
    form, by = scale
    return {**form_of(form), "factor": by}


def form_of(form: str) -> dict[str, Any]:
    """A scaling without its factor: `dWr`, `a0.7`, or a string of pycls such as `d1_w8_g8_r1`."""
    if form in STRATEGIES:
        return {"strategy": form}
    if re.fullmatch(r"a[0-9.]+", form):
        return {"alpha": _number(form[1:], form)}
    if _REFERENCE.fullmatch(form):
        return {"scale_type": form}
    # The server knows which one was meant.
    return {"strategy": form}


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} in {whole!r} is no number") from None
