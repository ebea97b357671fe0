"""Which clip stands on which track: one of picture for each speaker, and one of sound for each of its channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ...timeline.model import Clip, Media, Timeline

Kind = Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class Item:
    """A clip on a track.

    Attributes:
        number: Which clip of the timeline it is, from 1.
        track: Which track of its kind it is on, from 1.
        place: Which item on its track it is, from 1.
        channel: Which channel of the recording plays, from 1; 1 for picture.
        medium: What plays.
    """

    kind: Kind
    number: int
    track: int
    place: int
    channel: int
    clip: Clip
    medium: Media

    @property
    def id(self) -> str:
        """Unique in the document."""
        suffix = "v" if self.kind == "video" else f"a{self.channel}"
        return f"clipitem-{self.number}-{suffix}"


@dataclass(frozen=True, slots=True)
class Track:
    """One track. `channel` counts from 1 within a group of `channels`; 1 of 1 for picture."""

    kind: Kind
    number: int
    speaker: str
    channel: int
    channels: int
    items: tuple[Item, ...]


_Played = tuple[int, Clip, Media]


class Layout:
    """All tracks of a timeline, and what belongs to one clip."""

    def __init__(self, timeline: Timeline, *, by_speaker: bool) -> None:
        groups: dict[str, list[_Played]] = {}
        for number, clip in enumerate(timeline.clips, start=1):
            if clip.media:
                groups.setdefault(clip.speaker if by_speaker else "", []).append((number, clip, clip.media))
        self.video = tuple(_video(groups))
        self.audio = tuple(_audio(groups))
        self._linked: dict[int, list[Item]] = {}
        for track in (*self.video, *self.audio):
            for item in track.items:
                self._linked.setdefault(item.number, []).append(item)

    def linked(self, item: Item) -> Sequence[Item]:
        """The items of the same clip, itself among them."""
        return self._linked[item.number]


def _video(groups: Mapping[str, Sequence[_Played]]) -> Iterator[Track]:
    number = 0
    for speaker, played in groups.items():
        shown = [one for one in played if one[2].has_video]
        if shown:
            number += 1
            yield Track("video", number, speaker, 1, 1, _items("video", number, 1, shown))


def _audio(groups: Mapping[str, Sequence[_Played]]) -> Iterator[Track]:
    number = 0
    for speaker, played in groups.items():
        channels = max(medium.channels for _, _, medium in played)
        for channel in range(1, channels + 1):
            number += 1
            heard = [one for one in played if one[2].channels >= channel]
            yield Track("audio", number, speaker, channel, channels, _items("audio", number, channel, heard))


def _items(kind: Kind, track: int, channel: int, played: Iterable[_Played]) -> tuple[Item, ...]:
    return tuple(
        Item(kind, number, track, place, channel, clip, medium)
        for place, (number, clip, medium) in enumerate(played, start=1)
    )
