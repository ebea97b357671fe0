"""Which clip stands on which track: one of picture for each speaker, and one of sound for each of its channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ...timeline.model import Clip, Timeline

Kind = Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class Item:
    """A clip on a track.

    Attributes:
        number: Which clip of the timeline it is, from 1.
        track: Which track of its kind it is on, from 1.
        place: Which item on its track it is, from 1.
        channel: Which channel of the recording plays, from 1; 1 for picture.
    """

    kind: Kind
    number: int
    track: int
    place: int
    channel: int
    clip: Clip

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


class Layout:
    """All tracks of a timeline, and what belongs to one clip."""

    def __init__(self, timeline: Timeline, *, by_speaker: bool) -> None:
        clips = [(number, clip) for number, clip in enumerate(timeline.clips, start=1) if clip.media]
        groups = dict.fromkeys(timeline.speakers if by_speaker else ("",))
        by_group = {
            name: [one for one in clips if not by_speaker or one[1].speaker == name] for name in groups if clips
        }
        self.video = tuple(_video(by_group))
        self.audio = tuple(_audio(by_group))
        self._linked: dict[int, list[Item]] = {}
        for track in (*self.video, *self.audio):
            for item in track.items:
                self._linked.setdefault(item.number, []).append(item)

    def linked(self, item: Item) -> Sequence[Item]:
        """The items of the same clip, itself among them."""
        return self._linked[item.number]


_Groups = dict[str, list[tuple[int, Clip]]]


def _video(groups: _Groups) -> Iterator[Track]:
    number = 0
    for speaker, clips in groups.items():
        shown = [(n, clip) for n, clip in clips if clip.media and clip.media.has_video]
        if shown:
            number += 1
            items = (Item("video", n, number, place, 1, clip) for place, (n, clip) in enumerate(shown, start=1))
            yield Track("video", number, speaker, 1, 1, tuple(items))


def _audio(groups: _Groups) -> Iterator[Track]:
    number = 0
    for speaker, clips in groups.items():
        channels = max(clip.media.channels for _, clip in clips if clip.media)
        for channel in range(1, channels + 1):
            number += 1
            heard = [(n, clip) for n, clip in clips if clip.media and clip.media.channels >= channel]
            items = (Item("audio", n, number, place, channel, clip) for place, (n, clip) in enumerate(heard, start=1))
            yield Track("audio", number, speaker, channel, channels, tuple(items))
