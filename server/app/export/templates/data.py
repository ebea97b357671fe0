"""What a template sees: the transcript as plain tables and lists. Documented in docs/exports.md, and kept stable."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from ...domain.transcript import Segment, Speaker, Transcript, Word
from ..text import clean

SCHEMA = "audapolis.template/1"

NAMES = ("schema", "transcript", "recording", "speakers", "segments", "turns", "languages")
"""The names a template may use."""


def template_data(transcript: Transcript) -> dict[str, Any]:
    """Everything a template may draw on, by name; only JSON values.

    Texts are free of control characters, so that no template has to care for them.
    """
    speakers = {speaker.id: _speaker(speaker, number) for number, speaker in enumerate(transcript.speakers, start=1)}
    translations = _translations(transcript)
    segments = [
        _segment(segment, number, speakers, translations.get(segment.id, {}))
        for number, segment in enumerate(transcript.segments, start=1)
    ]
    return {
        "schema": SCHEMA,
        "transcript": {
            "id": transcript.id,
            "created_at": transcript.created_at,
            "language": transcript.language,
            "engine": clean(transcript.provenance.engine),
            "model": clean(transcript.provenance.model),
        },
        "recording": _recording(transcript),
        "speakers": list(speakers.values()),
        "segments": segments,
        "turns": _turns(segments),
        "languages": [transcript.language, *sorted(transcript.translations)],
    }


def _recording(transcript: Transcript) -> dict[str, Any]:
    recording, video = transcript.recording, transcript.recording.video
    return {
        "name": clean(recording.name),
        "sha256": recording.sha256,
        "duration_s": recording.duration_s,
        "frame_rate": video.frame_rate if video else None,
        "drop_frame": bool(video and video.drop_frame),
        "start_timecode": video.start_timecode if video else None,
    }


def _speaker(speaker: Speaker, number: int) -> dict[str, Any]:
    return {"id": speaker.id, "number": number, "name": clean(speaker.name), "speech_s": speaker.speech_s}


def _translations(transcript: Transcript) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for language, lines in transcript.translations.items():
        for line in lines:
            found.setdefault(line.segment, {})[language] = clean(line.text)
    return found


def _segment(
    segment: Segment, number: int, speakers: dict[str, dict[str, Any]], translations: dict[str, str]
) -> dict[str, Any]:
    return {
        "id": segment.id,
        "number": number,
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "speaker": speakers.get(segment.speaker or ""),
        "text": clean(segment.text),
        "confidence": segment.confidence,
        "words": [_word(word) for word in segment.words],
        "translations": translations,
    }


def _word(word: Word) -> dict[str, Any]:
    return {
        "start_s": word.start_s,
        "end_s": word.end_s,
        "text": clean(word.text),
        "confidence": word.confidence,
        "speaker": word.speaker,
    }


def _turns(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Segments of one speaker that follow each other, as one."""
    turns: list[dict[str, Any]] = []
    for _, group in groupby(segments, key=lambda segment: (segment["speaker"] or {}).get("id")):
        together = list(group)
        turns.append(
            {
                "number": len(turns) + 1,
                "start_s": together[0]["start_s"],
                "end_s": max(segment["end_s"] for segment in together),
                "speaker": together[0]["speaker"],
                "text": " ".join(segment["text"] for segment in together),
                "segments": [segment["number"] for segment in together],
            }
        )
    return turns
