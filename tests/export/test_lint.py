"""House styles of captions, and what finds fault with them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.recording import VideoFacts
from audapolis.domain.timecode import timebase_of
from audapolis.domain.transcript import Transcript, TranslatedSegment
from audapolis.errors import InvalidOption
from audapolis.export.captions import Caption, CaptionOptions, Token, lay_out
from audapolis.export.captions.lint import lint, summarised
from audapolis.export.captions.profiles import PROFILES
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript
from tests.export.timeline.builders import RATES

exporter = AdvancedExporter()
PROFILE_NAMES = [name for name in PROFILES if name != "custom"]
words = st.lists(st.text("abcdefg,.?", min_size=1, max_size=12), min_size=1, max_size=60)


def slow_talk(said: list[str], rate: str | None = None) -> Transcript:
    """Said so slowly that every style leaves time to read it: a second and a half for each word."""
    video = VideoFacts(RATES[rate][0], None, RATES[rate][1], 1920, 1080) if rate else None
    return make_transcript(
        ("S1", 2.0, 2.0 + 1.5 * len(said), " ".join(said)), duration_s=1.5 * len(said) + 20, video=video
    )


def caption(start_ms: int, end_ms: int, *lines: str, speaker: str = "S1") -> Caption:
    return Caption(start_ms, end_ms, speaker, tuple((Token(line, 0, 1),) for line in lines))


@pytest.mark.parametrize("profile", PROFILE_NAMES)
@settings(max_examples=25)
@given(said=words, rate=st.sampled_from([None, *RATES]))
def test_speech_that_leaves_room_keeps_every_house_style(profile: str, said: list[str], rate: str | None) -> None:
    transcript = slow_talk(said, rate)
    options = CaptionOptions(profile=profile)  # type: ignore[arg-type]
    captions = lay_out(transcript, options)
    assert lint(captions, options.limits(transcript)) == ()
    assert "".join("".join(each.texts) for each in captions).replace(" ", "") == "".join(said)


@settings(max_examples=40)
@given(said=words, rate=st.sampled_from(list(RATES)))
def test_captions_of_a_picture_begin_and_end_on_its_frames_two_apart_at_least(said: list[str], rate: str) -> None:
    transcript = slow_talk(said, rate)
    timebase = timebase_of(RATES[rate][0])
    captions = lay_out(transcript, CaptionOptions(profile="netflix"))
    edges = [(timebase.frames(each.start_ms / 1000), timebase.frames(each.end_ms / 1000)) for each in captions]
    for each, frames in zip(captions, edges, strict=True):
        exact = [float(timebase.seconds(frame)) * 1000 for frame in frames]
        assert abs(each.start_ms - exact[0]) <= 0.5
        assert abs(each.end_ms - exact[1]) <= 0.5
    assert all(two[0] - one[1] >= 2 for one, two in pairwise(edges))


def test_each_fault_is_found_and_told_once() -> None:
    limits = CaptionOptions(profile="netflix").limits(conversation())
    captions = (
        caption(0, 400, "short"),
        caption(10_000, 19_000, "long"),
        caption(20_000, 21_000, "x" * 43),
        caption(21_010, 23_000, "near"),
        caption(22_000, 25_000, "over"),
        caption(30_000, 31_000, "a", "b", "c"),
        caption(32_000, 33_000, "quick enough to be far too fast"),
        caption(40_000, 42_000, ""),
    )
    kinds = [violation.kind for violation in lint(captions, limits)]
    assert kinds == [
        "too_short", "too_long", "line_too_long", "too_fast", "gap_too_small",
        "overlap", "too_many_lines", "too_fast", "empty",
    ]  # fmt: skip
    told = summarised(lint(captions, limits))
    assert len(told) == len(set(kinds))
    assert any(each.startswith("2 captions are too fast to read") and "first at 00:00:20.000" in each for each in told)


def test_single_options_win_over_the_profile() -> None:
    assert CaptionOptions(profile="bbc").limits(conversation()).max_chars == 37
    assert CaptionOptions(profile="bbc", max_chars=20).limits(conversation()).max_chars == 20
    japanese = replace(conversation(), language="ja-JP")
    assert CaptionOptions(profile="netflix").limits(japanese).max_chars == 13


def test_an_export_tells_where_a_house_style_could_not_be_kept() -> None:
    hasty = make_transcript(("S1", 0, 1.0, "far too many words for so short a time as this one second is"))
    told = exporter.render(hasty, "srt", {"profile": "netflix"}).report.warnings
    assert any("too fast to read" in warning for warning in told)
    assert exporter.render(hasty, "srt").report.warnings == ()


@pytest.mark.parametrize("format_id", ["srt", "vtt", "ass", "lrc"])
def test_a_translation_stands_below_the_text_it_belongs_to(format_id: str) -> None:
    transcript = conversation()
    german = tuple(TranslatedSegment(s.id, f"Satz {n} auf Deutsch.") for n, s in enumerate(transcript.segments[:-1]))
    exported = exporter.render(replace(transcript, translations={"de": german}), format_id, {"second_language": "de"})
    text = exported.content.decode()
    assert [f"Satz {n} auf Deutsch." in text for n in range(5)] == [True, True, True, True, False]
    assert text.index("welcome") < text.index("Satz 0") < text.index("Today") < text.index("Satz 1")
    assert exported.report.warnings == ("1 segment has no text in 'de': seg-5.",)
    assert "Translations are left out." not in exported.losses


def test_a_translation_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidOption):
        exporter.render(conversation(), "vtt", {"second_language": "de"})
