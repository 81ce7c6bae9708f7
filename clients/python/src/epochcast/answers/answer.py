"""An answer: fields as attributes, `.df`, `.url`, and a card in notebooks."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Optional

from ..errors import Missing
from ..show import html, words
from ..wire.records import Raw, Record

if TYPE_CHECKING:
    import pandas as pd


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
        return html.card(type(self).__name__, [table(self.records())], self.url)


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


def frame(rows: list[Raw]) -> "pd.DataFrame":
    """Rows as a pandas DataFrame."""
    made: pd.DataFrame = pandas().DataFrame(rows)
    return made


def pandas() -> Any:
    """The library, which takes seconds to import and may be missing."""
    try:
        import pandas as pd
    except ImportError:
        raise Missing("pandas") from None
    return pd


def table(rows: list[Raw]) -> str:
    """Rows as a table of a card."""
    cells = [[_cell(value) for value in row.values()] for row in rows]
    return html.table(list(rows[0]) if rows else [], cells)


def _cell(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return "…"
    return words.number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value or "")
