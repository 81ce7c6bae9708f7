"""What is asked: a net and a scaling, in the ways that people write them."""

import json
import os
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Optional, Union

from .errors import NoGraph
from .wire.records import Record

STRATEGIES = ("d", "w", "r", "dw", "dr", "wr", "dwr", "dWr", "orig")
"""The named strategies; case matters."""

_COSTS = {"flops", "params", "acts"}
_REFERENCE = re.compile(r"[dwgr][0-9.]+(_[dwgr][0-9.]+)*")
_YAML = (".yaml", ".yml")
_WEIGHTS = (".pt", ".pth", ".safetensors")
# What makes a text the name of a file, be the file there or not.
_ENDINGS = (".json", ".onnx", *_YAML, *_WEIGHTS)
_TAKEN = "a net is read from JSON (.json), from a pycls config (.yaml, .yml) or from ONNX (.onnx)"
ONNX = "onnx"
"""The field of a question whose net is a file of ONNX, which goes as it is, and the rest beside it."""

# A GPU, and the parts of what is done to nets there.
_RECIPE = ("gpu", "precision", "memory_format", "software")

Scale = Union[str, tuple[str, float], Mapping[str, Any], None]
"""`"dWr:4"`, `"dWr:4:match"`, `("dWr", 4)`, `{"strategy": "dWr", "factor": 4}`, or None for none."""


def question(model: Any, resolution: Optional[int], scale: Scale, how: Mapping[str, Any]) -> dict[str, Any]:
    """A request about `model`, without what was not said."""
    return _said({**net(model, resolution), **_scaled(scale), **how})


def one_of_many(asked: Any, shared: Mapping[str, Any]) -> dict[str, Any]:
    """A request about a model or a pair `(model, scale)`; what is `shared` holds where it says nothing itself."""
    model, scale = asked if isinstance(asked, tuple) else (asked, None)
    fields = net(model)
    if ONNX in fields:
        raise ValueError(f"{fields[ONNX]}: a file of ONNX is asked about alone, by predict")
    return _said({**shared, **fields, **_scaled(scale)})


def beside(question: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked about a file of ONNX, as parameters of the address."""
    scale = question.get("scaling") or {}
    return {**{name: value for name, value in question.items() if name not in (ONNX, "scaling")}, **scale}


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: _listed(value) for name, value in fields.items() if value is not None}
    if "platform" in said:
        said["platform"] = platform(said["platform"])
    return said


def platform(named: Any) -> Any:
    """`named` with each GPU and its recipe in words, so that it can stand in an address: `gpu:h100:bf16`.

    What is no such mapping is left as it is: the server points at what is wrong.
    """
    if isinstance(named, list):
        return [platform(one) for one in named]
    if not isinstance(named, Mapping) or "gpu" not in named or not set(named) <= set(_RECIPE):
        return named
    words = [named[part] for part in _RECIPE if named.get(part) is not None]
    return "gpu:" + ":".join(words) if all(isinstance(word, str) for word in words) else named


def _scaled(scale: Scale) -> dict[str, Any]:
    return {} if scale is None else {"scaling": scaling(scale)}


def _listed(value: Any) -> Any:
    """Iterators are looked at more than once."""
    return value if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable) else list(value)


def net(model: Any, resolution: Optional[int] = None) -> dict[str, Any]:
    """The fields of a request that say which net it is about.

    `model` is a name, a description, the costs `{"flops", "params", "acts"}`, a file with one of these in JSON, a pycls
    config (`.yaml`), an ONNX file, a net out of an answer, a graph, or a torch module, which goes as a graph at
    `resolution`.
    """
    if is_file(model):
        found = _of_file(Path(model))
        return _with(found, resolution) if ONNX in found else _of_mapping(found, resolution)
    if isinstance(model, str):
        return _with({"model": {"name": model}}, resolution)
    if isinstance(model, Record):
        return net(_of_record(model), resolution)
    if isinstance(model, Mapping):
        return _of_mapping(model, resolution)
    if is_module(model):
        return _of_module(model, resolution or 224)
    raise TypeError(f"a {type(model).__name__} is no net: give a name, a description, costs, or a torch module")


def is_module(model: Any) -> bool:
    """Whether `model` is a torch module; where nobody has imported torch, it is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def _of_module(module: Any, resolution: int) -> dict[str, Any]:
    """A module as a graph; by its costs alone where no graph can be made of it."""
    from .graphs.of_module import graph

    try:
        return {"model": graph(module, (3, resolution, resolution)).to_dict()}
    except NoGraph as error:
        warnings.warn(f"sent by its costs alone, which no scaling takes, since it is no graph: {error}", stacklevel=2)
    from .counting import costs

    return {"complexity": costs(module, resolution).to_dict()}


def is_file(model: Any) -> bool:
    """Whether `model` is a path, and no name: as on the command line, by its ending, or since such a file is there."""
    if isinstance(model, str):
        return Path(model).suffix.lower() in _ENDINGS or os.path.isfile(model)  # noqa: PTH113, no text is too long for it
    return isinstance(model, os.PathLike)


def _of_file(path: Path) -> dict[str, Any]:
    """What the file at `path` says of a net; the server reads the YAML, so it means what it means there."""
    ending = path.suffix.lower()
    if ending == ".onnx":
        return {ONNX: _there(path)}
    if ending in _WEIGHTS:
        raise ValueError(f"{path}: weights do not say which net they are of; load it with torch and give the module")
    text = _text(path)
    return {"pycls": text} if ending in _YAML else _described(path, text)


def _there(path: Path) -> str:
    """The name of a file that is there, and holds something."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the file in it that describes the net")
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path} (looked in {Path.cwd()})")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty: {_TAKEN}")
    return str(path)


def _text(path: Path) -> str:
    try:
        text = Path(_there(path)).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text: {_TAKEN}") from None
    if not text.strip():
        raise ValueError(f"{path} is empty: {_TAKEN}")
    return text


def _described(path: Path, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"{path}, {where}: {error.msg}; {_TAKEN}") from None
    if not isinstance(found, dict):
        raise ValueError(  # noqa: TRY004, the text is wrong, not the call
            f"{path} holds a {type(found).__name__}, not an object with the fields of a net"
        )
    return found


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
        way = scale.removesuffix(":match")
        form, colon, factor = way.rpartition(":")
        if not colon:
            raise ValueError(f"{scale!r} is no scaling: write FORM:FACTOR, such as 'dWr:4' or 'a0.7:2'")
        matched = {"match": True} if way != scale else {}
        return {**form_of(form), "factor": _number(factor, scale), **matched}
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
