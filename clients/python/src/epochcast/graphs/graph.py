"""A net as a graph: the JSON form, and what can be said of it."""

from ..wire.records import Record


class Graph(Record):
    """A net as a graph of operators; `to_dict()` is the JSON form that goes wherever a model goes."""

    family: str
    resolution: int
