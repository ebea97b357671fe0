"""Captions on frames, one after the other."""

from __future__ import annotations

from audapolis.domain.timecode import Timebase, timebase_of
from audapolis.export.avid.subcaps import Subcap, on_frames
from audapolis.export.captions import Caption, Token
from hypothesis import given
from hypothesis import strategies as st

timebases = st.sampled_from(
    [timebase_of(rate) for rate in ("23.976", "24", "25", "30", "50")] + [timebase_of("29.97", drop_frame=True)]
)
captions = st.lists(st.tuples(st.integers(0, 60_000), st.integers(1, 8000)), max_size=30).map(
    lambda times: [caption(start, start + length) for start, length in sorted(times)]
)


def caption(start_ms: int, end_ms: int) -> Caption:
    return Caption(start_ms, end_ms, None, ((Token("word", start_ms / 1000, end_ms / 1000),),))


@given(captions, timebases, st.integers(0, 500_000))
def test_captions_follow_one_another_and_never_end_where_media_composer_refuses(
    wanted: list[Caption], timebase: Timebase, start_frame: int
) -> None:
    found = list(on_frames(wanted, timebase, start_frame=start_frame))
    assert len(found) == len(wanted)
    last = 0
    for one in found:
        assert last <= one.start < one.end
        last = one.end
        assert timebase.nominal != 24 or (start_frame + one.end) % 24 not in {2, 7, 12, 17, 22}


def test_a_caption_ends_where_the_next_begins() -> None:
    found = list(on_frames([caption(0, 4000), caption(2000, 5000)], timebase_of("25"), start_frame=0))
    assert [(one.start, one.end) for one in found] == [(0, 50), (50, 125)]


def test_times_are_on_the_nearest_frame() -> None:
    (one,) = on_frames([caption(1019, 2021)], timebase_of("25"), start_frame=90_000)
    assert one == Subcap(25, 51, ("word",))


def test_a_refused_end_moves_one_frame_earlier_but_never_to_nothing() -> None:
    film = timebase_of("24")
    ends = [next(on_frames([caption(0, frames * 1000 // 24 + 5)], film, start_frame=0)).end for frames in (7, 8, 12)]
    assert ends == [6, 8, 11]
    (short,) = on_frames([caption(6 * 1000 // 24, 7 * 1000 // 24)], film, start_frame=0)
    assert (short.start, short.end) == (6, 8)
