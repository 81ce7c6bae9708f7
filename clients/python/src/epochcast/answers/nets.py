"""Nets, what they cost, and what scaling makes of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional

from ..graphs import described
from ..show import drawings, html, plots, words
from ..wire.records import Raw, Record
from .answer import Answer

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Costs(Record):
    """Exact costs of one forward pass on one image: multiply-adds, learned parameters, output elements."""

    flops: int
    params: int
    acts: int

    def __str__(self) -> str:
        return ", ".join(f"{self[name]:,} {name}" for name in ("flops", "params", "acts"))


class Ratios(Record):
    """By how much the costs grew."""

    flops: float
    params: float
    acts: float

    def __str__(self) -> str:
        return ", ".join(f"{value:.2f}x {name}" for name, value in self.to_dict().items())


class Layer(Record):
    """A layer, or several that are equal."""

    stage: int
    kind: str
    repeats: int
    flops: int
    params: int
    acts: int


class Net(Record):
    """A net: its full description, which may be asked about again, and its costs."""

    name: Optional[str]
    model: Optional[dict[str, Any]]
    complexity: Costs
    layers: Optional[list[Layer]]

    @property
    def resolution(self) -> Optional[int]:
        """Side of its images in pixels, where the net is known."""
        return None if self.model is None else self.model.get("resolution")

    def to_torch(self) -> Any:
        """It as a torch module with exactly these costs, and weights as PyTorch starts them."""
        return described.to_torch(self.model)

    def code(self) -> str:
        """Its source as a plain PyTorch module."""
        return described.source(self.model)

    def __str__(self) -> str:
        side = f" at {self.resolution} px" if self.resolution else ""
        return f"{self.name or 'a net'}{side}: {self.complexity}"


class Scaled(Net):
    """A scaled net: how its costs grew, and how theory expects them to."""

    ratios: Ratios
    theory: Ratios


def title(base: Net) -> str:
    """The net's name, else what it costs."""
    return base.name or f"a net of {words.big(base.complexity.flops)} flops"


def asked(base: Net, scaled: Optional[Net], question: Mapping[str, Any]) -> str:
    """What was asked about: `RegNetY-4GF, dWr:4, 256 px`."""
    side = (scaled or base).resolution or (question if scaled is None else {}).get("resolution")
    how = question.get("scaling")
    # Whoever makes an answer from JSON of their own has no question to it.
    form = "" if scaled is None else written(how) if how else "scaled"
    return ", ".join(part for part in (title(base), form, f"{side} px" if side else "") if part)


def written(scale: Mapping[str, Any]) -> str:
    """The `scaling` of a request as people write it: `dWr:4`."""
    form = scale.get("strategy") or scale.get("scale_type")
    if scale.get("alpha") is not None:
        form = f"a{scale['alpha']:g}"
    if scale.get("exponents"):
        form = "_".join(f"{axis}{exponent:g}" for axis, exponent in scale["exponents"].items())
    return f"{form or 'unscaled'}:{scale.get('factor', 1):g}"


class Complexity(Answer):
    """What a net and its scaled form cost."""

    base: Net
    scaled: Optional[Scaled]

    @property
    def net(self) -> Net:
        """The scaled net where there is one, else the net as it was asked for."""
        return self.base if self.scaled is None else self.scaled

    def _asked(self) -> str:
        return asked(self.base, self.scaled, self.question)

    def __str__(self) -> str:
        grown = "" if self.scaled is None else f" ({self.scaled.ratios})"
        return f"{self._asked()}: {self.net.complexity}{grown}"

    def records(self) -> list[Raw]:
        """The base, and the scaled net."""
        nets = {"base": self.base, "scaled": self.scaled}
        return [
            {"net": name, **net.complexity.to_dict(), "resolution": net.resolution} for name, net in nets.items() if net
        ]

    def _costs_table(self) -> str:
        scaled = self.scaled
        head = ["", "base"] + (["scaled", "ratio", "theory"] if scaled else [])
        rows = []
        for cost, value in self.base.complexity.to_dict().items():
            row: list[object] = [cost, words.number(value)]
            if scaled:
                grown = [scaled.ratios[cost], scaled.theory[cost]]
                row += [words.number(scaled.complexity[cost]), *(f"{ratio:.2f}" for ratio in grown)]
            rows.append(row)
        if self.base.resolution:
            rows.append(["pixels", self.base.resolution] + ([scaled.resolution, "", ""] if scaled else []))
        return html.table(head, rows)

    def _growth(self) -> list[tuple[str, float]]:
        """By how much the costs grew."""
        return [] if self.scaled is None else list(self.scaled.ratios.to_dict().items())

    def _repr_html_(self) -> str:
        parts = [self._costs_table(), drawings.columns(self._growth(), "scaled over base")]
        return html.card(self.base.name or "Net", parts, self.url)

    def plot(self, ax: "Optional[Axes]" = None) -> "Axes":
        """By how much the costs grew, drawn by matplotlib; without a scaling there is nothing to draw."""
        return plots.columns(self._growth(), "scaled over base", ax)
