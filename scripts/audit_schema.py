#!/usr/bin/env python3
"""Whether the OpenAPI document is true: schemathesis makes requests from it, in all its phases, without a token and with one,
and looks at the answers. Two kinds of findings are listed and no more: a refusal of what fits the schema (such as a name that
does not exist), and an answer to what does not (items of a batch are refused one by one). All others fail the audit: server
errors, answers that are not documented or break their schema, references that lead nowhere.

    python3 -m venv venv && venv/bin/pip install schemathesis==4.32.5
    PATH=venv/bin:$PATH scripts/audit_schema.py [EXAMPLES of each operation, default 50]
"""

import pathlib
import re
import subprocess
import sys
import tempfile

from common import Server

EXAMPLES = sys.argv[1] if len(sys.argv) > 1 else "50"
# Schema-violating request accepted; schema-valid request rejected.
LISTED = {"ST201", "ST202"}


def run(port, token):
    """What schemathesis says."""
    command = ["schemathesis", "run", f"http://127.0.0.1:{port}/openapi.json", "--phases", "examples,coverage,fuzzing,stateful",
               "--checks", "all", "--max-examples", EXAMPLES, "--seed", "1", "--continue-on-failure", "--no-color"]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    return subprocess.run(command, capture_output=True, text=True).stdout


broken = []
for scope in (None, "admin"):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, "--writes-per-minute", "0", log=pathlib.Path(folder, "log")).start()
        said = run(server.port, scope and server.token("--scope", scope))
        metrics = server.request("GET", "/metrics")[1].decode()
        server.stop()
    print(f"----- {'with a token' if scope else 'without a token'}\n\n{said}", flush=True)
    _, summary = said.split("= SUMMARY =")
    broken += [code for code in re.findall(r"(ST\d+) [^:\n]+: \d+", summary) if code not in LISTED]
    broken += re.findall("Unresolvable references", summary)
    broken += re.findall(r"epochcast_http_panics_total [1-9]\d*", metrics)
sys.exit(f"must not be: {', '.join(broken)}" if broken else 0)
