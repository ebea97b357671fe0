"""Transcripts as OpenAI's clients read them: `json`, `verbose_json`, `diarized_json`, and the events of a stream."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from ..domain.transcript import Segment, Transcript, Word
from .openai_languages import language_name

NOBODY = "unknown"
"""Label of what no known speaker said."""

_LEAST = 1e-10
"""Confidence below which its logarithm says nothing more."""


def text_of(segments: Iterable[Segment]) -> str:
    """The text without times and speakers."""
    return " ".join(segment.text for segment in segments)


def as_json(transcript: Transcript, *, logprobs: bool) -> dict[str, Any]:
    """`json`: the text, the language and, if wanted, how sure each word is."""
    more = {"logprobs": word_logprobs(transcript.words)} if logprobs else {}
    return {
        "text": text_of(transcript.segments),
        "languages": [{"code": transcript.language}],
        "usage": _usage(transcript),
        **more,
    }


def as_verbose(transcript: Transcript, *, task: str, words: bool, segments: bool) -> dict[str, Any]:
    """`verbose_json`: text, segments and words with their times."""
    shape: dict[str, Any] = {
        "task": task,
        "language": "english" if task == "translate" else language_name(transcript.language),
        "duration": transcript.recording.duration_s,
        "text": text_of(transcript.segments),
        "usage": _usage(transcript),
    }
    if segments:
        shape["segments"] = [_verbose(number, segment) for number, segment in enumerate(transcript.segments)]
    if words:
        shape["words"] = [{"word": w.text, "start": w.start_s, "end": w.end_s} for w in transcript.words]
    return shape


def as_diarized(transcript: Transcript) -> dict[str, Any]:
    """`diarized_json`: who said what when."""
    labels = speaker_labels(transcript)
    return {
        "task": "transcribe",
        "duration": transcript.recording.duration_s,
        "text": text_of(transcript.segments),
        "segments": [diarized_segment(segment, labels) for segment in transcript.segments],
        "usage": _usage(transcript),
    }


def diarized_segment(segment: Segment, labels: dict[str, str]) -> dict[str, Any]:
    """A segment of `diarized_json`; the event of a stream looks the same."""
    return {
        "type": "transcript.text.segment",
        "id": f"seg_{segment.id}",
        "start": segment.start_s,
        "end": segment.end_s,
        "speaker": labels.get(segment.speaker or "", label_of(segment.speaker)),
        "text": segment.text,
    }


def speaker_labels(transcript: Transcript) -> dict[str, str]:
    """The name of each speaker somebody named; the others are called by `label_of`."""
    return {s.id: s.name for s in transcript.speakers if s.name and s.name != f"Speaker {s.id.removeprefix('S')}"}


def label_of(speaker: str | None) -> str:
    """`A`, `B` … `Z`, `AA` … for `S1`, `S2` …; other ids as they are."""
    number = (speaker or "").removeprefix("S")
    if speaker is None or not number.isdecimal():
        return speaker or NOBODY
    letters, left = "", int(number)
    while left > 0:
        left, place = divmod(left - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters


def word_logprobs(words: Sequence[Word]) -> list[dict[str, Any]]:
    """How sure each word is, in the shape of a language model's tokens: ours are words, with the space before them."""
    tokens = [f"{' ' if index else ''}{word.text}" for index, word in enumerate(words)]
    return [
        {"token": token, "bytes": list(token.encode()), "logprob": _log(word.confidence)}
        for token, word in zip(tokens, words, strict=True)
    ]


def _verbose(number: int, segment: Segment) -> dict[str, Any]:
    """A segment of `verbose_json`.

    `seek` counts frames of 10 ms, as Whisper does. Sound without speech never reaches an engine, and nothing is
    drawn at random, so `no_speech_prob` and `temperature` are 0; no engine tells its tokens.
    """
    return {
        "id": number,
        "seek": round(segment.start_s * 100),
        "start": segment.start_s,
        "end": segment.end_s,
        "text": segment.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": _log(segment.confidence),
        "compression_ratio": _compression_ratio(segment.text),
        "no_speech_prob": 0.0,
    }


def _compression_ratio(text: str) -> float:
    """Whisper's measure of repetition: size over deflated size, in bytes."""
    data = text.encode()
    return round(len(data) / len(zlib.compress(data)), 4)


def _log(confidence: float) -> float:
    return round(math.log(max(confidence, _LEAST)), 6)


def _usage(transcript: Transcript) -> dict[str, Any]:
    return {"type": "duration", "seconds": math.ceil(transcript.recording.duration_s)}
