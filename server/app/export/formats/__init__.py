"""The table of export formats: one file each, one line each."""

from __future__ import annotations

from typing import Any

from ..base import Format
from .aaf import Aaf
from .ale import Ale
from .ass import Ass
from .audacity import Audacity
from .audapolis import Audapolis
from .avid_markers import AvidMarkers
from .avid_scriptsync import AvidScriptsync
from .avid_subcap import AvidSubcap
from .csv import Csv
from .ctm import Ctm
from .docx import Docx
from .ebuttd import Ebuttd
from .edl import Edl
from .fcpxml import Fcpxml
from .html import Html
from .imsc import Imsc
from .json import Json
from .kdenlive import Kdenlive
from .kit_avid import KitAvid
from .kit_fcp import KitFcp
from .kit_premiere import KitPremiere
from .kit_resolve import KitResolve
from .lrc import Lrc
from .md import Md
from .otio import Otio
from .otioz import Otioz
from .premiere_json import PremiereJson
from .premiere_markers import PremiereMarkers
from .resolve_markers import ResolveMarkers
from .resolve_script import ResolveScript
from .rttm import Rttm
from .scc import Scc
from .srt import Srt
from .textgrid import Textgrid
from .tsv import Tsv
from .txt import Txt
from .vtt import Vtt
from .xges import Xges
from .xmeml import Xmeml
from .xml import Xml

FORMATS: dict[str, type[Format[Any]]] = {
    "txt": Txt,
    "md": Md,
    "html": Html,
    "docx": Docx,
    "json": Json,
    "xml": Xml,
    "csv": Csv,
    "tsv": Tsv,
    "srt": Srt,
    "vtt": Vtt,
    "ass": Ass,
    "lrc": Lrc,
    "audacity": Audacity,
    "ebuttd": Ebuttd,
    "imsc": Imsc,
    "scc": Scc,
    "rttm": Rttm,
    "ctm": Ctm,
    "textgrid": Textgrid,
    "audapolis": Audapolis,
    "fcpxml": Fcpxml,
    "xmeml": Xmeml,
    "premiere_json": PremiereJson,
    "premiere_markers": PremiereMarkers,
    "otio": Otio,
    "otioz": Otioz,
    "edl": Edl,
    "aaf": Aaf,
    "avid_markers": AvidMarkers,
    "avid_subcap": AvidSubcap,
    "avid_scriptsync": AvidScriptsync,
    "ale": Ale,
    "resolve_markers": ResolveMarkers,
    "resolve_script": ResolveScript,
    "kdenlive": Kdenlive,
    "xges": Xges,
    "kit_fcp": KitFcp,
    "kit_premiere": KitPremiere,
    "kit_resolve": KitResolve,
    "kit_avid": KitAvid,
}
