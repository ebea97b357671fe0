"""Final Cut Pro 7 XML (xmeml version 5), which Premiere Pro and DaVinci Resolve read too.

After Apple's Final Cut Pro XML Interchange Format. One track for each speaker; what belongs to one clip is linked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from ...domain.timecode import Timebase
from .model import Clip, EditedSequence, Media
from .xml import child, document, root, url

_DOCTYPE = "xmeml"


def write(sequence: EditedSequence) -> bytes:
    """The document."""
    return document(_Writer(sequence).tree(), _DOCTYPE)


class _Writer:
    def __init__(self, sequence: EditedSequence) -> None:
        self._sequence = sequence
        self._defined: set[int] = set()
        self._audio = {speaker: n for n, speaker in enumerate(sequence.speakers, start=1)}
        seen = dict.fromkeys(clip.speaker for clip in sequence.clips if clip.media.has_video)
        self._video = {speaker: n for n, speaker in enumerate(seen, start=1)}
        self._place = dict(_places(sequence))

    def tree(self) -> Element:
        tree = root("xmeml", version=5)
        sequence = child(tree, "sequence", id="sequence-1")
        child(sequence, "name", self._sequence.name)
        child(sequence, "duration", self._sequence.frames)
        _rate(sequence, self._sequence.timebase)
        _timecode(sequence, self._sequence.timebase)
        media = child(sequence, "media")
        if self._video:
            video = child(media, "video")
            characteristics = child(child(video, "format"), "samplecharacteristics")
            _rate(characteristics, self._sequence.timebase)
            child(characteristics, "width", 1920)
            child(characteristics, "height", 1080)
            for speaker in self._video:
                self._track(video, speaker, "video")
        audio = child(media, "audio")
        child(audio, "numOutputChannels", 2)
        for speaker in self._audio:
            self._track(audio, speaker, "audio")
        return tree

    def _track(self, parent: Element, speaker: str, kind: str) -> None:
        track = child(parent, "track")
        for number, clip in enumerate(self._sequence.clips, start=1):
            if clip.speaker == speaker and (kind == "audio" or clip.media.has_video):
                self._clip(track, clip, number, kind)
        child(track, "enabled", "TRUE")
        child(track, "locked", "FALSE")
        if kind == "audio":
            child(track, "outputchannelindex", 1)

    def _clip(self, track: Element, clip: Clip, number: int, kind: str) -> None:
        item = child(track, "clipitem", id=f"clipitem-{kind}-{number}")
        child(item, "name", clip.speaker or clip.media.url)
        child(item, "enabled", "TRUE")
        child(item, "duration", clip.media.frames)
        _rate(item, self._sequence.timebase)
        child(item, "start", clip.start)
        child(item, "end", clip.end)
        child(item, "in", clip.source_start)
        child(item, "out", clip.source_end)
        self._file(item, clip.media)
        source = child(item, "sourcetrack")
        child(source, "mediatype", kind)
        if kind == "audio":
            child(source, "trackindex", 1)
        if clip.media.has_video:
            self._link(item, clip, number, "video", self._video)
            self._link(item, clip, number, "audio", self._audio)

    def _link(self, item: Element, clip: Clip, number: int, kind: str, tracks: dict[str, int]) -> None:
        link = child(item, "link")
        child(link, "linkclipref", f"clipitem-{kind}-{number}")
        child(link, "mediatype", kind)
        child(link, "trackindex", tracks[clip.speaker])
        child(link, "clipindex", self._place[kind, number])

    def _file(self, item: Element, media: Media) -> None:
        """The file's description the first time, afterwards only a reference to it."""
        file = child(item, "file", id=f"file-{media.index}")
        if media.index in self._defined:
            return
        self._defined.add(media.index)
        timebase = self._sequence.timebase
        child(file, "name", PurePosixPath(media.url).name)
        child(file, "pathurl", url(media.url, host="localhost"))
        _rate(file, timebase)
        child(file, "duration", media.frames)
        _timecode(file, timebase)
        kinds = child(file, "media")
        if media.has_video:
            child(child(kinds, "video"), "duration", media.frames)
        child(child(kinds, "audio"), "channelcount", 1)


def _places(sequence: EditedSequence) -> Iterator[tuple[tuple[str, int], int]]:
    """Which clip of its track each clip is, counted from 1, by kind and clip number."""
    counts: Counter[tuple[str, str]] = Counter()
    for number, clip in enumerate(sequence.clips, start=1):
        for kind in ("video", "audio") if clip.media.has_video else ("audio",):
            counts[kind, clip.speaker] += 1
            yield (kind, number), counts[kind, clip.speaker]


def _rate(parent: Element, timebase: Timebase) -> None:
    rate = child(parent, "rate")
    child(rate, "timebase", timebase.nominal)
    child(rate, "ntsc", "TRUE" if timebase.rate.denominator == 1001 else "FALSE")


def _timecode(parent: Element, timebase: Timebase) -> None:
    timecode = child(parent, "timecode")
    _rate(timecode, timebase)
    child(timecode, "string", timebase.format(0))
    child(timecode, "frame", 0)
    child(timecode, "displayformat", "DF" if timebase.drop_frame else "NDF")
