"""CTM, read back by its definition: fields between spaces, ordered by channel and start."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Transcript
from audapolis.export.formats.ctm import Ctm, CtmOptions, check_ctm
from audapolis.export.losses import Loss
from audapolis.export.material import Material
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript
from tests.strategies import transcripts

exporter = AdvancedExporter()


def test_words_come_with_time_and_confidence() -> None:
    lines = exporter.render(conversation(), "ctm").content.decode().splitlines()
    assert lines[0] == "talk 1 0.500 0.260 Good 0.9000"
    assert len(lines) == 40
    text = Ctm(CtmOptions(confidence=False)).text(make_transcript(("S1", 0, 1, "Yes."), name=";; a talk.wav"))
    assert text == "_a_talk 1 0.000 1.000 Yes.\n"


def test_speakers_are_channels_or_fields() -> None:
    transcript = make_transcript(("S1", 0, 1, "a"), ("S2", 0.5, 2, "b"), ("S1", 3, 4, "c"), names=("Ann Lee", "Bob"))
    numbered = Ctm(CtmOptions(speakers="channels", confidence=False)).text(transcript).splitlines()
    assert numbered == ["talk 1 0.000 1.000 a", "talk 1 3.000 1.000 c", "talk 2 0.500 1.500 b"]
    lettered = Ctm(CtmOptions(speakers="channels", channel="A")).text(transcript).splitlines()
    assert [line.split()[1] for line in lettered] == ["A", "A", "B"]
    fields = Ctm(CtmOptions(speakers="fields")).text(transcript).splitlines()
    assert fields[1] == "talk 1 0.500 1.500 b 0.9000 lex Bob"
    assert fields[0].endswith(" lex Ann_Lee")


def test_a_correction_by_hand_becomes_several_words() -> None:
    [segment] = make_transcript(("S1", 1, 3, "x")).segments
    words = (replace(segment.words[0], text="two\twords"),)
    transcript = replace(make_transcript(("S1", 1, 3, "x")), segments=(replace(segment, words=words),))
    assert Ctm(CtmOptions(confidence=False)).text(transcript).splitlines() == [
        "talk 1 1.000 0.800 two",
        "talk 1 1.800 1.200 words",
    ]


@settings(max_examples=40)
@given(transcripts(), st.sampled_from(["none", "channels", "fields"]), st.sampled_from(["1", "A"]))
def test_every_line_has_its_fields_and_none_comes_too_early(
    transcript: Transcript, speakers: str, channel: str
) -> None:
    exported = exporter.render(transcript, "ctm", {"speakers": speakers, "channel": channel})
    assert exported.report.problems == ()
    rows = [line.split(" ") for line in exported.content.decode().removesuffix("\n").split("\n") if line]
    assert {len(row) for row in rows} <= {8 if speakers == "fields" else 6}
    said = sorted(" ".join(word.text for word in transcript.words if word.text.strip()))
    assert len([c for row in rows for c in row[4]]) <= len(said)
    places = [(row[1], float(row[2])) for row in rows]
    channels = list(dict.fromkeys(place[0] for place in places))
    assert places == sorted(places, key=lambda place: (channels.index(place[0]), place[1]))
    single = {(round(w.start_s * 1000), round(w.end_s * 1000)) for w in transcript.words if len(w.text.split()) == 1}
    spread = [w for w in transcript.words if len(w.text.split()) != 1]
    for row in rows if not spread else ():
        start_ms = round(float(row[2]) * 1000)
        assert (start_ms, start_ms + round(float(row[3]) * 1000)) in single


def test_losses_are_what_was_not_asked_for() -> None:
    assert Loss.SPEAKERS in exporter.render(conversation(), "ctm").losses
    assert Loss.SPEAKERS not in exporter.render(conversation(), "ctm", {"speakers": "fields"}).losses
    assert Loss.CONFIDENCE in exporter.render(conversation(), "ctm", {"confidence": False}).losses


@pytest.mark.parametrize("line", [b"talk 1 0.5\n", b"talk 1 2 1 a 1\ntalk 1 1 1 b 1\n"])
def test_damaged_files_are_found(line: bytes) -> None:
    assert list(check_ctm(io.BytesIO(line), Material.of(conversation())))
