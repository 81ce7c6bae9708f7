#!/usr/bin/env python3
"""What bad clients can do: 300 each that send a header, send a body or read an answer slowly beside one good client;
compression bombs, deep and wide JSON, odd numbers; forged hosts and foreign pages. Prints what was answered and the memory.

    scripts/audit_clients.py [CLIENTS of each kind, default 300]
"""

import gzip
import http.client
import json
import resource
import socket
import sys
import tempfile
import time

from common import PLATFORM, Server, csv

CLIENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
ASK = json.dumps({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4},
                  "platform": "v100x8-paper"}).encode()
JSON = {"Content-Type": "application/json"}
failures = []


def check(what, found, expected):
    good = found in expected if isinstance(expected, tuple) else found == expected
    print(f"{'good' if good else 'BAD '}  {what}: {found}", flush=True)
    if not good:
        failures.append(what)


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def good_client(server, requests=1500):
    """99th percentile in ms of a client that asks every 2 ms."""
    connection, times = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60), []
    for _ in range(requests):
        begun = time.perf_counter()
        connection.request("POST", "/v1/predict", ASK, JSON)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        times.append(1000 * (time.perf_counter() - begun))
        time.sleep(0.002)
    return percentile(times, 0.99)


def connect(server, receive=None):
    one = socket.socket()
    if receive:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    one.connect(("127.0.0.1", server.port))
    return one


def slow_headers(server):
    one = connect(server)
    one.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    return one


def slow_bodies(server):
    one = connect(server)
    one.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 1000000\r\n\r\n{")
    return one


def slow_readers(server):
    one = connect(server, 2048)
    one.sendall(b"GET /v1/measurements.ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return one


def closed(one):
    """Whether the other end has closed it, with or without a word."""
    one.setblocking(False)
    try:
        while True:
            if not one.recv(1 << 16):
                return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def trickle(one, byte):
    try:
        one.send(byte)
    except OSError:
        pass


def slow(server):
    quiet = min(good_client(server) for _ in range(3))
    kinds = {"header": [slow_headers(server) for _ in range(CLIENTS)],
             "body": [slow_bodies(server) for _ in range(CLIENTS)],
             "answer": [slow_readers(server) for _ in range(CLIENTS)]}
    begun = time.monotonic()
    beside = []
    time.sleep(5)  # what fits between the service and those that do not read has been sent
    for _ in range(3):
        for one in kinds["header"] + kinds["body"]:
            trickle(one, b"x")
        beside.append(good_client(server))
    print(f"p99 of a good client: {quiet:.2f} ms alone, {min(beside):.2f} ms beside {3 * CLIENTS} slow ones, "
          f"ratio {min(beside) / quiet:.2f}; {server.resident_mb():.0f} MB resident", flush=True)
    gone = {}
    while len(gone) < 3 and time.monotonic() - begun < 90:
        time.sleep(1)
        for kind, some in kinds.items():
            for one in some if kind != "answer" else []:
                trickle(one, b"x")
            if kind == "answer" and time.monotonic() - begun < 45:
                continue  # to look whether it is closed is to read
            if kind not in gone and all(closed(one) for one in some):
                gone[kind] = time.monotonic() - begun
    for kind in kinds:
        what = f"all clients with a slow {kind} are gone within 90 s"
        check(what, f"{gone[kind]:.0f} s" if kind in gone else "never", (f"{gone.get(kind, 0):.0f} s",))


def status(server, body, path="/v1/predict", headers=JSON):
    return server.request("POST", path, body, headers)[0]


def numbers(server):
    net = '{"model": {"name": "ResNet-50"}, "dataset_images": %s}'
    for text, expected in [("NaN", 400), ("1e999", 400), ("-0.0", 422), ("-1", 422), ("18446744073709551616", 422),
                           ("1e400", 400), ("0x10", 400), ("\uff11\uff12", 400), ("1.5", 422), ("224.0", 200),
                           ("1e3", 200), ("9007199254740993", (200, 422)), ('"12"', 422), ("true", 422)]:
        check(f"dataset_images {text}", status(server, (net % text).encode()), expected)
    for text, expected in [("NaN", 1), ("inf", 1), ("1e999", 1), ("-0.0", 1), ("1e308", 1), ("\uff11\uff12", 1)]:
        row = f"platform,device,mode,label,flops,params,acts,batch_size,images_per_second\n{PLATFORM['id']},x,train,n,1e9," \
              f"1e6,1e7,256,{text}\n"
        answer = server.upload(server.writer, row.encode(), query="?dry_run=true")[1]
        check(f"images_per_second {text} in a CSV, rejected", answer["rejected"] + answer["quarantined"], expected)


def header_of(server, size):
    try:
        return server.request("GET", "/healthz", headers={"X": "x" * size})[0]
    except OSError:
        return "closed"


def shapes(server):
    before = server.resident_mb()
    check("JSON of depth 127", status(server, b"[" * 127 + b"]" * 127), 422)
    check("JSON of depth 128", status(server, b"[" * 128 + b"]" * 128), 400)
    check("JSON of depth 1,000,000", status(server, b"[" * 1_000_000), 400)
    keys = json.dumps({f"k{i}": i for i in range(100_000)}).encode()
    check("100,000 keys", status(server, keys), 422)
    check("100,000 times the same key", status(server, b"{" + b'"a":1,' * 100_000 + b'"a":1}'), 422)
    check("a body of 3 MB", status(server, b" " * (3 << 20)), 413)
    bomb = gzip.compress(b"\0" * (1 << 30), 9)
    headers = {"Authorization": f"Bearer {server.writer}", "Content-Type": "text/csv", "Content-Encoding": "gzip"}
    check(f"{len(bomb) >> 10} KB of gzip that are 1 GB", status(server, bomb, "/v1/measurements", headers), 413)
    check("an unknown encoding", status(server, b"x", "/v1/measurements", {**headers, "Content-Encoding": "br"}), 415)
    check("a header of 1 MB", header_of(server, 1 << 20), (400, 431, "closed"))
    print(f"memory: {before:.0f} MB before, {server.resident_mb():.0f} MB after")


def pages(server):
    def get(**headers):
        return server.request("GET", "/v1/models", headers={k.replace("_", "-"): v for k, v in headers.items()})[0]

    def post(kind="application/json", **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        return server.request("POST", "/v1/predict", ASK, {"Content-Type": kind, **headers})[0]

    check("a forged host", get(Host="evil.example"), 421)
    check("a name that only begins with ours", get(Host="localhost.evil.example"), 421)
    check("a read from another origin", get(Origin="https://evil.example"), 403)
    check("a form of another site", post("text/plain", Sec_Fetch_Site="cross-site"), 403)
    check("a form without browser headers", post("text/plain"), 415)
    check("a script of another site", post(Origin="https://evil.example"), 403)
    check("a page of our own", post(Origin=f"http://127.0.0.1:{server.port}", Sec_Fetch_Site="same-origin"), 200)
    check("a program", post(), 200)


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
with tempfile.TemporaryDirectory() as folder:
    server = Server(folder, "--writes-per-minute", "0").start()
    server.writer = server.token()
    pages(server)
    numbers(server)
    for _ in range(8):
        shapes(server)  # memory may grow with the first rounds, and not with the last
    server.upload(server.writer, csv(20_000).encode())
    slow(server)
    check("the service is ready", server.request("GET", "/readyz")[0], 200)
    server.stop()
sys.exit(f"{len(failures)} went wrong: {', '.join(failures)}" if failures else 0)
