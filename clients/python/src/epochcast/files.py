"""Nets in files: a description or costs as JSON, or a config of pycls as YAML."""

import json
from pathlib import Path
from typing import Any

_YAML = (".yaml", ".yml")
_WEIGHTS = (".pt", ".pth", ".safetensors")
ENDINGS = (".json", ".onnx", *_YAML, *_WEIGHTS)
"""What makes a text the name of a file, be the file there or not."""

_TAKEN = "a net is read from JSON (.json) or from a pycls config (.yaml, .yml)"


def net(path: Path) -> dict[str, Any]:
    """What the file at `path` says of a net; the server reads the YAML, so it means what it means there."""
    ending = path.suffix.lower()
    if ending == ".onnx":
        raise ValueError(
            f"{path}: ONNX files are not read yet; load the net with torch and give the module, which is counted, "
            'or give its costs: {"flops": …, "params": …, "acts": …}'
        )
    if ending in _WEIGHTS:
        raise ValueError(f"{path}: weights do not say which net they are of; load it with torch and give the module")
    text = _text(path)
    return {"pycls": text} if ending in _YAML else _described(path, text)


def _text(path: Path) -> str:
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the file in it that describes the net")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {path} (looked in {Path.cwd()})") from None
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
