"""Which way to scale: comparisons and plans."""

from typing import TYPE_CHECKING, Optional

from ..show import drawings, html, plots, words
from ..wire.records import Raw, Record
from .answer import Answer
from .forecast import Prediction, cautions, epoch, place
from .nets import Net, Scaled, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class ComparedPrediction(Prediction):
    """A prediction beside others: `to_base` and `to_best` are its time over theirs."""

    to_base: Optional[float]
    to_best: Optional[float]


class ComparisonRow(Record):
    """One scaled form of the net."""

    strategy: Optional[str]
    alpha: Optional[float]
    factor: float
    scaled: Scaled
    predictions: list[ComparedPrediction]

    @property
    def way(self) -> str:
        """How it was scaled: the strategy's name, `a0.7`, or `mix`."""
        return str(self.strategy or "mix") if self.alpha is None else f"a{self.alpha:.3g}"

    def __str__(self) -> str:
        net = f"{self.way}:{self.factor:.4g}, {self.scaled.resolution} px"
        told = epoch(self.predictions[0]) if self.predictions else str(self.scaled.complexity)
        others = f" on {self.predictions[0].platform}" if len(self.predictions) > 1 else ""
        return f"{net}: {told}{others}"

    def flat(self) -> list[Raw]:
        """It as rows, one for each platform."""
        net = {
            "way": self.way,
            "factor": self.to_dict().get("factor"),
            **self.scaled.complexity.to_dict(),
            "resolution": self.scaled.resolution,
        }
        found: list[Raw] = []
        for prediction in self.predictions:
            raw = prediction.to_dict()
            beside: Raw = {name: raw[name] for name in ("to_base", "to_best") if name in raw}
            # Of a fit there is only the name here.
            flat = {name: value for name, value in prediction.flat().items() if name in raw or value is not None}
            found.append({**net, **flat, **beside})
        return found or [net]

    def cost(self) -> float:
        """By what it is better than others: its time on the first platform, else its acts."""
        return self.predictions[0].epoch_seconds if self.predictions else float(self.scaled.complexity.acts)

    def cautions(self) -> list[str]:
        """Why to trust its times less."""
        return [f"{found.platform}: {warning.detail}" for found in self.predictions for warning in found.warnings]


def _figures(row: Raw, *names: str) -> list[str]:
    return [words.number(row[name]) for name in names]


def _time(row: Raw) -> list[str]:
    """An epoch and its interval, as cells."""
    low, high, at = row.get("low_seconds"), row.get("high_seconds"), row.get("epoch_seconds")
    return [words.duration(at), "" if low is None or high is None else words.between(low, high, at)]


def _level(rows: list[Raw]) -> str:
    return f"{rows[0]['level']:.0%} interval" if rows and rows[0].get("level") else "interval"


class NotCompared(Record):
    """A way by which the net cannot be scaled by some factors, and why not by the first of them."""

    strategy: Optional[str]
    alpha: Optional[float]
    factors: list[float]
    reason: str

    def __str__(self) -> str:
        way = self.strategy if self.alpha is None else f"a{self.alpha:.3g}"
        return f"not by {way}:{words.joined(f'{factor:.4g}' for factor in self.factors)}: {self.reason}"


class Comparison(Answer):
    """One net scaled in many ways; `left_out` are the ways and factors that the net cannot take."""

    base: Net
    base_predictions: list[Prediction]
    rows: list[ComparisonRow]
    left_out: list[NotCompared]

    def __str__(self) -> str:
        if not self.rows:
            return f"{title(self.base)}: compared in no way"
        factors = [row.factor for row in self.rows]
        ways = words.joined(dict.fromkeys(row.way for row in self.rows), most=12)
        # By time where there is one, on the first platform.
        best = min((row for row in self.rows if row.factor == max(factors)), key=ComparisonRow.cost)
        what, where = "fewest acts", ""
        if best.predictions:
            what, where = "fastest", f" on {place(best.predictions[0])}"
        asked = f"{title(self.base)}{where}, {ways} by {min(factors):.4g} to {max(factors):.4g}"
        warned = f", {cautions(best.predictions[0].warnings)}" if best.predictions else ""
        out = dict.fromkeys(str(one.strategy) if one.alpha is None else f"a{one.alpha:.3g}" for one in self.left_out)
        left = f"; left out in whole or in part: {words.joined(out, most=12)} (see left_out)" if out else ""
        return f"{asked}: {what} is {best}{warned}{left}"

    def records(self) -> list[Raw]:
        """One row for each scaled form and platform."""
        return [flat for row in self.rows for flat in row.flat()]

    def lines(self, y: str = "epoch_seconds", x: str = "flops", platform: Optional[str] = None) -> list[drawings.Line]:
        """For each way to scale, its points `(x, y)`; of the first platform where none is named."""
        found: dict[str, list[tuple[float, float]]] = {}
        for row in self.records():
            platform = row.get("platform") if platform is None else platform
            if row.get("platform") == platform and row.get(y) is not None and row.get(x) is not None:
                found.setdefault(str(row["way"]), []).append((float(row[x]), float(row[y])))
        return list(found.items())

    def _repr_html_(self) -> str:
        rows = self.records()
        sizes = ("factor", "flops", "acts")
        ends = [(row.get("platform", ""), *_time(row), words.number(row.get("to_base"), 3)) for row in rows]
        cells = [[row["way"], *_figures(row, *sizes), *end] for row, end in zip(rows, ends)]
        head = ["way", "factor", "flops", "acts", "platform", "epoch", _level(rows), "to base"]
        platforms = list(dict.fromkeys(str(row["platform"]) for row in rows if "platform" in row))
        drawn = f" (drawn: {platforms[0]})" if len(platforms) > 1 else ""
        drawing = drawings.lines(self.lines(), "flops", "seconds")
        notes = html.notes([*map(str, self.left_out), *(caution for row in self.rows for caution in row.cautions())])
        parts = [drawing, html.table(head, cells), notes]
        return html.card(f"{self.base.name or 'Net'}, scaled{drawn}", parts, self.url)

    def plot(
        self,
        y: str = "epoch_seconds",
        x: str = "flops",
        platform: Optional[str] = None,
        ax: "Optional[Axes]" = None,
    ) -> "Axes":
        """`y` against `x`, one line for each way to scale, drawn by matplotlib."""
        return plots.lines(self.lines(y, x, platform), x, y, ax)


class PlanOption(ComparisonRow):
    """The largest factor of one way to scale that stays within the limits; `limited_by` is which it met.

    `reason` says why the next larger net cannot be made, where that is what limits it.
    """

    limited_by: Optional[str]
    reason: Optional[str]

    def __str__(self) -> str:
        limit = self.limited_by
        return super().__str__() + (f", stopped by {limit.replace('_', ' ')}" if limit else "")


class LeftOut(Record):
    """A way by which no net was found, and what even its smallest net breaks.

    `reason` says why the net that was looked at last cannot be made, where it cannot.
    """

    strategy: Optional[str]
    alpha: Optional[float]
    limited_by: str
    reason: Optional[str]

    def __str__(self) -> str:
        way = self.strategy if self.alpha is None else f"a{self.alpha:.3g}"
        why = f" ({self.reason})" if self.reason else ""
        return f"no net by {way}: {self.limited_by.replace('_', ' ')}{why}"


class Plan(Answer):
    """For each way to scale, how far the limits let it go. `mix` is the best free mix, where one was asked for."""

    base: Net
    options: list[PlanOption]
    left_out: list[LeftOut]
    mix: Optional[PlanOption]
    front: Optional[Record]

    def __str__(self) -> str:
        found = self._found()
        if not found:
            nowhere = words.joined(str(out) for out in self.left_out)
            return f"{title(self.base)}: {nowhere or 'no way was tried'}"
        # With a target, the fastest comes first; with limits, the question is how large it can be.
        target = self.question.get("target")
        best = found[0] if target else max(found, key=lambda option: option.scaled.complexity.flops)
        what = "the fastest way to the target is" if target else "the largest net is"
        where = f" on {place(best.predictions[0])}" if best.predictions else ""
        warned = [cautions(best.predictions[0].warnings)] if best.predictions else []
        size = f"{words.big(best.scaled.complexity.flops)} flops"
        told = ", ".join([str(best), size, *warned])
        return f"{title(self.base)}{where}: {what} {told}"

    def _found(self) -> list[PlanOption]:
        return [*self.options, *([self.mix] if self.mix else [])]

    def records(self) -> list[Raw]:
        """One row for each option and platform."""
        return [{**flat, "limited_by": option.limited_by} for option in self._found() for flat in option.flat()]

    def _spans(self) -> list[drawings.Span]:
        several = any(len(option.predictions) > 1 for option in self.options)
        return [
            found.span(f"{option.way}, {found.platform}" if several else option.way)
            for option in self._found()
            for found in option.predictions
        ]

    def _repr_html_(self) -> str:
        rows = self.records()
        sizes = ("factor", "flops", "acts", "resolution")
        limits = [(row["limited_by"] or "").replace("_", " ") for row in rows]
        cells = [[row["way"], *_figures(row, *sizes), *_time(row), limit] for row, limit in zip(rows, limits)]
        head = ["way", "factor", "flops", "acts", "pixels", "epoch", _level(rows), "limited by"]
        notes = [*map(str, self.left_out), *(caution for option in self._found() for caution in option.cautions())]
        parts = [html.table(head, cells), drawings.intervals(self._spans()), html.notes(notes)]
        return html.card(f"{self.base.name or 'Net'}, as large as the limits allow", parts, self.url)

    def plot(self, ax: "Optional[Axes]" = None) -> "Axes":
        """The flops that each way affords, drawn by matplotlib."""
        return plots.columns([(option.way, option.scaled.complexity.flops) for option in self._found()], "flops", ax)
