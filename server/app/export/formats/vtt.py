"""WebVTT captions (W3C Candidate Recommendation of 2019-04-04) with a voice span for each speaker."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from ...domain.transcript import Transcript
from ..base import TextFormat
from ..captions import Caption, CaptionOptions, lay_out
from ..losses import Loss
from ..text import clean, clock


@dataclass(frozen=True, slots=True)
class VttOptions(CaptionOptions):
    """Caption style, voices and word times."""

    speakers: Annotated[bool, Field(description="Mark who speaks with voice spans.")] = True
    word_times: Annotated[bool, Field(description="Put a timestamp before each word, for karaoke style.")] = False


class Vtt(TextFormat[VttOptions]):
    """Numbered cues; names and text escaped as the standard says."""

    id = "vtt"
    family = "captions"
    name = "WebVTT captions"
    extension = "vtt"
    media_type = "text/vtt; charset=utf-8"
    description = "Captions for the web, with voice spans and, if wanted, a time for every word."
    losses = (
        Loss.SPEAKERS,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.MILLISECONDS,
    )
    options_type = VttOptions

    def text(self, transcript: Transcript) -> str:
        """Header and cues."""
        captions = lay_out(transcript, self.options)
        cues = [self._cue(number, caption, transcript) for number, caption in enumerate(captions, start=1)]
        return "\n".join(["WEBVTT\n", *cues])

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers and word times are there when asked for."""
        kept = {Loss.SPEAKERS: self.options.speakers, Loss.WORD_TIMES: self.options.word_times}
        return tuple(loss for loss in super().left_out(transcript) if not any(loss == k for k, v in kept.items() if v))

    def _cue(self, number: int, caption: Caption, transcript: Transcript) -> str:
        times = " --> ".join(clock(ms) for ms in (caption.start_ms, caption.end_ms))
        timed = _timed_lines(caption) if self.options.word_times else map(_escaped, caption.texts)
        text = "\n".join(timed)
        name = clean(transcript.speaker_name(caption.speaker)) if self.options.speakers else ""
        voice = f"<v {_escaped(name)}>{text}</v>" if name else text
        return f"{number}\n{times}\n{voice}\n"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _timed_lines(caption: Caption) -> Iterator[str]:
    """Lines with a timestamp before each word; they must rise and lie strictly inside the cue."""
    last_ms = caption.start_ms
    for line in caption.lines:
        parts: list[str] = []
        for index, token in enumerate(line):
            at_ms = round(token.start_s * 1000)
            stamp = ""
            if last_ms < at_ms < caption.end_ms:
                stamp, last_ms = f"<{clock(at_ms)}>", at_ms
            space = "" if token.glued or not index else " "
            parts.append(f"{space}{stamp}{_escaped(token.text)}")
        yield "".join(parts)
