"""Rows that wait on disk: none lost, none doubled, whoever is killed when."""

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support import Server, cut_after, proxy, rows, says

import epochcast
from epochcast.sending.queue import Queue


def stored(url: str, platform: str) -> int:
    return len(epochcast.Client(url).measurements(platform=platform))


def test_rows_wait_while_nobody_answers_and_go_when_somebody_does(tmp_path: Path, server: Server, token: str):
    offline = epochcast.Client("http://127.0.0.1:9", token, patience=0, queue=tmp_path)
    with pytest.warns(UserWarning, match="5 rows wait in"):
        assert offline.upload(rows(5, "waited")).queued == 5
    assert len(offline.queue) == 1
    client = epochcast.Client(server.url, token, queue=tmp_path)
    answer = client.upload(rows(7, "waited")[5:])
    # The answer is about the rows of this call.
    assert (answer.accepted, answer.queued) == (2, 0)
    assert stored(server.url, "waited") == 7
    assert len(client.queue) == 0


@pytest.mark.parametrize("status", ["503 Service Unavailable", "507 Insufficient Storage"])
def test_rows_wait_while_the_server_has_no_room_for_them(tmp_path: Path, server: Server, token: str, status: str):
    full = says(status, "Retry-After: 3600\r\n", '{"detail": "no room"}')
    with proxy(server.port, full) as before:
        client = epochcast.Client(before.url, token, queue=tmp_path)
        with pytest.warns(UserWarning, match="4 rows wait in .*no room"):
            assert client.upload(rows(4, f"no-room-{status[:3]}")).queued == 4
        assert client.send_queued().accepted == 4
    assert len(client.queue) == 0


def test_the_same_rows_wait_once(tmp_path: Path):
    queue = Queue(tmp_path)
    assert queue.add(rows(5)) == queue.add(rows(5))
    assert (len(queue), repr(queue).endswith("1 waiting)")) == (1, True)


def test_what_was_sent_but_not_struck_off_does_not_double(tmp_path: Path, server: Server, token: str):
    client = epochcast.Client(server.url, token, queue=tmp_path)
    (path,) = client.queue.add(rows(6, "struck"))
    kept = path.read_bytes()
    assert client.send_queued().accepted == 6
    # As if the process had been killed after the server's answer.
    path.write_bytes(kept)
    again = client.send_queued()
    assert (again.accepted, again.duplicates) == (0, 6)
    assert stored(server.url, "struck") == 6


def test_a_lost_answer_does_not_double(tmp_path: Path, server: Server, token: str):
    with proxy(server.port, cut_after) as flaky:
        epochcast.Client(flaky.url, token, queue=tmp_path).upload(rows(6, "lost-answer"))
    assert stored(server.url, "lost-answer") == 6


def test_wrong_rows_step_aside_with_the_reason_and_block_nobody(tmp_path: Path, server: Server, token: str):
    client = epochcast.Client(server.url, token, queue=tmp_path)
    client.queue.add([{**rows(1, "aside")[0], "mode": "trian"}])
    with pytest.raises(epochcast.Problem, match="trian"):
        client.upload({**rows(1, "aside")[0], "mode": "trian"})
    client.queue.add({**rows(1, "aside")[0], "batch_size": -1})
    client.queue.add(rows(3, "aside"))
    with pytest.warns(UserWarning, match="was refused"):
        assert client.send_queued().accepted == 3
    refused = sorted((tmp_path / "refused").iterdir())
    assert len(refused) == 4
    assert json.loads(refused[1].read_text())["errors"]
    assert len(client.queue) == 0


def test_a_wrong_token_keeps_the_rows(tmp_path: Path, server: Server):
    client = epochcast.Client(server.url, "epochcast_wrong", queue=tmp_path)
    with pytest.raises(epochcast.Unauthorized):
        client.upload(rows(2, "kept"))
    assert len(client.queue) == 1


def test_a_client_without_a_queue_says_so(client):
    with pytest.raises(ValueError, match="no queue"):
        client.send_queued()


SENDER = """
    import sys
    import epochcast
    sys.path.insert(0, {tests!r})
    from support import rows
    client = epochcast.Client({url!r}, {token!r}, queue={queue!r}, patience=0)
    for at in range(40):
        client.upload(rows(1, "killed", label=f"net {{at}}"))
        print(at, flush=True)
"""


def test_rows_survive_the_kill_of_the_sender(tmp_path: Path, own_server: Server):
    token = own_server.token("killed")
    code = textwrap.dedent(SENDER).format(
        tests=str(Path(__file__).parent), url=own_server.url, token=token, queue=str(tmp_path / "queue")
    )
    acknowledged = 0
    for lines in (1, 4, 9):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as sender:
            assert sender.stdout is not None
            for _ in range(lines):
                acknowledged = max(acknowledged, int(sender.stdout.readline()) + 1)
            sender.send_signal(signal.SIGKILL)
    epochcast.Client(own_server.url, token, queue=tmp_path / "queue").send_queued()
    labels = [row.label for row in epochcast.Client(own_server.url).measurements(platform="killed")]
    assert len(labels) == len(set(labels)) >= acknowledged


def test_rows_survive_the_kill_of_the_server(tmp_path: Path, own_server: Server):
    token = own_server.token("killed")
    client = epochcast.Client(own_server.url, token, queue=tmp_path / "queue", patience=0)
    client.upload(rows(3, "server-killed"))
    own_server.stop()
    with pytest.warns(UserWarning, match="rows wait"):
        client.upload(rows(6, "server-killed")[3:])
    own_server.start()
    assert client.send_queued().accepted == 3
    assert stored(own_server.url, "server-killed") == 6
