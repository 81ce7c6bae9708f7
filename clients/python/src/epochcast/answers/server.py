"""What the server knows besides: its nets and strategies, how exact it is, its charts, its release."""

from typing import TYPE_CHECKING, Any, Optional

from ..show import words
from ..wire.records import Raw, Record
from .answer import Answer, Listing, pandas
from .nets import Costs, Layer

if TYPE_CHECKING:
    import pandas as pd


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
        shown: pd.DataFrame = pandas().read_csv(self["csv_url"])
        return shown


class Release(Answer):
    """The server's release, and the version of its data."""

    name: str
    version: str
    data_version: int

    def __str__(self) -> str:
        return f"{self.name} {self.version}, data version {self.data_version}"
