"""From material to a timeline: the one place where seconds become frames.

Each boundary in the result is rounded from the exact sum of all lengths before it, so nothing drifts: it is never
more than half a frame away from what was asked for. Where a recording plays on across a boundary between clips (another
speaker, say), the second clip begins with the very frame after the first, so that no frame is shown twice or left out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import Field

from ...domain.arrangement import arrange
from ...domain.document import ArtificialSilence, Document
from ...domain.recording import VideoFacts
from ...domain.timecode import Timebase, parse_rate
from ...domain.transcript import Transcript, Word
from ...errors import InvalidOption
from ..material import UNKNOWN_SOURCE, Material, Source
from ..text import clean, printable
from ..wording import WordingOptions, reworded
from .model import Clip, Colour, Marker, Media, Speech, Timeline

_SOUND_ONLY_RATE = Fraction(30)
_USUAL_START = "01:00:00:00"
_MICROS = 10**6
_TOUCHING_US = 100
_SPEAKER_COLOURS: tuple[Colour, ...] = ("blue", "green", "yellow", "cyan", "purple", "orange", "pink")


@dataclass(frozen=True, slots=True)
class TimelineOptions(WordingOptions):
    """How a timeline is built; every editor format takes these."""

    rate: Annotated[
        str, Field(description="Frames per second: auto (the recording's, or 30), 25, 29.97, 30000/1001 and the like.")
    ] = "auto"
    drop_frame: Annotated[
        Literal["auto", "yes", "no"], Field(description="Drop-frame timecode; auto does as the recording does.")
    ] = "auto"
    start_timecode: Annotated[
        str,
        Field(description="Timecode of the first frame: auto (the recording's where it is uncut, or 01:00:00:00)."),
    ] = "auto"
    cuts: Annotated[
        Literal["speakers", "paragraphs", "none"],
        Field(description="Where clips end besides at real cuts: at each new speaker, each paragraph, or nowhere."),
    ] = "speakers"
    markers: Annotated[
        Literal["segments", "doubtful", "none"],
        Field(description="A marker with its text for each segment, for those of low confidence, or none."),
    ] = "segments"
    doubtful_below: Annotated[
        float, Field(ge=0, le=1, description="Segments with less confidence are doubtful: their markers are red.")
    ] = 0.5


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the cut as asked for, in exact microseconds: `source` None is inserted silence."""

    source: str | None
    source_start_us: int
    length_us: int
    speaker: str
    paragraph: int


def build(material: Material, options: TimelineOptions) -> Timeline:
    """Lay material out in frames.

    Raises:
        InvalidOption: A rate, timecode or language that makes no sense, or drop-frame at a rate that has none.
    """
    transcript, warnings = reworded(material.transcript, options)
    shaped = replace(material, transcript=transcript)
    timebase = _timebase(material, options)
    names = _new_names(material.transcript, transcript)
    stretches = joined(_stretches(material, names), options.cuts)
    name = clean(PurePosixPath(transcript.recording.name).stem) or "audapolis"
    return lay_out(
        name,
        stretches,
        known={source.id: source for source in material.sources},
        timebase=timebase,
        start_frame=_start_frame(shaped, timebase, options),
        transcript=transcript,
        options=options,
        warnings=warnings,
    )


def lay_out(
    name: str,
    stretches: Sequence[Stretch],
    *,
    known: dict[str, Source],
    timebase: Timebase,
    start_frame: int,
    transcript: Transcript,
    options: TimelineOptions,
    warnings: tuple[str, ...] = (),
) -> Timeline:
    """Place stretches on whole frames; those shorter than half a frame vanish."""
    media = _Shelf(known, timebase)
    clips = list(_placed(stretches, media, timebase))
    final = media.all()
    speech = _speech(transcript, timebase)
    found = tuple(replace(clip, media=final[clip.media.id] if clip.media else None) for clip in clips)
    return Timeline(
        name=name,
        timebase=timebase,
        start_frame=start_frame,
        clips=_with_text(found, speech, timebase),
        media=tuple(final.values()),
        speech=speech,
        markers=tuple(_markers(speech, options)),
        transcript=transcript,
        warnings=(*warnings, *offline_warnings(final.values())),
    )


def offline_warnings(media: Iterable[Media]) -> tuple[str, ...]:
    """What to know of recordings that nobody has at hand."""
    return tuple(
        f"The recording '{medium.name}' is not at hand: its clips are offline until it is linked in the editor."
        for medium in media
        if medium.offline
    )


def joined(stretches: Iterable[Stretch], cuts: str) -> list[Stretch]:
    """The fewest stretches that keep all real cuts and those between speakers or paragraphs if wanted."""
    found: list[Stretch] = []
    last: Stretch | None = None
    length_us = 0
    for stretch in stretches:
        if last and _plays_on(last, length_us, stretch, cuts):
            length_us += stretch.length_us
            continue
        if last:
            found.append(replace(last, length_us=length_us))
        last, length_us = stretch, stretch.length_us
    return [*found, replace(last, length_us=length_us)] if last else found


def _plays_on(first: Stretch, length_us: int, following: Stretch, cuts: str) -> bool:
    """Whether a stretch goes on with what began with `first` and is so long by now."""
    same = first.source == following.source
    if cuts == "speakers":
        same = same and first.speaker == following.speaker
    elif cuts == "paragraphs":
        same = same and first.paragraph == following.paragraph
    return same and (first.source is None or _touching(first.source_start_us + length_us, following))


def _touching(end_us: int, following: Stretch) -> bool:
    return abs(end_us - following.source_start_us) < _TOUCHING_US


def _new_names(before: Transcript, after: Transcript) -> dict[str, str]:
    """What speakers are called after rewording, by what they were called before."""
    names = {speaker.id: speaker.name for speaker in after.speakers}
    return {speaker.name: names.get(speaker.id, speaker.name) for speaker in before.speakers}


def _stretches(material: Material, names: Mapping[str, str]) -> Iterator[Stretch]:
    if material.document is None:
        return _uncut(material.transcript, names)
    return _cut(material.document, names)


def _cut(document: Document, names: Mapping[str, str]) -> Iterator[Stretch]:
    for number, paragraph in enumerate(document.paragraphs):
        speaker = names.get(paragraph.speaker, paragraph.speaker)
        for item in paragraph.items:
            length_us = round(item.length_s * _MICROS)
            if isinstance(item, ArtificialSilence):
                yield Stretch(None, 0, length_us, speaker, number)
            else:
                yield Stretch(item.source, round(item.source_start_s * _MICROS), length_us, speaker, number)


def _uncut(transcript: Transcript, names: Mapping[str, str]) -> Iterator[Stretch]:
    """The stretches of the document that plays all of a recording, without making that document."""
    source = transcript.recording.sha256 or UNKNOWN_SOURCE
    for number, passage in enumerate(arrange(transcript)):
        name = transcript.speaker_name(passage.speaker)
        speaker = names.get(name, name)
        for piece in passage.pieces:
            length_us = round(piece.duration_s * _MICROS)
            yield Stretch(source, round(piece.start_s * _MICROS), length_us, speaker, number)


class _Shelf:
    """The media in use, each taken down when a clip first needs it."""

    def __init__(self, known: dict[str, Source], sequence: Timebase) -> None:
        self._known, self._sequence = known, sequence
        self._media: dict[str, Media] = {}
        self._needed: dict[str, int] = {}

    def take(self, source_id: str) -> Media:
        if source_id not in self._media:
            source = self._known.get(source_id, Source(source_id))
            self._media[source_id] = _media(len(self._media) + 1, source, self._sequence)
        return self._media[source_id]

    def uses(self, medium: Media, until: int) -> None:
        self._needed[medium.id] = max(until, self._needed.get(medium.id, 0))

    def all(self) -> dict[str, Media]:
        """Each with room for all that clips use of it."""
        return {
            key: replace(medium, frames=max(medium.frames, self._needed.get(key, 0), 1))
            for key, medium in self._media.items()
        }


def grid_of(video: VideoFacts) -> tuple[Timebase, int]:
    """A picture's own frames, and the label of the first as a frame count.

    What a file claims against the standard (drop-frame at 25, labels that don't exist) is not believed.
    """
    rate = parse_rate(video.frame_rate)
    timebase = Timebase(rate)
    with suppress(InvalidOption):
        timebase = Timebase(rate, video.drop_frame)
    label = (video.start_timecode or "").replace(";", ":")
    with suppress(InvalidOption):
        return timebase, timebase.parse(label)
    return timebase, 0


def _media(index: int, source: Source, sequence: Timebase) -> Media:
    recording = source.recording
    video = recording.video if recording else None
    timebase, start_frame = grid_of(video) if video else (sequence, 0)
    name = clean(source.path.name if source.path else recording.name if recording else source.id) or f"media {index}"
    duration_s = Fraction(round(recording.duration_s * _MICROS), _MICROS) if recording else Fraction(0)
    return Media(
        index=index,
        id=source.id,
        name=name,
        location=printable(str(source.path)) if source.path else name,
        offline=source.path is None,
        timebase=timebase,
        start_frame=start_frame,
        frames=timebase.frames(duration_s),
        duration_s=duration_s,
        has_video=video is not None,
        width=video.width if video else 0,
        height=video.height if video else 0,
        sample_rate_hz=(recording.audio.sample_rate_hz if recording else 0) or 48_000,
        channels=(recording.audio.channels if recording else 0) or 1,
    )


def _placed(stretches: Iterable[Stretch], media: _Shelf, timebase: Timebase) -> Iterator[Clip]:
    position_us = 0
    last: tuple[Stretch, int] | None = None
    """The stretch before, and the first frame of its medium after it."""
    for stretch in stretches:
        start = timebase.frames(Fraction(position_us, _MICROS))
        position_us += stretch.length_us
        end = timebase.frames(Fraction(position_us, _MICROS))
        if end <= start:
            continue
        if stretch.source is None:
            yield Clip(start, end, None, 0, end - start, stretch.speaker)
            last = None
            continue
        medium = media.take(stretch.source)
        plays_on = (
            last is not None
            and last[0].source == stretch.source
            and _touching(last[0].source_start_us + last[0].length_us, stretch)
        )
        wanted_s = Fraction(stretch.source_start_us, _MICROS)
        source_start = last[1] if last and plays_on else medium.timebase.frames(wanted_s)
        source_frames = _source_frames(medium, timebase, start, end)
        media.uses(medium, source_start + source_frames)
        last = (stretch, source_start + source_frames)
        yield Clip(start, end, medium, source_start, source_frames, clean(stretch.speaker))


def _source_frames(medium: Media, sequence: Timebase, start: int, end: int) -> int:
    """How many of its own frames a medium shows meanwhile: counted between rounded edges, so sums do not drift."""
    if medium.timebase.rate == sequence.rate:
        return end - start
    edges = [medium.timebase.frames(sequence.seconds(frame)) for frame in (start, end)]
    return max(1, edges[1] - edges[0])


def _timebase(material: Material, options: TimelineOptions) -> Timebase:
    video = next((s.recording.video for s in material.sources if s.recording and s.recording.video), None)
    if options.rate != "auto":
        rate = parse_rate(options.rate)
    else:
        rate = parse_rate(video.frame_rate) if video else _SOUND_ONLY_RATE
    if options.drop_frame != "auto":
        return Timebase(rate, options.drop_frame == "yes")
    own = grid_of(video)[0] if video else None
    return own if own and own.rate == rate else Timebase(rate)


def _start_frame(material: Material, timebase: Timebase, options: TimelineOptions) -> int:
    if options.start_timecode != "auto":
        return timebase.parse(options.start_timecode)
    video = material.transcript.recording.video
    if material.document is None and video and video.start_timecode:
        own, label = grid_of(video)
        return timebase.frames(own.seconds(label))
    return timebase.parse(_USUAL_START)


def _speech(transcript: Transcript, timebase: Timebase) -> tuple[Speech, ...]:
    names = {speaker.id: clean(speaker.name) for speaker in transcript.speakers}
    found = []
    for segment in transcript.segments:
        text = clean(segment.text)
        if not text:
            continue
        start = timebase.frames(max(0.0, segment.start_s))
        end = max(start + 1, timebase.frames(max(0.0, segment.end_s)))
        speaker = names.get(segment.speaker or "", clean(segment.speaker or ""))
        found.append(Speech(segment.id, start, end, speaker, text, segment.confidence, segment.words))
    return tuple(sorted(found, key=lambda speech: (speech.start, speech.end)))


def _with_text(clips: Sequence[Clip], speech: Sequence[Speech], timebase: Timebase) -> tuple[Clip, ...]:
    """Give each clip the words of its speaker that begin in it, or at least sound in it where speech overlaps."""
    starts = [clip.start for clip in clips]
    words: list[list[Word]] = [[] for _ in clips]
    for segment in speech:
        for word in segment.words or (Word(0, 0, segment.text, segment.confidence),):
            frames = (segment.start, segment.end)
            if segment.words:
                frames = (timebase.frames(max(0.0, word.start_s)), timebase.frames(max(0.0, word.end_s)))
            first = max(0, bisect_left(starts, frames[0] + 1) - 1)
            sounding = range(first, max(first + 1, bisect_left(starts, frames[1])))
            place = next((n for n in sounding if n < len(clips) and clips[n].speaker == segment.speaker), None)
            if place is not None:
                words[place].append(word)
    return tuple(
        replace(
            clip,
            text=" ".join(clean(word.text) for word in said),
            confidence=sum(word.confidence for word in said) / len(said) if said else None,
        )
        for clip, said in zip(clips, words, strict=True)
    )


def _markers(speech: Sequence[Speech], options: TimelineOptions) -> Iterator[Marker]:
    colours: dict[str, Colour] = {}
    for segment in speech:
        colour = colours.setdefault(segment.speaker, _SPEAKER_COLOURS[len(colours) % len(_SPEAKER_COLOURS)])
        doubtful = segment.confidence < options.doubtful_below
        if options.markers == "none" or (options.markers == "doubtful" and not doubtful):
            continue
        yield Marker(
            start=segment.start,
            frames=segment.end - segment.start,
            name=segment.speaker or "Speech",
            note=segment.text,
            speaker=segment.speaker,
            colour="red" if doubtful else colour,
            confidence=segment.confidence,
        )
