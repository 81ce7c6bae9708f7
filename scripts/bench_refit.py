#!/usr/bin/env python3
"""How long an upload of one row takes until its fit is in use, on a platform with many timings and on one with few.

    scripts/bench_refit.py [ROWS, default 100000]

An upload answers when its row is durable and the new coefficients are in use, so its time bounds theirs from above.
"""

import statistics
import sys
import tempfile
import time

from common import PLATFORM, Server, csv

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
TURNS = 20


def milliseconds(server, token, platform, turn):
    row = csv(1, f"turn{turn}-", seed=turn).replace(PLATFORM["id"], platform)
    begun = time.perf_counter()
    status, answer = server.upload(token, row)
    taken = (time.perf_counter() - begun) * 1000
    assert status == 200 and answer["accepted"] + answer["quarantined"] == 1, answer
    return taken


with tempfile.TemporaryDirectory() as folder:
    server = Server(folder).start()
    token = server.token()
    server.upload(token, csv(ROWS))
    server.upload(token, csv(50, "few").replace(PLATFORM["id"], "few"))
    time.sleep(3)
    many, few = [], []
    for turn in range(TURNS):
        many.append(milliseconds(server, token, PLATFORM["id"], turn))
        few.append(milliseconds(server, token, "few", turn))
    server.stop()
    a, b = statistics.median(many), statistics.median(few)
    print(f"one more row: {a:.1f} ms beside {ROWS:,} timings, {b:.1f} ms beside 50, {a - b:.1f} ms more (medians of {TURNS})")
