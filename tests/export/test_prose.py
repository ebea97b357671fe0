"""Paragraphs, their translations and their times, and what plain text makes of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.recording import VideoFacts
from audapolis.domain.transcript import Transcript
from audapolis.errors import InvalidOption
from audapolis.export.facts import facts, title_of
from audapolis.export.losses import Loss
from audapolis.export.prose import passages, reads_right_to_left, second_track
from audapolis.export.stamps import stamp_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import VIDEO, conversation, make_transcript
from tests.export.prose_samples import FRENCH, bilingual, with_track
from tests.strategies import transcripts

exporter = AdvancedExporter()


def plain(transcript: Transcript, **options: str | float | bool) -> str:
    return exporter.render(transcript, "txt", options).content.decode()


@settings(max_examples=40)
@given(transcripts())
def test_no_word_and_no_translation_is_lost_or_said_twice(transcript: Transcript) -> None:
    track = "fr" if "fr" in transcript.translations else ""
    found = passages(transcript, track)
    said = [word.text for passage in found for word in passage.words]
    texts = [word.text for segment in transcript.segments for word in segment.words]
    assert " ".join(said).split() == [part for text in texts for part in cleaned(text).split()]
    if track:
        ids = [s.id for s in transcript.segments if any(cleaned(word.text) for word in s.words)]
        lines = [line.text for one in ids for line in transcript.translations["fr"] if line.segment == one]
        translated = " ".join(passage.translation for passage in found).split()
        assert sorted(translated) == sorted(part for text in lines for part in cleaned(text).split())


def cleaned(text: str) -> str:
    """An own idea of what fits a line: no control characters, surrogates or non-characters, single spaces."""
    unfit = {*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFFFE, 0xFFFF}
    return " ".join("".join(c for c in text if ord(c) not in unfit).split())


def test_a_translation_is_shared_out_where_a_segment_is_several_paragraphs() -> None:
    words = make_transcript(("S1", 0, 2, "First half here."), ("S2", 2, 4, "Second half there."))
    first, second = words.segments
    whole = replace(first, end_s=4.0, text=f"{first.text} {second.text}", words=(*first.words, *second.words))
    transcript = with_track(replace(words, segments=(whole,)), "de", ["Erste Hälfte hier. Zweite Hälfte dort."])
    assert [(p.name, p.text, p.translation) for p in passages(transcript, "de")] == [
        ("Speaker 1", "First half here.", "Erste Hälfte hier."),
        ("Speaker 2", "Second half there.", "Zweite Hälfte dort."),
    ]


def test_the_second_language_matches_like_the_first() -> None:
    transcript = with_track(conversation(), "de-CH", ["Guten Morgen."])
    assert second_track(transcript, "de") == "de-CH"
    assert second_track(transcript, " ") == ""
    with pytest.raises(InvalidOption, match="'it'") as caught:
        second_track(transcript, "it")
    assert "de-CH" in caught.value.hint
    with pytest.raises(InvalidOption) as caught:
        second_track(conversation(), "it")
    assert "none" in caught.value.hint


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ar", True),
        ("he-IL", True),
        ("fa_IR", True),
        ("en", False),
        ("az-Arab", True),
        ("ar-Latn", False),
        ("und", False),
        ("", False),
        ("pa-PK", False),
    ],
)
def test_scripts_from_right_to_left_are_known(language: str, expected: bool) -> None:
    assert reads_right_to_left(language) is expected


class TestTimes:
    def test_seconds_are_for_readers_and_milliseconds_for_scripts(self) -> None:
        transcript = make_transcript(("S1", 360000.0456, 360001, "Late."))
        assert stamp_of(transcript, "second", "auto")(3725.9) == "1:02:05"
        assert stamp_of(transcript, "millisecond", "auto")(360000.0456) == "100:00:00.046"

    def test_timecode_is_the_pictures_own(self) -> None:
        transcript = make_transcript(("S1", 0, 1, "Now."), video=VIDEO)
        assert stamp_of(transcript, "timecode", "auto")(30.03) == "01:00:00;00"
        assert stamp_of(transcript, "timecode", "25")(1.04) == "00:00:01:01"

    def test_there_is_none_without_a_picture(self) -> None:
        with pytest.raises(InvalidOption, match="no picture") as caught:
            plain(conversation(), timestamps=True, precision="timecode")
        assert "rate=25" in caught.value.hint
        assert "[00:00:00:12] Anna" in plain(conversation(), timestamps=True, precision="timecode", rate="25")


class TestPlainText:
    def test_lines_break_between_words(self) -> None:
        text = plain(conversation(), width=20, speakers=False)
        blocks = [block.split("\n") for block in text.removesuffix("\n").split("\n\n")]
        assert all(len(line) <= 20 or " " not in line for block in blocks for line in block)
        whole = plain(conversation(), speakers=False).removesuffix("\n").split("\n\n")
        assert [" ".join(block) for block in blocks] == whole
        for block in blocks:
            assert all(len(one) + 1 + len(two.split(" ")[0]) > 20 for one, two in pairwise(block))

    def test_a_translation_stands_below_its_paragraph(self) -> None:
        blocks = plain(bilingual(), second_language="fr", timestamps=True).split("\n\n")
        assert blocks[1] == "[0:06] Bob <b>: Yes.\nOui."
        assert blocks[0].endswith(f"4?\n{FRENCH[0]} {FRENCH[1]}")

    def test_what_is_kept_is_not_called_lost(self) -> None:
        both = with_track(conversation(), "fr", FRENCH)
        assert Loss.TRANSLATIONS in exporter.render(both, "txt").losses
        assert Loss.TRANSLATIONS not in exporter.render(both, "txt", {"second_language": "fr"}).losses
        assert Loss.TRANSLATIONS in exporter.render(bilingual(), "txt", {"second_language": "fr"}).losses

    def test_segments_without_a_translation_are_told(self) -> None:
        report = exporter.render(with_track(conversation(), "fr", FRENCH[:3]), "txt", {"second_language": "fr"}).report
        assert report.warnings == ("2 segments have no text in 'fr': seg-4, seg-5.",)

    def test_the_original_can_be_the_second_language(self) -> None:
        text = plain(bilingual(), language="fr", second_language="en")
        assert "Bob <b>: Oui.\nYes.\n" in text

    @settings(max_examples=30)
    @given(transcripts(), st.integers(0, 60))
    def test_every_file_passes_its_check(self, transcript: Transcript, width: int) -> None:
        assert exporter.render(transcript, "txt", {"width": width}).report.problems == ()


def test_facts_are_those_of_recording_and_engines() -> None:
    video = VideoFacts("25", None, False, 1280, 720)
    told = dict(facts(replace(bilingual(), recording=replace(bilingual().recording, video=video))))
    assert told["Speakers"] == "Anna & Söhne (54%), Bob <b> (46%)"
    assert told["Picture"] == "1280 × 720, 25 frames a second"
    assert told["Transcribed"] == "2026-01-31 12:00 UTC"
    assert told["Translations"] == "fr, ar"
    assert title_of(make_transcript(name="\x00 ")) == "Transcript"
