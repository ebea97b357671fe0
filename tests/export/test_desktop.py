"""The content of a finished task as the desktop app reads it."""

from __future__ import annotations

import json

import pytest
from audapolis.domain.transcript import Transcript
from audapolis.export.desktop import desktop_content
from hypothesis import given, settings

from tests.builders import conversation, make_transcript
from tests.strategies import transcripts


@settings(max_examples=40)
@given(transcripts())
def test_content_covers_the_recording_without_a_gap(transcript: Transcript) -> None:
    content = json.loads(json.dumps(desktop_content(transcript)))
    items = [item for paragraph in content for item in paragraph["content"]]
    position_s = 0.0
    for item in items:
        assert item["sourceStart"] == pytest.approx(position_s, abs=1e-6)
        assert item["length"] >= 0
        position_s = item["sourceStart"] + item["length"]
        keys = {"type", "sourceStart", "length"} | ({"word", "conf"} if item["type"] == "word" else set())
        assert set(item) == keys
        assert item["type"] in ("word", "silence")
    assert sum(item["length"] for item in items) == pytest.approx(transcript.recording.duration_s, abs=1e-6)
    assert all(paragraph["content"] for paragraph in content)


def test_speakers_go_by_their_names() -> None:
    assert [p["speaker"] for p in desktop_content(conversation())] == [
        "Anna & Söhne",
        "Bob <b>",
        "Bob <b>",
        "Anna & Söhne",
    ]


def test_unknown_speakers_go_by_the_name_given() -> None:
    transcript = make_transcript((None, 0, 1, "Hello."), duration_s=1)
    assert desktop_content(transcript, unnamed="talk.wav") == [
        {
            "speaker": "talk.wav",
            "content": [{"type": "word", "word": "Hello.", "sourceStart": 0.0, "length": 1.0, "conf": 0.9}],
        }
    ]


def test_silence_alone_is_one_paragraph() -> None:
    assert desktop_content(make_transcript(duration_s=2.5)) == [
        {"speaker": "", "content": [{"type": "silence", "sourceStart": 0.0, "length": 2.5}]}
    ]
