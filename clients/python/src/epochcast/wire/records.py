"""An answer's JSON with its fields as attributes."""

import functools
import typing
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional

Raw = dict[str, Any]


class Record:
    """A JSON object whose fields are attributes.

    Subclasses name the fields that are known; those that a newer server adds are there too. `to_dict()` is the JSON as
    it came.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.__dict__["_raw"] = dict(raw)

    if not TYPE_CHECKING:  # so that a misspelt name is a type error all the same

        def __getattr__(self, name: str) -> Any:
            raw = self.__dict__.get("_raw", {})
            hint = _hints(type(self)).get(name)
            if name in raw:
                value = _wrap(raw[name], hint)
                self.__dict__[name] = value
                return value
            if hint is not None and type(None) in typing.get_args(hint):
                return None
            raise AttributeError(f"{type(self).__name__} has no {name}; it has: {', '.join(self.__dir__())}")

    def to_dict(self) -> Raw:
        """The JSON object as it came."""
        raw: Raw = self.__dict__["_raw"]
        return raw

    def __getitem__(self, name: str) -> Any:
        return self.to_dict()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    def __contains__(self, name: object) -> bool:
        return name in self.to_dict()

    def __dir__(self) -> list[str]:
        own = [name for name in dir(type(self)) if not name.startswith("_")]
        return sorted({*own, *self.to_dict()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(other) is type(self) and other.to_dict() == self.to_dict()

    def __hash__(self) -> int:
        return hash(repr(self.to_dict()))

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.to_dict(),))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={_short(value)}" for name, value in self.to_dict().items())
        return f"{type(self).__name__}({fields})"


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{…}" if value else "{}"
    if isinstance(value, list) and any(isinstance(inner, (dict, list)) for inner in value):
        return f"[{len(value)} …]"
    return repr(value)


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _record_type(hint: Any) -> Optional[type[Record]]:
    """The class of records that `hint` is about, be they optional or in a list."""
    if isinstance(hint, type) and not typing.get_args(hint):
        return hint if issubclass(hint, Record) else None
    return next((found for inner in typing.get_args(hint) if (found := _record_type(inner))), None)


def _wrap(value: Any, hint: Any) -> Any:
    if isinstance(value, list):
        return [_wrap(inner, hint) for inner in value]
    if not isinstance(value, Mapping):
        return value
    known = _record_type(hint)
    if known is not None:
        return known(value)
    return dict(value) if _is_dict(hint) else Record(value)


def _is_dict(hint: Any) -> bool:
    return typing.get_origin(hint) is dict or any(_is_dict(inner) for inner in typing.get_args(hint))
