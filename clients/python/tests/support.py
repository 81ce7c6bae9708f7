"""A real server, and a proxy before it that misbehaves on purpose."""

import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Optional

ROOT = Path(__file__).resolve().parents[3]


def binary() -> Path:
    """EPOCHCAST_BINARY, else what cargo has built."""
    named = os.environ.get("EPOCHCAST_BINARY")
    places = [Path(named)] if named else [ROOT / "target" / kind / "epochcast" for kind in ("debug", "release")]
    for place in places:
        if place.is_file():
            return place
    raise FileNotFoundError(f"no server binary: cargo build, or set EPOCHCAST_BINARY (looked at {places})")


class Server:
    """epochcast in `folder`, on a port of its own choice."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self.process: Optional[subprocess.Popen[str]] = None

    def start(self) -> "Server":
        # The port of the first start stays, so that clients find the server again.
        command = [str(binary()), "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        told = ""
        # On a slow machine a warning in the log may come first.
        while (found := re.search(r" on http://127\.0\.0\.1:(\d+)", told)) is None:
            line = self.process.stdout.readline()
            assert line, f"the server ended: {told}"
            told += line
        self.port = int(found[1])
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, name: str, scope: str = "write") -> str:
        command = [str(binary()), "token", "create", "--name", name, "--scope", scope]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()


Act = Callable[["Proxy", socket.socket], None]


class Proxy:
    """A TCP proxy that treats its first connections as `acts` say, and passes the later ones on."""

    def __init__(self, port: int, acts: list[Act]) -> None:
        self.upstream, self.acts, self.connections, self.requests = port, list(acts), 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            act = self.acts.pop(0) if self.acts else passed
            threading.Thread(target=self._serve, args=(act, client), daemon=True).start()

    def _serve(self, act: Act, client: socket.socket) -> None:
        with client:
            act(self, client)


def read_request(client: socket.socket) -> bytes:
    """One whole request."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head.lower())
    length = int(found[1]) if found else 0
    while len(body) < length:
        piece = client.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def _answer(proxy: Proxy, request: bytes) -> bytes:
    """What the real server says, once."""
    head, _, body = request.partition(b"\r\n\r\n")
    with socket.create_connection(("127.0.0.1", proxy.upstream)) as server:
        server.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
        answer = b""
        while piece := server.recv(65536):
            answer += piece
    return answer


def passed(proxy: Proxy, client: socket.socket) -> None:
    """Hands the request on, and the answer back."""
    request = read_request(client)
    if request:
        proxy.requests += 1
        client.sendall(_answer(proxy, request))


def cut_before(proxy: Proxy, client: socket.socket) -> None:
    """Reads the request and hangs up: nothing has arrived."""
    read_request(client)


def cut_after(proxy: Proxy, client: socket.socket) -> None:
    """Lets the server do its work, and hangs up before the answer."""
    request = read_request(client)
    proxy.requests += 1
    _answer(proxy, request)


def says(status: str, headers: str = "", body: str = "") -> Act:
    """Answers itself."""

    def act(proxy: Proxy, client: socket.socket) -> None:
        read_request(client)
        head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        client.sendall((head + body).encode())

    return act


@contextmanager
def proxy(port: int, *acts: Act) -> Iterator[Proxy]:
    """A proxy that is closed at the end."""
    made = Proxy(port, list(acts))
    try:
        yield made
    finally:
        made.listener.close()


def rows(count: int, platform: str = "made-up", **more: Any) -> list[dict[str, Any]]:
    """Timings of a made-up device, each of a net of its own."""
    return [
        {
            "platform": {"id": platform, "device": "made-up GPU"},
            "mode": "train",
            "label": f"net {at}",
            "complexity": {"flops": 1e9 * (at + 1), "params": 1e6 * (at + 1), "acts": 4e6 * (at + 1)},
            "batch_size": 64,
            "images_per_second": 2000.0 / (at + 1),
            **more,
        }
        for at in range(count)
    ]
