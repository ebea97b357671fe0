"""What holds for every text file: UTF-8 without control characters, the last line ended."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import BinaryIO

from .material import Material

_BLOCK_BYTES = 1 << 20
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def check_plain(file: BinaryIO, material: Material) -> Iterable[str]:  # noqa: ARG001
    """Read the file as any editor would."""
    decoder = getincrementaldecoder("utf-8-sig")()
    last = "\n"
    try:
        while block := file.read(_BLOCK_BYTES):
            text = decoder.decode(block)
            if _CONTROLS.search(text):
                yield "There are control characters in the file."
                return
            last = text[-1:] or last
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        yield f"The file is not UTF-8: {error.reason}."
    if last != "\n":
        yield "The last line has no end."
