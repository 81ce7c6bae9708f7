#!/usr/bin/env python3
"""Fills the disk under the server, and looks at what it answers, keeps and does once there is space again: large uploads
with a restart, and small ones beside a file of another program that is deleted while the server goes on.

    scripts/audit_full_disk.py        (as root: it mounts a small tmpfs)
"""

import contextlib
import pathlib
import subprocess
import sys
import tempfile
import time

from common import BINARY, Server, csv

MEGABYTES = 24


@contextlib.contextmanager
def disk(megabytes):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def large():
    with disk(MEGABYTES) as folder:
        server = Server(folder).start()
        token = server.token()
        acknowledged, statuses = 0, set()
        for number in range(200):
            status, answer = server.upload(token, csv(2000, f"u{number}-", seed=number))
            if status == 200:
                acknowledged += answer["accepted"] + answer["quarantined"]
            else:
                statuses.add(status)
                if number > 5 and len(statuses) == 1:
                    break
        print(f"full after {acknowledged} acknowledged rows: answers {sorted(statuses)}")
        ask = b'{"model": {"name": "ResNet-50"}, "platform": "audit"}'
        predicts, _ = server.request("POST", "/v1/predict", ask, {"Content-Type": "application/json"})
        doctor = subprocess.run([BINARY, "doctor"], cwd=folder, capture_output=True, text=True)
        told = doctor.returncode == 1 and "make room" in doctor.stdout
        subprocess.run(["mount", "-o", f"remount,size={4 * MEGABYTES}m", folder], check=True)
        at_once, answer = server.upload(token, csv(2000, "at-once-", seed="at once"))
        acknowledged += answer.get("accepted", 0) + answer.get("quarantined", 0)
        server.kill()
        server = Server(folder).start()
        _, listed = server.request("GET", "/v1/measurements.ndjson?platform=audit")
        kept = listed.count(b"\n")
        status, _ = server.upload(token, csv(2000, "after-", seed="after"))
        server.stop()
        print(f"predictions meanwhile: {predicts}; doctor says to make room: {told}; rows kept: {kept} of {acknowledged}; upload with space again: {at_once}, after a restart {status}")
        return (kept == acknowledged and statuses == {507} and predicts == 200 and told
                and (at_once, status) == (200, 200))


def small():
    """A disk of 4 MB on which another program's file leaves 2.5: uploads of 100 rows until one is refused, and on."""
    with disk(4) as folder:
        filler = pathlib.Path(folder, "filler")
        filler.write_bytes(bytes(1_500_000))
        server = Server(folder, "--no-seed").start()
        token = server.token("admin")
        acknowledged, uploads, disagreed = 0, [], 0

        def upload(name):
            nonlocal acknowledged, disagreed
            status, answer = server.upload(token, csv(100, f"{name}-", seed=name))
            ready, why = server.request("GET", "/readyz")
            disagreed += (status == 200) != (ready == 200)
            if status == 200:
                acknowledged += answer["accepted"] + answer["quarantined"]
                uploads.append(answer["upload"])
            return status

        number = 0
        while (refusal := upload(f"u{number}")) == 200:
            number += 1
        again = [upload(f"again{i}") for i in range(5)]
        time.sleep(1.1)
        ready = server.request("GET", "/readyz")[0]
        filler.unlink()
        time.sleep(0.2)
        ready_with_space = server.request("GET", "/readyz")[0]
        stored = upload("with-space")
        change = {"Authorization": f"Bearer {token}"}
        undone = server.request("DELETE", f"/v1/uploads/{uploads[-1]}", headers=change)[0]
        redone = server.request("POST", f"/v1/uploads/{uploads[-1]}/restore", headers=change)[0]
        _, listed = server.request("GET", "/v1/measurements.ndjson?platform=audit")
        kept = listed.count(b"\n")
        server.stop()
        verified = subprocess.run([BINARY, "verify"], cwd=folder, capture_output=True).returncode
        print(f"small uploads: {number} stored, then {refusal} and {again}, /readyz {ready}; with space again /readyz "
              f"{ready_with_space}, upload {stored}, DELETE {undone}, restore {redone}; rows kept: {kept} of {acknowledged}; "
              f"/readyz disagreed with an upload {disagreed} times; verify: exit code {verified}")
        return ([refusal, *again] == [507] * 6 and ready == 503 and ready_with_space == 200 and stored == 200 and kept == acknowledged
                and undone == redone == 200 and disagreed == 0 and verified == 0)


good = [small(), large()]
sys.exit(0 if all(good) else 1)
