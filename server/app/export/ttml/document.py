"""A TTML document, from captions: head with metadata, styles and regions, body with a paragraph for each caption."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...domain.transcript import Transcript
from ..captions import Caption, Line
from ..text import clean
from .counting import Counting
from .names import BASE, DOUBTFUL, PLAIN, RIGHT_TO_LEFT
from .regions import REGIONS, place
from .speakers import Cast

_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
_BACKGROUND = "#000000"
_DOUBTFUL_COLOUR = "#FF6060"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What makes a document one of a profile.

    Attributes:
        prefix: Before the names of elements: `tt:`, or nothing.
        root: Namespaces and attributes of the outermost element.
        metadata: Elements of the head's metadata, before the speakers.
    """

    prefix: str
    root: Mapping[str, str]
    metadata: Sequence[str]


@dataclass(frozen=True, slots=True)
class Look:
    """What shows who speaks and what is doubtful."""

    colours: bool = True
    people: bool = True
    doubtful_below: float = 0.0


def language_of(transcript: Transcript) -> str:
    """The language as `xml:lang` takes it; "" where it is none."""
    return transcript.language if _LANGUAGE.fullmatch(transcript.language) else ""


def escaped(text: str) -> str:
    """Text fit for content and attributes."""
    return html.escape(clean(text))


class Document:
    """Writes one document."""

    def __init__(
        self, transcript: Transcript, captions: Sequence[Caption], dialect: Dialect, counting: Counting, look: Look
    ) -> None:
        self._transcript, self._captions = transcript, captions
        self._dialect, self._counting, self._look = dialect, counting, look
        self._cast = Cast(transcript, (caption.speaker for caption in captions))
        self._right_to_left = language_of(transcript).lower().split("-")[0] in _RIGHT_TO_LEFT

    def text(self) -> str:
        """The whole document."""
        body = self._body() if self._captions else ()
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', self._root(), *self._head(), *body]
        return "\n".join([*lines, f"</{self._dialect.prefix}tt>", ""])

    def _root(self) -> str:
        attributes = {**self._dialect.root, "xml:lang": language_of(self._transcript)}
        return f"<{self._dialect.prefix}tt{_attributes(attributes)}>"

    def _head(self) -> Iterator[str]:
        tt = self._dialect.prefix
        people = self._cast.people if self._look.people else ()
        yield f"  <{tt}head>"
        yield f"    <{tt}metadata>"
        yield from (f"      {element}" for element in self._dialect.metadata)
        for person in people:
            name = f'<ttm:name type="full">{escaped(person.name)}</ttm:name>'
            yield f'      <ttm:agent xml:id="{person.agent}" type="person">{name}</ttm:agent>'
        yield f"    </{tt}metadata>"
        yield f"    <{tt}styling>"
        yield from (f"      <{tt}style{_attributes(style)}/>" for style in self._styles())
        yield f"    </{tt}styling>"
        yield f"    <{tt}layout>"
        for region in REGIONS:
            place = {
                "xml:id": region.id,
                "tts:origin": f"{region.left}% {region.top}%",
                "tts:extent": f"{region.width}% {region.height}%",
                "tts:displayAlign": region.align,
                "tts:overflow": "visible",
            }
            yield f"      <{tt}region{_attributes(place)}/>"
        yield f"    </{tt}layout>"
        yield f"  </{tt}head>"

    def _styles(self) -> Iterator[dict[str, str]]:
        yield {
            "xml:id": BASE,
            "tts:fontFamily": "proportionalSansSerif",
            "tts:fontSize": "80%",
            "tts:lineHeight": "125%",
            "tts:textAlign": "center",
            "ebutts:linePadding": "0.5c",
            "itts:fillLineGap": "true",
        }
        yield {"xml:id": PLAIN, "tts:color": "#FFFFFF", "tts:backgroundColor": _BACKGROUND}
        for person in self._cast.people if self._look.colours else ():
            yield {"xml:id": person.style, "tts:color": person.colour, "tts:backgroundColor": _BACKGROUND}
        if self._look.doubtful_below:
            yield {"xml:id": DOUBTFUL, "tts:color": _DOUBTFUL_COLOUR}
        if self._right_to_left:
            yield {"xml:id": RIGHT_TO_LEFT, "tts:direction": "rtl", "tts:unicodeBidi": "embed"}

    def _body(self) -> Iterator[str]:
        tt, text = self._dialect.prefix, self._counting.text
        edges = self._counting.edges(self._captions)
        direction = f' style="{RIGHT_TO_LEFT}"' if self._right_to_left else ""
        yield f'  <{tt}body style="{BASE}">'
        yield f"    <{tt}div>"
        numbered = enumerate(zip(self._captions, edges, place(edges), strict=True), start=1)
        for number, (caption, (begin, end), region) in numbered:
            times = f'begin="{text(begin)}" end="{text(end)}"{self._by(caption.speaker)}{direction}'
            yield f'      <{tt}p xml:id="c{number}" region="{region.id}" {times}>{self._content(caption)}</{tt}p>'
        yield f"    </{tt}div>"
        yield f"  </{tt}body>"

    def _by(self, speaker: str | None) -> str:
        person = self._cast.person(speaker) if self._look.people else None
        return f' ttm:agent="{person.agent}"' if person else ""

    def _content(self, caption: Caption) -> str:
        tt = self._dialect.prefix
        style = self._cast.style(caption.speaker) if self._look.colours else PLAIN
        if self._look.doubtful_below:
            return f"<{tt}br/>".join(self._marked(line, style) for line in caption.lines)
        lines = f"<{tt}br/>".join(html.escape(text, quote=False) for text in caption.texts)
        return f'<{tt}span style="{style}">{lines}</{tt}span>'

    def _marked(self, line: Line, style: str) -> str:
        """A line, its doubtful words in spans of their own."""
        tt = self._dialect.prefix
        spans: list[str] = []
        for doubtful, tokens in groupby(line, lambda token: token.confidence < self._look.doubtful_below):
            text = "".join(token.text if token.glued else f" {token.text}" for token in tokens)
            text = html.escape(text if spans else text.removeprefix(" "), quote=False)
            spans.append(f'<{tt}span style="{style}{f" {DOUBTFUL}" if doubtful else ""}">{text}</{tt}span>')
        return "".join(spans)


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{html.escape(value)}"' for name, value in attributes.items())
