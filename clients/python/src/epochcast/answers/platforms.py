"""What was timed on, how its times follow from the costs, and what to time there next."""

from typing import Optional

from ..show import html, words
from ..wire.records import Raw, Record
from .answer import Answer, Listing, table


class Measured(Record):
    """Numbers of timings."""

    train: int
    infer: int

    def __str__(self) -> str:
        return f"{self.train:,} timings of training, {self.infer:,} of inference"


class Platform(Answer):
    """What was timed on, and, asked for by id, its fits."""

    id: str
    device: str
    device_count: int
    precision: Optional[str]
    memory_format: Optional[str]
    compiled: Optional[bool]
    framework: Optional[str]
    measurements: Measured
    fits: list[Record]

    def __str__(self) -> str:
        count = f" x{self.device_count}" if self.device_count > 1 else ""
        parts = [f"{self.device}{count}", self.precision, self.measurements]
        return f"{self.id}: {', '.join(str(part) for part in parts if part)}"

    def described(self) -> Raw:
        """Its description as one row."""
        raw = self.to_dict()
        plain = {name: value for name, value in raw.items() if not isinstance(value, (dict, list))}
        return {**plain, **(raw.get("measurements") or {})}

    def records(self) -> list[Raw]:
        """One row for each mode and timing group: the line of time over acts, and Pearson's r with each cost.

        In a list of platforms, where the fits are not told, its description.
        """
        found = [
            _line_of(fit["mode"], group)
            for fit in self.to_dict().get("fits", [])
            for group in [{**fit["all"], "family": "all"}, *fit["groups"]]
        ]
        return found or [self.described()]

    def _repr_html_(self) -> str:
        told = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in self.described().items() if value)
        fits = table(self.records()) if self.to_dict().get("fits") else ""
        return html.card(self.id, [html.sentence(told), fits], self.url)


def _line_of(mode: str, group: Raw) -> Raw:
    line = group.get("line") or {}
    return {
        "mode": mode,
        "group": group["family"],
        "n": group["n"],
        "intercept_ms": line.get("intercept_ms"),
        "ms_per_million_acts": line.get("ms_per_million_acts"),
        "r_squared": group.get("r_squared"),
        **{f"r_{cost}": r for cost, r in group["r"].items()},
    }


class Platforms(Listing):
    """All platforms."""

    platforms: list[Platform]
    _of = "platforms"

    def _names(self) -> list[str]:
        return [platform.id for platform in self.platforms]

    def records(self) -> list[Raw]:
        """One row for each."""
        return [platform.described() for platform in self.platforms]


class Advised(Record):
    """A net to time, and by how much that is expected to narrow the intervals."""

    name: str
    family: str
    resolution: int
    label: str
    narrows: float
    why: str

    def __str__(self) -> str:
        return f"{self.label}: {self.why}"


class Next(Listing):
    """Which nets to time next on a platform; `models` is what the harness takes as `--models`."""

    platform: str
    mode: str
    measurements: int
    nets: list[Advised]
    models: str
    _of = "nets"

    def __str__(self) -> str:
        timed = f"{self.mode}, {words.counted(self.measurements, 'timing')} so far"
        return f"to time next on {self.platform} ({timed}): {self.models or 'nothing'}"
