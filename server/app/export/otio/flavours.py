"""What the editors that read OpenTimelineIO want beyond its own definition.

* neutral: as OpenTimelineIO defines it: URLs, source times in the medium's frames.
* resolve: as DaVinci Resolve writes it: plain paths, source times in the sequence's frames with a quarter of a frame
  added, notes and links under `Resolve_OTIO`, one marker a frame. Resolve multiplies times by its own rate and cuts
  the fraction off, so that at 23.976 every fifteenth clip would begin a frame early; a quarter of a frame holds under
  cutting and under rounding.
* premiere: links and channels under `PremierePro_OTIO`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ..editors.xml import url
from ..timeline.model import Clip, Marker, Media, Timeline
from ..timeline.spreading import one_a_frame
from . import objects
from .objects import Plain

Kind = Literal["Video", "Audio"]

_NUDGE = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class Neutral:
    """OpenTimelineIO as it is defined."""

    timeline: Timeline

    def url(self, medium: Media) -> str:
        """Where a medium lies."""
        return url(medium.location)

    def source_start(self, clip: Clip, medium: Media) -> Plain:
        """Where a clip begins in its medium, by the medium's own timecode."""
        return objects.time(medium.start_frame + clip.source_start, medium.timebase.rate)

    def markers(self) -> Sequence[Marker]:
        """The markers that fit."""
        return self.timeline.markers

    def timeline_metadata(self) -> Plain:
        """What the timeline carries."""
        return {}

    def stack_metadata(self) -> Plain:
        """What the stack of tracks carries."""
        return {}

    def track_metadata(self, kind: Kind, channels: int) -> Plain:  # noqa: ARG002
        """What a track carries."""
        return {}

    def clip_metadata(self, kind: Kind, number: int, medium: Media) -> Plain:  # noqa: ARG002
        """What a clip carries; picture and sound of one stretch have the same number."""
        return {}

    def marker_metadata(self, marker: Marker) -> Plain:  # noqa: ARG002
        """What a marker carries."""
        return {}


@dataclass(frozen=True, slots=True)
class Resolve(Neutral):
    """As DaVinci Resolve writes and reads it."""

    def url(self, medium: Media) -> str:
        """A path; Resolve doesn't decode URLs."""
        return medium.location

    def source_start(self, clip: Clip, medium: Media) -> Plain:
        """In the sequence's frames, safely above the boundary."""
        sequence = self.timeline.timebase
        frame = sequence.frames(medium.timebase.seconds(medium.start_frame + clip.source_start))
        return objects.time(float(frame + _NUDGE), sequence.rate)

    def markers(self) -> Sequence[Marker]:
        """Never two on one frame."""
        return one_a_frame(self.timeline.markers)[0]

    def timeline_metadata(self) -> Plain:
        """Its version."""
        return {"Resolve_OTIO": {"Resolve OTIO Meta Version": "1.0"}}

    def track_metadata(self, kind: Kind, channels: int) -> Plain:
        """Whether it is stereo."""
        if kind == "Video":
            return {"Resolve_OTIO": {"Locked": False}}
        kind_of_sound = "Mono" if channels == 1 else "Stereo"
        return {"Resolve_OTIO": {"Audio Type": kind_of_sound, "Locked": False, "SoloOn": False}}

    def clip_metadata(self, kind: Kind, number: int, medium: Media) -> Plain:
        """Its link, and which channels sound."""
        link: Plain = {"Link Group ID": number}
        if kind == "Audio":
            channels = range(min(2, medium.channels))
            link["Channels"] = [{"Source Channel ID": channel, "Source Track ID": 0} for channel in channels]
        return {"Resolve_OTIO": link}

    def marker_metadata(self, marker: Marker) -> Plain:
        """The note, which Resolve takes from nowhere else."""
        return {"Resolve_OTIO": {"Keywords": [marker.speaker] if marker.speaker else [], "Note": marker.note}}


@dataclass(frozen=True, slots=True)
class Premiere(Neutral):
    """With what Premiere Pro adds."""

    def timeline_metadata(self) -> Plain:
        """Its version."""
        return {"PremierePro_OTIO": {"MetadataVersion": "1.0"}}

    def stack_metadata(self) -> Plain:
        """The sequence's settings."""
        width, height = self.timeline.size
        sound = max((medium.sample_rate_hz for medium in self.timeline.media), default=48_000)
        return {
            "PremierePro_OTIO": {
                "AudioFrameRate": float(sound),
                "PixelAspectRatio": {"denominator": 1.0, "numerator": 1.0},
                "VideoFrameRate": float(self.timeline.timebase.rate),
                "VideoResolution": {"height": height, "width": width},
            }
        }

    def track_metadata(self, kind: Kind, channels: int) -> Plain:
        """Whether it is stereo."""
        if kind == "Video":
            return {}
        return {"PremierePro_OTIO": {"AudioChannels": {"ChannelType": _layout(channels), "NumberOfChannels": channels}}}

    def clip_metadata(self, kind: Kind, number: int, medium: Media) -> Plain:
        """Its link, and which channels sound."""
        link: Plain = {"LinkID": number, "OriginalChannelGroupIndex": 0, "SourceClipIndex": 0}
        if kind == "Audio":
            link["AudioChannels"] = {
                "ChannelType": _layout(medium.channels),
                "SecondaryAssignments": [{"SecondaryChannelIndex": c} for c in range(medium.channels)],
            }
        return {"PremierePro_OTIO": link}


def _layout(channels: int) -> str:
    return "Mono" if channels == 1 else "Stereo"


FLAVOURS: dict[str, type[Neutral]] = {"neutral": Neutral, "resolve": Resolve, "premiere": Premiere}
