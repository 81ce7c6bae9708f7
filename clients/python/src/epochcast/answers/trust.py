"""How far the server's predictions can be trusted, and who did what to its timings."""

from typing import Optional

from ..show import words
from ..wire.records import Raw, Record
from .answer import Answer, Listing


class TrackRecord(Record):
    """How predictions have done, of timings that were predicted before they were learnt."""

    rows: int
    covered_80: Optional[float]
    covered_90: Optional[float]
    covered_95: Optional[float]
    signed_error: Optional[float]

    def __str__(self) -> str:
        if self.covered_90 is None or self.signed_error is None:
            return "no timings yet"
        held = f"90 % intervals held {self.covered_90:.0%} of {self.rows:,}"
        return f"{held}, times {self.signed_error:+.1%} from what was predicted"


class Calibrated(Record):
    """The same lately, in all and by month; `measurements` counts what is in the fits."""

    measurements: int
    lately: TrackRecord
    ever: TrackRecord
    months: list[Record]

    def records(self) -> list[Raw]:
        """One row for each period."""
        raw = self.to_dict()
        periods = [("lately", raw["lately"]), ("ever", raw["ever"])]
        periods += [(month["month"], {**month}) for month in raw["months"]]
        fit: Raw = {name: raw[name] for name in ("platform", "mode") if name in raw}
        return [{**fit, "period": period, **_without(record, "month")} for period, record in periods]


class PlatformCalibration(Calibrated):
    """That of one platform in one mode."""

    platform: str
    mode: str

    def __str__(self) -> str:
        return f"{self.platform} ({self.mode}): {self.ever}"


class Calibration(Listing):
    """How often intervals held of timings that were predicted before they were learnt, by platform and in all."""

    data_version: int
    all: Calibrated
    platforms: list[PlatformCalibration]
    _of = "platforms"

    def __str__(self) -> str:
        return f"{words.counted(len(self), 'fit')}, {self.all.ever}"

    def records(self) -> list[Raw]:
        """One row for each platform, mode and period, those of all first."""
        every = [{"platform": "all", "mode": None, **row} for row in self.all.records()]
        return every + [row for platform in self.platforms for row in platform.records()]


class AuditEntry(Record):
    """One thing that was done."""

    id: int
    at: str
    by: str
    action: str
    subject: str
    subject_id: int
    measurements: int
    reason: Optional[str]

    def __str__(self) -> str:
        why = f": {self.reason}" if self.reason else ""
        return f"{self.at} {self.by}: {self.action} of {self.subject} {self.subject_id}{why}"


class Audit(Listing):
    """Who did what, the newest first, a hundred at a time; `next` is the `before` of the page after."""

    entries: list[AuditEntry]
    next: Optional[int]
    _of = "entries"

    def __str__(self) -> str:
        latest = f", the latest {self.entries[0]}" if self.entries else ""
        return f"{len(self):,} entries of the log{latest}"


class Ruled(Answer):
    """How far a decision went: timings that it is about, and those that it moved."""

    measurements: int
    moved: int


def _without(raw: Raw, name: str) -> Raw:
    return {key: value for key, value in raw.items() if key != name}
