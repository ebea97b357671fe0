"""The styles of the document: what users change in Word to change the look of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .markup import NAMESPACE, Tongue

_INK, _GREY, _LINE = "1F2328", "57606A", "D0D7DE"
SPEAKER_COLOURS = ("0B5CAD", "A3370B", "1B6E3C", "7A3FA0", "8A5A00", "0A6A74", "A02458", "4A5568")
"""Dark enough to be read on white; after the last they begin again."""


@dataclass(frozen=True, slots=True)
class Style:
    """A style; `paragraph` and `run` are the contents of its properties."""

    id: str
    name: str
    kind: str = "paragraph"
    based_on: str = "Normal"
    paragraph: str = ""
    run: str = ""


def _size(points: float) -> str:
    return f'<w:sz w:val="{round(points * 2)}"/><w:szCs w:val="{round(points * 2)}"/>'


def _grey(points: float) -> str:
    return f'<w:color w:val="{_GREY}"/>{_size(points)}'


_BOLD = "<w:b/><w:bCs/>"
_STYLES = (
    Style(
        "Title",
        "Title",
        paragraph='<w:keepNext/><w:spacing w:before="0" w:after="160" w:line="240" w:lineRule="auto"/>',
        run=f"{_BOLD}{_size(24)}",
    ),
    Style(
        "SpeakerLine",
        "Speaker Line",
        paragraph='<w:keepNext/><w:spacing w:before="240" w:after="40" w:line="240" w:lineRule="auto"/>',
    ),
    Style("Speech", "Speech", paragraph='<w:spacing w:before="0" w:after="120" w:line="288" w:lineRule="auto"/>'),
    Style(
        "Translation",
        "Translation",
        based_on="Speech",
        paragraph=f'<w:pBdr><w:left w:val="single" w:sz="12" w:space="8" w:color="{_LINE}"/></w:pBdr>'
        '<w:ind w:left="240"/>',
        run=f'<w:color w:val="{_GREY}"/>',
    ),
    Style(
        "Cell",
        "Cell",
        paragraph='<w:spacing w:before="40" w:after="40" w:line="252" w:lineRule="auto"/>',
        run=_size(10),
    ),
    Style("CellHead", "Cell Head", based_on="Cell", paragraph="<w:keepNext/>", run=f"{_BOLD}{_grey(9)}"),
    Style("Footer", "footer", paragraph='<w:spacing w:before="0" w:after="0"/><w:jc w:val="center"/>', run=_grey(9)),
    Style("Speaker", "Speaker", kind="character", based_on="", run=_BOLD),
    Style("Time", "Time", kind="character", based_on="", run=_grey(9)),
    Style(
        "Doubtful",
        "Doubtful",
        kind="character",
        based_on="",
        run='<w:u w:val="dotted"/><w:shd w:val="clear" w:color="auto" w:fill="FFE9A8"/>',
    ),
)


def styles(tongue: Tongue) -> str:
    """The whole part."""
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:styles xmlns:w="{NAMESPACE}">'
        f"{_defaults(tongue)}{''.join(_style(style) for style in _STYLES)}{''.join(_tables())}</w:styles>"
    )


def _defaults(tongue: Tongue) -> str:
    """Normal text in the transcript's language."""
    language = tongue.mark.replace("<w:rtl/>", "")
    fonts = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Yu Gothic" w:cs="Arial"/>'
    return (
        f'<w:docDefaults><w:rPrDefault><w:rPr>{fonts}<w:color w:val="{_INK}"/>{_size(11)}{language}</w:rPr>'
        '</w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="264" w:lineRule="auto"/></w:pPr>'
        '</w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
        '<w:name w:val="Normal"/><w:qFormat/></w:style>'
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/></w:style>'
    )


def _style(style: Style) -> str:
    based = f'<w:basedOn w:val="{style.based_on}"/>' if style.based_on else ""
    paragraph = f"<w:pPr>{style.paragraph}</w:pPr>" if style.paragraph else ""
    run = f"<w:rPr>{style.run}</w:rPr>" if style.run else ""
    return (
        f'<w:style w:type="{style.kind}" w:styleId="{style.id}"><w:name w:val="{style.name}"/>{based}<w:qFormat/>'
        f"{paragraph}{run}</w:style>"
    )


def _tables() -> Iterator[str]:
    """Lines between rows, nothing else."""
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{_LINE}"/>' for side in ("top", "bottom", "insideH")
    )
    margins = "".join(f'<w:{side} w:w="80" w:type="dxa"/>' for side in ("left", "right"))
    for name, borders in (("Facts", lines), ("Bilingual", lines)):
        yield (
            f'<w:style w:type="table" w:styleId="{name}"><w:name w:val="{name}"/><w:tblPr><w:tblBorders>{borders}'
            f"</w:tblBorders><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr></w:style>"
        )
