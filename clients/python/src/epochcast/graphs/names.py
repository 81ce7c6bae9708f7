"""What layers and values are called in the source of a graph."""

import keyword
import re

from .shapes import Shaped
from .steps import IMAGE


class Names:
    """What layers are called, after their places in the module, and the variables of values."""

    def __init__(self, found: list[Shaped]) -> None:
        self.found = found
        self.attributes = _attributes(found)
        self.inlined: dict[int, str] = {}
        self._variables = _variables(found)

    def attribute(self, one: Shaped) -> str:
        """The layer of a step, be it that of an earlier one."""
        return f"self.{self.attributes[self.owner(one)]}"

    def owner(self, one: Shaped) -> int:
        """The step whose weights it has."""
        place = one.step.place
        while self.found[place].step.tied != place:
            place = self.found[place].step.tied
        return place

    def variable(self, place: int) -> str:
        """The variable that a value is in."""
        return self._variables[place]

    def expression(self, place: int) -> str:
        """A value where it is used."""
        return self.inlined.get(place, self._variables.get(place, "x"))

    def inline(self, place: int, text: str) -> None:
        """A value that is no line of its own."""
        self.inlined[place] = text


def _attributes(found: list[Shaped]) -> dict[int, str]:
    names: dict[int, str] = {}
    taken: set[str] = set()
    for one in found:
        base = re.sub(r"\W+", "_", one.step.at).strip("_") or one.step.op
        # Operators of a block have the block's name, which says too little.
        base = f"n{base}" if base[0].isdigit() else base
        base = f"{base}_" if keyword.iskeyword(base) or base in _RESERVED else base
        name, more = base, 2
        while name in taken:
            name, more = f"{base}_{more}", more + 1
        if one.step.op in _NAMED and one.step.tied == one.step.place:
            taken.add(name)
        names[one.step.place] = name
    return names


_NAMED = ("conv", "conv_transpose", "linear", "norm", "prelu", "param", "const", "index")
# What a module has itself.
_RESERVED = {
    "forward", "training", "type", "float", "double", "half", "to", "cpu", "cuda", "apply", "train", "eval", "children",
    "modules", "parameters", "buffers", "compile", "share_memory", "state_dict", "zero_grad", "requires_grad_",
    "add_module",
}  # fmt: skip


def _variables(found: list[Shaped]) -> dict[int, str]:
    """`x` runs along the chain; what is needed later has a name until then."""
    last: dict[int, int] = {IMAGE: 0}
    for one in found:
        last[one.step.place] = one.step.place + 1
    for one in found:
        for at in one.step.inputs:
            last[at] = max(last[at], one.step.place)
    silent = {one.step.place for one in found if one.step.op == "param"}
    names: dict[int, str] = {}
    kept: dict[str, int] = {}
    for place in range(IMAGE, len(found)):
        following = place + 1
        while following in silent:
            following += 1
        if last[place] <= following:
            names[place] = "x"
            continue
        # A variable is free once its value was used for the last time.
        free = (f"y{at}" for at in range(1, len(found) + 2))
        name = next(name for name in free if kept.get(name, -2) <= place)
        kept[name] = last[place]
        names[place] = name
    return names
