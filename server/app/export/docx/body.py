"""The text of the document: title, facts, and who says what, as paragraphs or beside its translation in a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from unicodedata import bidirectional

from ...domain.transcript import Transcript, Word
from ..facts import facts, title_of
from ..prose import Passage
from ..stamps import Stamp
from .markup import NAMESPACE, Tongue, cell, paragraph, row, run, table_start
from .styles import SPEAKER_COLOURS

_PAGES = {"a4": (11906, 16838), "letter": (12240, 15840)}
_MARGIN = 1247
_LEFT_TO_RIGHT_MARK, _RIGHT_TO_LEFT_MARK = "\u200e", "\u200f"
_FACT_WIDTH = 2400
_WHO_WIDTH = 1700
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@dataclass(frozen=True, slots=True)
class Look:
    """What the document shows and how.

    Attributes:
        stamp: Writes times; None shows none.
        track: Tag of the translation that is shown, "" for none.
        table: Show it in a column of its own instead of below each paragraph.
        doubtful_below: Words with less confidence are marked.
    """

    title: bool
    metadata: bool
    speakers: bool
    stamp: Stamp | None
    track: str
    table: bool
    doubtful_below: float
    page: str


class Body:
    """Writes the main part of one document."""

    def __init__(self, transcript: Transcript, passages: Sequence[Passage], look: Look) -> None:
        self._transcript, self._passages, self._look = transcript, passages, look
        self._tongue, self._other = Tongue(transcript.language), Tongue(look.track)
        spoken = dict.fromkeys([*(speaker.id for speaker in transcript.speakers), *(p.speaker for p in passages)])
        self._colours = {speaker: SPEAKER_COLOURS[index % len(SPEAKER_COLOURS)] for index, speaker in enumerate(spoken)}
        width, self._height = _PAGES[look.page]
        self._page_width, self._width = width, width - 2 * _MARGIN

    def parts(self) -> Iterator[str]:
        """The part in pieces."""
        yield '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        yield f'<w:document xmlns:w="{NAMESPACE}" xmlns:r="{_RELATIONS}"><w:body>'
        if self._look.title:
            yield paragraph([run(title_of(self._transcript))], "Title")
        if self._look.metadata:
            yield from self._facts()
        yield from self._bilingual() if self._look.track and self._look.table else self._paragraphs()
        yield (
            f'<w:sectPr><w:footerReference w:type="default" r:id="footer"/><w:pgSz w:w="{self._page_width}" '
            f'w:h="{self._height}"/><w:pgMar w:top="{_MARGIN}" w:right="{_MARGIN}" w:bottom="{_MARGIN}" '
            f'w:left="{_MARGIN}" w:header="624" w:footer="624" w:gutter="0"/></w:sectPr></w:body></w:document>'
        )

    def _facts(self) -> Iterator[str]:
        widths = (_FACT_WIDTH, self._width - _FACT_WIDTH)
        yield table_start("Facts", widths, head=False)
        for label, value in facts(self._transcript):
            texts = (paragraph([run(label)], "CellHead"), paragraph([run(value)], "Cell"))
            yield row(cell(text, width) for text, width in zip(texts, widths, strict=True))
        yield f"</w:tbl>{paragraph([], 'Speech')}"

    def _paragraphs(self) -> Iterator[str]:
        """Who speaks on a line of its own whenever that changes, then the text."""
        last: str | None = None
        for index, passage in enumerate(self._passages):
            changes = index == 0 or passage.speaker != last
            named = self._look.speakers and bool(passage.name) and changes
            last = passage.speaker
            if named:
                yield paragraph(self._head(passage), "SpeakerLine", tongue=self._tongue)
            start = [] if named else self._time(passage, after=" ")
            yield paragraph([*start, *self._words(passage.words)], "Speech", tongue=self._tongue)
            if passage.translation:
                yield paragraph([run(passage.translation, tongue=self._other)], "Translation", tongue=self._other)

    def _bilingual(self) -> Iterator[str]:
        first = _WHO_WIDTH if self._look.speakers or self._look.stamp else 0
        column = (self._width - first) // 2
        widths = [first, column, column] if first else [column, column]
        yield table_start("Bilingual", widths, right_to_left=self._tongue.right_to_left)
        heads = ["", self._transcript.language, self._look.track][-len(widths) :]
        yield row(
            (cell(paragraph([run(head)], "CellHead"), width) for head, width in zip(heads, widths, strict=True)),
            head=True,
        )
        for passage in self._passages:
            texts = [
                paragraph(self._words(passage.words), "Cell", tongue=self._tongue),
                paragraph([run(passage.translation, tongue=self._other)], "Cell", tongue=self._other),
            ]
            who = [self._who(passage)] if first else []
            yield row(cell(text, width) for text, width in zip([*who, *texts], widths, strict=True))
        yield f"</w:tbl>{paragraph([], 'Speech')}"

    def _who(self, passage: Passage) -> str:
        """Name and time, each on a line."""
        names = [self._name(passage)] if self._look.speakers and passage.name else []
        lines = [*names, *self._time(passage)] or [""]
        return "".join(paragraph([line], "Cell", tongue=self._tongue) for line in lines)

    def _head(self, passage: Passage) -> Iterator[str]:
        yield self._name(passage)
        # In text from right to left the time stands left of a name in Latin letters too.
        marks = _marks_after(passage.name) if self._tongue.right_to_left else ""
        yield from self._time(passage, before=f"{marks}  ")

    def _name(self, passage: Passage) -> str:
        return run(passage.name, style="Speaker", colour=self._colours[passage.speaker])

    def _time(self, passage: Passage, *, before: str = "", after: str = "") -> list[str]:
        stamp = self._look.stamp
        return [run(f"{before}{stamp(passage.start_s)}{after}", style="Time")] if stamp else []

    def _words(self, words: Sequence[Word]) -> Iterator[str]:
        """Runs of words of the same kind; spaces stand outside marks."""
        below = self._look.doubtful_below
        first = True
        for doubtful, group in groupby(words, key=lambda word: word.confidence < below):
            text = " ".join(word.text for word in group)
            if doubtful and not first:
                yield run(" ", tongue=self._tongue)
            start = "" if first or doubtful else " "
            yield run(start + text, style="Doubtful" if doubtful else "", tongue=self._tongue)
            first = False


def _marks_after(name: str) -> str:
    """What keeps a name in text from right to left together, its punctuation included, and apart from what follows."""
    first = next((kind for kind in map(bidirectional, name) if kind in ("L", "R", "AL")), "L")
    return f"{_LEFT_TO_RIGHT_MARK}{_RIGHT_TO_LEFT_MARK}" if first == "L" else _RIGHT_TO_LEFT_MARK
