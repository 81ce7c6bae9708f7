"""What to time, and how."""

from dataclasses import asdict, dataclass
from typing import Any, Optional

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

    def to_dict(self) -> dict[str, Any]:
        """It as JSON."""
        return asdict(self)

    @property
    def memory_format(self) -> str:
        """The server's word for the layout."""
        return "channels_last" if self.channels_last else "channels_first"


@dataclass(frozen=True)
class Wanted:
    """A net to time: `NAME`, `NAME@SIDE`, `NAME/dWr:4` or both."""

    name: str
    resolution: Optional[int] = None
    scale: Optional[str] = None

    @classmethod
    def read(cls, text: str) -> "Wanted":
        """The net that `text` is."""
        rest, _, scale = text.strip().partition("/")
        name, _, side = rest.partition("@")
        if not name or (side and not side.isdigit()):
            raise ValueError(f"{text!r} is no net: write NAME, NAME@SIDE or NAME/FORM:FACTOR, such as resnet50@288")
        return cls(name, int(side) if side else None, scale or None)

    def __str__(self) -> str:
        side = f"@{self.resolution}" if self.resolution else ""
        return f"{self.name}{side}{f'/{self.scale}' if self.scale else ''}"
