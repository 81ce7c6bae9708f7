#!/usr/bin/env python3
"""What a single request may cost: the dearest that a stranger can send to each route, and what others notice of it.

    scripts/bench_dearest.py [SECONDS a route, default 15] [GROUPS stored, default 1000]

Bodies and queries are not listed here but grown: each field that /openapi.json describes, along each of its dimensions
(length of a text, a word that is nearly a name, size of a number, items of a list, keys of an object), up to what is
legal and one beyond; the dearest of these again with all others. A request costs the processor time of the server, as the
kernel counts it. Then the 99th percentile of /healthz and of a small prediction, quiet and beside eight clients that send
nothing but the dearest, medians of three rounds. The bars: 50 ms outside the gate, 2 s inside it, and five times the
quiet percentile. The clients run at the lowest priority on connections that they keep, and the time that they take is
printed: what is measured is what the server does, not how two processors are shared with eight programs in Python.
"""

import concurrent.futures
import http.client
import itertools
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
import urllib.parse

from common import Server

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 15
GROUPS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
DICE = random.Random(7)
SMALL = {"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}, "platform": "v100x8-paper"}
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-"


def text(length):
    return "".join(DICE.choices(LETTERS, k=length))


class Grown:
    """Values of a schema, grown from an example."""

    def __init__(self, document, limits):
        self.document, self.limits = document, limits

    def of(self, schema, example, name="", depth=0):
        """(how, value) for each dimension of `schema`."""
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        for part in itertools.chain(*(schema.get(kind, []) for kind in ("oneOf", "anyOf", "allOf"))):
            yield from self.of(part, example, name, depth)
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if name == "pycls":
            yield from self.configs()
        if "string" in kinds and "enum" not in schema:
            yield from self.texts(schema.get("maxLength", 256), example, name)
        if "integer" in kinds or "number" in kinds:
            for number in (1, 2, 3, 50, 1000, 100_000, 2**53):
                yield f"{name}={number}", number
        if "boolean" in kinds:
            yield f"{name}=true", True
        if "array" in kinds:
            yield from self.lists(schema.get("items", {}), example, name, depth)
        if "object" in kinds and depth < 4:
            yield from self.objects(schema, example, name, depth)

    def texts(self, longest, example, name):
        if isinstance(example, str):
            for near in (example[:-1], example + "x", example[::-1], example[:1] + "_" + example[1:]):
                yield f"{name} near", near
        for length in (60, 128, longest, longest + 1):
            yield f"{name} of {length} letters", text(length)
        yield f"{name} of {longest} digits", "1" * longest
        yield f"{name} of {longest} commas", ",".join("1" * (longest // 2))

    def configs(self):
        for keys in (100, 1000, 5000, 20_000):
            lines = "".join(f"  K{i}: 1\n" for i in range(keys))
            yield f"config of {keys} keys", "MODEL:\n  TYPE: vit\nX:\n" + lines
        items = ",".join(["1"] * 30_000)
        yield "config with a long list", f"MODEL:\n  TYPE: anynet\nANYNET:\n  DEPTHS: [{items}]\n"
        yield "config with lists by lines", "MODEL:\n  TYPE: anynet\nANYNET:\n  DEPTHS:\n" + "  - 1\n" * 10_000

    def lists(self, items, example, name, depth):
        one = example[0] if isinstance(example, list) and example else None
        grown = [("", one)] if one is not None else []
        grown += DICE.sample(some := list(self.of(items, one, name, depth + 1)), min(8, len(some)))
        for how, item in grown:
            most = self.limits["sizes"]["body_bytes"] // (len(json.dumps(item)) + 2)
            for length in {1, 50, 200, 256, 1000, most} - {0}:
                if length <= most:
                    yield f"{length} {name} {how}", [item] * length

    def objects(self, schema, example, name, depth):
        known = example if isinstance(example, dict) else {}
        for field, part in schema.get("properties", {}).items():
            for how, value in self.of(part, known.get(field), field, depth + 1):
                yield f"{how}", {**known, field: value}
        for keys in (100, 10_000):
            yield f"{keys} unknown fields of {name}", {**known, **{f"k{i}": 1 for i in range(keys)}}

    def nets(self):
        """Descriptions as large as may be."""
        stages = lambda n: {"depths": [1] * n, "widths": [8] * n, "strides": [1] * n}
        for n in (100, 1000, 10_000, 50_000, 100_000):
            yield f"anynet of {n} stages", {"family": "anynet", **stages(n)}
            yield f"effnet of {n} stages", {"family": "effnet", "stem_w": 32, "head_w": 1280, **stages(n),
                                            "kernels": [3] * n, "exp_ratios": [1.0] * n}
        for depth in (1000, 100_000):
            yield f"regnet of {depth} blocks", {"family": "regnet", "depth": depth, "w0": 8, "wa": 0.5, "wm": 1.1,
                                                "group_w": 8}


class Asked:
    """One request, and what it cost."""

    def __init__(self, method, path, how, body=None):
        self.method, self.path, self.how = method, path, how
        self.body = None if body is None else json.dumps(body).encode()

    def send(self, server):
        turns, before = server.turns(), server.cpu()
        try:
            self.status, answer = server.request(self.method, self.path, self.body,
                                                 {"Content-Type": "application/json"} if self.body else {})
        except OSError:
            self.status, answer = 0, b""
        self.seconds, self.answer = server.cpu() - before, len(answer)
        self.inside = server.turns() > turns
        return self

    @property
    def bytes(self):
        return len(self.body or b"") + len(self.path)

    def __str__(self):
        where = "inside" if self.inside else "outside"
        route = self.path.split("?")[0]
        return (f"{1e3 * self.seconds:9.1f} ms {where:8} {self.status} {self.method:4} {route:32.32} "
                f"{self.bytes:9,} B in {self.answer:11,} B out  {self.how[:70]}")


class Measured(Server):
    """A server whose processor time is known."""

    def cpu(self):
        # The clock of another process (clock_getcpuclockid): to the nanosecond, threads that have ended included.
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def turns(self):
        _, metrics = self.request("GET", "/metrics")
        line = next(line for line in metrics.decode().splitlines() if line.startswith("epochcast_heavy_total"))
        return int(float(line.split()[1]))


def operations(document):
    """(method, path, operation) of all that take no token."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post") and not operation.get("security"):
                yield method.upper(), path, operation


def grown(method, path, operation, grow):
    """The requests of an operation, its example first."""
    fixed, queries = path, []
    for parameter in operation.get("parameters", []):
        example = parameter.get("example", parameter.get("schema", {}).get("example"))
        if parameter["in"] == "path":
            fixed = fixed.replace(f"{{{parameter['name']}}}", str(example))
            for how, value in grow.of({"type": "string", "maxLength": 7000}, str(example), parameter["name"]):
                named = path.replace(f"{{{parameter['name']}}}", urllib.parse.quote(value, safe=""))
                yield Asked(method, named, how)
        else:
            queries.append((parameter, example))
    needed = {p["name"]: example for p, example in queries if p.get("required")}
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    body = content and content["example"]
    query = lambda fields: fixed + ("?" + urllib.parse.urlencode(fields) if fields else "")
    yield Asked(method, query(needed), "example", body)
    for parameter, example in queries:
        for how, value in grow.of(parameter.get("schema", {}), example, parameter["name"]):
            fields = {**needed, parameter["name"]: json.dumps(value) if isinstance(value, (dict, list)) else value}
            yield Asked(method, query(fields), how, body)
        if parameter["name"] == "spec":
            for how, net in grow.nets():
                fields = {k: v for k, v in needed.items() if k != "model"}
                yield Asked(method, query({**fields, "spec": json.dumps(net)}), how, body)
    if body is not None:
        for how, value in grow.of(content["schema"], body):
            yield Asked(method, query(needed), how, value)
        for how, net in grow.nets() if "model" in body else ():
            for others in ({}, {"layers": True}, {"free_mix": True}):
                yield Asked(method, query(needed), f"{how} {others or ''}", {**body, **others, "model": net})
        for item in ({"model": {"name": text(128)}}, {"model": {"name": "RegNetY-4GF"}}, {"pycls": text(8)},
                     {"model": {"family": "regnet", "depth": 100_000, "w0": 8, "wa": 0.5, "wm": 1.1, "group_w": 8}}):
            if "items" in body:
                yield Asked(method, query(needed), f"1,000 of {json.dumps(item)[:40]}", {"items": [item] * 1000})


def combined(a, b):
    """Both at once, where they are of the same operation; None where that is nothing new."""
    if not a.body or not b.body:
        return None
    left, right = json.loads(a.body), json.loads(b.body)
    if not (isinstance(left, dict) and isinstance(right, dict)):
        return None
    return Asked(a.method, a.path, f"{a.how} + {b.how}", {**left, **right, **{k: left[k] for k in left if k == "model"}})


def dearest(server, document, grow):
    """All requests that were sent, the dearest first."""
    sent = []
    most = grow.limits["sizes"]["batch_body_bytes"]
    for method, path, operation in operations(document):
        tried = [asked for asked in grown(method, path, operation, grow) if asked.bytes <= most + 1]
        begun, own = time.monotonic(), []
        tried = tried[:1] + DICE.sample(tried, len(tried))
        for asked in tried:
            own.append(asked.send(server))
            if time.monotonic() - begun > SECONDS / 2:
                break
        own.sort(key=lambda asked: -asked.seconds)
        for a, b in itertools.product(own[:3], own[:40]):
            if (both := combined(a, b)) and both.bytes <= most:
                own.append(both.send(server))
            if time.monotonic() - begun > SECONDS:
                break
        own.sort(key=lambda asked: -asked.seconds)
        # Once more, since other work of the server may have fallen into the first time.
        own[:5] = [asked.send(server) for asked in own[:5]]
        own.sort(key=lambda asked: -asked.seconds)
        print(f"{len(own):5} requests, dearest {own[0]}", flush=True)
        sent += own
    return sorted(sent, key=lambda asked: -asked.seconds)


def percentiles(port, seconds):
    """99th percentiles, in ms, of /healthz and of a small prediction that is another each time."""
    taken = {"healthz": [], "predict": []}
    until, connection = time.monotonic() + seconds, http.client.HTTPConnection("127.0.0.1", port)
    while time.monotonic() < until:
        body = json.dumps({**SMALL, "dataset_images": DICE.randrange(1, 10**9)})
        for name, request in (("healthz", ("GET", "/healthz")),
                              ("predict", ("POST", "/v1/predict", body, {"Content-Type": "application/json"}))):
            begun = time.perf_counter()
            connection.request(*request)
            connection.getresponse().read()
            taken[name].append(1e3 * (time.perf_counter() - begun))
            time.sleep(0.002)
    return {name: statistics.quantiles(times, n=100)[98] for name, times in taken.items()}


def load(port, requests, seconds):
    """Sends `requests` in turns, as fast as they are answered; how many, and the processor time that this took here."""
    # Strangers bring processors of their own; here they share the server's, so they take what it leaves.
    os.nice(19)
    requests = [(*request, {"Content-Type": "application/json"} if request[2] else {}) for request in requests]
    until, sent = time.monotonic() + seconds, 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for request in itertools.cycle(requests):
        if time.monotonic() > until:
            return sent, time.process_time()
        try:
            connection.request(*request)
            connection.getresponse().read()
            sent += 1
        except (OSError, http.client.HTTPException):
            connection.close()


def beside(server, clients, worst):
    """Percentiles while every client sends `worst`, each beginning with another; prints what that took."""
    loads = [clients.submit(load, server.port, worst[i:] + worst[:i], 12) for i in range(8)]
    time.sleep(1)
    begun, before = time.monotonic(), server.cpu()
    busy = percentiles(server.port, 10)
    share = (server.cpu() - before) / (time.monotonic() - begun)
    sent, own = map(sum, zip(*(one.result() for one in loads)))
    print(f"eight clients: {sent:,} requests, {own / 12:.2f} processors of their own, {share:.2f} of the server's")
    return busy


def store(server, token):
    """A platform with as many timing groups as asked for."""
    lines = ["platform,device,mode,label,family,flops,params,acts,batch_size,images_per_second"]
    for i in range(GROUPS):
        acts, flops = DICE.uniform(2e6, 60e6), DICE.uniform(2e8, 2e10)
        ms = 0.05 + 2e-8 * acts + 1e-10 * flops
        lines.append(f"many,{'GPU' if i == 0 else ''},train,m{i},g{i},{flops:.0f},{flops / 200:.0f},{acts:.0f},256,"
                     f"{1e3 / ms:.3f}")
    begun = time.perf_counter()
    status, answer = server.upload(token, "\n".join(lines) + "\n")
    print(f"an upload of {GROUPS:,} timing groups: {status}, {time.perf_counter() - begun:.2f} s, "
          f"{answer.get('accepted'):,} accepted", flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        server = Measured(folder).start()
        store(server, server.token())
        time.sleep(3)
        begun = time.perf_counter()
        status, _ = server.request("GET", "/v1/platforms/many/next")
        print(f"/next of it: {status}, {1e3 * (time.perf_counter() - begun):.0f} ms", flush=True)
        document = json.loads(server.request("GET", "/openapi.json")[1])
        limits = json.loads(server.request("GET", "/v1/limits")[1])
        sent = dearest(server, document, Grown(document, limits))
        print(f"\n{len(sent):,} requests; the dearest ten")
        print("\n".join(str(asked) for asked in sent[:10]))
        outside = [asked for asked in sent if not asked.inside]
        print("the dearest five outside the gate")
        print("\n".join(str(asked) for asked in outside[:5]))
        print(f"bars: {1e3 * outside[0].seconds:.0f} of 50 ms outside, {sent[0].seconds:.2f} of 2 s inside; "
              f"answers of 500 and more but 503: {sum(asked.status >= 500 and asked.status != 503 for asked in sent)}")
        worst = [(asked.method, asked.path, asked.body) for asked in sent[:6] + outside[:6]]
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(8, mp_context=context) as clients:
            list(clients.map(abs, range(8)))
            rounds = [(percentiles(server.port, 5), beside(server, clients, worst)) for _ in range(3)]
        for name in rounds[0][0]:
            quiet, busy = (statistics.median(one[i][name] for one in rounds) for i in (0, 1))
            print(f"p99 of {name}: {quiet:.2f} ms quiet, {busy:.2f} ms beside eight clients, ratio {busy / quiet:.1f}")
        server.stop()


if __name__ == "__main__":
    main()
