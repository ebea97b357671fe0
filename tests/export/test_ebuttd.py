"""EBU-TT-D against its schema, and as ttconv reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript
from audapolis.export.captions import lay_out
from audapolis.export.formats.ebuttd import EbuttdOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript
from tests.export.ttml.reading import by_time, by_ttconv, schema_errors
from tests.strategies import transcripts

exporter = AdvancedExporter()


@settings(max_examples=60, deadline=None)
@given(
    transcripts(),
    st.sampled_from(["colour", "name", "both", "none"]),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from(["", "en", "de-CH", "ar", "und", "not a language", "zh-Hant-TW", "<&>"]),
)
def test_the_schema_finds_no_errors(transcript: Transcript, speakers: str, doubtful: float, language: str) -> None:
    chosen = {"speakers": speakers, "doubtful_below": doubtful}
    exported = exporter.render(replace(transcript, language=language), "ebuttd", chosen)
    assert list(schema_errors(exported.content)) == []
    assert not exported.report.problems


@settings(max_examples=40, deadline=None)
@given(transcripts(), st.sampled_from([0.0, 0.5]))
def test_ttconv_reads_the_same_times_and_text(transcript: Transcript, doubtful: float) -> None:
    _, found = by_ttconv(exporter.render(transcript, "ebuttd", {"doubtful_below": doubtful}).content)
    captions = by_time(lay_out(transcript, EbuttdOptions()))
    assert [(read.begin_s, read.end_s) for read in found] == [
        (Fraction(caption.start_ms, 1000), Fraction(caption.end_ms, 1000)) for caption in captions
    ]
    assert [read.text for read in found] == ["\n".join(caption.texts) for caption in captions]


def test_speakers_have_names_and_colours() -> None:
    text = exporter.render(conversation(), "ebuttd").content.decode()
    assert '<ttm:agent xml:id="agent2" type="person"><ttm:name type="full">Bob &lt;b&gt;</ttm:name></ttm:agent>' in text
    assert '<tt:style xml:id="speaker2" tts:color="#FFFF00" tts:backgroundColor="#000000"/>' in text
    assert 'ttm:agent="agent2"><tt:span style="speaker2">Yes.</tt:span></tt:p>' in text


def test_names_can_stand_in_the_text_instead_of_colours() -> None:
    text = exporter.render(conversation(), "ebuttd", {"speakers": "name"}).content.decode()
    assert '<tt:span style="plain">Bob &lt;b&gt;: Yes.</tt:span>' in text
    assert "speaker2" not in text


def test_speakers_can_be_left_out() -> None:
    exported = exporter.render(conversation(), "ebuttd", {"speakers": "none"})
    assert b"Anna" not in exported.content
    assert b"agent" not in exported.content
    assert "Who speaks is left out." in exported.losses
    assert "Who speaks is left out." not in exporter.render(conversation(), "ebuttd").losses


def test_who_speaks_meanwhile_is_shown_at_the_top() -> None:
    both = make_transcript(("S1", 0, 4, "I was going to say"), ("S2", 1, 3, "No no no"), ("S2", 5, 6, "Sorry."))
    _, found = by_ttconv(exporter.render(both, "ebuttd").content)
    assert [(read.region, read.text) for read in found] == [
        ("bottom", "I was going to say"),
        ("top", "No no no"),
        ("bottom", "Sorry."),
    ]


def test_days_are_counted_in_hours() -> None:
    late = make_transcript(("S1", 90_000, 90_003, "A day later."), ("S1", 400_000.25, 400_003, "Days later."))
    content = exporter.render(late, "ebuttd").content
    assert re.findall(rb'begin="([^"]*)"', content) == [b"25:00:00.000", b"111:06:40.250"]
    assert list(schema_errors(content)) == []


def test_right_to_left_languages_say_so() -> None:
    arabic = make_transcript(("S1", 0, 3, "مرحبا بالعالم"), language="ar-EG")
    text = exporter.render(arabic, "ebuttd").content.decode()
    assert 'xml:id="rtl" tts:direction="rtl" tts:unicodeBidi="embed"' in text
    assert 'style="rtl"><tt:span style="speaker1">مرحبا بالعالم' in text
    assert "rtl" not in exporter.render(conversation(), "ebuttd").content.decode()


def test_more_speakers_than_colours_are_told() -> None:
    crowd = make_transcript(*[(f"S{n}", n * 3.0, n * 3.0 + 2, "Here.") for n in range(1, 9)])
    assert exporter.render(crowd, "ebuttd").report.warnings == (
        "There are 8 speakers and 6 colours: some share one. Set speakers to both to name them too.",
    )
    assert not exporter.render(crowd, "ebuttd", {"speakers": "both"}).report.warnings


def test_nothing_said_makes_a_document_without_a_body() -> None:
    exported = exporter.render(make_transcript(), "ebuttd")
    assert b"body" not in exported.content
    assert list(schema_errors(exported.content)) == []
    assert not exported.report.problems
