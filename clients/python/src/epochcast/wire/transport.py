"""HTTP: one server, its token, and which requests are repeated when they fail."""

import enum
import json
import random
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Optional, Protocol, Union, cast
from urllib.parse import quote, urlencode

import urllib3

from ..errors import Problem, Unreachable, problem
from ..show.progress import say
from .values import plain


class Readable(Protocol):
    """A body that can be sent again from its start."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes more."""

    def seek(self, at: int, /) -> int:
        """Goes to byte `at`."""


Body = Union[bytes, Readable, None]
FIRST_WAIT, LONGEST_WAIT = 0.25, 8.0
# By then a second has passed, and somebody who looks on wonders.
WORTH_A_WORD = 3
# Another try may find a server or a proxy that has recovered.
PASSING = (429, 502, 503, 504)
# Those that are sent before anything was done.
NOT_DONE = (429, 503)
DATA_VERSION = "Epochcast-Data-Version"
# What changes the data when something is sent there.
DATA = ("/v1/measurements", "/v1/uploads")


class Again(enum.Enum):
    """When a request that failed may be sent once more."""

    SAFE = "it changes nothing, or nothing more than the first time"
    UNSENT = "only where it cannot have been carried out"


class Transport:
    """Sends requests to one server.

    A request that fails is repeated, after growing pauses or as long as `Retry-After` says, for `patience` seconds in
    all. `timeout` is the longest silence that is waited for, in seconds.

    Behind one address there may be several services. What was changed through one is in the answers of the others that
    are asked from here on.
    """

    def __init__(self, url: str, token: Optional[str], *, timeout: float, patience: float) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = urllib3.Timeout(connect=min(timeout, 10.0), read=timeout)
        self._patience = patience
        self._pool = urllib3.PoolManager(maxsize=8)
        self._changed: Optional[str] = None

    def __repr__(self) -> str:
        return f"Transport({self.url!r})"

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()

    def address(self, path: str, query: Optional[Mapping[str, Any]] = None) -> str:
        """The URL of `path`, each part of which is quoted already."""
        given = [(name, _text(value)) for name, value in (query or {}).items() if value is not None]
        return f"{self.url}{path}" + (f"?{urlencode(given, quote_via=quote)}" if given else "")

    def get(self, path: str, query: Optional[Mapping[str, Any]] = None) -> Any:
        """What JSON `path` answers."""
        return self.send("GET", path, query=query)

    def text(self, path: str, query: Optional[Mapping[str, Any]] = None) -> str:
        """What text `path` answers."""
        headers = self._headers(None, {"Accept": "*/*"})
        return self._repeated("GET", self.address(path, query), None, headers, Again.SAFE).data.decode()

    def ask(self, path: str, question: Mapping[str, Any]) -> Any:
        """What a POST that changes nothing answers."""
        return self.send("POST", path, body=encode(question), content_type="application/json")

    def send_file(self, path: str, file: Path, content_type: str, query: Mapping[str, Any]) -> Any:
        """What a POST of a file that changes nothing answers; the file is not held in memory."""
        with file.open("rb") as body:
            headers = {"Content-Length": str(file.stat().st_size)}
            return self.send("POST", path, query=query, body=body, content_type=content_type, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Optional[Mapping[str, Any]] = None,
        body: Body = None,
        content_type: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
        again: Again = Again.SAFE,
    ) -> Any:
        """What JSON the server answers."""
        all_headers = self._headers(content_type, headers)
        response = self._repeated(method, self.address(path, query), body, all_headers, again)
        try:
            return json.loads(response.data)
        except ValueError:
            raise _unreadable(response, self.url) from None

    def _repeated(
        self, method: str, url: str, body: Body, headers: dict[str, str], again: Again
    ) -> urllib3.BaseHTTPResponse:
        give_up = time.monotonic() + self._patience
        for attempt, pause in enumerate(_pauses(), start=1):
            try:
                response = self._once(method, url, body, headers)
            except urllib3.exceptions.HTTPError as error:
                if not _may_repeat(error, again) or time.monotonic() + pause > give_up:
                    # urllib3's own story is six frames long and says no more; `cause` has the end of it.
                    raise Unreachable(self.url, _cause(error), attempt) from None
                if attempt == WORTH_A_WORD:
                    say(f"no answer from {self.url} yet ({_cause(error)}), trying on for {self._patience:.0f} s")
                time.sleep(pause)
                continue
            if response.status < 300:
                if method != "GET" and url[len(self.url) :].startswith(DATA):
                    self._changed = response.headers.get(DATA_VERSION, self._changed)
                return response
            if response.status == 409 and headers.pop(DATA_VERSION, ""):
                # A backup was restored meanwhile: there is no such version any more.
                self._changed = None
                continue
            wait = _retry_after(response)
            failed = _problem(response, self.url, wait)
            wait = pause if wait is None else wait
            if not _will_pass(response.status, again) or time.monotonic() + wait > give_up:
                raise failed
            time.sleep(wait)
        raise AssertionError("the pauses never end")

    def _once(self, method: str, url: str, body: Body, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        if body is not None and not isinstance(body, bytes):
            body.seek(0)
        return self._pool.request(
            method,
            url,
            body=cast("Optional[bytes]", body),
            headers=headers,
            timeout=self._timeout,
            retries=False,
            redirect=False,
        )

    def _headers(self, content_type: Optional[str], more: Optional[Mapping[str, str]]) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "epochcast-python"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if content_type:
            headers["Content-Type"] = content_type
        if self._changed:
            headers[DATA_VERSION] = self._changed
        return {**headers, **(more or {})}


def encode(value: Any) -> bytes:
    """`value` as JSON, whatever library its numbers come from."""
    return json.dumps(plain(value), allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def segment(value: object) -> str:
    """`value` as one part of a path."""
    return quote(str(value), safe="")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(_text(inner) for inner in value)
    if isinstance(value, Mapping):
        return encode(value).decode()
    return str(plain(value))


def _pauses() -> Iterator[float]:
    pause = FIRST_WAIT
    while True:
        # Many clients that were cut off together shall not come back together.
        yield pause * random.uniform(0.75, 1.25)  # noqa: S311
        pause = min(pause * 2, LONGEST_WAIT)


def _may_repeat(error: Exception, again: Again) -> bool:
    if isinstance(error, (urllib3.exceptions.LocationValueError, urllib3.exceptions.SSLError)):
        return False
    never_sent = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    return again is Again.SAFE or isinstance(error, never_sent)


def _will_pass(status: int, again: Again) -> bool:
    return status in (PASSING if again is Again.SAFE else NOT_DONE)


def _cause(error: Exception) -> BaseException:
    """What the operating system said, which is shorter than what urllib3 makes of it."""
    inner: Optional[BaseException] = error
    while inner is not None and not isinstance(inner, OSError):
        inner = inner.__cause__ or inner.__context__
    return inner or error


def _retry_after(response: urllib3.BaseHTTPResponse) -> Optional[float]:
    text = response.headers.get("Retry-After")
    if text is None:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(timezone.utc)).total_seconds())
    except (TypeError, ValueError):
        return None


def _problem(response: urllib3.BaseHTTPResponse, url: str, wait: Optional[float]) -> Problem:
    try:
        body = json.loads(response.data)
    except ValueError:
        body = None
    if not isinstance(body, dict) or "detail" not in body:
        return _unreadable(response, url)
    return problem(response.status, body, wait)


def _unreadable(response: urllib3.BaseHTTPResponse, url: str) -> Problem:
    start = response.data[:200].decode(errors="replace").strip()
    where = response.headers.get("Location")
    moved = f", which points to {where}" if where else ""
    detail = f"this is no answer of an epochcast server ({url}{moved}): {start!r}"
    return problem(response.status, {"detail": detail, "request_id": response.headers.get("X-Request-Id")})
