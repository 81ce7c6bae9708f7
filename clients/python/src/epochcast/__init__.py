"""Ask an epochcast server how long an epoch of a scaled conv net takes, and send it timings of your own.

>>> import epochcast
>>> client = epochcast.Client()
>>> client.predict("RegNetY-4GF", "dWr:4", platform="v100x8-paper").epoch_seconds  # doctest: +SKIP
1217.76...
"""

from .answers import Comparison, Complexity, Evaluation, Explanation, Forecast, Plan, Platform, Prediction, Upload
from .client import Client
from .errors import Busy, EpochcastError, FieldError, NoGraph, Problem, Unauthorized, Unreachable
from .graphs.graph import Graph
from .graphs.of_module import graph
from .sending.queue import Queue

__version__ = "0.15.0"

__all__ = [
    "Busy",
    "Client",
    "Comparison",
    "Complexity",
    "EpochcastError",
    "Evaluation",
    "Explanation",
    "FieldError",
    "Forecast",
    "Graph",
    "NoGraph",
    "Plan",
    "Platform",
    "Prediction",
    "Problem",
    "Queue",
    "Unauthorized",
    "Unreachable",
    "Upload",
    "graph",
]
