#!/usr/bin/env python3
"""Rows a second of a CSV upload over HTTP, checked and durable, beside `sqlite3 .import` of the same rows into the same
table and indexes, in turns. And beside the same rows on a platform that has some timings already: then they are predicted
before they are learnt. With `postgres` the database is on a PostgreSQL server, and `COPY` has the part of `.import`.

    scripts/bench_upload.py [ROWS, default 200000] [ROUNDS, default 3] [postgres]
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from common import Postgres, Server, csv

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3


def sqlite(database, *commands):
    subprocess.run(["sqlite3", database, *commands], check=True, stdout=subprocess.DEVNULL)


def on_postgres():
    body = csv(ROWS).encode()
    for turn in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            postgres = Postgres(folder)
            try:
                os.environ["EPOCHCAST_DATABASE_URL"] = postgres.url
                server = Server(folder, "--no-seed").start()
                token = server.token()
                begun = time.perf_counter()
                status, answer = server.upload(token, body)
                ours = time.perf_counter() - begun
                assert status == 200 and answer["accepted"] + answer["quarantined"] == ROWS, answer
                server.stop()
                rows = pathlib.Path(folder, "rows.csv")
                postgres.psql("-c", f"\\copy measurements to '{rows}' csv")
                postgres.psql("-c", "create table alike (like measurements including all, foreign key (upload) references uploads, "
                                    "foreign key (platform) references platforms)")
                begun = time.perf_counter()
                postgres.psql("-c", f"\\copy alike from '{rows}' csv")
                theirs = time.perf_counter() - begun
            finally:
                postgres.stop("immediate")
        yield theirs / ours
        print(f"upload {ROWS / ours:,.0f} rows/s, COPY {ROWS / theirs:,.0f} rows/s, ratio {theirs / ours:.2f}", flush=True)


if sys.argv[3:] == ["postgres"]:
    print(f"median ratio {statistics.median(on_postgres()):.2f}")
    sys.exit()
KNOWN = 200
ratios, beside = [], []
body = csv(ROWS).encode()
lines = csv(ROWS + KNOWN).encode().splitlines(keepends=True)
known, more = b"".join(lines[: KNOWN + 1]), b"".join(lines[:1] + lines[KNOWN + 1 :])
with tempfile.TemporaryDirectory() as folder:
    for turn in range(ROUNDS):
        place = pathlib.Path(folder, str(turn))
        place.mkdir()
        server = Server(place, "--no-seed").start()
        token = server.token()
        begun = time.perf_counter()
        status, answer = server.upload(token, body)
        ours = time.perf_counter() - begun
        assert status == 200 and answer["accepted"] + answer["quarantined"] == ROWS, answer
        memory = server.resident_mb()
        server.stop()
        (place / "known").mkdir()
        server = Server(place / "known", "--no-seed").start()
        token = server.token()
        assert server.upload(token, known)[0] == 200
        begun = time.perf_counter()
        status, answer = server.upload(token, more)
        foretold = time.perf_counter() - begun
        assert status == 200 and answer["accepted"] + answer["quarantined"] == ROWS, answer
        beside.append(foretold / ours)
        server.stop()
        rows, empty = str(place / "rows.csv"), str(place / "empty.db")
        shutil.copy(place / "epochcast.db", empty)
        sqlite(str(place / "epochcast.db"), ".mode csv", f".output {rows}", "select * from measurements")
        sqlite(empty, "delete from measurements", "vacuum")
        begun = time.perf_counter()
        sqlite(empty, f".import --csv {rows} measurements")
        theirs = time.perf_counter() - begun
        ratios.append(theirs / ours)
        print(f"upload {ROWS / ours:,.0f} rows/s, .import {ROWS / theirs:,.0f} rows/s, ratio {theirs / ours:.2f}, "
              f"{memory:.0f} MB resident; predicted first {ROWS / foretold:,.0f} rows/s", flush=True)
print(f"median ratio {statistics.median(ratios):.2f}; predicted first {statistics.median(beside):.2f} times as long")
