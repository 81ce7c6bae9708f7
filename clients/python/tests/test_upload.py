"""Timings on their way to a real server."""

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import ROOT, Server, proxy, rows, says

import epochcast
from epochcast.sending.rows import parts
from epochcast.show import progress


def test_one_row_is_accepted_and_in_the_next_prediction(client):
    platform = {"id": "my-4090", "device": "NVIDIA GeForce RTX 4090", "precision": "amp"}
    row = {"platform": platform, "mode": "train", "model": "ResNet-50", "batch_size": 256, "images_per_second": 1510.0}
    answer = client.upload(row)
    assert (answer.accepted, answer.rejected, answer.queued) == (1, 0, 0)
    assert client.measurements(upload=answer.upload)[0].platform == "my-4090"
    assert client.predict("resnet50", platform="my-4090").epoch_seconds > 0
    assert client.upload(row).duplicates == 1


def test_a_data_frame_of_numpy_numbers_is_accepted(client):
    count = 30
    acts = np.linspace(4e6, 4e7, count)
    frame = pd.DataFrame({
        "platform": "framed", "device": "GPU", "mode": "train", "label": [f"n{at}" for at in range(count)],
        "flops": (acts * 200).astype(np.int64), "params": np.float32(1e6), "acts": acts,
        "batch_size": np.where(np.arange(count) % 2, 64.0, np.nan), "images_per_second": 1e10 / acts,
    })  # fmt: skip
    assert client.upload(frame).accepted == count
    kept = client.measurements(platform="framed").df
    assert sorted(kept["batch_size"].dropna().unique()) == [64]
    assert kept["batch_size"].isna().sum() == count // 2


def test_a_wrong_row_stores_nothing_unless_it_may_be_skipped(client):
    mixed = [*rows(2, "mixed"), {**rows(1, "mixed")[0], "mode": "trian"}]
    with pytest.raises(epochcast.Problem, match="line 3"):
        client.upload(mixed)
    assert len(client.measurements(platform="mixed")) == 0
    answer = client.upload(mixed, on_error="skip")
    assert (answer.accepted, answer.rejected) == (2, 1)
    assert answer.errors[0].line == 3
    assert answer.errors[0].hint


def test_a_dry_run_stores_nothing(client):
    assert client.upload(rows(4, "dry"), dry_run=True).accepted == 4
    assert "dry" not in {platform.id for platform in client.platforms()}


def test_counts_of_another_net_and_rows_in_no_group_are_told(client, monkeypatch):
    def row(flops: float, params: float) -> dict:
        counts = {"flops": flops, "params": params, "acts": 1.1e7}
        net = {"label": "resnet50", "resolution": 224, "complexity": counts}
        return {"platform": "v100x8-pycls", "mode": "train", "images_per_second": 1000.0, **net}

    sent = [row(4.1e9, 25.6e6), row(1.8e9, 11.7e6)]
    answer = client.upload(sent, dry_run=True)
    (other,) = answer.other_counts
    assert (other["line"], other["net"]) == (2, "ResNet-50")
    (alone,) = answer.no_group
    assert (alone["line"], alone["family"]) == (1, "resnet")
    card = answer._repr_html_()
    assert "0.44 times its flops" in card
    assert "so it is in the group" in card
    # Also where the rows go in several parts.
    monkeypatch.setattr("epochcast.sending.rows.PART_BYTES", 100)
    parted = client.upload(iter(sent), dry_run=True)
    assert len(parted.other_counts) == len(parted.no_group) == 1


def test_files_are_sent_as_they_are(client, tmp_path: Path):
    timm = ROOT / "tests/files/benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv"
    answer = client.upload_file(timm, dry_run=True)
    assert answer.accepted + answer.duplicates + answer.quarantined > 0
    log = ROOT / "tests/files/pycls-regnetx-400mf.log"
    assert client.upload_file(log, net="RegNetX-400MF", platform="v100x8-pycls", dry_run=True).accepted == 1
    squeezed = tmp_path / "rows.csv.gz"
    squeezed.write_bytes(gzip.compress(b"platform,device,mode,name,images_per_second\nzipped,GPU,train,resnet50,900\n"))
    assert client.upload(str(squeezed)).accepted == 1


def test_what_pandas_reads_from_the_server_can_be_sent_again(client, token, server):
    frame = pd.read_csv(f"{server.url}/v1/measurements.csv?platform=v100x8-paper")
    assert client.upload(frame).duplicates == len(frame) == 187


def test_rows_beyond_one_body_go_in_several_and_lines_count_on(client, monkeypatch):
    monkeypatch.setattr("epochcast.sending.rows.PART_BYTES", 2000)
    sent = [*rows(20, "parted"), {**rows(1, "parted")[0], "mode": "trian"}]
    answer = client.upload(iter(sent), on_error="skip")
    assert (answer.accepted, answer.rejected) == (20, 1)
    assert answer.errors[0].line == 21
    assert len(answer.uploads) > 1
    assert answer.upload == answer.uploads[-1]


def test_long_rows_leave_memory_for_a_file(monkeypatch):
    monkeypatch.setattr("epochcast.sending.rows.IN_MEMORY", 10)
    for part in parts(rows(200)):
        part.file.seek(0)
        assert gzip.decompress(part.file.read()).count(b"\n") == part.rows == 200


def test_equal_rows_make_equal_bodies():
    digests = []
    for _ in range(2):
        (part,) = parts(rows(3))
        digests.append(part.digest)
    assert digests[0] == digests[1]


class Cell(io.StringIO):
    """Where somebody looks."""

    def isatty(self) -> bool:
        return True


def test_progress_is_shown_where_it_is_asked_for(client, monkeypatch):
    stream = Cell()
    monkeypatch.setattr("sys.stderr", stream)
    client.upload(rows(300, "shown"), progress=True)
    shown = stream.getvalue()
    assert "sending 300 rows" in shown
    assert "(100%)" in shown
    assert shown.endswith("\n")


def test_progress_is_silent_in_scripts_and_while_it_is_quick(client, monkeypatch):
    for stream in (io.StringIO(), Cell()):
        monkeypatch.setattr("sys.stderr", stream)
        client.upload(rows(5, "silent"))
        assert stream.getvalue() == ""


def test_progress_says_what_is_left(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    stream = Cell()
    monkeypatch.setattr("sys.stderr", stream)
    with progress.Progress("timing", 10) as shown:
        for done in range(11):
            now[0] = float(done)
            shown.at(done)
    assert "timing: 5 of 10 (50%), 5 s left" in stream.getvalue()


def test_what_was_sent_to_one_service_is_in_the_next_answer_of_another(own_server):
    beside = Server(own_server.folder).start()
    platform = {"id": "fresh", "device": "GPU"}
    row = {"platform": platform, "mode": "train", "model": "ResNet-50", "batch_size": 64, "images_per_second": 700.0}
    try:
        with proxy(own_server.port) as both:
            client = epochcast.Client(both.url, own_server.token("me"))
            client.upload(row)
            both.upstream = beside.port
            assert client.predict("resnet50", platform="fresh").epoch_seconds > 0
    finally:
        beside.stop()


def test_after_a_backup_was_restored_its_answers_are_taken(server, token):
    with proxy(server.port) as watched:
        client = epochcast.Client(watched.url, token)
        client.upload(rows(1, "restored"))
        watched.acts = [says("409 Conflict", "Retry-After: 1\r\n", '{"detail": "the data here are of version 3"}')]
        assert client.version().name == "epochcast"
        assert watched.connections == 3
