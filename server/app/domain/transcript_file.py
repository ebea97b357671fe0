"""Transcript JSON read back with every rule checked, and its JSON Schema."""

from __future__ import annotations

import json
import math
from collections import Counter
from importlib import resources
from itertools import pairwise
from typing import Any

from ..errors import InvalidDocument
from . import codec
from .transcript import Transcript, Word

TOLERANCE_S = 1e-3
"""Times may miss their bounds by this much, in seconds: they went through decimal text."""


def transcript_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `audapolis.transcript/1`, as shipped."""
    text = resources.files(__package__).joinpath("transcript.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def read_transcript(data: bytes | str) -> Transcript:
    """Read transcript JSON and check what a schema can't say.

    Raises:
        InvalidDocument: Not a transcript, or a rule is broken; the message names the place.
    """
    transcript = codec.from_json(Transcript, data)
    check_transcript(transcript)
    return transcript


def check_transcript(transcript: Transcript) -> None:
    """Check that times are finite and ordered, ids unique, speakers known and confidences probabilities.

    Raises:
        InvalidDocument: The first rule that is broken.
    """
    _check_number(transcript.recording.duration_s, "recording.duration_s")
    _check_unique([speaker.id for speaker in transcript.speakers], "speakers")
    _check_unique([segment.id for segment in transcript.segments], "segments")
    known = {speaker.id for speaker in transcript.speakers} | {None}
    for index, segment in enumerate(transcript.segments):
        place = f"segments.{index}"
        _check_span(segment.start_s, segment.end_s, segment.confidence, place)
        if segment.speaker not in known:
            _fail(f"speaker '{segment.speaker}' is not in the list of speakers", place)
        for number, word in enumerate(segment.words):
            _check_word(word, known, f"{place}.words.{number}")
    for index, (one, two) in enumerate(pairwise(transcript.segments), start=1):
        if two.start_s < one.start_s - TOLERANCE_S:
            _fail("segments are not ordered by their start", f"segments.{index}")
    for index, turn in enumerate(transcript.turns):
        _check_span(turn.start_s, turn.end_s, 1.0, f"turns.{index}")
        if turn.speaker not in known:
            _fail(f"speaker '{turn.speaker}' is not in the list of speakers", f"turns.{index}")
    _check_translations(transcript)


def _check_word(word: Word, known: set[str | None], place: str) -> None:
    _check_span(word.start_s, word.end_s, word.confidence, place)
    if word.speaker not in known:
        _fail(f"speaker '{word.speaker}' is not in the list of speakers", place)


def _check_translations(transcript: Transcript) -> None:
    ids = {segment.id for segment in transcript.segments}
    for language, lines in transcript.translations.items():
        for index, line in enumerate(lines):
            if line.segment not in ids:
                _fail(f"there is no segment '{line.segment}'", f"translations.{language}.{index}")


def _check_span(start_s: float, end_s: float, confidence: float, place: str) -> None:
    _check_number(start_s, f"{place}.start_s")
    _check_number(end_s, f"{place}.end_s")
    if end_s < start_s - TOLERANCE_S:
        _fail("it ends before it starts", place)
    if not 0 <= confidence <= 1:
        _fail("confidence must lie between 0 and 1", f"{place}.confidence")


def _check_number(value: float, place: str) -> None:
    if not math.isfinite(value) or value < 0:
        _fail(f"{value} is not a time in seconds", place)


def _check_unique(ids: list[str], place: str) -> None:
    for name, count in Counter(ids).items():
        if count > 1:
            _fail(f"the id '{name}' is used {count} times", place)


def _fail(what: str, place: str) -> None:
    raise InvalidDocument(f"This is not a valid Transcript: {what} (at {place}).")
