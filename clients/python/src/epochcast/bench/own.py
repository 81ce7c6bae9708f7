"""One's own nets: `FILE.py:NET` or `PACKAGE.MODULE:NET`, where NET is a class, a function that makes one, or a module.

What it is made with stands in brackets behind it, as in Python: numbers, words in quotes, lists.
"""

import ast
import difflib
import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

_WRITTEN = re.compile(r"(?P<where>.+\.py|[A-Za-z_]\w*(\.[A-Za-z_]\w*)*):(?P<name>[A-Za-z_]\w*)(?P<call>\(.*\))?")


class WrongNet(ValueError):
    """It cannot be made, and why."""


@dataclass(frozen=True)
class Own:
    """Where a net is, and what it is made with."""

    where: str
    name: str
    call: str

    @classmethod
    def read(cls, text: str) -> "Optional[Own]":
        """The net that `text` is; None where it is written as something else."""
        found = _WRITTEN.fullmatch(text)
        return found and cls(found["where"], found["name"], found["call"] or "")

    @property
    def label(self) -> str:
        """What it is called on the server: without folders, which are nobody's business.

        The file's name stays, since `resnet50` alone would be taken for the net that everybody calls so.
        """
        file = Path(self.where).name if self.where.endswith(".py") else self.where
        return f"{file}:{self.name}{self.call}"

    def made(self) -> Any:
        """The module."""
        from torch import nn

        found = self._found()
        if isinstance(found, nn.Module):
            if self.call:
                raise WrongNet(f"{self.where}: {self.name} is made already, so nothing stands behind it")
            return found
        if not callable(found):
            raise WrongNet(f"{self.where}: {self.name} is a {type(found).__name__}, no class, function or module")
        places, names = _arguments(self.call)
        try:
            inspect.signature(found).bind(*places, **names)
        except TypeError as error:
            told = f"{self.where}: {self.name} takes other arguments ({error}): write {self.name}(NAME=VALUE, …)"
            raise WrongNet(told) from None
        module = found(*places, **names)
        if not isinstance(module, nn.Module):
            raise WrongNet(
                f"{self.where}: {self.name}{self.call or '()'} is a {type(module).__name__}, no torch module"
            )
        return module

    def _found(self) -> Any:
        module = _file(Path(self.where)) if self.where.endswith(".py") else _installed(self.where)
        if not hasattr(module, self.name):
            there = [name for name in vars(module) if not name.startswith("_")]
            near = difflib.get_close_matches(self.name, there, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(there)) or 'nothing'}"
            raise WrongNet(f"{self.where} has no {self.name} ({hint})")
        return getattr(module, self.name)

    def digest(self) -> Optional[str]:
        """Of the file that it is in: changed, it is another net, whatever it is called."""
        if self.where.endswith(".py"):
            return digest(Path(self.where))
        _look_here()
        try:
            spec = importlib.util.find_spec(self.where)
        except (ImportError, ValueError):
            return None
        return digest(Path(spec.origin)) if spec is not None and spec.origin else None


def digest(path: Path) -> Optional[str]:
    """A short name for what a file holds; None where there is no such file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else None


def _arguments(call: str) -> tuple[list[Any], dict[str, Any]]:
    wrong = WrongNet(f"{call}: a net is made with numbers, words in quotes and lists, as in (64, act='relu')")
    try:
        made = ast.parse(f"net{call or '()'}", mode="eval").body
    except SyntaxError:
        raise wrong from None
    if not isinstance(made, ast.Call) or not isinstance(made.func, ast.Name):
        raise wrong
    try:
        places = [ast.literal_eval(value) for value in made.args]
        return places, {word.arg: ast.literal_eval(word.value) for word in made.keywords if word.arg}
    except ValueError:
        raise wrong from None


def _file(path: Path) -> Any:
    """A file as a module, with what lies beside it to be imported, as `python FILE` does."""
    if not path.is_file():
        raise WrongNet(f"there is no file {path} (looked in {Path.cwd()})")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    # Of its own, since a file may be called as a package that is there already.
    name = f"{path.stem}_{digest(path)}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise WrongNet(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    # Where dataclasses and pickle look.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        # Only a module that is whole is found again.
        del sys.modules[name]
        if isinstance(error, SystemExit):
            told = f"{path} ends when it is imported: put what it does below `if __name__ == '__main__':`"
            raise WrongNet(told) from None
        raise
    return module


def _installed(name: str) -> Any:
    _look_here()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and name.split(".")[: len(error.name.split("."))] == error.name.split("."):
            raise WrongNet(f"there is no module {name} (for a file, write FILE.py:NET)") from None
        raise


def _look_here() -> None:
    # A command does not look where it is called, as `python -m` does.
    if "" not in sys.path:
        sys.path.insert(0, "")
