"""Scenarist closed captions: CEA-608 pop-on captions (47 CFR 15.119) as pairs of bytes, with timecode at 29.97."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, BinaryIO, ClassVar, Literal

from pydantic import Field

from ...domain.timecode import Timebase
from ...domain.transcript import Transcript
from ..base import TextFormat
from ..captions import CaptionOptions, lay_out
from ..cea608.arrows import spaced, with_arrows
from ..cea608.captions import load
from ..cea608.checking import check_scc
from ..cea608.codes import COLUMNS
from ..cea608.schedule import Cue, in_turn, transmissions
from ..cea608.writable import Writable, writable
from ..losses import Loss, actual_losses
from ..material import Material
from ..report import Check, Notes
from ..text import encode
from ..timeline.building import grid_of
from ..wording import reworded

_RATE = Fraction(30_000, 1001)
_LATE_FRAMES = 2
_HEADER = "Scenarist_SCC V1.0"
_USUAL_RATES = (_RATE, 2 * _RATE)
_DAY = "Timecode starts again at zero after 24 hours: players lose their place there."


@dataclass(frozen=True, slots=True)
class SccOptions(CaptionOptions):
    """Caption style within what CEA-608 can show, and timecode."""

    widest: ClassVar[int] = COLUMNS

    max_chars: Annotated[int, Field(ge=8, le=COLUMNS, description="Most characters in a line.")] = COLUMNS
    speakers: Annotated[
        Literal["name", "arrows", "none"],
        Field(description="Begin what another speaker says with their name, with >>, or with nothing."),
    ] = "name"
    alignment: Annotated[Literal["centre", "left"], Field(description="Where lines stand.")] = "centre"
    drop_frame: Annotated[
        Literal["auto", "yes", "no"],
        Field(description="Drop-frame timecode; auto does as a recording at 29.97, and says yes to all others."),
    ] = "auto"
    start_timecode: Annotated[
        str, Field(description="Timecode of the first frame; auto takes the recording's own, unless it was cut.")
    ] = "00:00:00:00"


@dataclass(frozen=True, slots=True)
class _Track:
    """What is to be sent, and what became of it on the way."""

    content: Writable
    picture_rate: Fraction | None
    timebase: Timebase
    start_frame: int
    wanted: Sequence[Cue]
    cues: Sequence[Cue]


class Scc(TextFormat[SccOptions]):
    """Each caption is sent before it appears; one at a time, at two bytes a frame."""

    id = "scc"
    family = "captions"
    name = "Scenarist closed captions"
    extension = "scc"
    media_type = "text/x-scc"
    description = "CEA-608 captions for American television, DVDs and broadcasters: Western European letters only."
    losses = (
        Loss.SPEAKERS,
        Loss.WORD_TIMES,
        Loss.CONFIDENCE,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.OVERLAP,
        Loss.CHARACTERS,
        Loss.FRAMES,
    )
    checks: ClassVar[Mapping[str, Check]] = {"structure": check_scc}
    options_type = SccOptions

    def text(self, transcript: Transcript) -> str:
        """Header and transmissions."""
        return _file(self._track(transcript))

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Lay out, schedule and write; all that was lost or moved on the way is told.

        Raises:
            InvalidOption: CEA-608 can't write the script, or a timecode that makes no sense.
        """
        options = self.options
        transcript, warnings = reworded(material.transcript, options, offset_s=options.offset_s)
        track = self._track(transcript, cut=material.document is not None)
        out.write(encode(_file(track), newline=options.newline, bom=options.bom))
        return Notes(self._lost(transcript, track.content), (*warnings, *_warnings(track)))

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers are there when asked for, characters where CEA-608 has them."""
        return self._lost(transcript, writable(transcript))

    def _lost(self, transcript: Transcript, content: Writable) -> tuple[str, ...]:
        kept = {
            Loss.SPEAKERS: self.options.speakers == "name",
            Loss.CHARACTERS: not (content.similar or content.unwritable),
        }
        return actual_losses((loss for loss in self.losses if not kept.get(loss)), transcript)

    def _track(self, transcript: Transcript, *, cut: bool = False) -> _Track:
        options = self.options
        content = writable(transcript)
        timebase = self._timebase(transcript)
        marked = with_arrows(content.transcript) if options.speakers == "arrows" else content.transcript
        laid_out = lay_out(marked, options, labels=options.speakers == "name")
        wanted = [
            Cue.of(
                timebase.frames(Fraction(caption.start_ms, 1000)),
                timebase.frames(Fraction(caption.end_ms, 1000)),
                load([spaced(text) for text in caption.texts], options.alignment),
            )
            for caption in sorted(laid_out, key=lambda caption: (caption.start_ms, caption.end_ms))
        ]
        cues = in_turn(wanted, timebase.frames(options.limits(transcript).min_s))
        grid = _grid(transcript)
        return _Track(
            content, grid[0].rate if grid else None, timebase, self._start_frame(timebase, grid, cut), wanted, cues
        )

    def _timebase(self, transcript: Transcript) -> Timebase:
        if self.options.drop_frame != "auto":
            return Timebase(_RATE, self.options.drop_frame == "yes")
        grid = _grid(transcript)
        return grid[0] if grid and grid[0].rate == _RATE else Timebase(_RATE, drop_frame=True)

    def _start_frame(self, timebase: Timebase, grid: tuple[Timebase, int] | None, cut: bool) -> int:
        """A cut no longer has the recording's timecode."""
        if self.options.start_timecode != "auto":
            return timebase.parse(self.options.start_timecode)
        return timebase.frames(grid[0].seconds(grid[1])) if grid and not cut else 0


def _grid(transcript: Transcript) -> tuple[Timebase, int] | None:
    """The picture's own frames and the first one's label, if there is a picture."""
    video = transcript.recording.video
    return grid_of(video) if video else None


def _file(track: _Track) -> str:
    label = track.timebase.format
    lines = [f"{label(track.start_frame + sent.frame)}\t{sent.words}\n" for sent in transmissions(track.cues)]
    return "\n".join([f"{_HEADER}\n", *lines])


def _warnings(track: _Track) -> tuple[str, ...]:
    told = list(track.content.warnings)
    delays = [cue.start - wanted.start for cue, wanted in zip(track.cues, track.wanted, strict=True)]
    late = [delay for delay in delays if delay > _LATE_FRAMES]
    if late:
        longest_s = float(track.timebase.seconds(max(late)))
        told.append(
            f"{len(late)} of {len(delays)} captions appear later than spoken, by up to {longest_s:.1f} s: they are "
            "sent at two bytes a frame and shown one at a time."
        )
    if track.picture_rate and track.picture_rate not in _USUAL_RATES:
        told.append(f"The picture has {float(track.picture_rate):g} frames a second; SCC counts 29.97 all the same.")
    if track.cues and track.start_frame + track.cues[-1].end >= track.timebase.frames_per_day:
        told.append(_DAY)
    return tuple(told)
