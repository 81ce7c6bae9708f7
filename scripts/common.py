"""What the audits share: a server of one's own on a free port, and rows to send to it. Standard library only."""

import http.client
import json
import os
import pathlib
import random
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
