"""The parts around the text, put together into a file that is the same each time."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from typing import BinaryIO
from xml.sax.saxutils import escape

from ...domain.transcript import Transcript
from ..facts import title_of
from ..zipping import entry
from .markup import NAMESPACE, Tongue
from .styles import styles

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_TYPES = {
    "/word/document.xml": f"{_WORD}.document.main+xml",
    "/word/styles.xml": f"{_WORD}.styles+xml",
    "/word/settings.xml": f"{_WORD}.settings+xml",
    "/word/footer.xml": f"{_WORD}.footer+xml",
    "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    "/docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
}
_MAIN_RELATIONS = {
    "document": (f"{_OFFICE}/relationships/officeDocument", "word/document.xml"),
    "core": (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
    "app": (f"{_OFFICE}/relationships/extended-properties", "docProps/app.xml"),
}
_WORD_RELATIONS = {
    name: (f"{_OFFICE}/relationships/{name}", f"{name}.xml") for name in ("styles", "settings", "footer")
}


def write_package(out: BinaryIO, transcript: Transcript, body: Iterable[str]) -> None:
    """Write the file; the text goes through in pieces."""
    tongue = Tongue(transcript.language)
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in (
            ("[Content_Types].xml", _content_types()),
            ("_rels/.rels", _relations(_MAIN_RELATIONS)),
            ("docProps/core.xml", _core(transcript)),
            (
                "docProps/app.xml",
                f'{_HEAD}<Properties xmlns="{_OFFICE}/extended-properties"><Application>Audapolis'
                "</Application></Properties>",
            ),
            ("word/_rels/document.xml.rels", _relations(_WORD_RELATIONS)),
            ("word/styles.xml", styles(tongue)),
            ("word/settings.xml", _settings()),
            ("word/footer.xml", _footer()),
        ):
            archive.writestr(entry(name), part.encode())
        with archive.open(entry("word/document.xml"), "w", force_zip64=True) as main:
            for piece in body:
                main.write(piece.encode())


def _content_types() -> str:
    parts = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in _TYPES.items())
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{parts}</Types>'
    )


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="{name}" Type="{kind}" Target="{target}"/>' for name, (kind, target) in targets.items()
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>'


def _core(transcript: Transcript) -> str:
    """Title, language and date; all from the transcript, none from the clock."""
    made = f'xsi:type="dcterms:W3CDTF">{escape(transcript.created_at)}</dcterms'
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title_of(transcript))}</dc:title><dc:creator>Audapolis</dc:creator>"
        f"<dc:language>{escape(transcript.language)}</dc:language>"
        f"<dcterms:created {made}:created><dcterms:modified {made}:modified></cp:coreProperties>"
    )


def _settings() -> str:
    """As Word 2013 and later lay out; without it Word opens the file in a mode for old documents."""
    compatible = 'w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"'
    return (
        f'{_HEAD}<w:settings xmlns:w="{NAMESPACE}"><w:zoom w:percent="100"/><w:compat><w:compatSetting {compatible}/>'
        "</w:compat></w:settings>"
    )


def _footer() -> str:
    """Page so and so of so many."""

    def field(name: str) -> str:
        return f'<w:fldSimple w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'

    slash = '<w:r><w:t xml:space="preserve"> / </w:t></w:r>'
    numbers = f"{field('PAGE')}{slash}{field('NUMPAGES')}"
    return f'{_HEAD}<w:ftr xmlns:w="{NAMESPACE}"><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>{numbers}</w:p></w:ftr>'
