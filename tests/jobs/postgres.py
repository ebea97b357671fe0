"""A throw-away PostgreSQL server, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgres_url() -> Iterator[str]:
    """URL of an empty database; skips the test, with the reason, where there can't be one."""
    given = os.environ.get("AUDAPOLIS_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    pg_ctl, initdb = _program("pg_ctl"), _program("initdb")
    if pg_ctl is None or initdb is None:
        pytest.skip("set AUDAPOLIS_TEST_POSTGRES_URL, or install PostgreSQL, to test with it")
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        run = _Runner(folder, user)
        run(initdb, "-D", str(folder / "db"), "-U", "audapolis", "-A", "trust", "-N")
        options = f"-k {folder} -c listen_addresses='' -F"
        run(pg_ctl, "-D", str(folder / "db"), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://audapolis@/postgres?host={folder}"
        finally:
            run(pg_ctl, "-D", str(folder / "db"), "-m", "immediate", "stop")


class _Runner:
    def __init__(self, folder: Path, user: str | None) -> None:
        self._folder = folder
        self._user = user

    def __call__(self, *command: str) -> None:
        subprocess.run(command, cwd=self._folder, user=self._user, check=True, capture_output=True, timeout=60)


def _program(name: str) -> str | None:
    """Where a PostgreSQL program is; Debian keeps them off the path."""
    kept = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")))
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *kept]))
