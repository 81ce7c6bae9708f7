"""Runs the notebooks of the repository's `examples/` against a server of their own; `--write` keeps what they put out.

Without it the files stay as they are, and a notebook that fails, or that puts out other kinds of things than what is
kept, is an error.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support import ROOT, Server


def kinds(notebook: Any) -> list[list[str]]:
    """What kinds of things each cell puts out."""
    return [
        sorted({kind for output in cell.outputs for kind in output.get("data", {output.get("name", ""): None})})
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def clean(notebook: Any) -> None:
    """Drops what differs from run to run and tells nothing: times, ids, the server's port."""
    for cell in notebook.cells:
        cell.metadata.clear()
        cell.pop("id", None)
    notebook.nbformat_minor = 4
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def run(path: Path, *, write: bool) -> None:
    """Runs one notebook with a server whose database is new."""
    kept = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).start()
        try:
            os.environ["EPOCHCAST_URL"], os.environ["EPOCHCAST_TOKEN"] = server.url, server.token("notebooks")
            # The kernel's own warning about its port is none of the notebook's.
            quiet = ["--log-level=ERROR"]
            where = {"metadata": {"path": str(path.parent)}}
            NotebookClient(fresh, timeout=120, resources=where, extra_arguments=quiet).execute()
        finally:
            server.stop()
    if write:
        clean(fresh)
        text = nbformat.writes(fresh).replace(server.url, "http://127.0.0.1:8080")
        path.write_text(text + "\n", encoding="utf-8")
    elif kinds(fresh) != kinds(kept):
        raise SystemExit(f"{path.name} puts out other things than are kept: python tools/notebooks.py --write")


def main() -> None:
    """All notebooks, one after another."""
    write = sys.argv[1:] == ["--write"]
    paths = sorted((ROOT / "examples").glob("*.ipynb"))
    for path in paths:
        run(path, write=write)
    print(f"{len(paths)} notebooks ran")


if __name__ == "__main__":
    main()
