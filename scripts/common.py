"""What the audits share: a server of one's own on a free port, and rows to send to it. Standard library only."""

import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("EPOCHCAST", ROOT / "target/release/epochcast"))
PLATFORM = {"id": "audit", "device": "made-up GPU"}
COLUMNS = "platform,device,mode,label,flops,params,acts,batch_size,images_per_second"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """epochcast in `folder`, on a port of its own."""

    def __init__(self, folder, *args, log=os.devnull):
        self.folder, self.port, self.log = folder, free_port(), log
        self.command = [str(BINARY), "--listen", f"127.0.0.1:{self.port}", *args]

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=log)
        while True:
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return self
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"the server ended with {self.process.returncode}")
                time.sleep(0.002)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def token(self, scope="write"):
        command = [str(BINARY), "token", "create", "--name", f"t{random.random()}", "--scope", scope]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def request(self, method, path, body=None, headers=None, timeout=600):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, text
        finally:
            connection.close()

    def upload(self, token, body, kind="text/csv", query=""):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        status, text = self.request("POST", f"/v1/measurements{query}", body, headers)
        return status, json.loads(text)

    def resident_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Postgres:
    """A server of one's own in `folder`, on a socket there."""

    def __init__(self, folder):
        releases = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        programs = releases[-1] if releases else pathlib.Path(shutil.which("pg_ctl")).parent
        as_other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.folder, self.data = folder, f"{folder}/data"
        self.program = lambda name, *args: subprocess.run([*as_other, programs / name, *args], check=True, cwd="/",
                                                          stdout=subprocess.DEVNULL)
        if as_other:
            shutil.chown(folder, "postgres")
        self.program("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C")
        self.start()
        self.program("createdb", "-h", folder, "-U", "postgres", "epochcast")
        self.url = f"postgres:///epochcast?host={folder}&user=postgres"
        self.psql = lambda *args: subprocess.run([programs / "psql", "-h", folder, "-U", "postgres", "-d", "epochcast", "-v",
                                                  "ON_ERROR_STOP=1", *args], check=True, capture_output=True, text=True).stdout

    def ask(self, sql):
        return self.psql("-Atc", sql).split()

    def start(self):
        self.program("pg_ctl", "start", "-w", "-D", self.data, "-l", f"{self.folder}/log", "-o",
                     f"-c listen_addresses='' -c unix_socket_directories={self.folder}")

    def stop(self, how="fast"):
        self.program("pg_ctl", "stop", "-w", "-m", how, "-D", self.data)

    def kill(self):
        """As a machine that runs out of memory would: nobody of it is asked."""
        first = int(pathlib.Path(self.data, "postmaster.pid").read_text().split()[0])
        of_it = subprocess.run(["pgrep", "-P", str(first)], capture_output=True, text=True).stdout.split()
        for process in [first, *map(int, of_it)]:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        while any(pathlib.Path(f"/proc/{process}").exists() for process in [first, *of_it]):
            time.sleep(0.01)


def csv(rows, labels="r", seed=0):
    """`rows` rows of nets of their own, whose times follow their costs within a few percent."""
    dice = random.Random(seed)
    lines = [COLUMNS]
    for i in range(rows):
        acts, flops = dice.uniform(2e6, 60e6), dice.uniform(2e8, 2e10)
        ms = (0.05 + 2e-8 * acts + 1e-10 * flops) * dice.uniform(0.95, 1.05)
        device = PLATFORM["device"] if i == 0 else ""
        lines.append(f"{PLATFORM['id']},{device},train,{labels}{i},{flops:.0f},{flops / 200:.0f},{acts:.0f},256,"
                     f"{1000 / ms:.3f}")
    return "\n".join(lines) + "\n"
