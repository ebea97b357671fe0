"""The sequence as AAF describes it: a timecode track, the picture, sound tracks for each speaker, and markers.

All slots count in the sequence's frames. So do places in recordings that run at another rate: AAF wants them in the
units of the slot that holds the clip, and they are rounded to those once, from the recording's own frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ..timeline.model import Clip, Marker, Timeline
from .compound import Storage
from .identity import unique
from .labels import COLOURS, NO_SPEAKER, RGB, clip_name, cut_off
from .media import Mobs
from .model import Model

CLIP_NAME_CHARACTERS = 64
MOST_TEXT_CHARACTERS = 16_000
"""A property has 64 KiB, and a character may take four bytes of them."""
_TIMECODE_SLOT = 1
_FIRST_TRACK_SLOT = 100
"""Above all slots of recordings: OpenTimelineIO takes tracks with the same numbers for one another."""
_EVENT_SLOTS = 1000
"""Media Composer's: markers of slot n are in slot 999 + n."""
_MORE_EVENT_SLOTS = 100_000


@dataclass(frozen=True, slots=True)
class Track:
    """One track of the sequence; `channel` counts the recording's channels from 0, `slot` is the number in the mob."""

    kind: Literal["picture", "sound"]
    slot: int
    number: int
    name: str
    speaker: str
    channel: int

    def plays(self, clip: Clip) -> bool:
        """Whether a clip sounds or shows on this track."""
        if clip.media is None:
            return False
        if self.kind == "picture":
            return clip.media.has_video
        return clip.speaker == self.speaker and self.channel < clip.media.channels


def tracks_of(timeline: Timeline, *, all_channels: bool) -> list[Track]:
    """The tracks: one picture at most, and for each speaker as many as their recordings have channels."""
    widths: dict[str, int] = {}
    for clip in timeline.clips:
        if clip.media:
            widths[clip.speaker] = max(widths.get(clip.speaker, 1), clip.media.channels if all_channels else 1)
    tracks = [Track("picture", _FIRST_TRACK_SLOT, 1, "V1", "", 0)] if timeline.has_video else []
    first = _FIRST_TRACK_SLOT + len(tracks)
    sounds = [
        (speaker, channel, _track_name(speaker, channel, width))
        for speaker, width in widths.items()
        for channel in range(width)
    ]
    tracks += [
        Track("sound", first + index, index + 1, name, speaker, channel)
        for index, (speaker, channel, name) in enumerate(sounds)
    ]
    return tracks


def marked_tracks(timeline: Timeline, tracks: Sequence[Track]) -> Mapping[str, Track]:
    """On which track each speaker's markers stand: on the picture, or without one on the first of their own sound.

    Who has no track of their own, because others spoke meanwhile, gets the first there is; without tracks nobody does.
    """
    if not tracks:
        return {}
    first = tracks[0]
    own: dict[str, Track] = {}
    for track in tracks:
        own.setdefault(track.speaker, first if first.kind == "picture" else track)
    return {marker.speaker: own.get(marker.speaker, first) for marker in timeline.markers}


def _track_name(speaker: str, channel: int, width: int) -> str:
    name = speaker or NO_SPEAKER
    if width == 1:
        return name
    return f"{name} {'LR'[channel]}" if width == 2 else f"{name} {channel + 1}"


@dataclass(frozen=True, slots=True)
class Composing:
    """Writes one timeline as the slots of its composition mob."""

    model: Model
    timeline: Timeline
    tracks: list[Track]
    media: Mapping[str, Mobs]
    created: datetime
    spans: bool

    def slots(self) -> list[Storage]:
        """All slots, the timecode first, markers last."""
        return [self._timecode(), *(self._track(track) for track in self.tracks), *self._events()]

    def _timecode(self) -> Storage:
        timebase = self.timeline.timebase
        timecode = self.model.object(
            "Timecode",
            DataDefinition=self.model.media_kind("timecode"),
            Length=self.timeline.frames,
            Start=self.timeline.start_frame,
            FPS=timebase.nominal,
            Drop=timebase.drop_frame,
        )
        return self._slot(_TIMECODE_SLOT, 1, "TC1", timecode)

    def _slot(self, slot: int, number: int, name: str, segment: Storage) -> Storage:
        return self.model.object(
            "TimelineMobSlot",
            SlotID=slot,
            SlotName=name,
            Segment=segment,
            EditRate=str(self.timeline.timebase.rate),
            Origin=0,
            PhysicalTrackNumber=number,
        )

    def _track(self, track: Track) -> Storage:
        kind = self.model.media_kind(track.kind)
        sequence = self.model.object(
            "Sequence", DataDefinition=kind, Length=self.timeline.frames, Components=list(self._components(track, kind))
        )
        return self._slot(track.slot, track.number, track.name, sequence)

    def _components(self, track: Track, kind: Any) -> Iterator[Storage]:
        """Clips where the track plays, filler everywhere else; together as long as the sequence."""
        end = 0
        for clip in self.timeline.clips:
            if track.plays(clip):
                if clip.start > end:
                    yield self.model.object("Filler", DataDefinition=kind, Length=clip.start - end)
                yield self._clip(track, clip, kind)
                end = clip.end
        if self.timeline.frames > end:
            yield self.model.object("Filler", DataDefinition=kind, Length=self.timeline.frames - end)

    def _clip(self, track: Track, clip: Clip, kind: Any) -> Storage:
        medium = clip.media
        mobs = self.media[medium.id if medium else ""]
        return self.model.object(
            "SourceClip",
            DataDefinition=kind,
            Length=clip.frames,
            SourceID=mobs.master,
            SourceMobSlotID=mobs.picture if track.kind == "picture" else mobs.sound[track.channel],
            StartTime=source_start(self.timeline, clip),
            UserComments=self.model.tags(Name=clip_name(clip, CLIP_NAME_CHARACTERS)),
        )

    def _events(self) -> Iterator[Storage]:
        """A slot of markers for each track that has some."""
        marked = marked_tracks(self.timeline, self.tracks)
        base = _EVENT_SLOTS if _FIRST_TRACK_SLOT + len(self.tracks) < _EVENT_SLOTS else _MORE_EVENT_SLOTS
        by_track: dict[int, list[Storage]] = {}
        for index, marker in enumerate(self.timeline.markers):
            slot = marked[marker.speaker].slot if marked else _TIMECODE_SLOT
            by_track.setdefault(slot, []).append(self._marker(index, marker, slot))
        numbers = {track.slot: track.number for track in self.tracks}
        for slot, markers in by_track.items():
            sequence = self.model.object(
                "Sequence", DataDefinition=self.model.media_kind("descriptivemetadata"), Components=markers
            )
            yield self.model.object(
                "EventMobSlot",
                SlotID=base + slot - 1,
                SlotName="",
                Segment=sequence,
                EditRate=str(self.timeline.timebase.rate),
                PhysicalTrackNumber=numbers.get(slot, 1),
            )

    def _marker(self, index: int, marker: Marker, slot: int) -> Storage:
        """A marker the way Media Composer 23.12 writes one: its facts as properties, and again as attributes."""
        colour, user = COLOURS[marker.colour], marker.name
        date, time = self.created.strftime("%m/%d/%Y"), self.created.strftime("%H:%M")
        comment = cut_off(marker.note, MOST_TEXT_CHARACTERS)
        place = min(marker.start, max(0, self.timeline.frames - 1))  # A word may begin at the very end.
        length = min(marker.frames, self.timeline.frames - place)
        frames = length if self.spans and length > 1 else None
        attributes = self.model.tags(
            _ATN_CRM_USER=user,
            _ATN_CRM_COLOR=colour,
            _ATN_CRM_COM=comment,
            _ATN_CRM_DATE=date,
            _ATN_CRM_TIME=time,
            _ATN_CRM_ID=unique("marker", index, marker.start, marker.note).hex,
            _ATN_CRM_LENGTH=frames,
        )
        return self.model.object(
            "DescriptiveMarker",
            DataDefinition=self.model.media_kind("descriptivemetadata"),
            Length=frames,
            Position=place,
            Comment=comment,
            DescribedSlots={slot},
            CommentMarkerUser=user,
            CommentMarkerColor=RGB[colour],
            CommentMarkerDate=date,
            CommentMarkerTime=time,
            CommentMarkerAttributeList=attributes,
        )


def source_start(timeline: Timeline, clip: Clip) -> int:
    """Where a clip begins in its recording, in frames of the sequence."""
    medium = clip.media
    if medium is None or medium.timebase.rate == timeline.timebase.rate:
        return clip.source_start
    return timeline.timebase.frames(medium.timebase.seconds(clip.source_start))
