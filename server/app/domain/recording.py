"""A recording: the facts of one media file, as its containers and streams state them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ChannelUse = Literal["mono", "mix", "left", "right", "difference", "separate"]
"""How the source's channels became what the engines hear.

`mono` had one channel; `mix` averages them; `left`/`right` means the other one is silent; `difference` undoes
an antiphase pair that would average to silence; `separate` means one speaker per channel, each heard alone.
"""


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """One audio stream of a media file. `index` counts audio streams from 0 and is what users choose by."""

    index: int
    codec: str
    sample_rate_hz: int
    channels: int
    layout: str
    language: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The audio track in use, and how many there were.

    Attributes:
        start_s: How long after the recording's time zero the track's first sample sounds.
        channel_use: How its channels were combined.
    """

    track: int
    tracks: int
    codec: str
    sample_rate_hz: int
    channels: int
    layout: str
    start_s: float = 0.0
    channel_use: ChannelUse = "mono"


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """The picture's facts that editors need. `frame_rate` is an exact fraction such as `30000/1001`."""

    frame_rate: str
    start_timecode: str | None
    drop_frame: bool
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Recording:
    """One media file. Time zero is where a player starts: the earliest start of its streams."""

    name: str
    sha256: str
    duration_s: float
    audio: AudioFacts
    video: VideoFacts | None = None


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What probing a file finds, before anything is decoded.

    Attributes:
        duration_s: Length as the container states it; None where it does not (streamed WebM, raw streams).
        container: Short name of the container format as libav names it.
    """

    container: str
    duration_s: float | None
    audio_tracks: tuple[AudioTrack, ...]
    video: VideoFacts | None = None
