"""Markers for programs that hold one a frame."""

from __future__ import annotations

from audapolis.export.timeline.model import Marker
from audapolis.export.timeline.spreading import moved_warning, one_a_frame
from hypothesis import given
from hypothesis import strategies as st


def marker(start: int) -> Marker:
    return Marker(start, 5, "Ann", "note", "Ann", "blue")


@given(st.lists(st.integers(0, 50), max_size=40).map(sorted))
def test_every_marker_keeps_its_place_or_takes_the_next_that_is_free(starts: list[int]) -> None:
    placed, moved = one_a_frame([marker(start) for start in starts])
    found = [one.start for one in placed]
    assert len(set(found)) == len(starts)
    assert found == sorted(found)
    assert all(after >= before for before, after in zip(starts, found, strict=True))
    assert moved == sum(after != before for before, after in zip(starts, found, strict=True))
    assert (moved == 0) is (moved_warning([marker(start) for start in starts], "Resolve") == ())


def test_markers_that_stand_apart_stay() -> None:
    markers = [marker(1), marker(2), marker(9)]
    assert one_a_frame(markers) == (tuple(markers), 0)
