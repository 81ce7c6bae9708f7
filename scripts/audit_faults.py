#!/usr/bin/env python3
"""Lets each single call of the system fail that writes, on every way of writing, as a disk does that is full or breaks; and
looks at what is answered, at what is stored, and whether the same write succeeds at once when the disk is well again.

    scripts/audit_faults.py [WAY…]        (all by default; needs a C compiler)

A way of more than 300 such calls is sampled, and says so: the first 60, and from there on as many, evenly, as make 300.
"""

import errno
import functools
import gzip
import itertools
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

from common import BINARY, COLUMNS, ROOT, Server

KINDS = {"full": (errno.ENOSPC, 1), "fails once": (errno.EIO, 0), "interrupted": (errno.EINTR, 0), "half written": (0, 0)}
tools = pathlib.Path(tempfile.mkdtemp())
folder = pathlib.Path(tempfile.mkdtemp())
bad, points, sampled = [], {}, {}
# Calls that are all failed, calls of one way and kind that are at most, and one that never comes.
ALL, MOST, NEVER = 60, 300, 1 << 60


class Faults:
    """What tests/faults/shim.c is told."""

    def __init__(self):
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", tools / "shim.so", ROOT / "tests/faults/shim.c",
                        "-ldl"], check=True)
        (tools / "control").write_bytes(bytes(40))
        self.file = os.open(tools / "control", os.O_RDWR)
        self.environment = {"FAULTS": f"{tools}/control", "FAULTS_BELOW": f"{folder}/", "LD_PRELOAD": f"{tools}/shim.so"}

    def set(self, at=0, kind=(0, 0)):
        os.pwrite(self.file, struct.pack("5Q", 0, 0, *kind, 0), 0)
        os.pwrite(self.file, struct.pack("Q", at), 8)

    def failed(self):
        return struct.unpack("Q", os.pread(self.file, 8, 32))[0]

    def points(self, kind, do):
        """The calls to fail, and how many there are: those of `do`, which none fails of, and a few more."""
        self.set(NEVER, kind)
        do()
        calls = struct.unpack("Q", os.pread(self.file, 8, 0))[0]
        self.set()
        every = max(1, -(-(calls - ALL) // (MOST - ALL)))
        return itertools.chain(range(1, ALL + 1), itertools.count(ALL + 1, every)), calls if every > 1 else None


faults = Faults()


def check(what, good, found=""):
    if not good:
        bad.append(what)
        print(f"BAD   {what}: {found}", flush=True)


def run(*args, under=False):
    environment = {**os.environ, **(faults.environment if under else {})}
    return subprocess.run([str(BINARY), *map(str, args)], cwd=folder, env=environment, capture_output=True, text=True)


def nothing():
    """An empty folder."""
    for file in folder.iterdir():
        file.unlink()


@functools.cache
def made(seed):
    """A database with a token: its bytes."""
    nothing()
    run(*(() if seed else ("--no-seed",)), "token", "create", "--name", "first", "--scope", "admin")
    return (folder / "epochcast.db").read_bytes()


def fresh(seed=False):
    """An empty folder, and in it a database."""
    database = made(seed)
    nothing()
    (folder / "epochcast.db").write_bytes(database)


# Over HTTP: what is done, after what was made ready for it, and whether it took place.

def line(label, **more):
    return json.dumps({"platform": {"id": "way", "device": "GPU"}, "mode": "train", "label": label, "images_per_second": 100,
                       "complexity": {"flops": 1e9, "params": 1e7, "acts": 1e7}, **more})


class Way:
    kind, query, stores = "application/x-ndjson", "", True

    def __init__(self, server, token):
        self.server, self.token = server, token

    def send(self, method, path, body=None, token=None, kind=None):
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": kind or self.kind}
        status, text = self.server.request(method, path, body, headers)
        return status, json.loads(text or b"{}")

    def stored(self, name):
        _, text = self.server.request("GET", "/v1/measurements.ndjson?platform=way")
        return text.count(b'"' + name.encode() + b"-")

    def ready(self, name):
        return name

    def do(self, name):
        return self.send("POST", "/v1/measurements" + self.query, self.body(name))

    def took_place(self, name):
        return self.stored(name) > 0

    def body(self, name):
        same = [line(f"{name}-{i}") for i in range(3)]
        return "\n".join([*same, same[0], '{"platform": "way"}', *(line(f"{name}-{i}", batch_size=i) for i in range(3, 9))])


class Ndjson(Way):
    """rows that are right, equal and wrong"""


class Json(Way):
    """an array of rows"""
    kind = "application/json"

    def body(self, name):
        return "[" + ",".join(line(f"{name}-{i}") for i in range(9)) + "]"


class Csv(Way):
    """40 rows, one of them a thousand times too slow, of two platforms"""
    kind = "text/csv"

    def body(self, name):
        rows = [f"way,GPU,train,{name}-{i},{1e9 + 1e7 * i},1e7,{1e7 + 1e5 * i},256,{0.1 if i == 20 else 100 - i / 10}"
                for i in range(38)]
        return "\n".join([COLUMNS, *rows, f"n{name},new GPU,train,{name}-x,1e9,1e7,1e7,256,50", f"way,,infer,,1e9,1,1,1,x"])


class Large(Way):
    """an upload that waits in a file"""

    def body(self, name):
        return super().body(name) + "\n" * (5 << 20)


class DryRun(Way):
    """a dry run"""
    query, stores = "?dry_run=true", False


class Undo(Way):
    """DELETE of an upload"""
    method, path, where = "DELETE", "", "uploads"

    def ready(self, name):
        _, answer = super().do(name)
        number = answer["upload"]
        if self.where == "measurements":
            _, page = self.send("GET", f"/v1/measurements?upload={number}")
            number = page["measurements"][0]["id"]
        if self.method == "POST":
            self.send("DELETE", f"/v1/{self.where}/{number}")
        return name, number

    def do(self, made):
        return self.send(self.method, f"/v1/{self.where}/{made[1]}{self.path}")

    def took_place(self, made):
        whole = {"uploads": 9, "measurements": 9}[self.where]
        return (self.stored(made[0]) < whole) == (self.method == "DELETE")


class Redo(Undo):
    """restore of an upload"""
    method, path = "POST", "/restore"


class UndoRow(Undo):
    """DELETE of a row"""
    where = "measurements"


class RedoRow(Redo):
    """restore of a row"""
    where = "measurements"


class FirstUse(Way):
    """an upload with a token that was never used"""

    def ready(self, name):
        made = run("token", "create", "--name", name, "--scope", "write")
        return name, made.stdout.strip()

    def do(self, made):
        return self.send("POST", "/v1/measurements", self.body(made[0]), made[1])

    def took_place(self, made):
        return super().took_place(made[0])


def walk(way, kind, name):
    """Fails call 1, 2, … of a way until it ends before the call that would fail; returns how many did."""
    server = way.server
    made = way.ready(f"{type(way).__name__}{list(KINDS).index(kind)}x")
    calls, sampled[name, kind] = faults.points(KINDS[kind], lambda: way.do(made))
    for done, at in enumerate(calls):
        what = f"{name}, {kind}, call {at}"
        made = way.ready(f"{type(way).__name__}{list(KINDS).index(kind)}x{at}")
        faults.set(at, KINDS[kind])
        status, answer = way.do(made)
        failed = faults.failed()
        refused = status >= 500
        check(what, status in (200, 204, 503, 507), f"{status} {answer}")
        if refused:
            ready, why = server.request("GET", "/readyz")
            # What fails once is well again when it is looked at after a while.
            check(f"{what}: readiness", ready == 503 or (ready == 200 and not KINDS[kind][1]), why)
        if KINDS[kind][1] and refused:
            time.sleep(0.12)  # it looks again
            ready, why = server.request("GET", "/readyz")
            upload, told = way.send("POST", "/v1/measurements", line(f"probe-{at}"), kind="application/x-ndjson")
            check(f"{what}: readiness while it lasts", (ready == 200) == (upload == 200), f"{ready} {why} {upload} {told}")
        faults.set()
        upload, told = way.send("POST", "/v1/measurements", line(f"after-{name}{kind}{at}"), kind="application/x-ndjson")
        ready, why = server.request("GET", "/readyz")
        check(f"{what}: afterwards", (upload, ready) == (200, 200), f"{upload} {told} {ready} {why}")
        place = way.took_place(made)
        check(f"{what}: what was told", place == (way.stores and not refused), f"{status}, took place: {place}")
        again, answer = way.do(made)
        check(f"{what}: again", again in (200, 204), f"{again} {answer}")
        if not failed:
            return done
        if done > 2 * MOST:
            raise SystemExit(f"{name} takes no end of calls")


def over_http(wanted):
    ways = [Ndjson, Json, Csv, Large, DryRun, Undo, Redo, UndoRow, RedoRow, FirstUse]
    for way in ways:
        name = way.__doc__
        if wanted and way.__name__ not in wanted:
            continue
        fresh()
        token = run("token", "create", "--name", "me", "--scope", "admin").stdout.strip()
        os.environ.update(faults.environment)
        server = Server(folder, log=tools / "log").start()
        for key in faults.environment:
            del os.environ[key]
        for kind in KINDS:
            points[name, kind] = walk(way(server, token), kind, name)
        _, metrics = server.request("GET", "/metrics")
        check(f"{name}: panics", b"epochcast_http_panics_total 0\n" in metrics)
        server.stop()
        check(f"{name}: exit code", server.process.returncode == 0, server.process.returncode)
        verified = run("verify")
        check(f"{name}: verify", verified.returncode == 0, verified.stderr)
        report(name)


# On the command line.

def rows():
    return len(run("export").stdout.splitlines())


def last(done):
    """The last line that a command says: a start has a log before it."""
    return (done.stderr.splitlines() or [""])[-1]


def started():
    """A start, and its end."""
    server = Server(folder)
    process = subprocess.Popen(server.command, cwd=folder, env={**os.environ, **faults.environment},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if process.stdout.readline():
        while server.request("GET", "/healthz")[0] != 200:
            pass
        process.terminate()
    out, err = process.communicate()
    return subprocess.CompletedProcess(server.command, process.returncode, out, err)


def old():
    nothing()
    (folder / "epochcast.db").write_bytes(gzip.decompress((ROOT / "tests/files/epochcast-0.1.0.db.gz").read_bytes()))


def with_rows():
    fresh(seed=True)


def with_backup():
    fresh(seed=True)
    if not (tools / "kept.db").exists():
        run("backup", tools / "kept.db")


def with_file():
    fresh()
    (tools / "rows.ndjson").write_text("\n".join(line(f"i-{i}") for i in range(9)))


def back_up():
    for file in folder.glob("copy*"):
        file.unlink()
    return run("backup", "copy.db", under=True)


COMMANDS = {
    "token create": (fresh, lambda: run("token", "create", "--name", "new", "--scope", "write", under=True), None),
    "token revoke": (fresh, lambda: run("token", "revoke", "--name", "first", under=True), None),
    "import": (with_file, lambda: run("--no-seed", "import", tools / "rows.ndjson", under=True), 9),
    "first start": (nothing, started, 954),
    "start on a database of 0.1.0": (old, started, 45),
    "start and end": (with_rows, started, 954),
    "backup": (with_rows, back_up, 954),
    "restore": (with_backup, lambda: run("restore", "--yes", tools / "kept.db", under=True), 954),
}


def on_the_command_line(wanted):
    for name, (ready, do, expected) in COMMANDS.items():
        if wanted and name not in wanted:
            continue
        for kind in KINDS:
            ready()
            calls, sampled[name, kind] = faults.points(KINDS[kind], do)
            for number, at in enumerate(calls):
                what = f"{name}, {kind}, call {at}"
                ready()
                faults.set(at, KINDS[kind])
                done = do()
                failed = faults.failed()
                faults.set()
                check(what, done.returncode in (0, 1), f"{done.returncode} {done.stderr}")
                check(f"{what}: panic", "panicked" not in done.stderr and "defect" not in done.stderr, done.stderr)
                check(f"{what}: a word", done.returncode == 0 or last(done).startswith("epochcast: "), done.stderr)
                again = do()
                # A sync that fails leaves open whether what it was of is there.
                known = any(word in again.stderr for word in ("already", "that holds"))
                check(f"{what}: again", again.returncode == 0 or known, again.stderr)
                verified = run("verify")
                check(f"{what}: verify", verified.returncode == 0, verified.stderr)
                if expected:
                    check(f"{what}: rows", rows() == expected, rows())
                if not failed:
                    break
            points[name, kind] = number
        report(name)


def report(name):
    of = {kind: f" of {calls}" if (calls := sampled[name, kind]) else "" for kind in KINDS}
    each = ", ".join(f"{kind} {points[name, kind]}{of[kind]}" for kind in KINDS)
    print(f"{name}: {sum(points[name, kind] for kind in KINDS)} points ({each})", flush=True)


over_http(sys.argv[1:])
on_the_command_line(sys.argv[1:])
print(f"{sum(points.values())} points in all, {len(bad)} bad")
sys.exit(1 if bad else 0)
