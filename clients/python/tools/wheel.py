"""Builds the wheel that brings server and client, and uses it as somebody would who has nothing else.

`python tools/wheel.py` takes the server as `cargo build` left it, so that nothing is compiled twice. It installs into
an environment of its own, without the network (urllib3 lies in `wheels/` of the environment that this runs in), serves
on a free port, asks by the package, and calls the harness.
"""

import email
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from flit_core import buildapi

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent.parent
WHEELS = Path(sys.prefix) / "wheels"
# Of these the wheel with the server says more.
OWN = {"summary", "classifier", "license-file"}
# And these tell what the builder knows of the format.
FORMAT = {"metadata-version", "import-name", "description-content-type"}

ASK = """
import epochcast, importlib.metadata, sys
client = epochcast.Client(sys.argv[1])
answer = client.predict("RegNetY-4GF", "dWr:4", platform="v100x8-paper")
print(answer)
print(client.version().version, epochcast.__version__, importlib.metadata.version("epochcast"))
"""
WANTED = "RegNetY-4GF, dWr:4, 256 px on v100x8-paper: 20.3 min an epoch (90 %: 18.0 to 22.9 min), no warnings"


def sure(right: bool, told: object) -> None:
    """Ends it where something is not as it should be."""
    if not right:
        raise SystemExit(f"wrong: {told}")


def build(folder: Path) -> Path:
    """The wheel for this machine, of the server that `cargo build` has built."""
    command = ["maturin", "build", "--profile", "dev", "--quiet", "--compression-level", "1", "--out", str(folder)]
    told(command, ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def metadata(wheel: Path) -> Any:
    """What a wheel says of itself."""
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(opened.read(name))


def fields(wheel: Path) -> list[tuple[str, str]]:
    """That, without what differs between the two wheels; how it is spaced and quoted is the builder's taste."""
    found = metadata(wheel).items()
    plain = [(name.lower(), re.sub(r"[ ()]", "", value).replace('"', "'")) for name, value in found]
    return sorted(field for field in plain if field[0] not in OWN | FORMAT)


def looks_right(wheel: Path, folder: Path) -> None:
    """It holds a binary for one kind of machine, the licences, all of the client, and says what the client's says."""
    pure = folder / buildapi.build_wheel(str(folder))
    sure(fields(wheel) == fields(pure), f"{fields(wheel)} is not {fields(pure)}")
    with zipfile.ZipFile(wheel) as opened, zipfile.ZipFile(pure) as client:
        names = set(opened.namelist())
        modules = {name for name in client.namelist() if name.startswith("epochcast/")}
    sure("-py3-none-" in wheel.name and not wheel.name.endswith("-any.whl"), wheel.name)
    sure(modules <= names, modules - names)
    ends = ("data/scripts/epochcast", "data/scripts/epochcast-bench", "LICENSE-MIT", "LICENSE-APACHE", "NOTICE")
    for end in ends:
        sure(any(name.endswith(f"/{end}" if end.isupper() else end) for name in names), f"no {end} in {names}")
    sure(not any("__pycache__" in name or "sboms" in name for name in names), names)


def install(wheel: Path, folder: Path) -> Path:
    """An environment with nothing but the wheel and what it needs; returns its folder of commands."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)  # noqa: S603
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--no-index", "--find-links", str(WHEELS), str(wheel)], check=True)  # noqa: S603
    return folder / "bin"


def told(command: list[str], folder: Path) -> str:
    """What a command says, without what this environment says to Python or the server."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "EPOCHCAST_"))}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    sure(done.returncode == 0, f"{command}: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def serves_and_answers(commands: Path, folder: Path) -> str:
    """`epochcast serve`, and the package asks it; returns the version that all of them are."""
    command = [str(commands / "epochcast"), "serve", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:  # noqa: S603
        try:
            said = ""
            while (found := re.search(r"on (http://127\.0\.0\.1:\d+)", said)) is None:
                line = (server.stdout or sys.stdin).readline()
                sure(bool(line), f"the server ended: {said}")
                said += line
            answered = told([str(commands / "python"), "-c", ASK, found[1]], folder)
        finally:
            server.kill()
    line, versions = answered.splitlines()
    sure(line == WANTED, line)
    sure(len(set(versions.split())) == 1, f"versions of server, client and wheel: {versions}")
    return versions.split()[0]


def main() -> None:
    """All of it."""
    begun = time.monotonic()
    os.chdir(PACKAGE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        looks_right(wheel, folder)
        commands = install(wheel, folder / "environment")
        elsewhere = folder / "elsewhere"
        elsewhere.mkdir()
        version = serves_and_answers(commands, elsewhere)
        for command, words in (
            ("epochcast", f"epochcast {version}"),
            ("epochcast-bench", f"epochcast-bench {version}"),
        ):
            said = told([str(commands / command), "--version"], elsewhere)
            sure(said == words, f"{command} --version says {said}")
        sure("--models" in told([str(commands / "epochcast-bench"), "--help"], elsewhere), "epochcast-bench --help")
        print(f"{wheel.name}: installed, serves and answers ({time.monotonic() - begun:.0f} s)")


if __name__ == "__main__":
    main()
