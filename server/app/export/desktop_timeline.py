"""Timelines for video editors from the desktop app's list of clips: what `POST /util/otio/convert` answers.

The times arrive in seconds without a frame rate; like the server before it, this one counts 30 frames a second
unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field

from ..domain import codec
from ..domain.timecode import Timebase
from ..errors import EngineUnavailable, UnknownName
from .editors import cmx_3600, fcp_xml, fcpx_xml, otio_json
from .editors.model import Cut, EditedSequence, edited

DEFAULT_TIMEBASE = Timebase(Fraction(30))

_Length = Annotated[float, Field(ge=0, le=10**7, allow_inf_nan=False)]
_MAX_CUTS = 1_000_000


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """A clip as the desktop app sends it; times in seconds."""

    speaker: str
    source_file: str
    source_length: _Length
    has_video: bool
    source_start: _Length
    length: _Length


@dataclass(frozen=True, slots=True)
class Timeline:
    """Clips that follow one another."""

    items: Annotated[tuple[TimelineItem, ...], Field(max_length=_MAX_CUTS)]


@dataclass(frozen=True, slots=True)
class Adapter:
    """A kind of timeline file: its usual extension and what writes it."""

    extension: str
    write: Callable[[EditedSequence], bytes]


ADAPTERS: dict[str, Adapter] = {
    "otio_json": Adapter("otio", otio_json.write),
    "fcp_xml": Adapter("xml", fcp_xml.write),
    "fcpx_xml": Adapter("fcpxml", fcpx_xml.write),
    "cmx_3600": Adapter("edl", cmx_3600.write),
}
"""By the names that OpenTimelineIO gave them."""

_NOT_YET = {"aaf", "AAF", "xges", "kdenlive", "mlt", "ale"}


def convert(
    name: str, adapter: str, items: list[dict[str, Any]], *, timebase: Timebase = DEFAULT_TIMEBASE
) -> tuple[bytes, str]:
    """Write clips that follow one another as an editor's timeline.

    Args:
        name: What the timeline is called.
        adapter: A key of `ADAPTERS`.
        items: Objects with the fields of `TimelineItem`.
        timebase: Frame rate of the timeline.

    Returns:
        The file's bytes and its usual extension without the dot.

    Raises:
        UnknownName: No such adapter.
        EngineUnavailable: An adapter the desktop app offers but this server can't write.
        InvalidDocument: An item is not as described; the message names it.
    """
    if adapter in _NOT_YET:
        raise EngineUnavailable(
            f"This server does not write '{adapter}' timelines.",
            hint=f"Export as {', '.join(ADAPTERS)}; every common editor reads one of them.",
        )
    if adapter not in ADAPTERS:
        raise UnknownName("adapter", adapter, ADAPTERS)
    checked = codec.from_plain(Timeline, {"items": items}).items
    cuts = [Cut(i.speaker, i.source_file, i.source_length, i.has_video, i.source_start, i.length) for i in checked]
    chosen = ADAPTERS[adapter]
    return chosen.write(edited(name, cuts, timebase)), chosen.extension
