"""Timings on their way to the server."""
