"""Uploads: rows, files and what waits in a queue, sent, and what became of them in sum."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Optional

from ..answers import Upload
from ..errors import Busy, Problem, Unreachable
from ..show.progress import Progress
from ..wire.records import Raw
from ..wire.transport import Transport
from .queue import Queue, Uploader, rows_in
from .rows import Rows, parts

_NDJSON = "application/x-ndjson"
_KINDS = {".csv": "text/csv", ".ndjson": _NDJSON, ".jsonl": _NDJSON, ".json": "application/json"}


def rows_sent(http: Transport, rows: Rows, query: Mapping[str, Any], progress: Optional[bool]) -> Upload:
    """What became of `rows`, which go in parts; lines are counted from the first."""
    answered = []
    for part in parts(rows):
        with part, _shown(f"{part.rows:,} rows", part.file, progress) as shown:
            raw = _sent(http, part.file, query, _NDJSON, shown, gzip=True)
        for row in [*(raw.get("errors") or []), *(raw.get("doubted") or [])]:
            row["line"] += part.first
        answered.append(raw)
    return _sum(http, answered)


def file_sent(http: Transport, path: Path, query: Mapping[str, Any], progress: Optional[bool]) -> Upload:
    """What became of the rows in a file, which goes as it is."""
    gzip = path.suffix == ".gz"
    named = path.name[:-3] if gzip else path.name
    kind = _KINDS.get(Path(named).suffix.lower(), "text/plain")
    with path.open("rb") as file, _shown(path.name, file, progress) as shown:
        raw = _sent(http, file, {**query, "file_name": named}, kind, shown, gzip=gzip)
    return _sum(http, [raw])


def queued_sent(http: Transport, queue: Queue, uploader: Uploader) -> Upload:
    """What became of all that waits; what the server refuses is warned of."""
    answered = []
    for path, answer in queue.send(uploader):
        if isinstance(answer, Problem):
            warnings.warn(f"{path.name} was refused and is in {queue.directory / 'refused'}: {answer}", stacklevel=3)
            answered.append({"rejected": rows_in(path)})
        else:
            answered.append(answer.to_dict())
    return _sum(http, answered)


def rows_sent_by_queue(http: Transport, queue: Queue, uploader: Uploader, rows: Rows) -> Upload:
    """What became of `rows`, which are on disk first, and wait there when nobody takes them."""
    mine = queue.add(rows)
    answered = []
    refused: Optional[Problem] = None
    try:
        for path, answer in queue.send(uploader):
            if path not in mine:
                continue
            if isinstance(answer, Problem):
                refused = answer
                break
            answered.append(answer.to_dict())
    except (Unreachable, Problem) as error:
        if isinstance(error, Problem) and error.status < 500 and not isinstance(error, Busy):
            raise
        waiting = sum(rows_in(path) for path in mine if path.exists())
        warnings.warn(f"{waiting} rows wait in {queue.directory}: {error}", stacklevel=3)
        answered.append({"queued": waiting})
    if refused is not None:
        raise refused
    return _sum(http, answered)


def _shown(what: str, file: IO[bytes], progress: Optional[bool]) -> Progress:
    return Progress(f"sending {what}", file.seek(0, os.SEEK_END) / 1e6, progress, " MB")


def _sent(http: Transport, file: IO[bytes], query: Mapping[str, Any], kind: str, shown: Progress, *, gzip: bool) -> Raw:
    """What the server says to one body."""
    headers = {"Content-Length": str(file.seek(0, os.SEEK_END)), **({"Content-Encoding": "gzip"} if gzip else {})}
    body = _Told(file, shown)
    # Sent again at need, which is the default: a row that has arrived already counts as a duplicate.
    answer: Raw = http.send("POST", "/v1/measurements", query=query, body=body, content_type=kind, headers=headers)
    return answer


class _Told:
    """A file that tells how far it has been read."""

    def __init__(self, file: IO[bytes], shown: Progress) -> None:
        self._file, self._shown = file, shown

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._shown.at(self._file.tell() / 1e6)
        return piece

    def seek(self, at: int) -> int:
        return self._file.seek(at)


def _sum(http: Transport, raws: list[Raw]) -> Upload:
    total: Raw = {"upload": None}
    for name in ("accepted", "duplicates", "quarantined", "rejected", "queued"):
        total[name] = sum(raw.get(name) or 0 for raw in raws)
    total.update({"errors": [], "doubted": [], "uploads": []})
    for raw in raws:
        total["errors"] += raw.get("errors") or []
        total["doubted"] += raw.get("doubted") or []
        total["uploads"] += [raw["upload"]] if raw.get("upload") is not None else raw.get("uploads") or []
    for name in ("units", "other_counts", "no_group"):
        total[name] = [note for raw in raws for note in raw.get(name) or []]
    # What each part does to the fits, one after the other.
    impacts = [raw["impact"] for raw in raws if raw.get("impact")]
    left_out = [impact["left_out"] for impact in impacts if impact["left_out"]]
    total["impact"] = {
        "fits": [fit for impact in impacts for fit in impact["fits"]],
        "left_out": left_out[-1] if left_out else None,
    }
    total["upload"] = total["uploads"][-1] if total["uploads"] else None
    url = None if total["upload"] is None else http.address(f"/v1/uploads/{total['upload']}")
    return Upload(total, url)
