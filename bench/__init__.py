"""Repeatable measurements: how right, how fast and how big Audapolis is. `python -m bench --help`."""
