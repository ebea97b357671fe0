"""A cut in whole frames: clips from recordings one after the other, what is said in them, and markers.

Seconds become frames once, in `building`; writers only ever see frames. Two grids are in use: the sequence's own
(`Timeline.timebase`) for positions in the result, and each medium's (`Media.timebase`) for positions in it. A medium
without picture is counted in the sequence's frames, since sound can be cut anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ...domain.timecode import Timebase
from ...domain.transcript import Transcript, Word

Colour = Literal["blue", "green", "yellow", "cyan", "purple", "orange", "pink", "red"]
"""Colours every editor has, by the names closest to theirs. Red is for what is doubtful."""


@dataclass(frozen=True, slots=True)
class Media:
    """One recording.

    Attributes:
        index: Counts from 1 in order of first use.
        id: What the document calls it (SHA-256).
        name: Its file name.
        location: Path or URL as an editor should look for it; for offline media just the name.
        offline: Nobody knows where it lies.
        timebase: Its own frames and how they are labelled.
        start_frame: Label of its first frame, as a frame count: 0 where it has no timecode.
        frames: Its length in its own frames, never less than what clips use of it.
        duration_s: Its length as measured, exact.
    """

    index: int
    id: str
    name: str
    location: str
    offline: bool
    timebase: Timebase
    start_frame: int
    frames: int
    duration_s: Fraction
    has_video: bool
    width: int
    height: int
    sample_rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class Clip:
    """A stretch of the result that plays without a cut.

    Attributes:
        start: First frame in the sequence.
        end: First frame after it; above `start`.
        media: What plays; None for inserted silence.
        source_start: First frame in the medium, counted in its own frames from its first one.
        source_frames: How many of its frames play; equals `frames` where the rates are equal.
        speaker: Who speaks, "" where nobody knows.
        text: What is said, by this speaker, from words that begin in it.
        confidence: Mean of those words, 0..1; None without words.
    """

    start: int
    end: int
    media: Media | None
    source_start: int
    source_frames: int
    speaker: str
    text: str = ""
    confidence: float | None = None

    @property
    def frames(self) -> int:
        """Its length in sequence frames."""
        return self.end - self.start

    @property
    def source_end(self) -> int:
        """The first frame of the medium after it."""
        return self.source_start + self.source_frames


@dataclass(frozen=True, slots=True)
class Speech:
    """A segment of the transcript on the sequence, in frames. Segments of different speakers may overlap."""

    id: str
    start: int
    end: int
    speaker: str
    text: str
    confidence: float
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Marker:
    """A place somebody should be able to jump to: `start` and `frames` (at least 1) in sequence frames."""

    start: int
    frames: int
    name: str
    note: str
    speaker: str
    colour: Colour
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A finished cut.

    Attributes:
        start_frame: Timecode of its first frame, as a frame count.
        clips: In order, without gaps between them, from frame 0.
        media: The recordings, by their index.
        speech: What is said, ordered by start.
        markers: Ordered by start.
        transcript: The same words in seconds from the sequence's beginning, for captions.
        warnings: What the reader of the file should know.
    """

    name: str
    timebase: Timebase
    start_frame: int
    clips: tuple[Clip, ...]
    media: tuple[Media, ...]
    speech: tuple[Speech, ...]
    markers: tuple[Marker, ...]
    transcript: Transcript
    warnings: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """Its length."""
        return self.clips[-1].end if self.clips else 0

    @property
    def speakers(self) -> tuple[str, ...]:
        """Speakers of clips in order of first appearance; "" may be among them."""
        return tuple(dict.fromkeys(clip.speaker for clip in self.clips if clip.media))

    @property
    def has_video(self) -> bool:
        """Whether any clip has a picture."""
        return any(clip.media and clip.media.has_video for clip in self.clips)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the largest picture in use, 1920 by 1080 without one."""
        return max(((m.width, m.height) for m in self.media if m.has_video), default=(1920, 1080))

    def label(self, frame: int) -> str:
        """Timecode of a frame of the sequence."""
        return self.timebase.format(self.start_frame + frame)
