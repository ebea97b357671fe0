"""From seconds to frames: nothing drifts, nothing is shown twice, nothing goes missing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from audapolis.domain.timecode import timebase_of
from audapolis.domain.transcript import Transcript
from audapolis.errors import InvalidOption
from audapolis.export.material import Material
from audapolis.export.timeline.building import TimelineOptions, build
from audapolis.export.timeline.model import Timeline
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import VIDEO, conversation, make_transcript
from tests.export.timeline.builders import RATES, Part, cut, source, video
from tests.strategies import transcripts

HALF = Fraction(1, 2)
A, B = source("a.wav"), source("b.mov", picture=video("29.97 DF", "01:00:00;00"))


def timeline(parts: list[Part], **options: object) -> Timeline:
    return build(cut(parts, [A, B]), TimelineOptions(**options))  # type: ignore[arg-type]


parts_lists = st.lists(
    st.builds(
        Part,
        st.sampled_from(["a.wav", "b.mov", ""]),
        st.integers(0, 500_000_000).map(lambda us: us / 1e6),
        st.integers(0, 20_000_000).map(lambda us: us / 1e6),
        st.sampled_from(["", "word", "two words"]),
        st.sampled_from(["Ann", "Bob"]),
    ),
    max_size=30,
)


@given(parts_lists, st.sampled_from(list(RATES)), st.sampled_from(["speakers", "paragraphs", "none"]))
def test_clips_follow_each_other_without_gap_and_end_where_the_sum_of_all_lengths_is(
    parts: list[Part], rate: str, cuts: str
) -> None:
    frame_rate, drop = RATES[rate]
    built = timeline(parts, rate=frame_rate, drop_frame="yes" if drop else "no", cuts=cuts)
    assert [clip.start for clip in built.clips] == [0, *(clip.end for clip in built.clips)][: len(built.clips)]
    total_s = sum((Fraction(round(part.length_s * 10**6), 10**6) for part in parts), Fraction(0))
    assert abs(built.frames - total_s * built.timebase.rate) <= HALF
    assert all(clip.end > clip.start for clip in built.clips)
    assert all(clip.source_end <= clip.media.frames for clip in built.clips if clip.media)


@given(parts_lists, st.sampled_from(list(RATES)))
def test_every_cut_begins_within_one_frame_of_where_it_was_asked_for(parts: list[Part], rate: str) -> None:
    frame_rate, drop = RATES[rate]
    built = timeline(parts, rate=frame_rate, drop_frame="yes" if drop else "no")
    position_us, wanted = 0, []
    for part in parts:
        wanted.append((position_us, part))
        position_us += round(part.length_s * 10**6)
    for start_us, part in wanted:
        first = built.timebase.frames(Fraction(start_us, 10**6))
        if not part.source or built.timebase.frames(Fraction(start_us + round(part.length_s * 10**6), 10**6)) <= first:
            continue
        clip = next(clip for clip in built.clips if clip.start <= first < clip.end)
        assert clip.media is not None
        into_s = built.timebase.seconds(first - clip.start)
        found_s = clip.media.timebase.seconds(clip.source_start) + into_s
        frame_s = max(clip.media.timebase.frame_s, built.timebase.frame_s)
        assert abs(found_s - Fraction(round(part.start_s * 10**6), 10**6)) <= frame_s * Fraction(3, 2)


def test_a_recording_that_plays_on_across_speakers_shows_every_frame_once() -> None:
    parts = [Part("b.mov", n * 0.333, 0.333, "word", "Ann" if n % 2 else "Bob") for n in range(500)]
    clips = timeline(parts, rate="25").clips
    assert len(clips) == 500
    assert all(one.source_end == two.source_start for one, two in pairwise(clips))


def test_lengths_in_another_rate_do_not_drift_over_an_hour() -> None:
    parts = [Part("b.mov", n * 0.7, 0.7, "word", "Ann" if n % 2 else "Bob") for n in range(5000)]
    last = timeline(parts, rate="25").clips[-1]
    assert last.media is not None
    assert abs(last.media.timebase.seconds(last.source_end) - 3500) <= last.media.timebase.frame_s


def test_the_sequence_takes_rate_and_timecode_of_the_recording_that_was_not_cut() -> None:
    transcript = replace(conversation(), recording=replace(conversation().recording, video=VIDEO))
    built = build(Material.of(transcript, media=Path("/x/talk.mov")), TimelineOptions())
    assert built.timebase == timebase_of("30000/1001", drop_frame=True)
    assert built.label(0) == "00:59:30;00"
    assert built.media[0].start_frame == built.start_frame
    assert built.frames == built.timebase.frames(16.25)
    assert built.warnings == ()


def test_a_cut_starts_at_one_hour_and_sound_alone_counts_thirty_frames() -> None:
    built = build(cut([Part("a.wav", 1.0, 2.0, "word")], [A]), TimelineOptions())
    assert (built.label(0), built.timebase.rate) == ("01:00:00:00", 30)
    assert built.clips[0].source_start == 30


def test_the_first_recording_with_a_picture_gives_the_rate() -> None:
    built = timeline([Part("a.wav", 1.0, 2.0, "word"), Part("b.mov", 0, 1, "word")])
    assert built.timebase == timebase_of("30000/1001", drop_frame=True)
    assert timeline([Part("b.mov", 0, 1)], rate="25").timebase.drop_frame is False


def test_speech_and_clips_say_what_the_transcript_says() -> None:
    built = build(Material.of(conversation()), TimelineOptions())
    assert [speech.text for speech in built.speech] == [segment.text for segment in conversation().segments]
    assert [clip.speaker for clip in built.clips] == ["Anna & Söhne", "Bob <b>", "Anna & Söhne"]
    assert built.clips[1].text.startswith("Yes. I would say so -->")
    assert [marker.note for marker in built.markers] == [segment.text for segment in conversation().segments]
    assert len({marker.colour for marker in built.markers}) == 2


@settings(max_examples=40)
@given(transcripts())
def test_any_transcript_becomes_a_timeline_that_keeps_all_its_speech(transcript: Transcript) -> None:
    built = build(Material.of(transcript), TimelineOptions())
    assert sum(bool(segment.text.strip()) for segment in transcript.segments) >= len(built.speech)
    assert list(built.speech) == sorted(built.speech, key=lambda speech: (speech.start, speech.end))


def test_segments_that_overlap_keep_their_own_times() -> None:
    overlapping = make_transcript(("S1", 0.0, 4.0, "one two three four"), ("S2", 1.0, 2.0, "yes yes"))
    built = build(Material.of(overlapping), TimelineOptions(rate="25"))
    assert [(speech.start, speech.end) for speech in built.speech] == [(0, 100), (25, 50)]


def test_doubtful_segments_are_red_and_can_be_the_only_ones_marked() -> None:
    transcript = conversation()
    first = replace(transcript.segments[0], confidence=0.2)
    doubtful = replace(transcript, segments=(first, *transcript.segments[1:]))
    assert build(Material.of(doubtful), TimelineOptions()).markers[0].colour == "red"
    assert len(build(Material.of(doubtful), TimelineOptions(markers="doubtful")).markers) == 1
    assert build(Material.of(doubtful), TimelineOptions(markers="none")).markers == ()


def test_offline_recordings_are_told() -> None:
    material = cut([Part("gone.wav", 0, 1, "word")], [source("gone.wav", folder=None)])
    [warning] = build(material, TimelineOptions()).warnings
    assert "gone.wav" in warning
    assert "offline" in warning


@pytest.mark.parametrize(
    "options",
    [
        {"rate": "fast"},
        {"rate": "25", "drop_frame": "yes"},
        {"start_timecode": "soon"},
        {"start_timecode": "25:00:00:00"},
    ],
)
def test_rates_and_timecodes_that_make_no_sense_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(InvalidOption):
        timeline([Part("a.wav", 0, 1)], **options)
