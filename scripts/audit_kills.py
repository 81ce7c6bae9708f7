#!/usr/bin/env python3
"""Kills the server at random moments under four uploading clients, and looks for what was lost.

    scripts/audit_kills.py [KILLS, default 500]

After every kill, in the file itself: each upload that was acknowledged is whole, and none is half there.
"""

import random
import sqlite3
import sys
import tempfile
import threading
import time

from common import Server, csv

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 500
CLIENTS, FRESH_EVERY = 4, 50


def client(server, token, name, sent, stop):
    """Uploads until the server is gone; notes what was sent, and what was acknowledged."""
    number = 0
    while not stop.is_set():
        number += 1
        rows, label = random.randint(1, 60), f"{name}-{number}-"
        note = [label, rows, False]
        sent.append(note)
        try:
            status, answer = server.upload(token, csv(rows, label, seed=f"{name}{number}"))
            note[2] = status == 200 and answer["accepted"] + answer["quarantined"] == rows
        except (OSError, ValueError, KeyError):
            return


def audit(folder, sent):
    """How many acknowledged uploads are not whole, and how many of all are half there."""
    database = sqlite3.connect(f"{folder}/epochcast.db")
    lost = half = 0
    for label, rows, acknowledged in sent:
        stored, = database.execute(
            "select count(*) from measurements where label >= ? and label < ?", (label, label + "~")).fetchone()
        lost += acknowledged and stored != rows
        half += stored not in (0, rows)
    check, = database.execute("pragma integrity_check").fetchone()
    database.close()
    return lost, half + (check != "ok")


acknowledged = lost = half = attempts = 0
folder = None
for kill in range(KILLS):
    if kill % FRESH_EVERY == 0:
        folder = tempfile.TemporaryDirectory()
        server = Server(folder.name)
        server.start()
        token = server.token()
        server.upload(token, csv(1, "first"))
        server.stop()
    server = Server(folder.name).start()
    sent, stop = [], threading.Event()
    clients = [threading.Thread(target=client, args=(server, token, f"k{kill}c{i}", sent, stop)) for i in range(CLIENTS)]
    for thread in clients:
        thread.start()
    time.sleep(random.uniform(0.02, 0.4))
    server.kill()
    stop.set()
    for thread in clients:
        thread.join()
    missing, torn = audit(folder.name, sent)
    attempts += len(sent)
    acknowledged += sum(note[2] for note in sent)
    lost, half = lost + missing, half + torn
    if kill % 50 == 49:
        print(f"{kill + 1} kills: {attempts} uploads, {acknowledged} acknowledged, {lost} lost, {half} half there", flush=True)
sys.exit(1 if lost or half else 0)
