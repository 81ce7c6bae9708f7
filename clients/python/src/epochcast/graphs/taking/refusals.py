"""Why a module is not taken."""

from ...errors import EpochcastError


class Refused(EpochcastError, ValueError):
    """This module cannot be said as a graph, and why."""
