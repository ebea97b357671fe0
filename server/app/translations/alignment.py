"""Cues laid over segments: by id where they have one, else by time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ..domain.phrasing import share_out
from ..domain.transcript import Segment, Span, Transcript
from .base import AlignmentReport, Cue, Retiming

_NEAR_S = 1.0
"""A cue beside all speech belongs to the nearest segment up to this far."""
_MOST_OF_SEGMENT = 0.5
_MUCH_OF_CUE = 0.3
_SHOWN_CHARACTERS = 60
_FEW = 0.9
"""Below this coverage there is a warning."""
_DASHES = ("-", "–", "—")


@dataclass(frozen=True, slots=True)
class Aligned:
    """Texts by segment id, and the report."""

    texts: dict[str, str]
    report: AlignmentReport


def align(
    transcript: Transcript,
    cues: Sequence[Cue],
    language: str,
    *,
    same_clock: bool = False,
    warnings: Sequence[str] = (),
) -> Aligned:
    """Give every segment the text of the cues that sound with it.

    A cue that spans several segments is cut between them at ends of sentences and phrases, in proportion to the
    time it shares with each; several cues in one segment are put one after another.

    Args:
        transcript: What was said.
        cues: What was read.
        language: What it is in.
        same_clock: The times are the transcript's own, so no difference is looked for.
        warnings: What was uncertain so far.
    """
    timed = sorted((cue for cue in cues if cue.segment is None), key=lambda cue: (cue.start_s, cue.end_s))
    retiming = Retiming() if same_clock else _retiming(timed, transcript)
    named = {segment.id for segment in transcript.segments}
    found: dict[str, list[str]] = {}
    leftovers = []
    names = _Names(transcript)
    over = _Overlaps(transcript.segments)
    for cue in (cue for cue in cues if cue.segment is not None):
        if cue.segment in named:
            found.setdefault(cue.segment, []).append(cue.text)
        else:
            leftovers.append(f"segment {cue.segment}: {_short(cue.text)}")
    for cue in timed:
        span = Span(retiming(cue.start_s), retiming(cue.end_s))
        shares = over.shares(span)
        for segment, text in _divided(names.stripped(cue.lines), shares):
            found.setdefault(segment.id, []).append(text)
        if not shares:
            leftovers.append(f"at {cue.start_s:.3f} s: {_short(cue.text)}")
    texts = {name: " ".join(filter(None, parts)) for name, parts in found.items()}
    covered = sum(bool(text) for text in texts.values())
    told = (*warnings, *_told(len(transcript.segments), covered, len(leftovers), retiming))
    report = AlignmentReport(language, len(cues), len(transcript.segments), covered, tuple(leftovers), retiming, told)
    return Aligned(texts, report)


def _retiming(cues: Sequence[Cue], transcript: Transcript) -> Retiming:
    from .timing import estimate  # with numpy, which would delay the server's start

    return estimate(cues, transcript)


class _Overlaps:
    """Finds the segments that a stretch of time shares with, in logarithmic time."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        self._starts = [segment.start_s for segment in segments]
        self._reached = list(accumulate((segment.end_s for segment in segments), max))

    def shares(self, span: Span) -> list[tuple[Segment, float]]:
        """Segments that the span belongs to, in order, each with the seconds it shares; the nearest if none does."""
        begin = bisect_right(self._reached, span.start_s)
        end = bisect_left(self._starts, span.end_s)
        shared = [
            (segment, overlap_s)
            for segment in self._segments[begin:end]
            if (overlap_s := span.overlap_s(Span(segment.start_s, segment.end_s))) > 0
        ]
        if not shared:
            return [(nearest, 1.0)] if (nearest := self._nearest(span)) else []
        owners = [pair for pair in shared if _belongs(span, *pair)]
        return owners or [max(shared, key=lambda pair: pair[1])]

    def _nearest(self, span: Span) -> Segment | None:
        at = bisect_left(self._starts, span.start_s)
        near = self._segments[max(0, at - 1) : at + 1]
        best = min(near, key=lambda segment: _distance_s(span, segment), default=None)
        return best if best and _distance_s(span, best) <= _NEAR_S else None


def _belongs(span: Span, segment: Segment, overlap_s: float) -> bool:
    segment_s = segment.end_s - segment.start_s
    return overlap_s >= _MOST_OF_SEGMENT * segment_s or overlap_s >= _MUCH_OF_CUE * span.duration_s


def _distance_s(span: Span, segment: Segment) -> float:
    return max(0.0, segment.start_s - span.end_s, span.start_s - segment.end_s)


def _divided(lines: Sequence[str], shares: Sequence[tuple[Segment, float]]) -> Iterator[tuple[Segment, str]]:
    """What of a cue goes to which segment."""
    if len(lines) == len(shares) > 1 and all(line.startswith(_DASHES) for line in lines):
        texts: Iterable[str] = (line.lstrip("".join(_DASHES)).strip() for line in lines)  # a dialogue, one line each
    else:
        texts = share_out(" ".join(lines), [overlap_s for _, overlap_s in shares])
    yield from zip((segment for segment, _ in shares), texts, strict=True)


class _Names:
    """Takes speakers' names off the beginnings of lines, where subtitles show who speaks."""

    def __init__(self, transcript: Transcript) -> None:
        self._labels = tuple(f"{name.lower()}:" for s in transcript.speakers if (name := " ".join(s.name.split())))

    def stripped(self, lines: Sequence[str]) -> list[str]:
        """The lines without names; lines that were nothing else are gone."""
        return [text for line in lines if (text := self._without(line))]

    def _without(self, line: str) -> str:
        lowered = line.lower()
        label = next((label for label in self._labels if lowered.startswith(label)), "")
        return line[len(label) :].strip()


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _told(segments: int, covered: int, leftovers: int, retiming: Retiming) -> Iterator[str]:
    if retiming.ratio != 1.0:
        yield f"The file runs at another speed: its times were multiplied by {retiming.ratio:.6g}."
    if retiming.offset_s:
        yield f"The file's clock differs: {retiming.offset_s:+.3f} s were added to its times."
    if covered < _FEW * segments:
        yield f"Only {covered} of {segments} segments have a text now."
    if leftovers == 1:
        yield "1 text fits no segment and is left out."
    elif leftovers:
        yield f"{leftovers} texts fit no segment and are left out."
