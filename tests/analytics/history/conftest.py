"""A history in a folder of its own, and facts to put in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audapolis.analytics.history.store import History


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "analytics" / "history.sqlite"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    opened = History(path)
    yield opened
    opened.close()
