"""Times nets on the machine at hand, well enough to be sent to a server: `python -m epochcast.bench --help`."""
