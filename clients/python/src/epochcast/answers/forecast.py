"""Epoch times: predictions with their intervals, and reasons to trust them less."""

from typing import TYPE_CHECKING, Optional, Union

from ..errors import Problem
from ..show import drawings, html, plots, words
from ..wire.records import Raw, Record
from .nets import Complexity

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Interval(Record):
    """Where one new timing would lie, with probability `level`."""

    level: float
    low_seconds: float
    high_seconds: float

    def __str__(self) -> str:
        return words.interval(self)


class Share(Record):
    """Part of the time."""

    part: str
    share: float


class Nearest(Record):
    """A net that was timed."""

    measurement: int
    distance: float
    epoch_seconds: float


class Fit(Record):
    """What a prediction stands on."""

    id: str
    estimator: str
    based_on: str
    published: Optional[str]
    measurements: int
    group: str
    group_measurements: int
    cross_validated_error: Optional[float]
    data_version: int
    provisional: bool
    borrowed: Optional[Record]
    lent: Optional[Record]
    data_sheet: Optional[Record]
    shares: list[Share]
    nearest: list[Nearest]


class Caution(Record):
    """A reason to trust a prediction less."""

    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class Prediction(Record):
    """The time of one epoch on one platform."""

    platform: str
    mode: str
    epoch_seconds: float
    images_per_second: float
    interval: Interval
    base_epoch_seconds: Optional[float]
    fit: Fit
    warnings: list[Caution]

    def __str__(self) -> str:
        return f"{words.place(self)}: {words.epoch(self)}, {words.cautions(self.warnings)}"

    def flat(self) -> Raw:
        """It as one row."""
        fit = self.to_dict().get("fit") or {}
        return {
            "platform": self.platform,
            "mode": self.mode,
            "epoch_seconds": self.epoch_seconds,
            "low_seconds": self.interval.low_seconds,
            "high_seconds": self.interval.high_seconds,
            "level": self.interval.level,
            "images_per_second": self.images_per_second,
            "base_epoch_seconds": self.to_dict().get("base_epoch_seconds"),
            "measurements": fit.get("measurements"),
            "group": fit.get("group"),
            "group_measurements": fit.get("group_measurements"),
            "cross_validated_error": fit.get("cross_validated_error"),
            "fit": fit.get("id"),
            "warnings": ", ".join(warning.code for warning in self.warnings),
        }

    def span(self, name: Optional[str] = None) -> drawings.Span:
        """It as a line of a drawing, called `name` or as the platform."""
        low, high = self.interval.low_seconds, self.interval.high_seconds
        base = self.to_dict().get("base_epoch_seconds")
        return drawings.Span(name or self.platform, low, self.epoch_seconds, high, base)


class Forecast(Complexity):
    """Epoch times: one prediction for each platform that was asked about.

    With one platform its `epoch_seconds`, `images_per_second`, `interval` and `warnings` are here as well.
    """

    predictions: list[Prediction]

    def __str__(self) -> str:
        found = self.predictions
        if not found:
            return f"{self._asked()}: no platform has timings to predict from"
        told = words.cautions(warning for one in found for warning in one.warnings)
        if len(found) == 1:
            return f"{self._asked()} on {words.place(found[0])}: {words.epoch(found[0])}, {told}"
        return f"{self._asked()} on {len(found)} platforms: {words.fastest_and_slowest(found)}, {told}"

    @property
    def prediction(self) -> Prediction:
        """The only prediction."""
        if len(self.predictions) != 1:
            names = ", ".join(found.platform for found in self.predictions) or "none"
            raise ValueError(f"not one prediction but {len(self.predictions)}: {names}; .on(platform) picks one")
        return self.predictions[0]

    def on(self, platform: str) -> Prediction:
        """The prediction for `platform`."""
        for prediction in self.predictions:
            if prediction.platform == platform:
                return prediction
        raise KeyError(f"no prediction for {platform!r}: {[found.platform for found in self.predictions]}")

    @property
    def epoch_seconds(self) -> float:
        """Seconds for one epoch on the only platform."""
        return self.prediction.epoch_seconds

    @property
    def images_per_second(self) -> float:
        """Images in a second on the only platform, of all devices together."""
        return self.prediction.images_per_second

    @property
    def interval(self) -> Interval:
        """Where a new timing would lie on the only platform."""
        return self.prediction.interval

    @property
    def warnings(self) -> list[Caution]:
        """Reasons to trust the only prediction less."""
        return self.prediction.warnings

    def records(self) -> list[Raw]:
        """One row for each platform."""
        return [prediction.flat() for prediction in self.predictions]

    def _repr_html_(self) -> str:
        times = []
        for found in self.predictions:
            base = found.to_dict().get("base_epoch_seconds")
            low, high = found.interval.low_seconds, found.interval.high_seconds
            between = html.between(low, high, found.epoch_seconds)
            rate = html.number(found.images_per_second, 4)
            times.append(
                [
                    found.platform,
                    found.mode,
                    html.duration(found.epoch_seconds),
                    between,
                    rate,
                    html.duration(base),
                ]
            )
        level = f"{self.predictions[0].interval.level:.0%} interval" if self.predictions else "interval"
        head = ["platform", "mode", "epoch", level, "images/s", "base"]
        cautions = [f"{p.platform}: {w.detail}" for p in self.predictions for w in p.warnings]
        drawing = drawings.intervals([found.span() for found in self.predictions])
        parts = [self._costs_table(), html.table(head, times), drawing, html.notes(cautions)]
        return html.card(self.base.name or "Net", parts, self.url)

    def plot(self, ax: "Optional[Axes]" = None) -> "Axes":
        """The times with their intervals, drawn by matplotlib."""
        return plots.intervals([found.span() for found in self.predictions], ax)


class Batch(list[Union[Forecast, Problem]]):
    """Forecasts, and Problems in the place of those that were wrong, in the order of the questions."""

    def __str__(self) -> str:
        return "\n".join(str(answer).replace("\n", "; ") for answer in self)
