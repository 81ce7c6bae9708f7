"""What is released."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from support import ROOT, Server

PACKAGE = Path(__file__).resolve().parent.parent


@pytest.fixture
def built(tmp_path: Path) -> Path:
    for kind in ("wheel", "sdist"):
        code = f"from flit_core import buildapi; buildapi.build_{kind}({str(tmp_path)!r})"
        subprocess.run([sys.executable, "-c", code], cwd=PACKAGE, check=True)
    return tmp_path


def test_the_wheel_is_typed_pure_and_needs_urllib3_alone(built: Path):
    (path,) = built.glob("*.whl")
    assert path.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        (metadata,) = (wheel.read(name).decode() for name in names if name.endswith("METADATA"))
    assert "epochcast/py.typed" in names
    assert not any(name.startswith("tests") for name in names)
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ") and "extra ==" not in line]
    assert [re.split(r"[ <>=(]", line[15:])[0] for line in needed] == ["urllib3"]


def test_the_sdist_has_licences_and_tests(built: Path):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames()}
    assert {"LICENSE-MIT", "LICENSE-APACHE", "README.md", "tests/test_package.py", "src/epochcast/py.typed"} <= names


def test_the_licences_are_the_servers():
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        assert (PACKAGE / name).read_bytes() == (ROOT / name).read_bytes()


def test_importing_it_brings_neither_pandas_nor_torch():
    code = "import epochcast, sys; print([m for m in ('pandas', 'numpy', 'torch', 'matplotlib') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def blocks(path: Path) -> str:
    """All Python of a README, as one program."""
    return "\n".join(re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL))


def run(code: str, server: Server, token: str, folder: Path) -> str:
    moved = code.replace("http://127.0.0.1:8080", server.url)
    environment = {**os.environ, "EPOCHCAST_URL": server.url, "EPOCHCAST_TOKEN": token, "MPLBACKEND": "Agg"}
    command = [sys.executable, "-W", "error", "-c", moved]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def printed(path: Path) -> list[str]:
    """What the README says that its program prints."""
    code = blocks(path)
    return [line[2:] for line in code.splitlines() if line.startswith("# ") and not line.startswith("# -")]


def test_the_packages_readme_is_so(own_server: Server, tmp_path: Path):
    readme = PACKAGE / "README.md"
    token = own_server.token("readme")
    assert run(blocks(readme), own_server, token, tmp_path).splitlines() == printed(readme)


def test_requests_and_pandas_suffice(own_server: Server):
    # The server's own documents, which know nothing of this package.
    token = own_server.token("readme")
    pages = [ROOT / "README.md", ROOT / "docs/api.md", ROOT / "docs/timings.md"]
    code = f"token = {token!r}\n" + "\n".join(map(blocks, pages)) + PANDAS
    assert "import epochcast" not in code
    lines = run(code, own_server, token, ROOT / "tests/files").splitlines()
    assert lines[:-1] == [line for page in pages for line in printed(page)]
    assert lines[-1] == "187 187"


def test_the_example_without_this_package_does_all_of_it(own_server: Server, tmp_path: Path):
    alone = "import sys, runpy; sys.modules['epochcast'] = None; "
    code = f"{alone}runpy.run_path({str(ROOT / 'examples/requests_and_pandas.py')!r})"
    lines = run(code, own_server, own_server.token("example"), tmp_path).splitlines()
    assert any(line.split()[1:3] == ["v100x8-paper", "1217.8"] for line in lines)
    assert any(line.split() == ["4", "1940.0", "1218.0", "2046.0", "1146.0"] for line in lines)
    assert sum(line.endswith("epoch_seconds") and "1800" not in line for line in lines) == 12
    assert "187 timings; first: EfficientNet-B0 dwr x0.5" in lines
    assert lines[-4:-1] == [
        "422 /scaling/strategy dwR - did you mean `dwr`? case matters",
        "3 accepted, 0 known already, wrong: []",
        "0 accepted, 3 known already, wrong: []",
    ]


PANDAS = """
import pandas
frame = pandas.read_csv("http://127.0.0.1:8080/v1/measurements.csv?platform=v100x8-paper")
sent = requests.post("http://127.0.0.1:8080/v1/measurements", data=frame.to_csv(index=False),
                     headers={"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}).json()
print(len(frame), sent["duplicates"])
"""
