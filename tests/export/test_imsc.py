"""IMSC as ttconv reads it, and by ttconv's rules for the text profile of IMSC 1.1."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.timecode import timebase_of
from audapolis.domain.transcript import Transcript
from audapolis.errors import InvalidOption
from audapolis.export.captions import Caption, lay_out
from audapolis.export.formats.imsc import ImscOptions
from hypothesis import given, settings
from hypothesis import strategies as st
from ttconv import model
from ttconv.filters.doc.imsc11text import IMSC11TextFilter
from ttconv.style_properties import NamedColors, StyleProperties

from tests.builders import VIDEO, conversation, make_transcript
from tests.export.ttml.reading import by_time, by_ttconv
from tests.strategies import transcripts

exporter = AdvancedExporter()
RATES = ["24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "12.5"]


def captions_of(transcript: Transcript) -> list[Caption]:
    return by_time(lay_out(transcript, ImscOptions()))


@settings(max_examples=40, deadline=None)
@given(transcripts(), st.sampled_from(["colour", "name", "both", "none"]), st.sampled_from([0.0, 0.5]))
def test_the_rules_of_the_text_profile_are_kept(transcript: Transcript, speakers: str, doubtful: float) -> None:
    exported = exporter.render(transcript, "imsc", {"speakers": speakers, "doubtful_below": doubtful})
    assert not exported.report.problems
    document, _ = by_ttconv(exported.content)
    IMSC11TextFilter().process(document)


@settings(max_examples=40, deadline=None)
@given(transcripts(), st.sampled_from([0.0, 0.5]))
def test_clock_times_and_text_are_read_back_equal(transcript: Transcript, doubtful: float) -> None:
    document, found = by_ttconv(exporter.render(transcript, "imsc", {"doubtful_below": doubtful}).content)
    captions = captions_of(transcript)
    assert [(read.begin_s * 1000, read.end_s * 1000) for read in found] == [(c.start_ms, c.end_ms) for c in captions]
    assert [read.text for read in found] == ["\n".join(caption.texts) for caption in captions]
    assert document.get_lang() == transcript.language
    assert document.get_content_profiles() == {"http://www.w3.org/ns/ttml/profile/imsc1.1/text"}


@settings(max_examples=40, deadline=None)
@given(transcripts(), st.sampled_from(RATES))
def test_times_in_frames_are_read_back_to_the_frame(transcript: Transcript, rate: str) -> None:
    exported = exporter.render(transcript, "imsc", {"times": "frames", "rate": rate})
    assert not exported.report.problems
    _, found = by_ttconv(exported.content)
    timebase = timebase_of(rate)
    for read, caption in zip(found, captions_of(transcript), strict=True):
        begin = timebase.frames(Fraction(caption.start_ms, 1000))
        end = max(begin + 1, timebase.frames(Fraction(caption.end_ms, 1000)))
        assert (read.begin_s, read.end_s) == (begin / timebase.rate, end / timebase.rate)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("25", {"ttp:frameRate": "25"}),
        ("30000/1001", {"ttp:frameRate": "30", "ttp:frameRateMultiplier": "1000 1001"}),
        ("24000/1001", {"ttp:frameRate": "24", "ttp:frameRateMultiplier": "1000 1001"}),
        ("60000/1001", {"ttp:frameRate": "60", "ttp:frameRateMultiplier": "1000 1001"}),
    ],
)
def test_the_frame_rate_is_the_pictures(rate: str, expected: dict[str, str]) -> None:
    film = make_transcript(("S1", 1, 3, "Hello."), video=replace(VIDEO, frame_rate=rate, drop_frame=False))
    text = exporter.render(film, "imsc").content.decode()
    assert dict(re.findall(r'(ttp:frameRate\w*)="([^"]*)"', text)) == expected


def test_sound_alone_has_no_frame_rate_and_is_not_counted_in_frames() -> None:
    assert b"frameRate" not in exporter.render(conversation(), "imsc").content
    with pytest.raises(InvalidOption, match="no picture") as caught:
        exporter.render(conversation(), "imsc", {"times": "frames"})
    assert "rate=25" in caught.value.hint


def test_rounding_is_told_by_what_is_counted() -> None:
    film = make_transcript(("S1", 1, 3, "Hello there."), video=VIDEO)
    words = tuple(replace(word, start_s=word.start_s + 0.0004) for word in film.words)
    film = replace(film, segments=(replace(film.segments[0], words=words),))
    clock = exporter.render(film, "imsc").losses
    frames = exporter.render(film, "imsc", {"times": "frames"}).losses
    assert ("Times are rounded to a millisecond." in clock, "Times are rounded to a frame." in clock) == (True, False)
    assert ("Times are rounded to a millisecond." in frames, "Times are rounded to a frame." in frames) == (False, True)


def test_doubtful_words_are_red() -> None:
    talk = make_transcript(("S1", 0, 3, "Sure doubtful sure."))
    words = [replace(word, confidence=0.2 if word.text == "doubtful" else 0.9) for word in talk.words]
    segment = replace(talk.segments[0], words=tuple(words))
    exported = exporter.render(replace(talk, segments=(segment,)), "imsc", {"doubtful_below": 0.5})
    document, found = by_ttconv(exported.content)
    assert found[0].text == "Sure doubtful sure."
    colours = {
        next(iter(span)).get_text(): span.get_style(StyleProperties.Color)
        for span in document.get_body().dfs_iterator()
        if isinstance(span, model.Span)
    }
    assert list(colours) == ["Sure", " doubtful", " sure."]
    assert colours["Sure"] == colours[" sure."] == NamedColors.white.value
    assert colours[" doubtful"].components[:3] == (0xFF, 0x60, 0x60)


def test_days_are_counted_in_hours() -> None:
    late = make_transcript(("S1", 400_000.25, 400_003, "Days later."))
    _, found = by_ttconv(exporter.render(late, "imsc").content)
    assert found[0].begin_s == Fraction("400000.25")
