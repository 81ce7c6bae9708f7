"""What the server finds wrong arrives with its pointer, value, hint and request id; and what is tried again."""

import io
import time

import pytest
from support import cut_after, cut_before, passed, proxy, rows, says

import epochcast
from epochcast.wire.transport import Again

PASSING = ("502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout", "429 Too Many Requests")


def test_a_problem_carries_pointer_value_hint_and_request_id(client):
    with pytest.raises(epochcast.Problem) as caught:
        client.predict("RegNetY-4GFx")
    (error,) = caught.value.errors
    assert (error.pointer, error.value) == ("/model/name", "RegNetY-4GFx")
    assert error.hint == "did you mean `regnety-4gf`?"
    assert caught.value.status == 422
    assert caught.value.request_id
    assert caught.value.request_id in str(caught.value)


def test_a_misspelt_keyword_is_named_by_the_server(client):
    with pytest.raises(epochcast.Problem, match="plattform"):
        client.predict("resnet50", plattform="v100x8-paper")


def test_every_wrong_row_is_shown(client):
    wrong = [{**row, "images_per_second": -1} for row in rows(12)]
    with pytest.raises(epochcast.Problem) as caught:
        client.upload(wrong)
    assert len(caught.value.errors) == 12
    assert "and 2 more, in .errors" in str(caught.value)


@pytest.mark.parametrize("token", ["", "epochcast_wrong"])
def test_writing_without_a_right_token_is_unauthorized(server, token):
    with pytest.raises(epochcast.Unauthorized):
        epochcast.Client(server.url, token, patience=0).upload(rows(1))


def test_where_nobody_answers_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setenv("EPOCHCAST_URL", "http://127.0.0.1:9")
    with pytest.raises(epochcast.Unreachable, match=r"(?s)127\.0\.0\.1:9.*refused.*EPOCHCAST_URL"):
        epochcast.Client(patience=0).version()


class Cell(io.StringIO):
    """Where somebody looks."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "told"), [(Cell(), 1), (io.StringIO(), 0)])
def test_whoever_waits_for_a_server_is_told_once(monkeypatch, stream, told):
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("epochcast.wire.transport.FIRST_WAIT", 0.01)
    with pytest.raises(epochcast.Unreachable):
        epochcast.Client("http://127.0.0.1:9", patience=0.2).version()
    assert stream.getvalue().count("no answer from http://127.0.0.1:9 yet") == told


def test_the_way_there_is_not_in_the_traceback():
    with pytest.raises(epochcast.Unreachable) as caught:
        epochcast.Client("http://127.0.0.1:9", patience=0).version()
    assert caught.value.__suppress_context__
    assert isinstance(caught.value.cause, ConnectionRefusedError)


def test_url_and_token_come_from_the_environment(monkeypatch, server, token):
    monkeypatch.setenv("EPOCHCAST_URL", server.url + "/")
    monkeypatch.setenv("EPOCHCAST_TOKEN", token)
    assert epochcast.Client().upload(rows(1, "from-environment")).accepted == 1


def test_an_answer_of_something_else_says_so(server):
    page, away = says("200 OK", body="<html>Log in</html>"), says("302 Found", "Location: https://login.invalid/\r\n")
    with proxy(server.port, page, away) as other:
        client = epochcast.Client(other.url, "secret")
        with pytest.raises(epochcast.Problem, match=r"no answer of an epochcast server.*Log in"):
            client.version()
        with pytest.raises(epochcast.Problem, match=r"points to https://login\.invalid/"):
            client.version()


@pytest.mark.parametrize("status", PASSING)
@pytest.mark.parametrize("ask", ["get", "post"])
def test_questions_are_asked_again_when_a_server_had_no_time(server, status, ask):
    with proxy(server.port, says(status), says(status)) as flaky:
        client = epochcast.Client(flaky.url)
        assert client.version().name == "epochcast" if ask == "get" else client.complexity("resnet50").base.name
        assert flaky.connections == 3


@pytest.mark.parametrize("act", [cut_before, cut_after])
def test_questions_are_asked_again_when_the_line_is_cut(server, act):
    with proxy(server.port, act, act) as flaky:
        assert epochcast.Client(flaky.url).predict("resnet50", platform="v100x8-paper").epoch_seconds > 0
        assert flaky.connections == 3


def test_retry_after_is_waited_for(server):
    with proxy(server.port, says("429 Too Many Requests", "Retry-After: 1\r\n")) as flaky:
        begun = time.monotonic()
        epochcast.Client(flaky.url).version()
        # The server's second, not the first pause of a quarter.
        assert time.monotonic() - begun >= 1


def test_a_wait_beyond_the_patience_is_not_begun(server):
    with proxy(server.port, says("503 Service Unavailable", "Retry-After: 3600\r\n", '{"detail": "later"}')) as flaky:
        with pytest.raises(epochcast.Busy, match="later") as caught:
            epochcast.Client(flaky.url, patience=5).version()
        assert (caught.value.retry_after, flaky.connections) == (3600, 1)


def test_wrong_questions_are_asked_once(server):
    with proxy(server.port) as watched:
        with pytest.raises(epochcast.Problem):
            epochcast.Client(watched.url).predict("no such net")
        assert watched.requests == 1


@pytest.mark.parametrize("act", [cut_before, cut_after, says("504 Gateway Timeout")])
def test_an_upload_is_sent_again_and_never_doubles(server, token, client, act, request):
    platform = f"again-{abs(hash(request.node.name)) % 10**8}"
    sent = rows(20, platform)
    with proxy(server.port, act) as flaky:
        answer = epochcast.Client(flaky.url, token).upload(sent)
    assert answer.accepted + answer.duplicates == 20
    assert len(client.measurements(platform=platform)) == 20


def test_an_upload_that_had_arrived_answers_with_duplicates(server, token):
    with proxy(server.port, cut_after) as flaky:
        answer = epochcast.Client(flaky.url, token).upload(rows(20, "arrived"))
        assert (answer.accepted, answer.duplicates, flaky.requests) == (0, 20, 2)


def test_what_may_have_been_done_is_not_done_again(server, token, client):
    upload = client.upload(rows(3, "removed"))
    with proxy(server.port, cut_after) as flaky:
        other = epochcast.Client(flaky.url, token)
        with pytest.raises(epochcast.Unreachable, match="tried once"):
            other.remove_upload(upload.upload)
        assert flaky.requests == 1
    assert len(client.measurements(platform="removed")) == 0
    client.restore_upload(upload.upload)
    assert len(client.measurements(platform="removed")) == 3


def test_what_was_surely_not_done_is_done_again(server, token, client):
    upload = client.upload(rows(3, "removed-later"))
    with proxy(server.port, says("503 Service Unavailable")) as flaky:
        epochcast.Client(flaky.url, token).remove_upload(upload.upload)
        assert flaky.connections == 2
    assert [again.name for again in Again] == ["SAFE", "UNSENT"]


def test_the_token_is_in_no_text(server, token):
    client = epochcast.Client(server.url, token)
    with pytest.raises(epochcast.Problem) as caught:
        client.upload({"a": 1})
    assert token not in repr(client) + str(caught.value) + repr(caught.value)


def test_a_proxy_passes_requests_on(server):
    # The tests above stand on it.
    with proxy(server.port, passed) as between:
        assert epochcast.Client(between.url).version().name == "epochcast"
