"""Where the time of a net goes, stage by stage."""

from typing import TYPE_CHECKING, Optional

from ..show import drawings, html, plots, words
from ..wire.records import Raw, Record
from .answer import Answer
from .forecast import Caution
from .nets import Net, Scaled, asked

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Part(Record):
    """The layers of a stage, or of a kind, and their share of the time; `bound_by` is `memory` or `compute`."""

    name: str
    layers: int
    flops: int
    params: int
    acts: int
    share: float
    memory: float
    compute: float
    bound_by: str


class Remedy(Record):
    """What a net of half the flops would save."""

    strategy: str
    flops_ratio: float
    time_ratio: float
    time_saved_per_flop_saved: float


class Explained(Record):
    """Where the time of a net goes on one platform."""

    platform: str
    mode: str
    epoch_seconds: float
    sentence: str
    stages: list[Part]
    kinds: list[Part]
    constant_share: float
    remedies: list[Remedy]
    warnings: list[Caution]

    def __str__(self) -> str:
        return f"{self.platform}: {words.duration(self.epoch_seconds)} an epoch; {self.sentence}"

    def records(self) -> list[Raw]:
        """One row for each stage and each kind of layer."""
        parts = [("stage", part) for part in self.stages] + [("kind", part) for part in self.kinds]
        return [{"platform": self.platform, "mode": self.mode, "by": by, **part.to_dict()} for by, part in parts]


class Explanation(Answer):
    """Where the time of a net goes: its scaled form where there is one."""

    base: Net
    scaled: Optional[Scaled]
    sentence: Optional[str]
    explanations: list[Explained]

    def __str__(self) -> str:
        net = asked(self.base, self.scaled, self.question)
        if not self.explanations:
            return f"{net}: {self.sentence or 'no platform has timings to explain'}"
        told = [f"{words.duration(found.epoch_seconds)} an epoch on {found.platform}" for found in self.explanations]
        # The rest of the first platform's sentence is in .sentence; a line is enough here.
        return f"{net}: {words.joined(told)}; {(self.sentence or self.explanations[0].sentence).partition(';')[0]}"

    def on(self, platform: str) -> Explained:
        """What is said of `platform`."""
        for found in self.explanations:
            if found.platform == platform:
                return found
        raise KeyError(f"nothing of {platform!r}: {[found.platform for found in self.explanations]}")

    def records(self) -> list[Raw]:
        """One row for each platform and stage (`by` is `stage`), and each kind of layer (`by` is `kind`)."""
        return [row for found in self.explanations for row in found.records()]

    def _repr_html_(self) -> str:
        parts = []
        for found in self.explanations:
            parts += [html.sentence(f"{found.platform}: {found.sentence}"), _shares(found.stages), _shares(found.kinds)]
            parts += [_parts_table(found), html.notes(warning.detail for warning in found.warnings)]
        return html.card(f"{self.base.name or 'Net'}, where the time goes", parts, self.url)

    def plot(self, ax: "Optional[Axes]" = None) -> "Axes":
        """The share of each stage on the first platform, drawn by matplotlib."""
        stages = self.explanations[0].stages if self.explanations else []
        return plots.columns([(stage.name, stage.share) for stage in stages], "share of the time", ax)


def _shares(parts: list[Part]) -> str:
    shares = [(part.name, part.share) for part in parts]
    told = ", ".join(f"{name} {share:.0%}" for name, share in shares)
    return drawings.bars(shares, f"Shares of the time: {told}.") if shares else ""


def _parts_table(found: Explained) -> str:
    cells = [
        [part.name, *map(words.number, (part.layers, part.flops, part.acts)), f"{part.share:.1%}", bound_by]
        for part in [*found.stages, *found.kinds]
        for bound_by in [part.bound_by.replace("_", " ")]
    ]
    return html.table(["", "layers", "flops", "acts", "of the time", "bound by"], cells)
