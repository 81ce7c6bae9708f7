#!/usr/bin/env python3
"""Memory and descriptors under half load: predictions of 450 nets at half the rate that the machine can do, uploads, reads,
charts, plans, comparisons, batches, and clients that come and go. Prints a line every tenth of the time, and how the last
third compares with the third before.

    scripts/soak.py [MINUTES, default 20]

Needs wrk.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from bench_load import ASK, wrk
from common import Server, csv

MINUTES = float(sys.argv[1]) if len(sys.argv) > 1 else 20


def descriptors(server):
    return len(list(pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()))


NET = {"model": {"name": "RegNetY-4GF"}, "platform": "v100x8-paper"}
PAGES = ["/", "/metrics", "/v1/measurements?limit=1000", "/v1/measurements.csv", "/v1/platforms", "/readyz"]
CHARTS = [f"/v1/charts/{chart}.svg?platform=v100x8-paper" for chart in ("fit", "residuals")]
QUESTIONS = {"/v1/plan": {**NET, "limits": {"epoch_seconds": 600}}, "/v1/compare": {**NET, "factors": [1, 2, 4]},
             "/v1/explain": NET, "/v1/predict/batch": {"items": [json.loads(ASK)] * 100}}


def others(server, token, end, counts):
    """An upload of 200 rows, pages, lists, charts and every kind of question, every second, each over a connection of its own."""
    body, turn = csv(200).encode(), 0
    while time.monotonic() < end:
        status, answer = server.upload(token, body)
        assert status == 200, answer
        for path in [*PAGES, *CHARTS, "/v1/evaluation"]:
            status, text = server.request("GET", path)
            assert status == 200, (path, status, text)
        for path, question in QUESTIONS.items():
            status, text = server.request("POST", path, json.dumps(question), {"Content-Type": "application/json"})
            assert status == 200, (path, status, text)
        assert server.request("GET", "/v1/nothing")[0] == 404
        counts.append(turn)
        turn += 1
        time.sleep(1)


with tempfile.TemporaryDirectory() as folder:
    server = Server(folder, "--writes-per-minute", "0", log=pathlib.Path(folder, "log")).start()
    token = server.token()
    capacity, _ = wrk(server.port, folder, 32, 3, nets="450 nets")
    end, turns = time.monotonic() + 60 * MINUTES, []
    wait_ms = max(1, round(32 / (capacity / 2) * 1000))
    helper = threading.Thread(target=others, args=(server, token, end, turns))
    helper.start()
    samples, answered = [], 0
    while time.monotonic() < end:
        slice_seconds = max(2, min(MINUTES * 6, end - time.monotonic()))
        rate, p99 = wrk(server.port, folder, 32, slice_seconds, wait_ms, nets="450 nets")
        answered += rate * slice_seconds
        samples.append((server.resident_mb(), descriptors(server)))
        print(f"{rate:,.0f} predictions/s, p99 {p99:.1f} ms, {samples[-1][0]:.1f} MB resident, {samples[-1][1]} "
              f"descriptors, {server.request('GET', '/readyz')[0]} ready", flush=True)
    helper.join()
    assert server.process.poll() is None and turns, "it did not last"
    third = max(1, len(samples) // 3)
    (before, fds_before), (after, fds_after) = (
        tuple(statistics.mean(column) for column in zip(*part)) for part in (samples[-2 * third:-third], samples[-third:]))
    print(f"{MINUTES:g} minutes at half of {capacity:,.0f} predictions/s: about {answered:,.0f} predictions and {len(turns)} "
          f"rounds of an upload, charts and other questions; memory {before:.1f} to {after:.1f} MB, descriptors {fds_before:.0f} to {fds_after:.0f}, from the second "
          f"third to the last")
    server.stop()
