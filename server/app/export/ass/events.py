"""One caption as an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...domain.transcript import Transcript
from ..captions import Caption, Token
from ..shading import LEVEL_COLOURS, Level
from ..text import clean
from .styles import DEFAULT, colour_of, style_name

_BREAK = r"\N"
_WORD_JOINER = "\u2060"
_SECOND = r"{\fscx80\fscy80\i1}"


class Styling:
    """How the events of one transcript look.

    Args:
        transcript: Whose speakers there are.
        colours: Whether each speaker has a style.
        karaoke: Whether words light up while they are spoken.
        level: Where a confidence lies, for colours; None without them.
    """

    def __init__(
        self, transcript: Transcript, *, colours: bool, karaoke: bool, level: Callable[[float], Level] | None
    ) -> None:
        self.karaoke = karaoke
        self._level = level
        self._names = {speaker.id: clean(speaker.name).replace(",", ";") for speaker in transcript.speakers}
        places = {speaker.id: style_name(number) for number, speaker in enumerate(transcript.speakers)}
        self._styles = places if colours else {}

    def style(self, speaker: str | None) -> str:
        """The style of a speaker."""
        return self._styles.get(speaker or "", DEFAULT)

    def name(self, speaker: str | None) -> str:
        """The name of a speaker, for the event's name field, which has no commas."""
        return self._names.get(speaker or "", "")

    def shaded(self, token: Token, text: str) -> str:
        """A word in the colour of its confidence."""
        colour = LEVEL_COLOURS.get(self._level(token.confidence)) if self._level else None
        return rf"{{\1c{colour_of(colour)}&}}{text}{{\1c}}" if colour else text


def dialogue(caption: Caption, styling: Styling) -> str:
    """The event's line, ended."""
    start, end = (round(ms / 10) for ms in (caption.start_ms, caption.end_ms))
    lines = list(_sung(caption, styling, start) if styling.karaoke else _said(caption, styling))
    if caption.second:
        lines += [f"{_SECOND if not number else ''}{escaped(text)}" for number, text in enumerate(caption.second)]
    fields = (
        "0", _clock(start), _clock(max(end, start + 1)), styling.style(caption.speaker),
        styling.name(caption.speaker), "0", "0", "0", "",
    )  # fmt: skip
    return f"Dialogue: {','.join(fields)},{_BREAK.join(lines)}\n"


def escaped(text: str) -> str:
    r"""Text without commands: braces are escaped as libass reads them, and like `\N` taken apart for others."""
    apart = text.replace("\\", f"\\{_WORD_JOINER}")
    return apart.replace("{", rf"\{{{_WORD_JOINER}").replace("}", r"\}")


def _said(caption: Caption, styling: Styling) -> Iterator[str]:
    for line in caption.lines:
        yield "".join(
            f"{'' if token.glued or not place else ' '}{styling.shaded(token, escaped(token.text))}"
            for place, token in enumerate(line)
        )


def _sung(caption: Caption, styling: Styling, start: int) -> Iterator[str]:
    r"""Each word after a `{\k}` that lasts until the next begins, in hundredths of a second from the event's start."""
    tokens = [token for line in caption.lines for token in line]
    edges = [max(start, round(token.start_s * 100)) for token in tokens] + [max(start, round(caption.end_ms / 10))]
    for place in range(len(edges) - 1, 0, -1):
        edges[place - 1] = min(edges[place - 1], edges[place])
    lead = rf"{{\k{edges[0] - start}}}" if edges[0] > start else ""
    place = 0
    for line in caption.lines:
        parts = [lead]
        lead = ""
        for at, token in enumerate(line):
            space = "" if token.glued or not at else " "
            length = edges[place + 1] - edges[place]
            parts.append(rf"{space}{{\k{length}}}{styling.shaded(token, escaped(token.text))}")
            place += 1
        yield "".join(parts)


def _clock(centiseconds: int) -> str:
    """`H:MM:SS.cc`; ten hours and more simply have more digits, as libass reads them."""
    seconds, hundredths = divmod(centiseconds, 100)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}.{hundredths:02d}"
