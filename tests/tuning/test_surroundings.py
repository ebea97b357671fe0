"""What this machine has to turn in."""

from __future__ import annotations

import os
from pathlib import Path

from audapolis.tuning.surroundings import look_around


def test_the_machine_is_looked_at(tmp_path: Path) -> None:
    room = look_around(tmp_path / "cache", ("small",))
    assert 1 <= room.cores <= (os.cpu_count() or 1)
    assert room.memory_bytes is not None
    assert room.memory_bytes > 2**26
    assert room.cache_room_bytes is not None
    assert room.models == ("small",)


def test_what_the_cache_holds_is_room_for_it(tmp_path: Path) -> None:
    (tmp_path / "cache" / "recording").mkdir(parents=True)
    (tmp_path / "cache" / "recording" / "words").write_bytes(b"x" * 1000)
    room = look_around(tmp_path / "cache")
    assert room.cache_room_bytes is not None
    assert room.cache_room_bytes >= 1000
