#!/usr/bin/env python3
"""The service under load: predictions beside a bare axum JSON echo of the same sizes, of one net, of 450 in turn, of factors and
of nets that were never asked for before; and what becomes of it at twice what it can do, with clients that obey Retry-After and
that ignore it. The ratios count: all run in the same minutes on one machine.

    cargo build --release && cargo build --release --example echo
    scripts/bench_load.py [ROUNDS, default 5] [SECONDS a round, default 4]

Needs wrk.
"""

import asyncio
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

from common import ROOT, Server, free_port

ASK = json.dumps({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4},
                  "platform": "v100x8-paper"})
SCALED = ASK.replace('"dWr"', '"%s"').replace('"factor": 4', '"factor": %.8g')
OWN = json.dumps({"family": "anynet", "depths": [2, 7, 12, 1], "widths": [0, 1, 2, 3], "strides": [2, 2, 2, 2],
                  "bot_muls": [1, 1, 1, 1], "group_ws": [8, 8, 8, 8], "se_on": True})
DESCRIBED = ASK.replace('{"name": "RegNetY-4GF"}', OWN.replace("0, 1, 2, 3", "%d, %d, %d, %d"))
# How many nets, the body with places for what changes, and that in Lua, of request number n, counted from 0. A factor of eight
# digits makes a net of its own for each request; so do widths.
NETS = {
    "one net": (1, SCALED, "return 'dWr', 4"),
    "450 nets": (450, SCALED, "return ({'d', 'w', 'dWr'})[n % 3 + 1], 1 + math.floor(n / 3) / 20"),
    "new nets": (0, SCALED, "return 'dWr', 1 + n * 3e-7"),
    "own nets": (0, DESCRIBED, "return 16 + n % 40 * 8, 80 + math.floor(n / 40) % 80 * 8, 200 + math.floor(n / 3200) % 80 * 8, "
                               "1024 + math.floor(n / 256000) % 80 * 8"),
}
ECHO = pathlib.Path(os.environ.get("ECHO", ROOT / "target/release/examples/echo"))


def script(nets, wait_ms, gzip):
    """What wrk runs: `nets` in turn, with `wait_ms` between two requests of a connection."""
    number, body, choice = NETS[nets]
    lines = [f"local function net(n) {choice} end",
             f"local function body(n) return string.format([[{body}]], net(n)) end",
             "wrk.method, wrk.headers['Content-Type'] = 'POST', 'application/json'",
             *(["wrk.headers['Accept-Encoding'] = 'gzip'"] if gzip else []),
             f"local number, sent, made = {number}, 0, {{}}",
             "function init() for n = 0, number - 1 do made[n] = wrk.format(nil, nil, nil, body(n)) end end",
             "function request() sent = sent + 1; return number > 0 and made[sent % number] or wrk.format(nil, nil, nil, body(sent)) end"]
    return "\n".join(lines + ([f"function delay() return {wait_ms} end"] if wait_ms else [])) + "\n"


def wrk(port, folder, connections, seconds, wait_ms=0, path="/v1/predict", nets="one net", gzip=False):
    """Requests a second and their 99th percentile in ms; `wait_ms` between two of each connection."""
    lua = pathlib.Path(folder, "ask.lua")
    lua.write_text(script(nets, wait_ms, gzip))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}", "--latency", "-s", lua, f"http://127.0.0.1:{port}{path}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in text, text
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def echo_of_sizes(server, ask):
    """An echo whose answer to `ask` is as long as the server's, and its port."""
    answer = server.request("POST", "/v1/predict", ask, {"Content-Type": "application/json"})[1]
    port, padding = free_port(), len(answer) - len(ask) - 23
    echo = subprocess.Popen([ECHO, f"127.0.0.1:{port}", str(padding)])
    time.sleep(0.5)
    return echo, port


def beside_echo(server, folder, rounds, seconds):
    for nets, (_, body, _) in NETS.items():
        echo, port = echo_of_sizes(server, ASK if body == SCALED else body % (48, 144, 360, 1024))
        rates, tails, packed = [], [], []
        for turn in range(rounds + 1):
            echoed = wrk(port, folder, 32, seconds, path="/", nets=nets)
            predicted = wrk(server.port, folder, 32, seconds, nets=nets)
            as_gzip = wrk(server.port, folder, 32, seconds, nets=nets, gzip=True)
            if turn == 0:
                continue  # both are warm from here
            rates.append(predicted[0] / echoed[0])
            tails.append(predicted[1] / echoed[1])
            packed.append(as_gzip[0] / predicted[0])
            print(f"{nets}: echo {echoed[0]:,.0f}/s p99 {echoed[1]:.2f} ms, predict {predicted[0]:,.0f}/s p99 {predicted[1]:.2f} ms, "
                  f"ratios {rates[-1]:.2f} and {tails[-1]:.2f}", flush=True)
        print(f"{nets}, predict beside echo: {statistics.median(rates):.2f} of its requests/s, {statistics.median(tails):.2f} of "
              f"its p99; asked for gzip {statistics.median(packed):.2f} of its own requests/s (medians of {rounds})", flush=True)
        echo.kill()


def twice_the_clients(server, folder, seconds):
    goodputs, tails = [], []
    for _ in range(3):
        peak, twice = wrk(server.port, folder, 64, seconds), wrk(server.port, folder, 128, seconds)
        goodputs.append(twice[0] / peak[0])
        tails.append(twice[1] / peak[1])
        print(f"predictions: {peak[0]:,.0f}/s p99 {peak[1]:.1f} ms with 64 clients, {twice[0]:,.0f}/s p99 {twice[1]:.1f} ms with "
              f"128: goodput {goodputs[-1]:.2f}, p99 {tails[-1]:.2f}", flush=True)
    print(f"predictions, 128 clients beside 64: goodput {statistics.median(goodputs):.2f}, p99 {statistics.median(tails):.2f} "
          f"(medians of 3)", flush=True)


# 450 nets counted and timed: some milliseconds of a processor for an answer that is soon read.
FACTORS = ",".join(f"{1 + i / 20:g}" for i in range(150))
HEAVY = (f"GET /v1/compare.csv?model=RegNetY-4GF&strategies=d,w,dWr&platform=v100x8-paper&factors={FACTORS} HTTP/1.1\r\n"
         "Host: localhost\r\n\r\n").encode()


class Tally:
    def __init__(self):
        self.times, self.refused = [], 0


async def ask(reader, writer):
    """Status and Retry-After of one heavy request."""
    writer.write(HEAVY)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(re.search(r"content-length: (\d+)", head)[1])
    await reader.readexactly(length)
    retry = re.search(r"retry-after: (\d+)", head)
    return int(head.split()[1]), int(retry[1]) if retry else 0


async def client(port, tally, begin, end, every, obeys):
    """Asks every `every` seconds, or as often as it is answered where that is 0."""
    await asyncio.sleep(begin)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    due = time.perf_counter()
    while (now := time.perf_counter()) < end:
        if now < due:
            await asyncio.sleep(due - now)
        begun = time.perf_counter()
        status, retry = await ask(reader, writer)
        if status == 200:
            tally.times.append(1000 * (time.perf_counter() - begun))
        else:
            assert status == 503 and retry > 0, status
            tally.refused += 1
        due = begun + every if status == 200 or not obeys else time.perf_counter() + retry
    writer.close()


async def load(port, clients, rate, seconds, obeys):
    """Answers a second, p99 in ms, and refusals a second; `rate` 0: each client asks again at once."""
    tally, every = Tally(), clients / rate if rate else 0
    end = time.perf_counter() + seconds
    await asyncio.gather(*(client(port, tally, every * i / clients, end, every, obeys) for i in range(clients)))
    tail = sorted(tally.times)[int(0.99 * len(tally.times))]
    return len(tally.times) / seconds, tail, tally.refused / seconds


def heavy(server, seconds):
    # Heavy work runs behind small questions, at a lower priority, and these clients on the same processors: they come last.
    os.nice(19)
    processors = json.loads(server.request("GET", "/v1/limits")[1])["rates"]["heavy"]
    asyncio.run(load(server.port, 2, 0, 1, True))
    peak, tail, _ = asyncio.run(load(server.port, 2 * processors, 0, seconds, True))
    print(f"comparisons: {peak:.0f}/s p99 {tail:.1f} ms at capacity ({2 * processors} clients)", flush=True)
    # Those that obey stay away for one to three seconds: there have to be more of them to ask twice what can be done.
    for name, obeys, clients in [("obey", True, 800), ("ignore", False, 64)]:
        goodput, late, refused = asyncio.run(load(server.port, clients, 2 * peak, 2 * seconds, obeys))
        print(f"comparisons, twice that from {clients} clients that {name} Retry-After: {goodput:.0f}/s p99 {late:.1f} ms, {refused:.0f} "
              f"refusals/s: goodput {goodput / peak:.2f}, p99 {late / tail:.2f}", flush=True)
    goodput, late, refused = asyncio.run(load(server.port, 64, 0, 2 * seconds, False))
    print(f"comparisons, 64 clients that ask again at once: {goodput:.0f}/s p99 {late:.1f} ms, {refused:.0f} refusals/s: goodput "
          f"{goodput / peak:.2f}, p99 {late / tail:.2f}", flush=True)


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    round_seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    with tempfile.TemporaryDirectory() as work:
        service = Server(work, log=pathlib.Path(work, "log")).start()
        beside_echo(service, work, rounds, round_seconds)
        twice_the_clients(service, work, round_seconds)
        heavy(service, round_seconds)
        service.stop()
