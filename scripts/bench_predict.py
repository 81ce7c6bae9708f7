#!/usr/bin/env python3
"""The latency of predictions while rows are uploaded, beside that without; then predictions a second with 1,000 stored
timings and with many, in turns.

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


def wrk(server, folder, wait_ms=0, seconds=SECONDS):
    """Predictions a second and their 99th percentile in ms; `wait_ms` between two of each of 32 connections."""
    script = pathlib.Path(folder, "ask.lua")
    script.write_text(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [[{ASK}]]\n"
                      + (f"function delay() return {wait_ms} end\n" if wait_ms else ""))
    command = ["wrk", "-t1", "-c32", f"-d{seconds}", "--latency", "-s", script,
               f"http://127.0.0.1:{server.port}/v1/predict"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in text, text
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]




def latency(body):
    """How many times its 99th percentile without takes a prediction's while `body` is uploaded into a new store."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder).start()
        token = server.token()
        capacity, _ = wrk(server, folder)
        wait_ms = round(32 / (capacity / 3) * 1000)
        rate, quiet = wrk(server, folder, wait_ms, 10)

        def upload():
            begun = time.perf_counter()
            status, answer = server.upload(token, body)
            print(f"{ROWS:,} rows uploaded in {time.perf_counter() - begun:.1f} s: {status}, "
                  f"{answer['accepted']:,} accepted")

        uploading = threading.Thread(target=upload)
        uploading.start()
        _, busy = wrk(server, folder, wait_ms, 10)
        uploading.join()
        server.stop()
        print(f"p99 at {rate:,.0f}/s, a third of capacity: {quiet:.1f} ms quiet, {busy:.1f} ms during the upload, "
              f"ratio {busy / quiet:.2f}", flush=True)
        return busy / quiet


body = csv(ROWS).encode()
print(f"median ratio of p99 {statistics.median(latency(body) for _ in range(3)):.2f}")
with tempfile.TemporaryDirectory() as few_folder, tempfile.TemporaryDirectory() as many_folder:
    few, many = Server(few_folder, "--writes-per-minute", "0").start(), Server(many_folder).start()
    few.upload(few.token(), csv(1000 - 954, "few"))
    many.upload(many.token(), body)
    time.sleep(5)
    ratios = []
    for _ in range(3):
        (a, _), (b, _) = wrk(few, few_folder), wrk(many, many_folder)
        ratios.append(b / a)
        print(f"{a:,.0f} predictions/s with 1,000 timings, {b:,.0f} with {ROWS:,}, ratio {b / a:.2f}", flush=True)
    print(f"median ratio of predictions a second {statistics.median(ratios):.2f}; "
          f"{many.resident_mb():.0f} MB resident with {ROWS:,} rows")
    few.stop()
    many.stop()
