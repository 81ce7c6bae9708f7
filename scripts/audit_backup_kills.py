#!/usr/bin/env python3
"""Kills `backup` and `restore` at random moments, and looks each time at what they left.

    scripts/audit_backup_kills.py [KILLS of each, default 50] [ROWS, default 20000]

After a kill there is no backup of the final name, or a complete one; the database is as it was or as it shall be, without
damage; and what was not finished is gone after the next backup or start.
"""

import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from common import BINARY, csv

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
ROWS = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000


def run(folder, *args):
    return subprocess.run([BINARY, *args], cwd=folder, capture_output=True, text=True)


def good(folder, *args):
    done = run(folder, *args)
    if done.returncode:
        sys.exit(f"{args}: {done.stderr}")
    return done.stdout


def killed(folder, seconds, *args):
    """Whether `args` was still at work after a random part of `seconds`; it is not any more."""
    process = subprocess.Popen([BINARY, *args], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(random.uniform(0, seconds))
    at_work = process.poll() is None
    process.send_signal(random.choice([signal.SIGKILL, signal.SIGTERM]))
    process.wait()
    return at_work


def unfinished(folder):
    return list(folder.glob(".epochcast-unfinished-*"))


def took(folder, *args):
    begin = time.monotonic()
    good(folder, *args)
    return time.monotonic() - begin


wrong = 0
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "rows.csv").write_text(csv(ROWS))
    (folder / "more.csv").write_text(csv(100, "more", 1))
    good(folder, "import", "rows.csv")
    seconds = took(folder, "backup", "then.db")
    then = good(folder, "export")
    good(folder, "import", "more.csv")
    now = good(folder, "export")

    at_work = complete = 0
    for kill in range(KILLS):
        at_work += killed(folder, seconds, "backup", "copy.db")
        copy = folder / "copy.db"
        if copy.exists():
            complete += 1
            wrong += "no damage" not in good(folder, "verify", "--database-url", "sqlite://copy.db")
            copy.unlink()
    took(folder, "backup", "now.db")
    wrong += bool(unfinished(folder))
    print(f"{KILLS} backups, {at_work} of them killed before their end: {complete} complete, none half; "
          f"{len(unfinished(folder))} unfinished after the next")

    seconds = took(folder, "restore", "then.db", "--yes")
    at_work = before = 0
    for kill in range(KILLS):
        good(folder, "restore", "now.db", "--yes")
        at_work += killed(folder, seconds, "restore", "then.db", "--yes")
        exported = good(folder, "export")
        before += exported == now
        wrong += exported not in (then, now)
        wrong += "no damage" not in good(folder, "verify")
        for copy in folder.glob("*.before-restore-*"):
            copy.unlink()
    good(folder, "token", "create", "--name", "next", "--scope", "read")
    wrong += bool(unfinished(folder))
    print(f"{KILLS} restores, {at_work} of them killed before their end: {before} left all as it was, {KILLS - before} as it "
          f"shall be; {len(unfinished(folder))} unfinished after the next start; {wrong} wrong")
sys.exit(bool(wrong))
