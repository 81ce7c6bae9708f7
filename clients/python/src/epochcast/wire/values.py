"""Python's, numpy's and pandas's values as JSON knows them."""

import datetime
import decimal
import enum
import fractions
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

from .records import Record

_NOT_THERE = {"NAType", "NaTType"}


def plain(value: Any, pointer: str = "") -> Any:
    """`value` with nothing in it that JSON does not know.

    NaN, NA and NaT become None, which the server reads as absent; numpy's and torch's numbers and arrays become
    Python's. What cannot be said in JSON is refused with the pointer to it.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, enum.Enum):
        return plain(value.value, pointer)
    if isinstance(value, (int, float)):
        return _number(value, pointer)
    if isinstance(value, Mapping):
        return {str(key): plain(inner, f"{pointer}/{key}") for key, inner in value.items()}
    if isinstance(value, (list, tuple, range, set, frozenset)):
        return [plain(inner, f"{pointer}/{at}") for at, inner in enumerate(value)]
    return _other(value, pointer)


def _number(value: Any, pointer: str) -> Any:
    """A number, of Python's own type even where a subclass (as numpy's float64 is one) was given."""
    if isinstance(value, int):
        return int(value)
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise ValueError(f"{pointer or 'the value'}: {value} cannot be sent (only finite numbers can)")
    return float(value)


def _other(value: Any, pointer: str) -> Any:
    if type(value).__name__ in _NOT_THERE:
        return None
    if isinstance(value, datetime.datetime):
        return moment(value, pointer)
    if isinstance(value, (decimal.Decimal, fractions.Fraction)):
        return _number(float(value), pointer)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Record):
        return plain(value.to_dict(), pointer)
    for method in ("tolist", "item"):
        # numpy's, pandas's and torch's arrays, and their single numbers
        convert = getattr(value, method, None)
        if callable(convert):
            return plain(convert(), pointer)
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
        return plain(list(value), pointer)
    raise TypeError(f"{pointer or 'the value'}: a {type(value).__name__} cannot be sent as JSON")


def moment(value: datetime.datetime, pointer: str = "") -> str:
    """A point in time as RFC 3339 writes it."""
    if value.tzinfo is None:
        raise ValueError(f"{pointer or 'the time'}: {value} has no time zone (give it one: datetime.timezone.utc, say)")
    return value.isoformat()
