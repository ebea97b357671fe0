"""The editable document and its file versions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from audapolis.domain.arrangement import spoken_words
from audapolis.domain.document import Document, NonText, ParagraphStart, Text
from audapolis.domain.document_transcript import transcript_of
from audapolis.domain.document_versions import read_document, write_document
from audapolis.domain.transcript import Transcript
from audapolis.domain.transcript_file import check_transcript
from audapolis.errors import InvalidDocument
from hypothesis import given, settings

from tests.builders import SHA256, VIDEO, conversation, make_transcript
from tests.strategies import transcripts


@settings(max_examples=40)
@given(transcripts())
def test_a_transcript_survives_as_a_document_and_back_from_its_bytes(transcript: Transcript) -> None:
    document = Document.from_transcript(transcript)
    assert read_document(write_document(document)) == document
    assert document.duration_s == pytest.approx(transcript.recording.duration_s, abs=1e-6)
    texts = sorted(item.text for item in document.content if isinstance(item, Text))
    assert texts == sorted(word.text for word in spoken_words(transcript))


@settings(max_examples=40)
@given(transcripts())
def test_a_document_reads_as_a_valid_transcript_with_the_same_words(transcript: Transcript) -> None:
    document = Document.from_transcript(transcript)
    again = transcript_of(document, name="x.audapolis")
    check_transcript(again)
    expected = [part for item in document.content if isinstance(item, Text) for part in item.text.split()]
    assert [word.text for word in again.words] == expected


def test_the_file_has_the_names_the_desktop_app_knows() -> None:
    document = Document.from_transcript(make_transcript(("S1", 1, 2, "Hi."), duration_s=3, video=VIDEO))
    plain = json.loads(write_document(document))
    ids = [item.pop("uuid") for item in plain["content"]]
    assert len(set(ids)) == 5
    assert plain == {
        "version": 3,
        "metadata": {"display_video": True, "display_speaker_names": True},
        "content": [
            {"type": "paragraph_start", "speaker": "Speaker 1", "language": "en"},
            {"type": "non_text", "source": SHA256, "sourceStart": 0, "length": 1},
            {"type": "text", "source": SHA256, "sourceStart": 1, "length": 1, "text": "Hi.", "conf": 0.9},
            {"type": "non_text", "source": SHA256, "sourceStart": 2, "length": 1},
            {"type": "paragraph_break"},
        ],
    }


def test_the_same_transcript_gives_the_same_bytes() -> None:
    first, second = (write_document(Document.from_transcript(conversation())) for _ in range(2))
    assert first == second


def test_deleting_words_deletes_their_media() -> None:
    document = Document.from_transcript(make_transcript(("S1", 1, 3, "aaaa bbbb"), duration_s=4))
    word = next(item for item in document.content if isinstance(item, Text) and item.text == "aaaa")
    shorter = document.without({word.uuid})
    assert shorter.duration_s == pytest.approx(3)
    assert [(clip.source_start_s, clip.length_s) for clip in shorter.clips] == [(0, 1), (2, 2)]
    assert [w.start_s for w in transcript_of(shorter, name="cut").words] == [1]


def test_uncut_stretches_join_into_clips_per_speaker() -> None:
    document = Document.from_transcript(make_transcript(("S1", 1, 2, "a b"), ("S2", 3, 4, "c d"), duration_s=5))
    assert [(c.speaker, c.start_s, c.source_start_s, c.length_s) for c in document.clips] == [
        ("Speaker 1", 0, 0, 3),
        ("Speaker 2", 3, 3, 2),
    ]


def test_an_empty_recording_opens_as_one_empty_paragraph() -> None:
    document = Document.from_transcript(make_transcript(duration_s=0))
    assert [item.type for item in document.content] == ["paragraph_start", "paragraph_break"]
    assert document == Document.empty()
    assert transcript_of(document, name="x").segments == ()


WORD = {"type": "word", "word": "One", "conf": 1, "source": "s", "sourceStart": 1, "length": 1}
TEXT = {"type": "text", "text": "One", "conf": 1, "source": "s", "sourceStart": 1, "length": 1}
SILENCE = {"type": "silence", "source": "s", "sourceStart": 2, "length": 0.5}
INSERTED = {"type": "artificial_silence", "length": 2}
START = {"type": "paragraph_start", "speaker": "A", "language": None}
BREAK = {"type": "paragraph_break"}


def v3(*items: dict[str, Any]) -> str:
    metadata = {"display_video": False, "display_speaker_names": True}
    return json.dumps(
        {"version": 3, "metadata": metadata, "content": [{"uuid": str(n), **i} for n, i in enumerate(items)]}
    )


def shape(document: Document) -> list[tuple[str, str]]:
    return [(i.type, i.speaker if isinstance(i, ParagraphStart) else getattr(i, "text", "")) for i in document.content]


def test_version_1_is_upgraded() -> None:
    document = read_document(
        json.dumps(
            {
                "version": 1,
                "content": [{"speaker": "A", "content": [WORD, SILENCE]}, {"speaker": "B", "content": [INSERTED]}],
            }
        )
    )
    assert shape(document) == [
        ("paragraph_start", "A"),
        ("text", "One"),
        ("non_text", ""),
        ("paragraph_break", ""),
        ("paragraph_start", "B"),
        ("artificial_silence", ""),
        ("paragraph_break", ""),
    ]
    assert document.metadata.display_speaker_names


def test_version_2_is_upgraded() -> None:
    content = [
        {"type": "paragraph_break", "speaker": "A"},
        WORD,
        {"type": "paragraph_break", "speaker": "B"},
        SILENCE,
        {"type": "paragraph_break", "speaker": None},
    ]
    assert shape(read_document(json.dumps({"version": 2, "content": content}))) == [
        ("paragraph_start", "A"),
        ("text", "One"),
        ("paragraph_break", ""),
        ("paragraph_start", "B"),
        ("non_text", ""),
        ("paragraph_break", ""),
    ]


def test_version_2_sound_outside_paragraphs_gets_one() -> None:
    content = [
        WORD,
        {"type": "paragraph_break", "speaker": None},
        {"type": "paragraph_break", "speaker": None},
        SILENCE,
    ]
    assert shape(read_document(json.dumps({"version": 2, "content": content}))) == [
        ("paragraph_start", ""),
        ("text", "One"),
        ("paragraph_break", ""),
        ("paragraph_start", ""),
        ("non_text", ""),
        ("paragraph_break", ""),
    ]


@pytest.mark.parametrize("version", [1, 2])
def test_an_empty_old_document_becomes_the_empty_document(version: int) -> None:
    document = read_document(json.dumps({"version": version, "content": []}))
    assert shape(document) == [("paragraph_start", ""), ("paragraph_break", "")]


def test_reading_an_old_document_twice_gives_the_same() -> None:
    data = json.dumps({"version": 2, "content": [WORD]})
    assert read_document(data) == read_document(data)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "version"),
        ('{"content": []}', "version"),
        ('{"version": 50000, "content": []}', "50000"),
        ('{"version": "3", "content": []}', "'3'"),
        ('{"version": [], "content": []}', "version"),
        ('{"version": 2}', "at content"),
        ('{"version": 2, "content": [3]}', "content.0"),
        ('{"version": 1, "content": [{"speaker": "A"}]}', "content.0.content"),
        ('{"version": 2, "content": [{"type": "noise"}]}', "'noise' (at content.0)"),
        (v3(), "at least one paragraph"),
        (v3(TEXT), "content.0"),
        (v3(START), "never ends (at content.0)"),
        (v3(START, BREAK, BREAK), "content.2"),
        (v3(START, START, BREAK), "content.1"),
        (v3(START, BREAK, TEXT), "content.2"),
        (v3(START, {**TEXT, "length": -1}, BREAK), "content.1.text.length"),
        (v3(START, {**TEXT, "sourceStart": "x"}, BREAK), "content.1.text.sourceStart"),
        (v3(START, {**TEXT, "conf": 1.5}, BREAK), "content.1.text.conf"),
        (v3(START, {**TEXT, "length": float("nan")}, BREAK), "content.1.text.length"),
        (v3(START, {"type": "text"}, BREAK), "content.1.text"),
        (v3(START, {"type": "poem"}, BREAK), "content.1"),
    ],
)
def test_broken_documents_are_refused_with_the_place(data: str, place: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read_document(data)
    assert place in str(caught.value)


def test_hand_corrected_text_splits_into_words_that_share_its_time() -> None:
    document = read_document(v3(START, {**TEXT, "text": "two words"}, INSERTED, {**TEXT, "text": " end."}, BREAK))
    transcript = transcript_of(document, name="x")
    assert [(w.text, w.start_s, w.end_s) for w in transcript.words] == [
        ("two", 0, 0.5),
        ("words", 0.5, 1),
        ("end.", 3, 4),
    ]
    assert transcript.recording.duration_s == 4
    assert [s.name for s in transcript.speakers] == ["A"]


def test_silence_items_know_where_they_come_from() -> None:
    document = Document.from_transcript(make_transcript(duration_s=2), source="media.mov")
    assert document.sources == ("media.mov",)
    assert isinstance(document.content[1], NonText)
