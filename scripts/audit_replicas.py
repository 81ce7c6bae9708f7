#!/usr/bin/env python3
"""Several services on one PostgreSQL, as clients see them. Each part can be run alone.

    scripts/audit_replicas.py [PART:COUNT …], of

    seen:200       uploads to one of two services: how soon the other predicts from them, and whether both then answer alike
    restarts:20    restarts, one after the other, of three services behind nginx under load: what failed
    kills:300      kills of services and of PostgreSQL at random moments under four uploading clients: what was lost
    away:30        seconds without PostgreSQL: what is answered meanwhile, and how soon all is well again
    load:5         rounds: predictions a second of three services behind nginx beside those of one

Needs PostgreSQL's programs, as root also runuser; nginx for `restarts` and `load`, and wrk for `load`.
"""

import http.client
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from common import ROOT, Postgres, Server, csv, free_port

ASK = json.dumps({"model": {"name": "RegNetY-4GF"}, "scaling": {"strategy": "dWr", "factor": 4}}).encode()
JSON = {"Content-Type": "application/json"}


class Replicas:
    """PostgreSQL, and services on it."""

    def __init__(self, number, *args):
        self.folder, self.proxy = tempfile.TemporaryDirectory(), None
        os.chmod(self.folder.name, 0o755)
        base = pathlib.Path(self.folder.name, "postgres")
        base.mkdir()
        self.postgres = Postgres(str(base))
        args = ["--database-url", self.postgres.url, "--writes-per-minute", "1000000", *args]
        self.servers = [Server(self.folder.name, *args, log=f"{self.folder.name}/log{i}").start() for i in range(number)]
        os.environ["EPOCHCAST_DATABASE_URL"] = self.postgres.url
        self.token = self.servers[0].token()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.process.kill()
            server.process.wait()
        if self.proxy:
            self.proxy.terminate()
            self.proxy.wait()
        self.postgres.stop("immediate")
        self.folder.cleanup()

    def nginx(self):
        """nginx in front of all of them, with the lines of deploy/nginx.conf; its port."""
        folder, port = self.folder.name, free_port()
        site = (ROOT / "deploy/nginx.conf").read_text()
        servers = "\n".join(f"server 127.0.0.1:{server.port};" for server in self.servers)
        for old, new in [("server epochcast:8080;", servers), ("listen 8080;", f"listen 127.0.0.1:{port};")]:
            assert old in site, old
            site = site.replace(old, new)
        pathlib.Path(folder, "site.conf").write_text(site)
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        pathlib.Path(folder, "nginx.conf").write_text(f"daemon off; pid {folder}/pid; error_log {folder}/errors; events {{}}\n"
                                                      f"http {{ access_log off; {temporary} include {folder}/site.conf; }}\n")
        self.proxy = subprocess.Popen(["nginx", "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf"])
        until(lambda: answered(port, "GET", "/healthz")[0] == 200)
        return port


def answered(port, method, path, body=None, headers=None):
    """Status, headers and body; status 0 where the connection broke."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


def until(is_so, most=60):
    """Waits until it is so; how many seconds that took."""
    begun = time.perf_counter()
    while not is_so():
        assert time.perf_counter() - begun < most, "it never came to that"
        time.sleep(0.002)
    return time.perf_counter() - begun


def version(server):
    return int(re.search(rb"^epochcast_data_version (\d+)", server.request("GET", "/metrics")[1], re.M)[1])


def upload_headers(token, key=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    return headers | ({"Idempotency-Key": key} if key else {})


class Client(threading.Thread):
    """Asks until it is told to stop, and again where it is told to, or was not answered, as docs/api.md has it."""

    def __init__(self, name, ports, token):
        super().__init__(daemon=True)
        self.name, self.ports, self.token, self.stopped = name, ports, token, threading.Event()
        self.asked, self.again, self.failed, self.stored = 0, {}, [], {}

    def run(self):
        while not self.stopped.is_set():
            self.asked += 1
            label = f"{self.name}-{self.asked}-"
            if self.asked % 4:
                self.persist("/v1/predict", ASK, JSON)
            else:
                rows = random.randint(1, 30)
                answer = self.persist("/v1/measurements", csv(rows, label, seed=label), upload_headers(self.token, label))
                if answer and json.loads(answer)["accepted"] + json.loads(answer)["quarantined"] == rows:
                    self.stored[label] = rows

    def persist(self, path, body, headers):
        for attempt in range(100):
            status, told, answer = answered(self.ports[(self.asked + attempt) % len(self.ports)], "POST", path, body, headers)
            if status == 200:
                return answer
            if status not in (0, 409, 502, 503, 504):
                break
            self.again[status] = self.again.get(status, 0) + 1
            if self.stopped.wait(min(int(told.get("Retry-After") or 0), 1) or 0.05):
                return None
        self.failed.append((path, status, answer[:200]))
        return None


def clients(number, ports, token):
    all_of_them = [Client(f"c{i}", ports, token) for i in range(number)]
    for client in all_of_them:
        client.start()
    return all_of_them


def ended(of_clients):
    for client in of_clients:
        client.stopped.set()
    for client in of_clients:
        client.join()
    again = {}
    for client in of_clients:
        for status, times in client.again.items():
            again[status] = again.get(status, 0) + times
    failed = [failure for client in of_clients for failure in client.failed]
    return sum(client.asked for client in of_clients), again, failed


def lost(postgres, of_clients):
    """How many uploads were acknowledged, and how many of those are not whole."""
    stored = {}
    for line in postgres.ask("select substring(label from '^.*-'), count(*) from measurements where platform = 'audit' group by 1"):
        label, rows = line.split("|")
        stored[label] = int(rows)
    acknowledged = {label: rows for client in of_clients for label, rows in client.stored.items()}
    return len(acknowledged), sum(stored.get(label) != rows for label, rows in acknowledged.items())


def seen(count):
    with Replicas(2) as replicas:
        one, other = replicas.servers
        one.upload(replicas.token, csv(40, "first"))
        delays = []
        for number in range(count):
            one.upload(replicas.token, csv(1, f"u{number}-", seed=number))
            now = version(one)
            delays.append(1000 * until(lambda: version(other) >= now))
        delays.sort()
        time.sleep(1)
        alike = [server.request("POST", "/v1/predict", ASK, JSON)[1] for server in (one, other)]
        print(f"seen by the other of two: median {statistics.median(delays):.0f} ms, p99 {delays[int(0.99 * count)]:.0f} ms, "
              f"most {delays[-1]:.0f} ms in {count} uploads; then both answer alike: {alike[0] == alike[1]}", flush=True)
        return alike[0] == alike[1]


def restarts(count):
    with Replicas(3, "--unready-seconds", "1") as replicas:
        port = replicas.nginx()
        at_work = clients(6, [port], replicas.token)
        for number in range(count):
            server = replicas.servers[number % 3]
            server.stop()
            server.start()
        asked, again, failed = ended(at_work)
        acknowledged, missing = lost(replicas.postgres, at_work)
        print(f"{count} restarts of three behind nginx: {asked} requests of six clients, {len(failed)} failed, asked again by status "
              f"{again}; {acknowledged} uploads acknowledged, {missing} not whole", *failed[:3], flush=True)
        return not failed and not missing


def kills(count):
    with Replicas(3) as replicas:
        at_work = clients(4, [server.port for server in replicas.servers], replicas.token)
        of_postgres = 0
        for number in range(count):
            time.sleep(random.uniform(0.02, 0.4))
            if random.random() < 0.2:
                of_postgres += 1
                replicas.postgres.kill()
                replicas.postgres.start()
            else:
                server = random.choice(replicas.servers)
                server.kill()
                server.start()
            if number % 50 == 49:
                print(f"{number + 1} kills, {of_postgres} of PostgreSQL: acknowledged and not whole "
                      f"{lost(replicas.postgres, at_work)}", flush=True)
        asked, again, failed = ended(at_work)
        acknowledged, missing = lost(replicas.postgres, at_work)
        time.sleep(1)
        alike = {server.request("POST", "/v1/predict", ASK, JSON)[1] for server in replicas.servers}
        print(f"{count} kills, {of_postgres} of PostgreSQL: {asked} requests, {len(failed)} failed, asked again by status {again}; "
              f"{acknowledged} uploads acknowledged, {missing} not whole; all answer alike: {len(alike) == 1}", *failed[:3], flush=True)
        return not missing and len(alike) == 1


def away(seconds):
    with Replicas(2) as replicas:
        one, other = replicas.servers
        one.upload(replicas.token, csv(40, "first"))
        time.sleep(1)
        replicas.postgres.stop()
        statuses = {"predict": set(), "upload": set(), "readyz": set()}
        slowest, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            for server in replicas.servers:
                begun = time.perf_counter()
                statuses["predict"].add(server.request("POST", "/v1/predict", ASK, JSON)[0])
                slowest = max(slowest, time.perf_counter() - begun)
                status, told, _ = answered(server.port, "POST", "/v1/measurements", csv(1, "away"), upload_headers(replicas.token))
                statuses["upload"].add((status, "Retry-After" in told))
                statuses["readyz"].add(server.request("GET", "/readyz")[0])
        replicas.postgres.start()
        back = max(until(lambda: server.request("GET", "/readyz")[0] == 200) for server in replicas.servers)
        stored = until(lambda: other.upload(replicas.token, csv(1, "back"))[0] == 200)
        print(f"{seconds} s without PostgreSQL: {statuses}, slowest prediction {1000 * slowest:.0f} ms; ready {back:.2f} s and storing "
              f"{back + stored:.2f} s after its return", flush=True)
        return statuses == {"predict": {200}, "upload": {(503, True)}, "readyz": {503}} and back + stored < 2


def load(rounds):
    rates = {1: [], 3: []}
    for _ in range(rounds):
        for number, measured in rates.items():
            with Replicas(number) as replicas:
                port, script = replicas.nginx(), f"{replicas.folder.name}/ask.lua"
                pathlib.Path(script).write_text(f"wrk.method, wrk.body = 'POST', [[{ASK.decode()}]]\n"
                                                "wrk.headers['Content-Type'] = 'application/json'\n")
                for seconds in ("1", "4"):
                    text = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}", "-s", script, f"http://127.0.0.1:{port}/v1/predict"],
                                          check=True, capture_output=True, text=True).stdout
                assert "Non-2xx" not in text, text
                measured.append(float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]))
    ratio = statistics.median(rates[3]) / statistics.median(rates[1])
    print(f"behind nginx on the same cores: one {statistics.median(rates[1]):,.0f}/s, three {statistics.median(rates[3]):,.0f}/s, "
          f"ratio {ratio:.2f} (medians of {rounds}, in turns)", flush=True)
    return True


PARTS = {"seen": (seen, 200), "restarts": (restarts, 20), "kills": (kills, 300), "away": (away, 30), "load": (load, 5)}
well = True
for part in sys.argv[1:] or PARTS:
    name, _, number = part.partition(":")
    run, usual = PARTS[name]
    well &= run(int(number or usual))
sys.exit(0 if well else 1)
