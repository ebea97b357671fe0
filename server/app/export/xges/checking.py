"""Reads a finished GES project again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import ParseError, parse

from ..material import Material


def structure(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Every clip has its asset, and no two of a layer play at once."""
    try:
        root = parse(file).getroot()
    except ParseError as error:
        yield f"It is not XML: {error}."
        return
    assets = {asset.get("id") for asset in root.iter("asset")}
    for layer in root.iter("layer"):
        end = 0
        for clip in layer.iter("clip"):
            start = int(clip.get("start", 0))
            if start < end:
                yield f"Clip {clip.get('id')} begins before the one before it ends."
            end = start + int(clip.get("duration", 0))
            if clip.get("asset-id") not in assets:
                yield f"Clip {clip.get('id')} has no asset."
