"""A directory of rows that wait for a server.

Rows are on disk, synced and whole, before anything is sent, and leave only after the server has said that it has them.
Whoever is killed in between sends them again, which does no harm: the server counts rows that it has as duplicates.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, Protocol, Union

from ..answers import Upload
from ..errors import Problem, Unauthorized
from .rows import Rows, parts

REFUSED = "refused"
# Not the rows are wrong, but the moment or the sender.
KEPT = (401, 403, 404, 405, 408, 429)


class Uploader(Protocol):
    """What a queue sends by: a Client."""

    def upload_file(self, path: Path, /, *, on_error: Literal["abort"]) -> Upload:
        """Sends the file."""


class Queue:
    """Rows that wait in `directory`, one file for each call of `add`."""

    def __init__(self, directory: Union[str, "os.PathLike[str]"]) -> None:
        self.directory = Path(directory).expanduser()
        self.directory.mkdir(parents=True, exist_ok=True)

    def __repr__(self) -> str:
        return f"Queue({str(self.directory)!r}, {len(self)} waiting)"

    def __len__(self) -> int:
        return len(self.files())

    def files(self) -> list[Path]:
        """What waits, the oldest first."""
        return sorted(self.directory.glob("*.ndjson.gz"))

    def add(self, rows: Rows) -> list[Path]:
        """Puts rows on disk. The same rows, added twice while they wait, wait once."""
        added = []
        for part in parts(rows):
            with part:
                if not part.rows:
                    continue
                waiting = list(self.directory.glob(f"*-{part.digest}.ndjson.gz"))
                added.append(waiting[0] if waiting else self._store(part.digest, part.rows, part.file))
        return added

    def _store(self, digest: str, rows: int, file: IO[bytes]) -> Path:
        path = self.directory / f"{time.time_ns():020}-{rows}-{digest}.ndjson.gz"
        unfinished = self.directory / f".{digest}-{os.getpid()}.part"
        file.seek(0)
        with unfinished.open("wb") as out:
            while piece := file.read(1 << 20):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(path)
        _sync_directory(self.directory)
        return path

    def send(self, client: Uploader) -> Iterator[tuple[Path, Union[Upload, Problem]]]:
        """Sends what waits and yields what became of each file.

        A file that the server finds wrong goes to `refused/`, with the reason beside it. Where nobody answers or the
        token is wrong, the rest waits on, and the exception is raised.
        """
        for path in self.files():
            try:
                answer: Union[Upload, Problem] = client.upload_file(path, on_error="abort")
            except FileNotFoundError:
                # Another process has just sent it.
                continue
            except Problem as problem:
                if isinstance(problem, Unauthorized) or problem.status in KEPT or problem.status >= 500:
                    raise
                self._refuse(path, problem)
                answer = problem
            else:
                path.unlink(missing_ok=True)
            yield path, answer

    def _refuse(self, path: Path, problem: Problem) -> None:
        refused = self.directory / REFUSED
        refused.mkdir(exist_ok=True)
        reason = refused / f"{path.name}.problem.json"
        reason.write_text(json.dumps(problem.raw, indent=1, ensure_ascii=False), encoding="utf-8")
        path.replace(refused / path.name)


def rows_in(path: Path) -> int:
    """How many rows a waiting file has."""
    return int(path.name.split("-")[1])


def _sync_directory(directory: Path) -> None:
    # Windows cannot open a directory, and does without.
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
