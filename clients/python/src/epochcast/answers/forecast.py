"""Answers: fields as attributes, `.df`, `.url`, a card in notebooks, and `plot()`."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional, Union

from ..errors import Missing, Problem
from ..show import drawings, html, words
from ..wire.records import Raw, Record

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


class Answer(Record):
    """What the server said. `url` is where a browser shows the same, `question` what was asked."""

    url: Optional[str]
    question: Mapping[str, Any]

    def __init__(self, raw: Raw, url: Optional[str] = None, question: Optional[Mapping[str, Any]] = None) -> None:
        super().__init__(raw)
        self.__dict__["url"] = url
        self.__dict__["question"] = question or {}

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.to_dict(), self.url, self.question))

    def __str__(self) -> str:
        plain = [(name, value) for name, value in self.to_dict().items() if isinstance(value, (str, int, float))]
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in plain) or repr(self)

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
        raise Missing("pandas") from None
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

    def __str__(self) -> str:
        return words.costs(self)


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

    def __str__(self) -> str:
        side = f" at {self.resolution} px" if self.resolution else ""
        return f"{self.name or 'a net'}{side}: {self.complexity}"


class Scaled(Net):
    """A scaled net: how its costs grew, and how theory expects them to."""

    ratios: Ratios
    theory: Ratios


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


class Complexity(Answer):
    """What a net and its scaled form cost."""

    base: Net
    scaled: Optional[Scaled]

    @property
    def net(self) -> Net:
        """The scaled net where there is one, else the net as it was asked for."""
        return self.base if self.scaled is None else self.scaled

    def _asked(self) -> str:
        return words.net(self.base, self.scaled, self.question)

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
            row: list[object] = [cost, html.number(value)]
            if scaled:
                grown = [scaled.ratios[cost], scaled.theory[cost]]
                row += [html.number(scaled.complexity[cost]), *(f"{ratio:.2f}" for ratio in grown)]
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
        from ..show import plots

        return plots.columns(self._growth(), "scaled over base", ax)


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
        from ..show import plots

        return plots.intervals([found.span() for found in self.predictions], ax)


class Batch(list[Union[Forecast, Problem]]):
    """Forecasts, and Problems in the place of those that were wrong, in the order of the questions."""

    def __str__(self) -> str:
        return "\n".join(str(answer).replace("\n", "; ") for answer in self)


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
        rows = self.records()
        cells = [[_cell(value) for value in row.values()] for row in rows]
        fits = html.table(list(rows[0]), cells) if self.to_dict().get("fits") else ""
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


class Listing(Answer):
    """An answer that is a list: it has a length, an order, and can be indexed."""

    _of = ""

    def _names(self) -> list[str]:
        """What its items are called."""
        return [str(item) for item in self._items()]

    def __str__(self) -> str:
        return f"{words.counted(len(self), self._of[:-1])}: {words.joined(self._names())}"

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

    def _names(self) -> list[str]:
        return [platform.id for platform in self.platforms]

    def records(self) -> list[Raw]:
        """One row for each."""
        return [platform.described() for platform in self.platforms]


class Model(Answer):
    """A net that the server knows by name."""

    name: str
    aliases: list[str]
    family: str
    can_be_scaled: bool
    model: Optional[dict[str, Any]]
    layers: Optional[list[Layer]]

    def __str__(self) -> str:
        known = [f"at {at['resolution']} px: {Costs(at['complexity'])}" for at in self.to_dict()["resolutions"]]
        scaled = "can be scaled" if self.can_be_scaled else "cannot be scaled"
        return f"{self.name} (group {self.family}, {scaled}), {'; '.join(known)}"

    def records(self) -> list[Raw]:
        """One row for each resolution that its costs are known at."""
        one = {name: self.to_dict()[name] for name in ("name", "family", "can_be_scaled")}
        known = self.to_dict()["resolutions"]
        return [{**one, "resolution": at["resolution"], **at["complexity"]} for at in known]


class Models(Listing):
    """All nets that have a name."""

    models: list[Model]
    _of = "models"

    def _names(self) -> list[str]:
        return [model.name for model in self.models]

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

    def __str__(self) -> str:
        return f"{self.mape:.1%} off on {self.platform} ({self.mode}, {self.estimator}, without {self.left_out})"


class Evaluation(Listing):
    """The honest error of the predictions."""

    data_version: int
    scores: list[Score]
    _of = "scores"

    def __str__(self) -> str:
        ordered = sorted(self.scores, key=lambda score: score.mape)
        ends = " to ".join(str(score) for score in [*ordered[:1], *ordered[1:][-1:]])
        return f"{words.counted(len(ordered), 'score')}{f', {ends}' if ends else ''}"


class Strategies(Listing):
    """The named strategies."""

    strategies: list[Record]
    _of = "strategies"

    def __str__(self) -> str:
        return ", ".join(f"{item['name']} ({item['what']})" for item in self.strategies)

    def records(self) -> list[Raw]:
        """One row for each, with its exponents."""
        rows = [item.to_dict() for item in self.strategies]
        return [{"name": row["name"], "what": row["what"], **row["exponents"]} for row in rows]


class Release(Answer):
    """The server's release, and the version of its data."""

    name: str
    version: str
    data_version: int

    def __str__(self) -> str:
        return f"{self.name} {self.version}, data version {self.data_version}"


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


class Chart(Answer):
    """A chart that the server drew."""

    svg: str

    def __repr__(self) -> str:
        return f"Chart({self.url!r})"

    def __str__(self) -> str:
        return f"a chart: {self.url}"

    def _repr_html_(self) -> str:
        return self.svg

    @property
    def df(self) -> "pd.DataFrame":
        """What the chart shows, asked for when it is touched."""
        try:
            import pandas as pd
        except ImportError:
            raise Missing("pandas") from None
        return pd.read_csv(self["csv_url"])


class RowError(Record):
    """What is wrong with one row of an upload: `line` counts from 1."""

    line: int
    field: str
    value: Any
    detail: str
    hint: str

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.to_dict().get("hint") else ""
        return f"line {self.line}, {self.field}: {self.detail}{hint}"


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

    def __str__(self) -> str:
        (counts,) = self.records()
        told = [f"{count:,} {name}" for name, count in counts.items() if count or name == "accepted"]
        why = [str(error) for error in self.errors or []]
        why += [f"line {row['line']}: {row['reason']}" for row in self.doubted or []]
        more = f" and {len(why) - 1:,} more" if len(why) > 1 else ""
        name = "" if self.upload is None else f"upload {self.upload}: "
        return f"{name}{', '.join(told)}{f'; {why[0]}{more}' if why else ''}"

    def records(self) -> list[Raw]:
        """The counts."""
        raw = self.to_dict()
        return [{name: raw.get(name, 0) for name in ("accepted", "duplicates", "quarantined", "rejected", "queued")}]

    def _repr_html_(self) -> str:
        (counts,) = self.records()
        cells = [[name, html.number(count)] for name, count in counts.items() if count or name == "accepted"]
        wrong = [str(error) for error in self.errors[:5]]
        doubted = [f"line {row['line']}: {row['reason']}" for row in self.doubted[:5]]
        return html.card("Upload", [html.table(["rows", ""], cells), html.notes([*wrong, *doubted])], self.url)
