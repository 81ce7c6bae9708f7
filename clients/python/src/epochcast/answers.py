"""Answers: fields as attributes, `.df`, `.url`, a card in notebooks, and `plot()`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

from . import drawings, html
from .errors import Missing
from .records import Raw, Record

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


class Answer(Record):
    """What the server said. `url` is where a browser shows the same."""

    url: Optional[str]

    def __init__(self, raw: Raw, url: Optional[str] = None) -> None:
        super().__init__(raw)
        self.__dict__["url"] = url

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.to_dict(), self.url))

    def records(self) -> list[Raw]:
        """The answer as flat rows, one after another."""
        return [self.to_dict()]

    @property
    def df(self) -> "pd.DataFrame":
        """The rows as a pandas DataFrame."""
        return frame(self.records())

    def _repr_html_(self) -> str:
        rows = self.records()
        head = list(rows[0]) if rows else []
        cells = [[_cell(value) for value in row.values()] for row in rows]
        return html.card(type(self).__name__, [html.table(head, cells)], self.url)


def frame(rows: list[Raw]) -> "pd.DataFrame":
    """Rows as a pandas DataFrame."""
    try:
        import pandas as pd
    except ImportError:
        raise Missing("pandas", "pandas") from None
    made: pd.DataFrame = pd.DataFrame(rows)
    return made


def _cell(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return "…"
    return html.number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value or "")


class Costs(Record):
    """Exact costs of one forward pass on one image: multiply-adds, learned parameters, output elements."""

    flops: int
    params: int
    acts: int


class Ratios(Record):
    """By how much the costs grew."""

    flops: float
    params: float
    acts: float


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


class Scaled(Net):
    """A scaled net: how its costs grew, and how theory expects them to."""

    ratios: Ratios
    theory: Ratios


class Interval(Record):
    """Where one new timing would lie, with probability `level`."""

    level: float
    low_seconds: float
    high_seconds: float


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
    measurements: int
    group: str
    group_measurements: int
    cross_validated_error: Optional[float]
    data_version: int
    shares: list[Share]
    nearest: list[Nearest]


class Caution(Record):
    """A reason to trust a prediction less."""

    code: str
    detail: str


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

    def span(self) -> drawings.Span:
        """It as a line of a drawing."""
        low, high = self.interval.low_seconds, self.interval.high_seconds
        base = self.to_dict().get("base_epoch_seconds")
        return drawings.Span(self.platform, low, self.epoch_seconds, high, base)


class Complexity(Answer):
    """What a net and its scaled form cost."""

    base: Net
    scaled: Optional[Scaled]

    @property
    def net(self) -> Net:
        """The scaled net where there is one, else the net as it was asked for."""
        return self.base if self.scaled is None else self.scaled

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
            row: list[object] = [cost, html.number(value)]
            if scaled:
                grown = [scaled.ratios[cost], scaled.theory[cost]]
                row += [html.number(scaled.complexity[cost]), *(f"{ratio:.2f}" for ratio in grown)]
            rows.append(row)
        if self.base.resolution:
            rows.append(["pixels", self.base.resolution] + ([scaled.resolution, "", ""] if scaled else []))
        return html.table(head, rows)

    def _repr_html_(self) -> str:
        return html.card(self.base.name or "Net", [self._costs_table()], self.url)


class Forecast(Complexity):
    """Epoch times: one prediction for each platform that was asked about.

    With one platform its `epoch_seconds`, `images_per_second`, `interval` and `warnings` are here as well.
    """

    predictions: list[Prediction]

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
            base = found.to_dict().get("base_epoch_seconds")
            between = f"{html.duration(low)} to {html.duration(high)}"
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
        from . import plots

        return plots.intervals([found.span() for found in self.predictions], ax)


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
        """How it was scaled: the strategy's name, or `a0.7`."""
        raw = self.to_dict()
        return f"a{raw['alpha']:.3g}" if raw.get("alpha") is not None else str(raw.get("strategy") or "")

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
            flat = prediction.flat() if "fit" in raw else {**_plain_fields(raw), **_interval(raw)}
            found.append({**net, **flat, **beside})
        return found or [net]


def _plain_fields(raw: Raw) -> Raw:
    found = {name: value for name, value in raw.items() if not isinstance(value, (dict, list))}
    found["warnings"] = ", ".join(warning["code"] for warning in raw.get("warnings") or [])
    return found


def _interval(raw: Raw) -> Raw:
    return dict(raw.get("interval") or {})


class Comparison(Answer):
    """One net scaled in many ways."""

    base: Net
    base_predictions: list[Prediction]
    rows: list[ComparisonRow]

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
        cells = [
            [
                row["way"], html.number(row["factor"]), html.number(row["flops"]), html.number(row["acts"]),
                row.get("platform", ""), html.duration(row.get("epoch_seconds")), html.number(row.get("to_base"), 3),
            ]
            for row in rows
        ]  # fmt: skip
        head = ["way", "factor", "flops", "acts", "platform", "epoch", "to base"]
        platform = str(rows[0].get("platform", "")) if rows else ""
        drawing = drawings.lines(self.lines(), "flops", "seconds")
        return html.card(f"{self.base.name or 'Net'}, scaled: {platform}", [drawing, html.table(head, cells)], self.url)

    def plot(
        self,
        y: str = "epoch_seconds",
        x: str = "flops",
        platform: Optional[str] = None,
        ax: "Optional[Axes]" = None,
    ) -> "Axes":
        """`y` against `x`, one line for each way to scale, drawn by matplotlib."""
        from . import plots

        return plots.lines(self.lines(y, x, platform), x, y, ax)


class PlanOption(ComparisonRow):
    """The largest factor of one way to scale that stays within the limits; `limited_by` is which it met."""

    limited_by: Optional[str]


class Plan(Answer):
    """For each way to scale, how far the limits let it go."""

    options: list[PlanOption]

    def records(self) -> list[Raw]:
        """One row for each option and platform."""
        found = []
        for option in self.options:
            limit = {"limited_by": option.to_dict().get("limited_by")}
            found += [{**flat, **limit} for flat in option.flat()]
        return found

    def _repr_html_(self) -> str:
        cells = [
            [
                row["way"], html.number(row["factor"]), html.number(row["flops"]), html.number(row["acts"]),
                html.number(row["resolution"]), html.duration(row.get("epoch_seconds")), row.get("limited_by") or "",
            ]
            for row in self.records()
        ]  # fmt: skip
        head = ["way", "factor", "flops", "acts", "pixels", "epoch", "limited by"]
        return html.card("Plan", [html.table(head, cells)], self.url)

    def plot(self, ax: "Optional[Axes]" = None) -> "Axes":
        """The flops that each way affords, drawn by matplotlib."""
        from . import plots

        return plots.columns([(option.way, option.scaled.complexity.flops) for option in self.options], "flops", ax)


class Explanation(Answer):
    """Where the time of a net goes."""

    def records(self) -> list[Raw]:
        """One row for each stage, or for each part where there are no stages."""
        for name in ("stages", "layers", "kinds"):
            rows = self.to_dict().get(name)
            if rows:
                return [dict(row) for row in rows]
        return [self.to_dict()]


class Measured(Record):
    """Numbers of timings."""

    train: int
    infer: int


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

    def records(self) -> list[Raw]:
        """Its description."""
        raw = self.to_dict()
        plain = {name: value for name, value in raw.items() if not isinstance(value, (dict, list))}
        return [{**plain, **(raw.get("measurements") or {})}]


class Listing(Answer):
    """An answer that is a list: it has a length, an order, and can be indexed."""

    _of = ""

    def _items(self) -> list[Any]:
        found: list[Any] = getattr(self, self._of)
        return found

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def __getitem__(self, at: Any) -> Any:
        return self.to_dict()[at] if isinstance(at, str) else self._items()[at]

    def records(self) -> list[Raw]:
        """One row for each."""
        return [item.to_dict() for item in self._items()]


class Platforms(Listing):
    """All platforms."""

    platforms: list[Platform]
    _of = "platforms"

    def records(self) -> list[Raw]:
        """One row for each."""
        return [row for platform in self.platforms for row in platform.records()]


class Model(Answer):
    """A net that the server knows by name."""

    name: str
    aliases: list[str]
    family: str
    can_be_scaled: bool
    model: Optional[dict[str, Any]]
    layers: Optional[list[Layer]]

    def records(self) -> list[Raw]:
        """One row for each resolution that its costs are known at."""
        one = {name: self.to_dict()[name] for name in ("name", "family", "can_be_scaled")}
        known = self.to_dict()["resolutions"]
        return [{**one, "resolution": at["resolution"], **at["complexity"]} for at in known]


class Models(Listing):
    """All nets that have a name."""

    models: list[Model]
    _of = "models"

    def records(self) -> list[Raw]:
        """One row for each net and resolution."""
        return [row for model in self.models for row in model.records()]


class Score(Record):
    """How far predictions were off for what was left out of the fit."""

    platform: str
    mode: str
    estimator: str
    left_out: str
    n: int
    mape: float
    covered_90: float


class Evaluation(Listing):
    """The honest error of the predictions."""

    data_version: int
    scores: list[Score]
    _of = "scores"


class Strategies(Listing):
    """The named strategies."""

    strategies: list[Record]
    _of = "strategies"

    def records(self) -> list[Raw]:
        """One row for each, with its exponents."""
        rows = [item.to_dict() for item in self.strategies]
        return [{"name": row["name"], "what": row["what"], **row["exponents"]} for row in rows]


class Release(Answer):
    """The server's release, and the version of its data."""

    name: str
    version: str
    data_version: int


class Next(Answer):
    """Which nets to time next on a platform."""


class Chart(Answer):
    """A chart that the server drew."""

    svg: str

    def _repr_html_(self) -> str:
        return self.svg

    @property
    def df(self) -> "pd.DataFrame":
        """What the chart shows, asked for when it is touched."""
        try:
            import pandas as pd
        except ImportError:
            raise Missing("pandas", "pandas") from None
        return pd.read_csv(self["csv_url"])


class RowError(Record):
    """What is wrong with one row of an upload: `line` counts from 1."""

    line: int
    field: str
    value: Any
    detail: str
    hint: str


class Upload(Answer):
    """What became of the rows that were sent.

    `queued` rows wait in the offline queue; `uploads` has the ids where the rows went in several parts.
    """

    upload: Optional[int]
    accepted: int
    duplicates: int
    quarantined: int
    rejected: int
    queued: int
    errors: list[RowError]
    doubted: list[Record]
    uploads: list[int]

    def records(self) -> list[Raw]:
        """The counts."""
        raw = self.to_dict()
        return [{name: raw.get(name, 0) for name in ("accepted", "duplicates", "quarantined", "rejected", "queued")}]

    def _repr_html_(self) -> str:
        (counts,) = self.records()
        cells = [[name, html.number(count)] for name, count in counts.items() if count or name == "accepted"]
        wrong = [f"line {error.line}, {error.field}: {error.detail} ({error.hint})" for error in self.errors[:5]]
        doubted = [f"line {row['line']}: {row['reason']}" for row in self.doubted[:5]]
        return html.card("Upload", [html.table(["rows", ""], cells), html.notes([*wrong, *doubted])], self.url)
