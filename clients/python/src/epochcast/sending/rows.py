"""Rows of timings on their way to the server: from mappings or DataFrames to compressed NDJSON."""

import gzip
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, Union

from .. import ask
from ..wire.records import Record
from ..wire.transport import encode
from ..wire.values import plain

Rows = Union[Mapping[str, Any], Iterable[Mapping[str, Any]], Any]
"""A row, rows, or a DataFrame of rows."""

# The server takes 512 MB; half of that is a transaction that others wait for long enough.
PART_BYTES = 256 << 20
IN_MEMORY = 8 << 20

_PLATFORM = ("device", "device_count", "precision", "memory_format", "compiled", "framework")
_COSTS = ("flops", "params", "acts")
_SCALING = ("strategy", "alpha", "scale_type", "exponents", "factor")


class Part:
    """Rows as one body: gzip over NDJSON, in memory while small, else in a temporary file."""

    def __init__(self, first: int) -> None:
        # Closed by close(), since it outlives this function.
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._gzip = gzip.GzipFile(fileobj=self.file, mode="wb", compresslevel=1, mtime=0)
        self._hash = hashlib.sha256()
        self.first = first
        self.rows = self.bytes = 0

    def add(self, line: bytes) -> None:
        """One more row."""
        self._gzip.write(line)
        self._hash.update(line)
        self.rows += 1
        self.bytes += len(line)

    def end(self) -> "Part":
        """No more rows."""
        self._gzip.close()
        return self

    @property
    def digest(self) -> str:
        """A name for what it holds."""
        return self._hash.hexdigest()[:24]

    def close(self) -> None:
        """Frees its memory or file."""
        self.file.close()

    def __enter__(self) -> "Part":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def parts(rows: Rows) -> Iterator[Part]:
    """`rows` in bodies that the server takes; one, unless they are very many."""
    part = Part(0)
    try:
        for at, row in enumerate(each(rows)):
            line = encode(nested(row, f"/{at}")) + b"\n"
            if part.rows and part.bytes + len(line) > PART_BYTES:
                yield part.end()
                part = Part(at)
            part.add(line)
        yield part.end()
    finally:
        part.close()


def each(rows: Rows) -> Iterator[Mapping[str, Any]]:
    """The rows one by one."""
    if isinstance(rows, Record):
        yield rows.to_dict()
    elif isinstance(rows, Mapping):
        yield rows
    elif hasattr(rows, "columns") and hasattr(rows, "itertuples"):
        names = [str(name) for name in rows.columns]
        for values in rows.itertuples(index=False, name=None):
            yield dict(zip(names, values))
    elif isinstance(rows, Iterable) and not isinstance(rows, (str, bytes)):
        for row in rows:
            yield from each(row)
    else:
        raise TypeError(f"a {type(rows).__name__} is no row: give mappings, a DataFrame, or the path of a file")


def nested(row: Mapping[str, Any], pointer: str = "") -> dict[str, Any]:
    """A row as the server reads it: flat columns such as `name`, `flops` and `factor` go where they belong."""
    if ask.is_module(row.get("model")):
        row = {**row, "model": None, **ask.net(row["model"], row.get("resolution"))}
    fields = {name: value for name, value in plain(row, pointer).items() if value is not None}
    if isinstance(fields.get("platform"), str) and any(name in fields for name in _PLATFORM):
        fields["platform"] = {"id": fields["platform"], **_taken(fields, _PLATFORM)}
    if "name" in fields and "model" not in fields:
        fields["model"] = {"name": fields.pop("name")}
    if any(name in fields for name in _COSTS) and "complexity" not in fields:
        fields["complexity"] = _taken(fields, _COSTS)
    if any(name in fields for name in _SCALING) and "scaling" not in fields:
        fields["scaling"] = _taken(fields, _SCALING)
    if isinstance(fields.get("model"), str):
        fields.update(_named(fields["model"]))
    if isinstance(fields.get("scaling"), str):
        fields["scaling"] = ask.scaling(fields["scaling"])
    return fields


def _named(model: str) -> dict[str, Any]:
    found = ask.net(model)
    if ask.ONNX in found:
        raise ValueError(f"{model}: a timing says its net by name, by costs or as a graph, not as a file of ONNX")
    return found


def _taken(fields: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: fields.pop(name) for name in names if name in fields}
