"""LRC lyrics, and their enhanced form with a time for every word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, BinaryIO, ClassVar

from pydantic import Field

from ...domain.transcript import Transcript
from ..captions import CaptionOptions, Line, line_text
from ..captions.format import CaptionFormat
from ..losses import Loss
from ..material import Material
from ..report import Check
from ..text import clean

_STAMP = re.compile(r"\[(\d{2,}):([0-5]\d)\.(\d\d)\]")
_LOOKS_TIMED = re.compile(r"[\[<](?=\d)")
_ZERO_WIDTH_SPACE = "\u200b"


@dataclass(frozen=True, slots=True)
class LrcOptions(CaptionOptions):
    """Line style, speakers and word times."""

    speakers: Annotated[bool, Field(description="Name the speaker whenever another one speaks.")] = True
    word_times: Annotated[bool, Field(description="Put a time before each word (enhanced LRC).")] = False


def check_lines(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Every line is a tag or begins with a time, and times never fall."""
    last = -1
    for number, line in enumerate(file.read().decode("utf-8-sig").splitlines(), start=1):
        stamp = _STAMP.match(line)
        if stamp is None:
            if not re.fullmatch(r"\[[a-z]+:.*\]", line):
                yield f"Line {number} has no time."
            continue
        minutes, seconds, hundredths = map(int, stamp.groups())
        at = (minutes * 60 + seconds) * 100 + hundredths
        if at < last:
            yield f"The time of line {number} is before that of the line above."
        last = at


class Lrc(CaptionFormat[LrcOptions]):
    """One line of text a line; an empty one where nobody speaks for long."""

    id = "lrc"
    name = "LRC lyrics"
    extension = "lrc"
    media_type = "text/plain; charset=utf-8"
    description = "Synchronised lines for music players; with word times for those that show them."
    losses = (
        Loss.SPEAKERS,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.CENTISECONDS,
        Loss.OVERLAP,
    )
    checks: ClassVar[Mapping[str, Check]] = {"lines": check_lines}
    options_type = LrcOptions

    def text(self, transcript: Transcript) -> str:
        """Tags and timed lines."""
        minutes, seconds = divmod(round(transcript.recording.duration_s), 60)
        tags = (f"[ti:{clean(transcript.recording.name)}]", f"[length:{minutes:02d}:{seconds:02d}]", "[by:Audapolis]")
        return "\n".join((*tags, *self._lines(transcript), ""))

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers and word times are there when asked for."""
        kept = {Loss.SPEAKERS: self.options.speakers, Loss.WORD_TIMES: self.options.word_times}
        return tuple(loss for loss in super().left_out(transcript) if not any(loss == k for k, v in kept.items() if v))

    def _lines(self, transcript: Transcript) -> Iterator[str]:
        last_cs, shown_until_ms = 0, 0
        for caption in self.captions(transcript, labels=self.options.speakers):
            if shown_until_ms and caption.start_ms - shown_until_ms > 1000:
                last_cs = max(last_cs, shown_until_ms // 10)
                yield f"[{_clock(last_cs)}]"
            for place, line in enumerate(caption.lines):
                start_ms = round(line[0].start_s * 1000) if place else caption.start_ms
                last_cs = max(last_cs, start_ms // 10)
                yield f"[{_clock(last_cs)}]{self._text(line)}"
            for second in caption.second:
                yield f"[{_clock(last_cs)}]{_untimed(second)}"
            shown_until_ms = max(shown_until_ms, caption.end_ms)

    def _text(self, line: Line) -> str:
        if not self.options.word_times:
            return _untimed(line_text(line))
        parts = []
        for place, token in enumerate(line):
            space = "" if token.glued or not place else " "
            parts.append(f"{space}<{_clock(int(token.start_s * 100))}>{_untimed(token.text)}")
        return "".join(parts)


def _clock(centiseconds: int) -> str:
    """`mm:ss.xx`; LRC has no hours, so there may be more than 99 minutes."""
    seconds, hundredths = divmod(centiseconds, 100)
    minute, second = divmod(seconds, 60)
    return f"{minute:02d}:{second:02d}.{hundredths:02d}"


def _untimed(text: str) -> str:
    """Text in which nothing looks like a time."""
    return _LOOKS_TIMED.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, text)
