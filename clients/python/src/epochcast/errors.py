"""What can go wrong: the server says no, or nobody answers."""

from typing import Any, Optional

MAX_SHOWN = 10


class EpochcastError(Exception):
    """The base of all that is raised here on purpose."""


class FieldError:
    """What is wrong with one field of a request.

    `pointer` is the JSON pointer of the field in what was sent, `value` what stood there, `hint` what would be right.
    """

    def __init__(self, raw: dict[str, Any]) -> None:
        self.pointer: str = str(raw.get("pointer") or "")
        self.value: Any = raw.get("value")
        self.detail: str = str(raw.get("detail") or "")
        self.hint: str = str(raw.get("hint") or "")

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        where = f"{self.pointer}: " if self.pointer else ""
        return f"{where}{self.detail}{hint}"

    def __repr__(self) -> str:
        return f"FieldError(pointer={self.pointer!r}, value={self.value!r}, detail={self.detail!r}, hint={self.hint!r})"


class Problem(EpochcastError):
    """The server's answer is an error.

    `status` is that of HTTP, `errors` point at the fields that are wrong, `request_id` is what the server's log calls
    the request, `retry_after` the seconds that it asks to wait, if it does.
    """

    def __init__(self, raw: dict[str, Any], *, retry_after: Optional[float] = None) -> None:
        self.status: int = int(raw.get("status") or 0)
        self.title: str = str(raw.get("title") or "")
        self.detail: str = str(raw.get("detail") or self.title)
        self.request_id: Optional[str] = raw.get("request_id")
        self.errors: list[FieldError] = [FieldError(error) for error in raw.get("errors") or []]
        self.retry_after = retry_after
        self.raw = raw
        super().__init__(self.detail)

    def __str__(self) -> str:
        shown = [f"  {error}" for error in self.errors[:MAX_SHOWN]]
        if len(self.errors) > MAX_SHOWN:
            shown.append(f"  and {len(self.errors) - MAX_SHOWN} more, in .errors")
        if len(self.errors) == 1 and str(self.errors[0]) == self.detail:
            shown = []
        request = f" [request {self.request_id}]" if self.request_id else ""
        return "\n".join([f"{self.status} {self.detail}{request}", *shown])


class Unauthorized(Problem):
    """There is no token, it is not known, or its scope is too small."""


class Busy(Problem):
    """The server had no time, or this token or address asked too often; `retry_after` says when to come back."""


class Unreachable(EpochcastError):
    """Nobody answered at `url`, in `attempts` attempts."""

    def __init__(self, url: str, cause: BaseException, attempts: int) -> None:
        self.url = url
        self.cause = cause
        self.attempts = attempts
        times = "once" if attempts == 1 else f"{attempts} times"
        super().__init__(
            f"no answer from {url} (tried {times}; {cause}): start a server with `epochcast`, "
            "or say where it is by Client(url) or EPOCHCAST_URL"
        )


class NoGraph(EpochcastError, ValueError):
    """A torch module that cannot be said as a graph: which operator stands in the way, where, and why."""


class Missing(EpochcastError, ImportError):
    """A package that only some features need is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(f"this needs {package}: pip install {package}")


def problem(status: int, body: dict[str, Any], retry_after: Optional[float] = None) -> Problem:
    """The exception for an answer with `status`."""
    raw = {"status": status, **body}
    if status in (401, 403):
        return Unauthorized(raw, retry_after=retry_after)
    if status in (429, 503):
        return Busy(raw, retry_after=retry_after)
    return Problem(raw, retry_after=retry_after)
