"""One server for all tests that do not break it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import Server

import epochcast


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("server")).start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def token(server: Server) -> str:
    return server.token("tests")


@pytest.fixture
def client(server: Server, token: str) -> Iterator[epochcast.Client]:
    with epochcast.Client(server.url, token, patience=5) as made:
        yield made


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server that the test may kill."""
    folder = tmp_path / "server"
    folder.mkdir()
    started = Server(folder).start()
    yield started
    started.stop()
