#!/usr/bin/env python3
"""Fills the disk under the server, and looks at what it answers, keeps and does once there is space again.

    scripts/audit_full_disk.py        (as root: it mounts a small tmpfs)
"""

import pathlib
import subprocess
import sys
import tempfile

from common import BINARY, Server, csv

MEGABYTES = 24
with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", folder], check=True)
    try:
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
        server.kill()
        subprocess.run(["mount", "-o", f"remount,size={4 * MEGABYTES}m", folder], check=True)
        server = Server(folder).start()
        _, listed = server.request("GET", "/v1/measurements.ndjson?platform=audit")
        kept = listed.count(b"\n")
        status, _ = server.upload(token, csv(2000, "after-", seed="after"))
        server.stop()
        print(f"predictions meanwhile: {predicts}; doctor says to make room: {told}; rows kept: {kept} of {acknowledged}; upload with space again: {status}")
        whole = kept == acknowledged and statuses == {507} and predicts == 200 and status == 200 and told
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
sys.exit(0 if whole else 1)
