"""AAF for Avid Media Composer, following the AAF Object Specification 1.1 and Edit Protocol with Avid's extensions."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Literal

from pydantic import Field

from ..avid.aaf import AafStyle, write_aaf
from ..avid.composition import MOST_TEXT_CHARACTERS, tracks_of
from ..avid.reopening import whole_structure
from ..losses import Loss
from ..report import Notes
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline

_MOST_TRACKS = 64
"""Sound tracks of a sequence in Media Composer."""


@dataclass(frozen=True, slots=True)
class AafOptions(TimelineOptions):
    """Where the sound is, which tracks there are, and how long markers last."""

    media: Annotated[
        Literal["link", "embed"],
        Field(description="Name the recordings' files, or put their sound inside (WAV with 16 or 24 bits)."),
    ] = "link"
    channels: Annotated[
        Literal["all", "first"], Field(description="A sound track for every channel, or only for the first.")
    ] = "all"
    spans: Annotated[bool, Field(description="Markers last as long as what is said; otherwise one frame.")] = True


class Aaf(TimelineFormat[AafOptions]):
    """A sequence with a track for each speaker, cut from shared master clips, and markers that hold the transcript."""

    id = "aaf"
    name = "AAF for Avid Media Composer"
    extension = "aaf"
    media_type = "application/octet-stream"
    description = "A sequence with a track for each speaker and markers with the transcript, for Media Composer."
    losses = (
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
    )
    checks = {"structure": whole_structure}  # noqa: RUF012
    options_type = AafOptions

    def file(self, timeline: Timeline) -> bytes:
        """The whole file, in memory."""
        out = io.BytesIO()
        write_aaf(timeline, out, self._style())
        return out.getvalue()

    def put(self, timeline: Timeline, out: BinaryIO) -> Notes:
        """Write the file; embedded sound is copied through."""
        write_aaf(timeline, out, self._style())
        return self.notes(timeline)

    def left_out(self, timeline: Timeline) -> tuple[str, ...]:
        """Text beyond what a marker can hold."""
        cut = sum(len(marker.note) > MOST_TEXT_CHARACTERS for marker in timeline.markers)
        return (f"{cut} markers hold only the beginning of their text, which is very long.",) if cut else ()

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Recordings at other rates, and more tracks than Media Composer has."""
        other = [m.name for m in timeline.media if m.timebase.rate != timeline.timebase.rate]
        found = tuple(
            f"'{name}' runs at another frame rate than the sequence: its clips begin on the nearest frame of the "
            "sequence, and Media Composer adapts its motion when the recording is linked."
            for name in other
        )
        sounds = sum(track.kind == "sound" for track in tracks_of(timeline, all_channels=self._style().all_channels))
        if sounds > _MOST_TRACKS:
            found += (f"There are {sounds} sound tracks; Media Composer shows {_MOST_TRACKS}.",)
        return found

    def _style(self) -> AafStyle:
        options = self.options
        return AafStyle(options.media == "embed", options.channels == "all", options.spans)
