"""txt, json and rttm."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from audapolis.advanced_export import AdvancedExporter
from audapolis.domain.transcript import Speaker, Transcript, Turn
from audapolis.domain.transcript_file import read_transcript
from audapolis.export.formats.json import check_contract
from audapolis.export.formats.rttm import Rttm, RttmOptions
from audapolis.export.formats.txt import Txt, TxtOptions
from audapolis.export.losses import Loss, actual_losses
from audapolis.export.material import Material
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript
from tests.strategies import transcripts

exporter = AdvancedExporter()


def test_times_in_text_are_for_people() -> None:
    text = Txt(TxtOptions(timestamps=True)).text(make_transcript(("S1", 3725.9, 3727, "Late.")))
    assert text == "[1:02:05] Speaker 1: Late.\n"


def test_text_without_speakers_is_just_paragraphs() -> None:
    transcript = make_transcript(("S1", 0, 1, "One."), ("S2", 1, 2, "Two."))
    assert Txt(TxtOptions(speakers=False)).text(transcript) == "One.\n\nTwo.\n"
    assert Txt(TxtOptions()).text(make_transcript((None, 0, 1, "Nobody."))) == "Nobody.\n"
    assert Txt(TxtOptions()).text(make_transcript()) == ""


def test_text_counts_as_lost_only_what_was_left_out() -> None:
    assert Loss.SPEAKERS not in Txt(TxtOptions()).left_out(conversation())
    assert Loss.SPEAKERS in Txt(TxtOptions(speakers=False)).left_out(conversation())
    assert Loss.SEGMENT_TIMES not in Txt(TxtOptions(timestamps=True)).left_out(conversation())


@settings(max_examples=40)
@given(transcripts(), st.integers(0, 8))
def test_json_can_be_read_back_whole(transcript: Transcript, indent: int) -> None:
    exported = exporter.render(transcript, "json", {"indent": indent})
    assert read_transcript(exported.content) == transcript
    assert exported.losses == ()


def test_json_that_is_not_what_was_written_is_found() -> None:
    content = exporter.render(conversation(), "json").content
    material = Material.of(conversation())
    assert list(check_contract(BytesIO(content), material)) == []
    for broken in (content[:-9], content.replace(b'"S2"', b'"S9"', 1), content.replace(b"Yes.", b"No.")):
        assert len(list(check_contract(BytesIO(broken), material))) == 1


def test_json_without_voice_vectors_says_so() -> None:
    exported = exporter.render(conversation(), "json", {"embeddings": False})
    assert all(speaker.embedding == () for speaker in read_transcript(exported.content).speakers)
    assert exported.losses == (Loss.EMBEDDINGS,)


@settings(max_examples=40)
@given(transcripts())
def test_every_rttm_line_has_ten_fields_and_fits_the_recording(transcript: Transcript) -> None:
    starts = []
    for line in Rttm(RttmOptions()).text(transcript).splitlines():
        kind, _, channel, start_s, length_s, *rest = line.split(" ")
        assert (kind, channel, len(rest)) == ("SPEAKER", "1", 5)
        assert rest[:2] + rest[3:] == ["<NA>"] * 4
        assert float(length_s) > 0
        assert float(start_s) + float(length_s) <= transcript.recording.duration_s + 0.002
        starts.append(float(start_s))
    assert starts == sorted(starts)


def test_rttm_prefers_the_diarizers_turns() -> None:
    transcript = make_transcript(("S1", 1, 2, "Word."), name="a talk.v2.wav", names=("Ann Lee",))
    with_turns = replace(transcript, turns=(Turn(0.5, 2.25, "S1"),))
    assert Rttm(RttmOptions()).text(with_turns) == "SPEAKER a_talk.v2 1 0.500 1.750 <NA> <NA> Ann_Lee <NA> <NA>\n"


def test_rttm_joins_segments_of_a_speaker_over_short_pauses() -> None:
    transcript = make_transcript(("S1", 0, 1, "a"), ("S2", 1.1, 1.2, "b"), ("S1", 1.25, 2, "c"), ("S1", 3, 4, "d"))
    lines = Rttm(RttmOptions(label="id")).text(transcript).splitlines()
    assert [(line.split()[3], line.split()[4], line.split()[7]) for line in lines] == [
        ("0.000", "2.000", "S1"),
        ("1.100", "0.100", "S2"),
        ("3.000", "1.000", "S1"),
    ]


def test_rttm_keeps_speakers_apart_whose_names_look_alike() -> None:
    transcript = make_transcript(("S1", 0, 1, "a"), ("S2", 1, 2, "b"), (None, 2, 3, "c"), names=("A B", "A_B"))
    lines = Rttm(RttmOptions()).text(transcript).splitlines()
    assert [line.split()[7] for line in lines] == ["A_B", "A_B_2", "unknown"]


def test_losses_name_only_what_a_transcript_has() -> None:
    empty = make_transcript()
    assert actual_losses(Loss, empty) == (Loss.PROVENANCE,)
    overlapping = make_transcript(("S1", 0, 2, "a"), ("S2", 1, 3, "b"))
    assert Loss.OVERLAP in actual_losses(Loss, overlapping)
    named = replace(empty, speakers=(Speaker("S1", "A", 0, (1.0,), "m"),))
    assert Loss.EMBEDDINGS in actual_losses(Loss, named)
