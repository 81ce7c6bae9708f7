"""What to time, and how."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

from .own import Own, digest

PRECISIONS = ("fp32", "tf32", "amp", "amp_bf16", "fp16", "bf16")


@dataclass(frozen=True)
class Options:
    """How each net is timed. Two timings are comparable where all of this is equal."""

    device: str = "cuda"
    mode: str = "train"
    precision: str = "amp"
    channels_last: bool = False
    compiled: bool = False
    # None: the largest that fits.
    batch_size: Optional[int] = None
    most_batch: int = 1024
    least_steps: int = 30
    least_seconds: float = 3.0
    most_warm_up_seconds: float = 60.0
    threads: Optional[int] = None
    # Whether cuDNN tries its algorithms first and takes the fastest: seconds for each new shape on a recent GPU.
    cudnn_benchmark: bool = True

    def to_dict(self) -> dict[str, Any]:
        """It as JSON."""
        return asdict(self)

    @property
    def memory_format(self) -> str:
        """The server's word for the layout."""
        return "channels_last" if self.channels_last else "channels_first"


_FILE = re.compile(r"(?P<name>.+\.(ya?ml|json))(@(?P<side>[^/@]*))?(/(?P<scale>[^/]*))?", re.IGNORECASE)
_OWN = re.compile(r"(?P<name>[^:]*:.*?)(@(?P<side>[^@()]*))?")
_NAMED = re.compile(r"(?P<name>[^@/]+)(@(?P<side>[^/]*))?(/(?P<scale>.*))?")


@dataclass(frozen=True)
class Wanted:
    """A net to time: `NAME`, `NAME@SIDE`, `NAME/dWr:4` or both, with a file in place of the name; or an own module."""

    name: str
    resolution: Optional[int] = None
    scale: Optional[str] = None

    @classmethod
    def read(cls, text: str) -> "Wanted":
        """The net that `text` is."""
        text = text.strip()
        mine = _OWN.fullmatch(text)
        found = mine if mine and Own.read(mine["name"]) else _FILE.fullmatch(text) or _NAMED.fullmatch(text)
        said = found.groupdict() if found else {}
        side = said.get("side")
        if not said or (side is not None and not side.isdigit()):
            raise ValueError(
                f"{text!r} is no net: write NAME, NAME@SIDE, NAME/FORM:FACTOR or FILE.py:NET, such as resnet50@288"
            )
        return cls(said["name"], int(side) if side else None, said.get("scale") or None)

    @property
    def own(self) -> Optional[Own]:
        """One's own module, where it is one."""
        return Own.read(self.name)

    @property
    def file(self) -> Optional[Path]:
        """The file that describes it, where one does."""
        return Path(self.name) if _FILE.fullmatch(self.name) else None

    @property
    def code(self) -> Optional[str]:
        """What tells a net in a file from what the file held before; None for nets that are known by name."""
        return self.own.digest() if self.own else digest(self.file) if self.file else None

    @property
    def label(self) -> str:
        """What it is called on the server."""
        name = self.own.label if self.own else self.file.name if self.file else self.name
        return f"{name}{str(self)[len(self.name) :]}"

    def __str__(self) -> str:
        side = f"@{self.resolution}" if self.resolution else ""
        return f"{self.name}{side}{f'/{self.scale}' if self.scale else ''}"


def listed(text: str) -> list[Wanted]:
    """Nets with commas between them; commas in brackets are what a net is made with."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [Wanted.read(part) for part in parts if part.strip()]
