"""The table of export formats: one file each, one line each."""

from __future__ import annotations

from typing import Any

from ..base import Format
from .audapolis import Audapolis
from .edl import Edl
from .json import Json
from .kdenlive import Kdenlive
from .otio import Otio
from .otioz import Otioz
from .resolve_markers import ResolveMarkers
from .resolve_script import ResolveScript
from .rttm import Rttm
from .scc import Scc
from .srt import Srt
from .txt import Txt
from .vtt import Vtt
from .xges import Xges

FORMATS: dict[str, type[Format[Any]]] = {
    "txt": Txt,
    "json": Json,
    "srt": Srt,
    "vtt": Vtt,
    "scc": Scc,
    "rttm": Rttm,
    "audapolis": Audapolis,
    "otio": Otio,
    "otioz": Otioz,
    "edl": Edl,
    "resolve_markers": ResolveMarkers,
    "resolve_script": ResolveScript,
    "kdenlive": Kdenlive,
    "xges": Xges,
}
