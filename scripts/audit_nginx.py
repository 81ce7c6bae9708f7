#!/usr/bin/env python3
"""The service behind nginx with deploy/nginx.conf: at the root, and under /epochcast/ with nginx passing the path on and taking
it off. Each time every page is opened and all that it names is asked for, scripts and what they import included; then request
ids, an upload, a rate for each client, the metrics and a forged host.

    scripts/audit_nginx.py

Needs nginx.
"""

import gzip
import http.client
import json
import pathlib
import re
import subprocess
import tempfile
import time

from common import ROOT, Server, csv, free_port

PAGES = ["/", "/explore", "/platforms", "/platforms/v100x8-paper", "/upload", "/docs"]


def nginx(folder, port, upstream, location, target):
    """nginx on `port`, with the lines of deploy/nginx.conf."""
    site = (ROOT / "deploy/nginx.conf").read_text()
    for old, new in [("server epochcast:8080;", f"server 127.0.0.1:{upstream};"), ("listen 8080;", f"listen 127.0.0.1:{port};"),
                     ("location / {", f"location {location} {{"), ("proxy_pass http://epochcast;", f"proxy_pass http://epochcast{target};")]:
        assert old in site, old
        site = site.replace(old, new)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    pathlib.Path(folder, "site.conf").write_text(site)
    main = pathlib.Path(folder, "nginx.conf")
    main.write_text(f"daemon off; pid {folder}/pid; error_log {folder}/errors; events {{}}\n"
                    f"http {{ access_log off; {temporary} include {folder}/site.conf; }}\n")
    return subprocess.Popen(["nginx", "-e", f"{folder}/errors", "-c", str(main)])


def ask(port, path, method="GET", body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer, text


def crawled(port, base):
    """How much was asked for, from the pages on; all of it under `base`."""
    waiting, seen = [base + page for page in PAGES], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer, text = ask(port, path)
        assert answer.status == 200, (path, answer.status)
        if "html" in answer.headers["content-type"]:
            waiting += re.findall(r'="(/[^"]*)"', text.decode())
    assert all(path.startswith(f"{base}/") for path in seen), seen
    return len(seen)


def audit(base, location, target):
    with tempfile.TemporaryDirectory() as folder:
        args = ["--base-path", base] if base else []
        server = Server(folder, "--trusted-proxy", "127.0.0.1", "--requests-per-minute", "600", *args).start()
        port = free_port()
        proxy = nginx(folder, port, server.port, location, target)
        deadline = time.monotonic() + 10
        while True:
            try:
                assert ask(port, f"{base}/healthz")[0].status == 200
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        found = crawled(port, base)
        answer, text = ask(port, f"{base}/v1/nothing")
        assert answer.status == 404 and json.loads(text)["request_id"] == answer.headers["x-request-id"]
        document = json.loads(ask(port, f"{base}/openapi.json")[1])
        assert document.get("servers", [{"url": ""}])[0]["url"] == base
        answer, _ = ask(port, f"{base}/v1/measurements?limit=1")
        assert f"<{base}/v1/measurements?" in answer.headers["link"]
        answer, text = ask(port, f"{base}/v1/measurements", "POST", gzip.compress(csv(20_000).encode()), Content_Type="text/csv",
                           Content_Encoding="gzip", Authorization=f"Bearer {server.token()}")
        assert answer.status == 200 and json.loads(text)["accepted"] > 19_000, text
        assert ask(port, f"{base}/v1/models", Host="evil.example")[0].status == 421
        if not base:
            assert ask(port, "/metrics")[0].status == 403
        statuses = [ask(port, f"{base}/v1/version", X_Forwarded_For="192.0.2.1")[0].status for _ in range(700)]
        assert statuses.count(429) > 50 and statuses[0] == 200
        assert ask(port, f"{base}/v1/version", X_Forwarded_For="192.0.2.2")[0].status == 200
        proxy.terminate()
        proxy.wait()
        server.stop()
        print(f"{location} to {target or 'the same path'}: {found} pages and files, all under {base or 'the root'}; ids, links, an "
              f"upload, a forged host and rates by client are right", flush=True)


audit("", "/", "")
audit("/epochcast", "/epochcast/", "")
audit("/epochcast", "/epochcast/", "/")
