"""Reads `document.json` of versions 1 to 3; older ones are upgraded on the way in.

Version 1 was a list of paragraphs, each with a speaker and its items. Version 2 was flat: a `paragraph_break` with
a speaker began a paragraph (and ended the one before), one without only ended it. Both called text `word` and
recorded silence `silence`. What came before version 1 had no version number and can't be told from damage.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import InvalidDocument
from . import codec
from .document import VERSION, Document

Plain = dict[str, Any]

_IDS = uuid.UUID("0c4b5a1e-8d0a-5b0e-9a57-2d6b3f1c9e70")
_NEW_NAMES = {"word": "text", "silence": "non_text", "artificial_silence": "artificial_silence"}


def read_document(data: bytes | str) -> Document:
    """Read a document of any version.

    Raises:
        InvalidDocument: Not JSON, a version we don't know, or a rule is broken; the message names the place.
    """
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidDocument(f"The document is not JSON: {error}.") from None
    if not isinstance(plain, dict) or "version" not in plain:
        raise InvalidDocument(
            "The document names no version.",
            hint="Files from before version 1 can't be read; the file may also be damaged.",
        )
    upgrade = _UPGRADES.get(plain["version"]) if isinstance(plain["version"], int) else None
    if upgrade is None:
        raise InvalidDocument(
            f"The document has version {plain['version']!r}; versions 1 to {VERSION} can be read.",
            hint="It may come from a newer audapolis.",
        )
    return codec.from_plain(Document, upgrade(plain))


def write_document(document: Document) -> bytes:
    """The bytes of `document.json`, version 3."""
    return codec.to_json(document)


def _from_v1(plain: Plain) -> Plain:
    content: list[Plain] = []
    speakers: set[str] = set()
    for place, paragraph in _objects(plain):
        speaker = str(paragraph.get("speaker") or "")
        speakers.add(speaker)
        content.append(_start(speaker))
        content += [_renamed(item, where) for where, item in _objects(paragraph, place)]
        content.append(_break())
    return _document(content, show_speakers=len(speakers) > 1)


def _from_v2(plain: Plain) -> Plain:
    content: list[Plain] = []
    inside = False
    for place, item in _objects(plain):
        if item.get("type") == "paragraph_break":
            speaker = item.get("speaker")
            if inside:
                content.append(_break())
            if speaker is not None:
                content.append(_start(str(speaker)))
            inside = speaker is not None
        else:
            if not inside:  # Sound before the first speaker or after a break without one: nobody's paragraph.
                content.append(_start(""))
                inside = True
            content.append(_renamed(item, place))
    if inside:
        content.append(_break())
    return _document(content, show_speakers=False)


def _from_v3(plain: Plain) -> Plain:
    content = [dict(item) for _, item in _objects(plain)]
    return {**plain, "content": _with_ids(content)}


_UPGRADES: dict[int, Callable[[Plain], Plain]] = {1: _from_v1, 2: _from_v2, VERSION: _from_v3}


def _document(content: list[Plain], *, show_speakers: bool) -> Plain:
    metadata = {"display_video": False, "display_speaker_names": show_speakers}
    return {"version": VERSION, "metadata": metadata, "content": _with_ids(content or [_start(""), _break()])}


def _with_ids(content: list[Plain]) -> list[Plain]:
    """Give items without an id one that depends on their position only, so reading twice gives the same."""
    for index, item in enumerate(content):
        item.setdefault("uuid", str(uuid.uuid5(_IDS, str(index))))
    return content


def _objects(parent: Plain, place: str = "") -> Iterator[tuple[str, Plain]]:
    where = f"{place}.content".lstrip(".")
    items = parent.get("content")
    if not isinstance(items, list):
        raise InvalidDocument(f"The document is damaged: a list is missing (at {where}).")
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise InvalidDocument(f"The document is damaged: an object is missing (at {where}.{index}).")
        yield f"{where}.{index}", item


def _start(speaker: str) -> Plain:
    return {"type": "paragraph_start", "speaker": speaker, "language": None}


def _break() -> Plain:
    return {"type": "paragraph_break"}


def _renamed(item: Plain, place: str) -> Plain:
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in _NEW_NAMES:
        raise InvalidDocument(f"The document holds an item of unknown type {kind!r} (at {place}).")
    renamed = {**item, "type": _NEW_NAMES[kind]}
    if "word" in renamed:
        renamed["text"] = renamed.pop("word")
    return renamed
