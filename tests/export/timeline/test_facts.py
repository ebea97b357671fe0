"""What a timeline takes from recordings and words as they come."""

from __future__ import annotations

from pathlib import Path

import pytest
from audapolis.domain.recording import VideoFacts
from audapolis.domain.timecode import timebase_of
from audapolis.domain.transcript import Transcript
from audapolis.export.material import Material
from audapolis.export.timeline.building import TimelineOptions, build, grid_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript
from tests.strategies import transcripts


@pytest.mark.parametrize(
    ("facts", "drop_frame", "first"),
    [
        (VideoFacts("30000/1001", "00:01:00;02", True, 0, 0), True, 1800),
        (VideoFacts("30000/1001", "00:01:00;00", True, 0, 0), True, 0),
        (VideoFacts("25", "00:00:02;00", True, 0, 0), False, 50),
        (VideoFacts("25", "soon", False, 0, 0), False, 0),
        (VideoFacts("25", None, False, 0, 0), False, 0),
    ],
)
def test_what_a_file_claims_against_the_standard_is_not_believed(
    facts: VideoFacts, drop_frame: bool, first: int
) -> None:
    assert grid_of(facts) == (timebase_of(facts.frame_rate, drop_frame=drop_frame), first)


def test_a_word_belongs_to_the_clip_that_begins_with_it() -> None:
    timeline = build(Material.of(conversation()), TimelineOptions())
    assert [clip.text for clip in timeline.clips][-1] == "Thank you."
    assert " ".join(clip.text for clip in timeline.clips) == " ".join(s.text for s in timeline.speech)


def test_words_under_those_of_others_go_to_their_speakers_next_clip() -> None:
    transcript = make_transcript(("S1", 0.5, 2.0, "I said"), ("S2", 0.5, 3.0, "no"))
    clips = build(Material.of(transcript), TimelineOptions()).clips
    assert {clip.text for clip in clips if clip.speaker == "Speaker 2"} == {"no"}


def test_paths_are_named_as_they_are() -> None:
    path = Path("/media/two  spaces & #1.wav")
    timeline = build(Material.of(make_transcript(("S1", 0, 1, "a")), media=path), TimelineOptions())
    assert timeline.media[0].location == str(path)


@settings(max_examples=50)
@given(transcripts(), st.sampled_from(["speakers", "paragraphs", "none"]))
def test_an_uncut_recording_is_laid_out_like_the_document_that_plays_all_of_it(
    transcript: Transcript, cuts: str
) -> None:
    material = Material.of(transcript)
    options = TimelineOptions(cuts=cuts, rate="25", start_timecode="01:00:00:00")  # type: ignore[arg-type]
    document = Material(transcript, material.cut(), material.sources)
    assert build(material, options) == build(document, options)
