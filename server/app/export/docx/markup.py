"""The few elements of WordprocessingML that a transcript needs, as text, in the order that the schema wants."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from ..prose import reads_right_to_left

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

_EAST_ASIAN = ("zh", "ja", "ko", "yue")


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language, and how Word is told of it."""

    tag: str

    @property
    def right_to_left(self) -> bool:
        """Whether its text runs from right to left."""
        return reads_right_to_left(self.tag)

    @property
    def mark(self) -> str:
        """The element for a run; empty where the language is not known."""
        if not _LANGUAGE.fullmatch(self.tag) or self.tag == "und":
            return ""
        if self.right_to_left:
            return f"<w:rtl/><w:lang w:bidi={quoteattr(self.tag)}/>"
        kind = "eastAsia" if self.tag.lower().startswith(_EAST_ASIAN) else "val"
        return f"<w:lang w:{kind}={quoteattr(self.tag)}/>"


NO_TONGUE = Tongue("und")


def run(text: str, *, style: str = "", colour: str = "", tongue: Tongue = NO_TONGUE) -> str:
    """A stretch of text that looks the same; the text is clean."""
    properties = (
        (f'<w:rStyle w:val="{style}"/>' if style else "")
        + (f'<w:color w:val="{colour}"/>' if colour else "")
        + tongue.mark
    )
    head = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{head}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(runs: Iterable[str], style: str, *, tongue: Tongue = NO_TONGUE) -> str:
    """A paragraph of a named style."""
    direction = "<w:bidi/>" if tongue.right_to_left else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{direction}</w:pPr>{"".join(runs)}</w:p>'


def cell(content: str, width: int) -> str:
    """A cell of a table, its width in twentieths of a point."""
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{content}</w:tc>'


def row(cells: Iterable[str], *, head: bool = False) -> str:
    """A row that stays on one page; a head is repeated on each."""
    repeated = "<w:tblHeader/>" if head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(cells)}</w:tr>"


def table_start(style: str, widths: Iterable[int], *, right_to_left: bool = False, head: bool = True) -> str:
    """How a table begins; `</w:tbl>` ends it."""
    columns = list(widths)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in columns)
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/>{"<w:bidiVisual/>" if right_to_left else ""}'
        f'<w:tblW w:w="{sum(columns)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblLook w:val="{"0620" if head else "0600"}" w:firstRow="{int(head)}" w:lastRow="0" w:firstColumn="0" '
        f'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
    )
