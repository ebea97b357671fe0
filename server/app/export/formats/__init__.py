"""The table of export formats: one file each, one line each."""

from __future__ import annotations

from typing import Any

from ..base import Format
from .audapolis import Audapolis
from .json import Json
from .rttm import Rttm
from .srt import Srt
from .txt import Txt
from .vtt import Vtt

FORMATS: dict[str, type[Format[Any]]] = {
    "txt": Txt,
    "json": Json,
    "srt": Srt,
    "vtt": Vtt,
    "rttm": Rttm,
    "audapolis": Audapolis,
}
