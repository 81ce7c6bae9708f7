"""The package's parts: few files in each, no circle between modules, and who may import whom."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import epochcast

# Each part imports only those left of it, be it for types or within a function. What `__init__` exports comes last but
# for the harness, which is a user of it.
ORDER = ("errors", "show", "wire", "graphs", "answers", "counting", "ask", "sending", "client", "__init__", "bench")
MOST_FILES = 16

Graph = dict[str, set[str]]


def graph(package: Path) -> Graph:
    """For each module those that it imports, by names such as `answers.nets`, or `answers.__init__` for a folder."""
    paths = {".".join(path.relative_to(package).with_suffix("").parts): path for path in package.rglob("*.py")}
    return {name: set(imported(name, path, package.name, set(paths))) - {name} for name, path in paths.items()}


def imported(name: str, path: Path, package: str, modules: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            wanted = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = [package, *name.split(".")][: -node.level] if node.level else []
            start = [*above, *(node.module or "").split(".")] if node.module else above
            wanted = [[*start, alias.name] for alias in node.names]
        else:
            continue
        for first, *rest in wanted:
            if first == package:
                # The module itself, the folder, or where a name is taken from.
                places = (rest, [*rest, "__init__"], rest[:-1], [*rest[:-1], "__init__"])
                yield next(place for place in map(".".join, places) if place in modules)


def circle(modules: Graph) -> list[str]:
    """The modules of a circle, if there is one."""
    try:
        graphlib.TopologicalSorter(modules).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def against_the_order(modules: Graph) -> list[str]:
    pairs = [(one, other) for one, others in modules.items() for other in others]
    return sorted(f"{one} imports {other}" for one, other in pairs if ORDER.index(part(one)) < ORDER.index(part(other)))


def part(module: str) -> str:
    return module.partition(".")[0]


def crowded(folder: Path) -> list[str]:
    """Folders of more files than one looks through at a glance."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir() and path.name != "__pycache__")]
    return [path.name for path in folders if sum(file.is_file() for file in path.iterdir()) > MOST_FILES]


PACKAGE = Path(epochcast.__file__).parent


def test_each_part_has_its_place_in_the_order():
    assert {part(name) for name in graph(PACKAGE)} == set(ORDER)


def test_each_part_imports_only_those_before_it():
    assert against_the_order(graph(PACKAGE)) == []


def test_no_modules_import_each_other_in_a_circle():
    assert circle(graph(PACKAGE)) == []


@pytest.mark.parametrize("folder", [PACKAGE, Path(__file__).parent], ids=["package", "tests"])
def test_no_folder_is_crowded(folder: Path):
    assert crowded(folder) == []


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """A small package without a fault."""
    package = tmp_path / "epochcast"
    files = {
        "__init__": "from .client import Client\n__version__ = '1'",
        "client": "from . import answers, ask\nfrom .wire.transport import Transport",
        "ask": "import os, json.decoder",
        "answers/__init__": "from .nets import Net",
        "answers/nets": "from ..wire import transport",
        "wire/__init__": "",
        "wire/transport": "",
        "bench/run": "from .. import __version__\nfrom epochcast.answers import Net\nimport epochcast.ask",
    }
    for name, text in files.items():
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


def test_imports_are_found_however_they_are_written(planted: Path):
    assert graph(planted) == {
        "__init__": {"client"},
        "client": {"answers.__init__", "ask", "wire.transport"},
        "ask": set(),
        "answers.__init__": {"answers.nets"},
        "answers.nets": {"wire.transport"},
        "wire.__init__": set(),
        "wire.transport": set(),
        "bench.run": {"__init__", "answers.__init__", "ask"},
    }
    assert (circle(graph(planted)), against_the_order(graph(planted)), crowded(planted)) == ([], [], [])


@pytest.mark.parametrize(
    ("text", "backwards"),
    [
        ("from ..ask import net", ["answers.nets imports ask"]),
        ("def late():\n    from .. import client", ["answers.nets imports client"]),
        ("if TYPE_CHECKING:\n    import epochcast.client as c", ["answers.nets imports client"]),
        ("from . import Net", []),
    ],
)
def test_a_planted_import_is_found(planted: Path, text: str, backwards: list[str]):
    (planted / "answers/nets.py").write_text(text, encoding="utf-8")
    found = graph(planted)
    assert against_the_order(found) == backwards
    # ask imports nothing; the others close a circle.
    assert bool(circle(found)) is ("ask" not in text)


def test_a_planted_crowd_is_found(planted: Path):
    for at in range(MOST_FILES - 1):
        (planted / f"wire/more{at}.py").touch()
    assert crowded(planted) == ["wire"]
