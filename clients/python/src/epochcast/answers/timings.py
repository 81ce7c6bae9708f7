"""Timings: those that the server has, fetched page by page as they are looked at, and those that were sent."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

from ..show import html, plots, words
from ..wire.records import Raw, Record
from .answer import Answer, frame
from .nets import Costs

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..wire.transport import Transport

PAGE = 1000


class Measurement(Record):
    """A timing as it was sent, with what follows from it."""

    id: int
    upload: int
    line: int
    platform: Any
    mode: str
    label: Optional[str]
    model: Optional[dict[str, Any]]
    scaling: Optional[dict[str, Any]]
    costs: Costs
    group: str
    seconds_per_image: float
    quarantined: Optional[str]

    def __str__(self) -> str:
        milliseconds = f"{1000 * self.seconds_per_image:.4g} ms an image"
        return f"{self.label or f'timing {self.id}'} on {self['platform']}: {milliseconds}"

    def flat(self) -> Raw:
        """It as one row."""
        raw = self.to_dict()
        scaling = raw.get("scaling") or {}
        ways = {name: scaling.get(name) for name in ("strategy", "alpha", "scale_type", "factor")}
        row = {name: value for name, value in raw.items() if not isinstance(value, (dict, list))}
        for nested in ("model", "scaling", "complexity"):
            row.pop(nested, None)
        return {**row, "name": (raw.get("model") or {}).get("name"), **ways, **raw["costs"]}


class Measurements:
    """Timings that fit the filters. Iterating fetches them page by page; `.df` fetches all; `first(n)` only so many."""

    def __init__(self, transport: "Transport", filters: Raw) -> None:
        self._transport, self._filters = transport, filters
        self._seen: list[Measurement] = []
        self._cursor: Optional[str] = None
        self._complete = False

    @property
    def url(self) -> str:
        """Where they are as CSV, all at once; `pandas.read_csv` takes it."""
        return self._transport.address("/v1/measurements.csv", self._filters)

    def _more(self) -> bool:
        if self._complete:
            return False
        query = {**self._filters, "limit": PAGE, "cursor": self._cursor}
        page = self._transport.get("/v1/measurements", query)
        self._seen += [Measurement(raw) for raw in page["measurements"]]
        self._cursor = page.get("next")
        self._complete = self._cursor is None
        return True

    def __iter__(self) -> Iterator[Measurement]:
        at = 0
        while at < len(self._seen) or self._more():
            if at < len(self._seen):
                yield self._seen[at]
                at += 1

    def first(self, n: int = 10) -> list[Measurement]:
        """The first `n`."""
        while len(self._seen) < n and self._more():
            pass
        return self._seen[:n]

    def __len__(self) -> int:
        while self._more():
            pass
        return len(self._seen)

    def __getitem__(self, at: Any) -> Any:
        len(self)
        return self._seen[at]

    def __repr__(self) -> str:
        return f"Measurements({self.url!r})"

    def __str__(self) -> str:
        # All may be a million, so no more than a page is fetched for a line.
        self.first(1)
        more = "" if self._complete else " and more"
        return f"{words.counted(len(self._seen), 'timing')}{more}, in .df and at {self.url}"

    @property
    def df(self) -> "pd.DataFrame":
        """All of them as a pandas DataFrame."""
        return frame([row.flat() for row in self])

    def plot(self, x: str = "acts", ax: "Optional[Axes]" = None) -> "Axes":
        """Seconds for an image against `x`, a dot for each timing, coloured by timing group, drawn by matplotlib."""
        groups: dict[str, list[tuple[float, float]]] = {}
        for row in self:
            groups.setdefault(row.group, []).append((row.costs[x], row.seconds_per_image))
        return plots.dots(list(groups.items()), x, "seconds for an image", ax)

    def _repr_html_(self) -> str:
        rows = [[*(m[name] for name in ("id", "platform", "mode", "label")), *_figures(m)] for m in self.first(10)]
        head = ["id", "platform", "mode", "label", "flops", "acts", "ms/image"]
        more = "" if self._complete and len(self._seen) <= len(rows) else "<p>the first 10; all are in .df</p>"
        return html.card("Timings", [html.table(head, rows), more], self.url)


def _figures(row: Measurement) -> list[str]:
    return [words.number(row.costs.flops), words.number(row.costs.acts), f"{1000 * row.seconds_per_image:.4g}"]


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
    impact: Optional[Record]
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
        cells = [[name, words.number(count)] for name, count in counts.items() if count or name == "accepted"]
        wrong = [str(error) for error in self.errors[:5]]
        raw = self.to_dict()
        doubted = [row["detail"] for name in ("units", "other_counts", "no_group") for row in raw.get(name) or []]
        doubted += [f"line {row['line']}: {row['reason']}" for row in self.doubted[:5]]
        return html.card("Upload", [html.table(["rows", ""], cells), html.notes([*wrong, *doubted])], self.url)
