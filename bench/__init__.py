"""Repeatable measurements: how right, how fast and how big Audapolis is. `python -m bench --help`."""

import os

os.environ["AUDAPOLIS_CACHE__ENABLED"] = "false"  # what is measured is done, not remembered
