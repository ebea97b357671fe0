"""Timelines for video editors from the desktop app's list of clips: what `POST /util/otio/convert` answers.

The app names adapters as OpenTimelineIO does, and sends times in seconds without a frame rate. Where a recording lies
on this machine its own rate is used; otherwise 30 frames a second are counted, like the server before this one did.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ..domain import codec
from ..domain.recording import AudioFacts, Recording, VideoFacts
from ..domain.timecode import Timebase
from ..domain.transcript import Provenance, Transcript
from ..errors import AudapolisError, UnknownName
from .examining import examined
from .formats import FORMATS
from .material import Source
from .options import OptionValue, parse_options
from .text import clean, printable
from .timeline.building import Stretch, TimelineOptions, grid_of, lay_out
from .timeline.format import TimelineFormat
from .timeline.model import Timeline

DEFAULT_TIMEBASE = Timebase(Fraction(30))
MAX_EXAMINED = 32
"""So many recordings at most are looked into for their rates."""

_START = "01:00:00:00"
_Length = Annotated[float, Field(ge=0, le=10**7, allow_inf_nan=False)]
_MAX_CUTS = 1_000_000
_MICROS = 10**6


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
class TimelineItems:
    """Clips that follow one another."""

    items: Annotated[tuple[TimelineItem, ...], Field(max_length=_MAX_CUTS)]


@dataclass(frozen=True, slots=True)
class Adapter:
    """A kind of timeline file: its usual extension, and the format that writes it."""

    extension: str
    format_id: str
    options: Mapping[str, OptionValue] = field(default_factory=dict)


ADAPTERS: dict[str, Adapter] = {
    "otio_json": Adapter("otio", "otio", {"words": False}),
    "fcp_xml": Adapter("xml", "xmeml"),
    "fcpx_xml": Adapter("fcpxml", "fcpxml"),
    "cmx_3600": Adapter("edl", "edl"),
    "AAF": Adapter("aaf", "aaf"),
    "aaf": Adapter("aaf", "aaf"),
    "kdenlive": Adapter("kdenlive", "kdenlive"),
    "mlt": Adapter("mlt", "kdenlive"),
    "xges": Adapter("xges", "xges"),
    "ale": Adapter("ale", "ale"),
}
"""By the names that OpenTimelineIO gave them."""


def convert(
    name: str, adapter: str, items: list[dict[str, Any]], *, timebase: Timebase | None = None
) -> tuple[bytes, str]:
    """Write clips that follow one another as an editor's timeline.

    Args:
        name: What the timeline is called.
        adapter: A key of `ADAPTERS`.
        items: Objects with the fields of `TimelineItem`.
        timebase: Frame rate of the timeline; None takes that of the first picture found on this machine, or 30.

    Returns:
        The file's bytes and its usual extension without the dot.

    Raises:
        UnknownName: No such adapter.
        InvalidDocument: An item is not as described; the message names it.
    """
    if adapter not in ADAPTERS:
        raise UnknownName("adapter", adapter, ADAPTERS)
    chosen = ADAPTERS[adapter]
    checked = codec.from_plain(TimelineItems, {"items": items}).items
    kind = FORMATS[chosen.format_id]
    writer = kind(parse_options(kind.options_type, chosen.options))
    assert isinstance(writer, TimelineFormat)  # all in the table are
    out = io.BytesIO()
    writer.put(_timeline(name, checked, timebase, writer.options), out)
    return out.getvalue(), chosen.extension


def _timeline(
    name: str, items: Sequence[TimelineItem], timebase: Timebase | None, options: TimelineOptions
) -> Timeline:
    found = _examined(items)
    pictures = (recording.video for recording in found.values() if recording.video)
    base = timebase or next((grid_of(video)[0] for video in pictures), DEFAULT_TIMEBASE)
    title = clean(name) or "audapolis"
    timeline = lay_out(
        title,
        list(_stretches(items)),
        known={recording.sha256: Source(recording.sha256, recording) for recording in _recordings(items, found, base)},
        timebase=base,
        start_frame=base.parse(_START),
        transcript=_wordless(title, items),
        options=options,
    )
    return _located(timeline)


def _stretches(items: Sequence[TimelineItem]) -> Iterator[Stretch]:
    """The clips in microseconds, rounded where they begin and end in the result, so that nothing adds up."""
    end, end_us = Fraction(0), 0
    for number, item in enumerate(items):
        end += Fraction(item.length)
        start_us, end_us = end_us, round(end * _MICROS)
        source_us = round(Fraction(item.source_start) * _MICROS)
        yield Stretch(item.source_file, source_us, end_us - start_us, item.speaker, number)


def _examined(items: Sequence[TimelineItem]) -> dict[str, Recording]:
    """The facts of recordings that are regular files on this machine, by what the app calls them."""
    found = {}
    for name in list(dict.fromkeys(item.source_file for item in items))[:MAX_EXAMINED]:
        path = Path(name)
        with suppress(AudapolisError, OSError, ValueError):
            if path.is_absolute() and path.is_file():
                found[name] = examined(path, name)
    return found


def _recordings(items: Sequence[TimelineItem], found: Mapping[str, Recording], base: Timebase) -> Sequence[Recording]:
    """What is known of each recording: from itself, or from the app and with the timeline's rate."""
    recordings: dict[str, Recording] = {}
    for item in items:
        known = recordings.get(item.source_file) or _claimed(item, found.get(item.source_file))
        if item.has_video and known.video is None:
            own = found.get(item.source_file)
            video = VideoFacts(str(base.rate), None, base.drop_frame, 1920, 1080)
            known = replace(known, video=own.video if own and own.video else video)
        recordings[item.source_file] = known
    return list(recordings.values())


def _claimed(item: TimelineItem, own: Recording | None) -> Recording:
    """A recording whose picture nobody asked for yet."""
    file_name = re.split(r"[\\/]", item.source_file)[-1]
    audio = own.audio if own else AudioFacts(0, 1, "", 0, 0, "")
    duration_s = own.duration_s if own and own.duration_s else item.source_length
    return Recording(file_name, item.source_file, duration_s, audio)


def _wordless(name: str, items: Sequence[TimelineItem]) -> Transcript:
    """The app sends no words."""
    duration_s = float(sum((Fraction(item.length) for item in items), Fraction(0)))
    return Transcript(
        id=name,
        created_at="",
        language="",
        recording=Recording(name, "", duration_s, AudioFacts(0, 1, "", 0, 0, "")),
        provenance=Provenance("", "", "", "", None, {}, (), ""),
        speakers=(),
        segments=(),
    )


def _located(timeline: Timeline) -> Timeline:
    """Media where the app says it lies, since it knows better than this machine."""
    media = {m.id: replace(m, location=printable(m.id), offline=False) for m in timeline.media}
    clips = tuple(replace(clip, media=media[clip.media.id]) if clip.media else clip for clip in timeline.clips)
    return replace(timeline, clips=clips, media=tuple(media.values()), warnings=())
