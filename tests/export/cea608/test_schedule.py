"""What is sent when."""

from __future__ import annotations

from itertools import zip_longest

from audapolis.export.cea608.captions import load
from audapolis.export.cea608.codes import ERASE_SHOWN, SHOW, word_count
from audapolis.export.cea608.schedule import Cue, in_turn, transmissions
from hypothesis import given
from hypothesis import strategies as st

LEAST = 25


@st.composite
def cues(draw: st.DrawFn) -> list[Cue]:
    starts = sorted(draw(st.lists(st.integers(0, 600), max_size=12)))
    return [
        Cue.of(start, start + draw(st.integers(1, 200)), load(["x" * n], "centre"))
        for start in starts
        for n in [draw(st.integers(1, 32))]
    ]


def sent_frames(words: str, code: str, frame: int) -> list[int]:
    """Frames in which a code is sent first."""
    pairs, code_pair = words.split(), code[:4]
    found = [frame + n for n, pair in enumerate(pairs) if pair == code_pair]
    return found[::2]


@given(cues())
def test_nothing_is_sent_while_something_else_is(wanted: list[Cue]) -> None:
    free = 0
    for sent in transmissions(in_turn(wanted, LEAST)):
        assert sent.frame >= free
        free = sent.frame + word_count(sent.words)


@given(cues())
def test_every_caption_appears_in_its_frame_and_goes_near_its_end(wanted: list[Cue]) -> None:
    timed = in_turn(wanted, LEAST)
    sent = list(transmissions(timed))
    shown = [frame for one in sent for frame in sent_frames(one.words, SHOW, one.frame)]
    erased = [frame for one in sent for frame in sent_frames(one.words, ERASE_SHOWN, one.frame)]
    assert shown == [cue.start for cue in timed]
    cleared = [cue for cue, following in zip_longest(timed, timed[1:]) if cue and not _meets(cue, following)]
    assert len(erased) == len(cleared)
    assert all(abs(frame - cue.end) <= 2 for frame, cue in zip(erased, cleared, strict=True))


def _meets(cue: Cue, following: Cue | None) -> bool:
    return following is not None and cue.end >= following.start


@given(cues())
def test_captions_are_late_only_as_long_as_they_must_be(wanted: list[Cue]) -> None:
    timed = in_turn(wanted, LEAST)
    for index, (want, cue) in enumerate(zip(wanted, timed, strict=True)):
        assert cue.start >= want.start
        if cue.start > want.start:
            last = timed[index - 1] if index else Cue(-2, -2, (), 0)
            sendable = last.start + 2 + cue.frames + 2
            shown = last.start + min(LEAST, last.end - last.start)
            assert cue.start <= max(sendable, shown)


def test_one_caption_stays_long_enough_when_two_speak_at_once() -> None:
    both = [Cue.of(100, 160, load(["One."], "left")), Cue.of(101, 150, load(["Two."], "left"))]
    assert [(cue.start, cue.end) for cue in in_turn(both, LEAST)] == [(100, 125), (125, 150)]


def test_a_gap_of_one_frame_is_closed() -> None:
    near = [Cue.of(100, 160, load(["One."], "left")), Cue.of(161, 200, load(["Two."], "left"))]
    assert [(cue.start, cue.end) for cue in in_turn(near, LEAST)] == [(100, 161), (161, 200)]
