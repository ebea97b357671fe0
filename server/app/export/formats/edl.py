"""CMX 3600 edit decision list, which nearly every editing program since 1970 reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from ..edl.checking import structure
from ..edl.listing import lines
from ..losses import Loss
from ..report import Check
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline

_CLASSIC_EVENTS = 999
_HIGHEST_RATE = 60


@dataclass(frozen=True, slots=True)
class EdlOptions(TimelineOptions):
    """For old readers."""

    ascii: Annotated[
        bool, Field(description="Plain ASCII for old readers: letters lose their accents, others become ?.")
    ] = False


class Edl(TimelineFormat[EdlOptions]):
    """One event a clip, black for inserted silence, locators for markers, comments for names and speakers."""

    id = "edl"
    name = "CMX 3600 edit list"
    extension = "edl"
    media_type = "text/plain; charset=utf-8"
    description = "The cut as events with timecode, and locators with the text; the oldest common format."
    losses = (
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"structure": structure}
    options_type = EdlOptions

    def file(self, timeline: Timeline) -> bytes:
        """The list, with the line ends of the systems it comes from."""
        text = "".join(f"{line}\r\n" for line in lines(timeline))
        if self.options.ascii:
            return unicodedata.normalize("NFKD", text).encode("ascii", "replace")
        return text.encode("utf-8")

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """What only the reader can know: its rate; and what old readers choke on."""
        return tuple(_warnings(timeline))


def _warnings(timeline: Timeline) -> list[str]:
    timebase = timeline.timebase
    rate = f"{float(timebase.rate):.3f}".rstrip("0").rstrip(".")
    found = [f"An edit list doesn't say its rate: import this one at {rate} frames a second."]
    if len(timeline.clips) > _CLASSIC_EVENTS:
        found.append(f"It has {len(timeline.clips)} events; old readers stop at {_CLASSIC_EVENTS}.")
    if timeline.start_frame + timeline.frames > timebase.frames_per_day:
        found.append("It goes on past 24 hours, where timecode begins again at 00:00:00:00.")
    if timebase.nominal > _HIGHEST_RATE:
        found.append(f"Edit lists know up to {_HIGHEST_RATE} frames a second; few readers take more.")
    for medium in timeline.media:
        if medium.timebase.rate != timebase.rate:
            found.append(f"'{medium.name}' has another rate: its times are counted in the list's frames.")
        if medium.channels > 2:
            found.append(f"Of the {medium.channels} channels of '{medium.name}' the list names two.")
    return found
