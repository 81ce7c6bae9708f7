#!/usr/bin/env python3
"""Predictions a second with 1,000 stored timings and with many, in turns; and their latency while rows are uploaded.

    scripts/bench_predict.py [ROWS, default 1000000] [SECONDS a round, default 5]

Needs wrk. The ratios count, since both sides run in the same minutes on the same machine.
"""

import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from common import Server, csv

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
ASK = ('{"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}, '
       '"platform": "v100x8-paper"}')


def wrk(server, folder, connections=32):
    script = pathlib.Path(folder, "ask.lua")
    script.write_text(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [[{ASK}]]\n")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}", "-s", script, f"http://127.0.0.1:{server.port}/v1/predict"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in text, text
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def latencies(server, rate, until):
    """Seconds that each prediction took, `rate` a second, while `until` is not set or for SECONDS."""
    ask, headers, taken = ASK.encode(), {"Content-Type": "application/json"}, []
    begun = time.perf_counter()
    while not until.is_set():
        due = begun + len(taken) / rate
        time.sleep(max(0, due - time.perf_counter()))
        server.request("POST", "/v1/predict", ask, headers)
        # From when it was due: a stall counts for all that it held up.
        taken.append(time.perf_counter() - due)
    return taken


def p99(taken):
    return sorted(taken)[int(len(taken) * 0.99)] * 1000


with tempfile.TemporaryDirectory() as few_folder, tempfile.TemporaryDirectory() as many_folder:
    few, many = Server(few_folder, "--writes-per-minute", "0").start(), Server(many_folder).start()
    few.upload(few.token(), csv(1000 - 809, "few"))
    quiet_until = threading.Event()
    threading.Timer(SECONDS, quiet_until.set).start()
    rate = 100
    quiet = p99(latencies(many, rate, quiet_until))
    body, token, done = csv(ROWS).encode(), many.token(), threading.Event()

    def upload():
        begun = time.perf_counter()
        status, answer = many.upload(token, body)
        print(f"{ROWS:,} rows uploaded in {time.perf_counter() - begun:.1f} s: {status}, {answer['accepted']:,} accepted")
        done.set()

    threading.Thread(target=upload).start()
    busy = p99(latencies(many, rate, done))
    print(f"p99 at {rate}/s: {quiet:.1f} ms quiet, {busy:.1f} ms during the upload, ratio {busy / quiet:.2f}")
    time.sleep(5)
    ratios = []
    for _ in range(3):
        a, b = wrk(few, few_folder), wrk(many, many_folder)
        ratios.append(b / a)
        print(f"{a:,.0f} predictions/s with 1,000 timings, {b:,.0f} with {ROWS:,}, ratio {b / a:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}; {many.resident_mb():.0f} MB resident with {ROWS:,} rows")
    few.stop()
    many.stop()
