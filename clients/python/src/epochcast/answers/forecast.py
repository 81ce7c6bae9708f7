"""Epoch times: predictions with their intervals, and reasons to trust them less."""

from collections.abc import Iterable
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
        return _between(self)


def _between(found: Interval, middle: Optional[float] = None) -> str:
    """An interval with its level, in the unit of `middle`: `90 %: 18.0 to 22.9 min`."""
    return f"{100 * found.level:g} %: {words.between(found.low_seconds, found.high_seconds, middle)}"


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


def cautions(found: Iterable[Caution]) -> str:
    """How many warnings, and of which kinds."""
    codes = [warning.code for warning in found]
    return f"{words.counted(len(codes), 'warning')}{f' ({words.joined(dict.fromkeys(codes))})' if codes else ''}"


class Prediction(Record):
    """The time of one epoch on one platform."""

    platform: str
    mode: str
    epoch_seconds: float
    images_per_second: float
    interval: Interval
    base_epoch_seconds: Optional[float]
    usual_batch_size: Optional[int]
    fit: Fit
    warnings: list[Caution]

    def __str__(self) -> str:
        return f"{place(self)}: {epoch(self)}, {cautions(self.warnings)}"

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
            "base_epoch_seconds": self.base_epoch_seconds,
            "usual_batch_size": self.usual_batch_size,
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
        return drawings.Span(name or self.platform, low, self.epoch_seconds, high, self.base_epoch_seconds)


def epoch(found: Prediction) -> str:
    """The time of an epoch with its interval, in one unit."""
    return f"{words.duration(found.epoch_seconds)} an epoch ({_between(found.interval, found.epoch_seconds)})"


def place(found: Prediction) -> str:
    """The platform, with the mode where it is not training."""
    return found.platform if found.mode == "train" else f"{found.platform} ({found.mode})"


class Forecast(Complexity):
    """Epoch times: one prediction for each platform that was asked about.

    With one platform its `epoch_seconds`, `images_per_second`, `interval` and `warnings` are here as well.
    """

    predictions: list[Prediction]

    def __str__(self) -> str:
        found = self.predictions
        if not found:
            return f"{self._asked()}: no platform has timings to predict from"
        told = cautions(warning for one in found for warning in one.warnings)
        if len(found) == 1:
            return f"{self._asked()} on {place(found[0])}: {epoch(found[0])}, {told}"
        ordered = sorted(found, key=lambda one: one.epoch_seconds)
        ends = " to ".join(f"{words.duration(one.epoch_seconds)} ({place(one)})" for one in (ordered[0], ordered[-1]))
        return f"{self._asked()} on {len(found)} platforms: {ends} an epoch, {told}"

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
            low, high = found.interval.low_seconds, found.interval.high_seconds
            between = words.between(low, high, found.epoch_seconds)
            base = words.duration(found.base_epoch_seconds)
            rate = words.number(found.images_per_second)
            times.append([found.platform, found.mode, words.duration(found.epoch_seconds), between, rate, base])
        level = f"{self.predictions[0].interval.level:.0%} interval" if self.predictions else "interval"
        head = ["platform", "mode", "epoch", level, "images/s", "base"]
        notes = [f"{p.platform}: {w.detail}" for p in self.predictions for w in p.warnings]
        drawing = drawings.intervals([found.span() for found in self.predictions])
        parts = [self._costs_table(), html.table(head, times), drawing, html.notes(notes)]
        return html.card(self.base.name or "Net", parts, self.url)

    def plot(self, ax: "Optional[Axes]" = None) -> "Axes":
        """The times with their intervals, drawn by matplotlib."""
        return plots.intervals([found.span() for found in self.predictions], ax)


class Batch(list[Union[Forecast, Problem]]):
    """Forecasts, and Problems in the place of those that were wrong, in the order of the questions."""

    def __str__(self) -> str:
        return "\n".join(str(answer).replace("\n", "; ") for answer in self)
