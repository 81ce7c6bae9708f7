#!/usr/bin/env python3
"""Kills the process at random moments while it opens a database of the first release, and looks each time whether the next
start goes on with all that was stored.

    scripts/audit_migration_kills.py [KILLS, default 100]

"""

import gzip
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from common import BINARY, ROOT

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 100
OLD = gzip.decompress((ROOT / "tests/files/epochcast-0.1.0.db.gz").read_bytes())
EXPORTED = 45


def run(folder, *args):
    return subprocess.run([BINARY, *args], cwd=folder, capture_output=True, text=True)


lost = backups = killed = 0
for turn in range(KILLS):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "epochcast.db").write_bytes(OLD)
        start = [BINARY, "token", "create", "--name", "first", "--scope", "read"]
        process = subprocess.Popen(start, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, 0.03))
        killed += process.poll() is None
        process.kill()
        process.wait()
        # The next start, before anybody looks: a look alone migrates nothing.
        run(folder, "token", "create", "--name", "next", "--scope", "read")
        verified, exported = run(folder, "verify"), run(folder, "export")
        rows = [json.loads(line) for line in exported.stdout.splitlines()]
        if verified.returncode or len(rows) != EXPORTED:
            lost += 1
            print(verified.stderr, exported.stderr, len(rows))
        backups += bool(list(pathlib.Path(folder).glob("*.backup")))

print(f"{KILLS} starts on a database of 0.1.0, {killed} of them killed before their end: {lost} lost something, "
      f"{backups} left a copy of the old file beside it")
sys.exit(bool(lost))
