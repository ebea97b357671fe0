"""The transcript as an XML document, a segment at a time: long ones never lie in memory whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final
from xml.sax.saxutils import escape

from ...domain.transcript import Segment, Speaker, Transcript, Word
from ..text import printable

NAMESPACE: Final = "urn:audapolis:transcript:xml:1"

# A reader would take these for spaces in attributes, and a bare carriage return for a line end anywhere.
_IN_TEXT = {"\r": "&#13;"}
_IN_ATTRIBUTES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;", '"': "&quot;"}


class Document:
    """Writes one document.

    Attributes:
        unfit: How many texts lost characters that XML forbids; known when all parts are written.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self.unfit = 0

    def parts(self) -> Iterator[str]:
        """The document in pieces."""
        transcript = self._transcript
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        root = {
            "xmlns": NAMESPACE,
            "id": transcript.id,
            "created_at": transcript.created_at,
            "language": transcript.language,
        }
        yield f"<transcript{self._attributes(root)}>\n"
        yield from chain(self._recording(), self._provenance())
        yield f"  <quality>{''.join(self._facts(transcript.quality))}</quality>\n"
        yield from self._listed("speakers", map(self._speaker, transcript.speakers))
        turns = ({"start_s": t.start_s, "end_s": t.end_s, "speaker": t.speaker} for t in transcript.turns)
        yield from self._listed("turns", (f"<turn{self._attributes(turn)}/>" for turn in turns))
        yield from self._listed("segments", map(self._segment, transcript.segments))
        for language, lines in transcript.translations.items():
            texts = (
                f"<line{self._attributes({'segment': line.segment})}>{self._text(line.text)}</line>" for line in lines
            )
            yield from self._listed("translation", texts, {"language": language})
        yield "</transcript>\n"

    def _recording(self) -> Iterator[str]:
        recording = self._transcript.recording
        facts = {
            "name": recording.name,
            "sha256": recording.sha256 or None,
            "duration_s": recording.duration_s,
        }
        audio = {name: getattr(recording.audio, name) for name in recording.audio.__slots__}
        yield f"  <recording{self._attributes(facts)}>\n    <audio{self._attributes(audio)}/>\n"
        if recording.video:
            video = {name: getattr(recording.video, name) for name in recording.video.__slots__}
            yield f"    <video{self._attributes(video)}/>\n"
        yield "  </recording>\n"

    def _provenance(self) -> Iterator[str]:
        made = self._transcript.provenance
        names = ("engine", "model", "device", "precision", "diarizer", "version")
        yield f"  <provenance{self._attributes({name: getattr(made, name) for name in names})}>\n"
        yield f"    <options>{''.join(self._facts(made.options))}</options>\n"
        for fallback in made.fallbacks:
            told = {"from": fallback.wanted, "to": fallback.used, "reason": fallback.reason}
            yield f"    <fallback{self._attributes(told)}/>\n"
        for warning in made.warnings:
            yield f"    <warning>{self._text(warning)}</warning>\n"
        yield "  </provenance>\n"

    def _listed(self, name: str, items: Iterator[str], attributes: Mapping[str, Any] | None = None) -> Iterator[str]:
        yield f"  <{name}{self._attributes(attributes or {})}>\n"
        for item in items:
            yield f"    {item}\n"
        yield f"  </{name}>\n"

    def _speaker(self, speaker: Speaker) -> str:
        facts = self._attributes({"id": speaker.id, "name": speaker.name, "speech_s": speaker.speech_s})
        if not speaker.embedding:
            return f"<speaker{facts}/>"
        model = self._attributes({"model": speaker.embedding_model})
        return f"<speaker{facts}><embedding{model}>{' '.join(map(repr, speaker.embedding))}</embedding></speaker>"

    def _segment(self, segment: Segment) -> str:
        facts = {
            "id": segment.id,
            "start_s": segment.start_s,
            "end_s": segment.end_s,
            "speaker": segment.speaker,
            "confidence": segment.confidence,
        }
        words = "".join(self._word(word, segment.speaker) for word in segment.words)
        return (
            f"<segment{self._attributes(facts)}>\n      <text>{self._text(segment.text)}</text>\n{words}    </segment>"
        )

    def _word(self, word: Word, usual: str | None) -> str:
        speaker = self._attributes({"speaker": word.speaker}) if word.speaker != usual else ""
        times = f'start_s="{word.start_s!r}" end_s="{word.end_s!r}"'
        return f'      <word {times} confidence="{word.confidence!r}"{speaker}>{self._text(word.text)}</word>\n'

    def _facts(self, values: Mapping[str, Any]) -> Iterator[str]:
        for name, value in values.items():
            yield self._value("fact", value, {"name": str(name)})

    def _value(self, element: str, value: Any, attributes: Mapping[str, Any]) -> str:
        kind, content = self._content(value)
        return f"<{element}{self._attributes({**attributes, 'type': kind})}>{content}</{element}>"

    def _content(self, value: Any) -> tuple[str, str]:
        """What kind of value it is, and the value."""
        if value is None:
            return "nothing", ""
        if isinstance(value, bool):
            return "boolean", _plain(value)
        if isinstance(value, int | float):
            return "number", _plain(value)
        if isinstance(value, Mapping):
            return "facts", "".join(self._facts(value))
        if isinstance(value, list | tuple):
            return "list", "".join(self._value("item", item, {}) for item in value)
        return "text", self._text(str(value))

    def _attributes(self, values: Mapping[str, Any]) -> str:
        return "".join(
            f' {name}="{escape(self._fit(_plain(value)), _IN_ATTRIBUTES)}"'
            for name, value in values.items()
            if value is not None
        )

    def _text(self, text: str) -> str:
        return escape(self._fit(text), _IN_TEXT)

    def _fit(self, text: str) -> str:
        fit = text if text.isprintable() else printable(text)
        self.unfit += fit != text
        return fit


def _plain(value: Any) -> str:
    """A value as XML Schema writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, float) else str(value)
