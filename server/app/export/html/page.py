"""The page, put together: what can be read without a script is plain HTML, times of words lie beside it as numbers.

The policy in its head allows the page's own style and script by their digests, and media from beside it or from a file
the user opens; nothing else, from nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from ...domain.transcript import Transcript, Word
from ..facts import facts, title_of
from ..prose import Passage, reads_right_to_left
from ..stamps import Stamp
from ..text import clean, short_clock
from .frame import FOOT, HELP, ICONS, PLAYER, TOOLS, TRANSLATION

LEVELS: Final = 20
"""Confidences are told apart in steps of one twentieth."""
_SURE_LEVEL = 19
_COLOURS = 8
_USUAL_BELOW = 50


@dataclass(frozen=True, slots=True)
class Look:
    """What the page shows and how.

    Attributes:
        stamp: Writes the times beside paragraphs; None shows none.
        track: Tag of the translation that is shown, "" for none.
        doubtful_below: Per cent; words with less confidence are shaded from the start, 0 shades none.
        media: Address of the recording, relative to the page; "" lets the user choose.
        theme: `auto`, `light` or `dark`.
    """

    metadata: bool
    speakers: bool
    stamp: Stamp | None
    track: str
    doubtful_below: int
    media: str
    theme: str


@cache
def asset(name: str) -> str:
    """The page's style or script, as shipped."""
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def digest(text: str) -> str:
    """What a content security policy calls an inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


class Page:
    """Writes one page."""

    def __init__(self, transcript: Transcript, passages: Sequence[Passage], look: Look) -> None:
        self._transcript, self._passages, self._look = transcript, passages, look
        spoken = dict.fromkeys(passage.speaker for passage in passages)
        listed = [speaker.id for speaker in transcript.speakers if speaker.id in spoken]
        self._numbers = {speaker: number for number, speaker in enumerate(dict.fromkeys([*listed, *spoken]))}

    def parts(self) -> Iterator[str]:
        """The page in pieces."""
        yield from self._head()
        yield self._tools()
        yield '<div class="sheet">\n'
        yield from self._text()
        yield from self._side()
        yield "</div>\n"
        media = f' src="{_escaped(self._look.media)}"' if self._look.media else ""
        length = short_clock(self._transcript.recording.duration_s)
        yield PLAYER.format(media=media, length=length, seconds=round(self._transcript.recording.duration_s), **ICONS)
        yield HELP
        yield f'<script type="application/json" id="times">[{",".join(_numbers(self._passages))}]</script>\n'
        yield f"<script>{asset('page.js')}</script>\n"
        yield FOOT

    def _head(self) -> Iterator[str]:
        title = _escaped(title_of(self._transcript))
        policy = (
            f"default-src 'none'; style-src {digest(asset('page.css'))}; script-src {digest(asset('page.js'))}; "
            "media-src 'self' blob: file:; base-uri 'none'; form-action 'none'"
        )
        theme = f' data-theme="{self._look.theme}"' if self._look.theme != "auto" else ""
        yield (
            f'<!DOCTYPE html>\n<html lang="en"{theme}>\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="generator" content="Audapolis">\n<meta name="referrer" content="no-referrer">\n'
            f"<title>{title}</title>\n<style>{asset('page.css')}</style>\n</head>\n<body>\n"
            f'<header class="head">\n<h1 dir="auto">{title}</h1>\n'
            f'<p class="gist">{_escaped(self._gist())}</p>\n</header>\n'
        )

    def _gist(self) -> str:
        """The most important facts in a line."""
        words = sum(len(passage.words) for passage in self._passages)
        people = len([speaker for speaker in self._numbers if speaker])
        told = [
            short_clock(self._transcript.recording.duration_s),
            f"{people} speaker{'' if people == 1 else 's'}" if people else "",
            f"{words:,} word{'' if words == 1 else 's'}",
            clean(self._transcript.language) if self._transcript.language != "und" else "",
        ]
        return " · ".join(filter(None, told))

    def _tools(self) -> str:
        below = self._look.doubtful_below
        return TOOLS.format(
            pressed="true" if below else "false",
            below=below or _USUAL_BELOW,
            other=TRANSLATION if self._look.track else "",
            **ICONS,
        )

    def _text(self) -> Iterator[str]:
        """Paragraphs; who speaks is said whenever that changes."""
        levels = " ".join(f"b{level}" for level in range(self._look.doubtful_below * LEVELS // 100))
        tongue = _tongue(self._transcript.language)
        yield (
            f'<main id="transcript" class="{levels}" data-other="on" '
            f'data-duration="{self._transcript.recording.duration_s:.3f}">\n<h2 class="unseen">Transcript</h2>\n'
        )
        if not self._passages:
            yield '<p class="none">Nobody says anything in this recording.</p>\n'
        last: str | None = ""
        for passage in self._passages:
            named = self._look.speakers and passage.name and passage.speaker != last
            last = passage.speaker
            number = self._numbers[passage.speaker]
            yield f'<div class="turn" data-p="{number}" data-s="{number % _COLOURS}">'
            if named:
                yield f'<h3 dir="auto">{_escaped(passage.name)}</h3>'
            if self._look.stamp:
                stamp = self._look.stamp(passage.start_s)
                yield f'<button type="button" class="at" aria-label="Play from {stamp}">{stamp}</button>'
            yield f'<p class="said"{tongue}>{" ".join(map(_word, passage.words))}</p>'
            if passage.translation:
                yield f'<p class="other"{_tongue(self._look.track)}>{_escaped(passage.translation)}</p>'
            yield "</div>\n"
        yield "</main>\n"

    def _side(self) -> Iterator[str]:
        """Who speaks how much, and what is known of the recording."""
        people = self._people() if self._look.speakers else []
        if not (people or self._look.metadata):
            return
        yield '<aside class="side" aria-label="About this transcript">\n'
        if people:
            yield f'<section class="live"><h2>Speakers</h2><ul class="people">{"".join(people)}</ul></section>\n'
        if self._look.metadata:
            rows = "".join(
                f'<div><dt>{label}</dt><dd dir="auto">{_escaped(value)}</dd></div>'
                for label, value in facts(self._transcript)
            )
            yield f'<details open><summary>About</summary><dl class="facts">{rows}</dl></details>\n'
        yield "</aside>\n"

    def _people(self) -> list[str]:
        spoken_s: dict[str | None, float] = defaultdict(float)
        names: dict[str | None, str] = {}
        for passage in self._passages:
            spoken_s[passage.speaker] += sum(word.end_s - word.start_s for word in passage.words)
            names[passage.speaker] = passage.name or "Unknown"
        whole_s = sum(spoken_s.values()) or 1.0
        return [
            f'<li data-s="{number % _COLOURS}"><button type="button" aria-pressed="true" data-p="{number}">'
            f'<span class="dot"></span><span class="name" dir="auto">{_escaped(names[speaker])}</span>'
            f'<span class="share">{spoken_s[speaker] / whole_s:.0%}</span></button></li>'
            for speaker, number in self._numbers.items()
        ]


def _word(word: Word) -> str:
    level = int(word.confidence * LEVELS)
    kind = f" class=c{level}" if level < _SURE_LEVEL else ""
    return f"<span{kind}>{html.escape(word.text, quote=False)}</span>"


def _numbers(passages: Sequence[Passage]) -> Iterator[str]:
    """Of each word: milliseconds since the last one's start, its length, its confidence in per cent."""
    last_ms = 0
    for passage in passages:
        for word in passage.words:
            start_ms = round(word.start_s * 1000)
            length_ms = max(0, round(word.end_s * 1000) - start_ms)
            yield f"{start_ms - last_ms},{length_ms},{int(word.confidence * 100)}"
            last_ms = start_ms


def _tongue(language: str) -> str:
    """Language and direction, as attributes."""
    tag = "" if language == "und" else f' lang="{_escaped(language)}"'
    return f'{tag} dir="{"rtl" if reads_right_to_left(language) else "auto" if not tag else "ltr"}"'


def _escaped(text: str) -> str:
    return html.escape(clean(text))
