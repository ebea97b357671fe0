"""What is wrong with a TTML document: rules of EBU-TT-D and IMSC that the documents here could break."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import BinaryIO

from ..material import Material
from .names import EBU_METADATA, EBU_TT_D, IMSC_1_1_TEXT, METADATA, PARAMETER, STYLING, TT, XML

_ID = f"{{{XML}}}id"
_AGENT = f"{{{METADATA}}}agent"
_CLOCK = re.compile(r"(\d\d+):([0-5]\d):([0-5]\d)\.(\d{3})")
_FRAMES = re.compile(r"(\d+)f")
_MOST_REGIONS = 4
_WHOLE = 100.0


def check_ebuttd(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Structure, and what EBU-TT-D asks for besides."""
    root = _root(file)
    if root is None:
        yield "The file is not well-formed XML."
        return
    if root.get(f"{{{PARAMETER}}}timeBase") != "media":
        yield "The time base is not media."
    standards = [element.text for element in root.iter(f"{{{EBU_METADATA}}}conformsToStandard")]
    if EBU_TT_D not in standards:
        yield "The document does not say that it is EBU-TT-D."
    body = root.find(f"{{{TT}}}body")
    if body is not None and any(
        name.startswith(f"{{{STYLING}}}") for element in body.iter() for name in element.attrib
    ):
        yield "Styles stand in the text instead of in the head."
    yield from _structure(root)
    if any(_FRAMES.fullmatch(p.get("begin", "")) for p in root.iter(f"{{{TT}}}p")):
        yield "Times are in frames."


def check_imsc(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Structure, and what IMSC asks for besides."""
    root = _root(file)
    if root is None:
        yield "The file is not well-formed XML."
        return
    if root.get(f"{{{PARAMETER}}}contentProfiles") != IMSC_1_1_TEXT:
        yield "The document does not say that it is IMSC 1.1 text."
    in_frames = any(_FRAMES.fullmatch(p.get("begin", "")) for p in root.iter(f"{{{TT}}}p"))
    if in_frames and f"{{{PARAMETER}}}frameRate" not in root.attrib:
        yield "Times are in frames, but the frame rate is missing."
    yield from _structure(root)


def _root(file: BinaryIO) -> ET.Element | None:
    try:
        return ET.parse(file).getroot()
    except ET.ParseError:
        return None


def _structure(root: ET.Element) -> Iterator[str]:
    if root.tag != f"{{{TT}}}tt" or f"{{{XML}}}lang" not in root.attrib:
        yield "The outermost element is not tt with a language."
    kinds: dict[str, str] = {}
    for element in root.iter():
        name = element.get(_ID)
        if name is not None and name in kinds:
            yield f"The id {name} is there twice."
        if name is not None:
            kinds[name] = element.tag
    yield from _regions(root)
    yield from _references(root, kinds)
    yield from _paragraphs(root)


def _references(root: ET.Element, kinds: Mapping[str, str]) -> Iterator[str]:
    wanted = (("style", f"{{{TT}}}style"), ("region", f"{{{TT}}}region"), (_AGENT, _AGENT))
    for element in root.iter():
        for attribute, kind in wanted:
            for name in element.get(attribute, "").split():
                if kinds.get(name) != kind:
                    yield f"There is no {kind.rpartition('}')[2]} called {name}."


def _paragraphs(root: ET.Element) -> Iterator[str]:
    last = 0
    for number, paragraph in enumerate(root.iter(f"{{{TT}}}p"), start=1):
        begin, end = _count(paragraph.get("begin")), _count(paragraph.get("end"))
        if _ID not in paragraph.attrib or "region" not in paragraph.attrib:
            yield f"Caption {number} has no id or no region."
        if begin is None or end is None or begin >= end:
            yield f"Caption {number} has no begin before its end."
        elif begin < last:
            yield f"Caption {number} begins before the one before it."
        last = last if begin is None else begin


def _count(time: str | None) -> int | None:
    clock = _CLOCK.fullmatch(time or "")
    if clock:
        hours, minutes, seconds, ms = map(int, clock.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
    frames = _FRAMES.fullmatch(time or "")
    return int(frames[1]) if frames else None


def _regions(root: ET.Element) -> Iterator[str]:
    boxes: list[tuple[float, ...]] = []
    for region in root.iter(f"{{{TT}}}region"):
        try:
            left, top = _per_cent(region.get(f"{{{STYLING}}}origin"))
            width, height = _per_cent(region.get(f"{{{STYLING}}}extent"))
        except ValueError:
            yield f"The region {region.get(_ID)} has no origin and extent in per cent."
            continue
        if min(left, top) < 0 or max(left + width, top + height) > _WHOLE:
            yield f"The region {region.get(_ID)} leaves the picture."
        boxes.append((left, top, left + width, top + height))
    if len(boxes) > _MOST_REGIONS:
        yield f"There are more than {_MOST_REGIONS} regions."
    if any(
        one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
        for one, two in combinations(boxes, 2)
    ):
        yield "Regions overlap."


def _per_cent(pair: str | None) -> list[float]:
    return [float(length.removesuffix("%")) for length in (pair or "").split(" ")]
