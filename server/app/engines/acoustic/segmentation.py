"""Speech cut into the pieces that are labelled: blocks of 0.1 s, and units of about 2 s to begin from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ...domain.transcript import Span, Turn
from .features import FRAME_S

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BLOCK_FRAMES = 10
BLOCK_S = BLOCK_FRAMES * FRAME_S


@dataclass(frozen=True, slots=True)
class SpeechMap:
    """The blocks of all speech, put end to end.

    Attributes:
        first_frame: For each block, its first row in the feature table.
        opens: For each block, whether a span of speech begins with it.
        spans: The spans, sorted, without overlap, each with at least one block.
    """

    first_frame: Ints
    opens: Bools
    spans: tuple[Span, ...]

    def __len__(self) -> int:
        return len(self.first_frame)

    def rows(self, begin: int, end: int) -> Ints:
        """Rows of the feature table that blocks `begin`..`end` cover."""
        return (self.first_frame[begin:end, None] + np.arange(BLOCK_FRAMES)).ravel()

    def portions(self, most_blocks: int) -> list[tuple[int, int]]:
        """Ranges of blocks of about equal size, none much over `most_blocks`, cut between spans."""
        count = max(1, -(-len(self) // most_blocks))
        openings = np.append(np.flatnonzero(self.opens), len(self))
        wanted = np.linspace(0, len(self), count + 1)
        cuts = sorted({int(openings[np.argmin(np.abs(openings - w))]) for w in wanted})
        return list(pairwise(cuts))

    def units(self, unit_s: float) -> Ints:
        """First blocks of pieces of about `unit_s` seconds; none crosses a pause."""
        firsts = np.flatnonzero(self.opens)
        ends = np.append(firsts[1:], len(self))
        pieces = [
            np.linspace(a, b, max(1, round((b - a) * BLOCK_S / unit_s)), endpoint=False).astype(np.int64)
            for a, b in zip(firsts, ends, strict=True)
        ]
        return np.unique(np.concatenate(pieces)) if pieces else np.zeros(0, np.int64)


def map_speech(speech: Sequence[Span], frames: int) -> SpeechMap:
    """Lay blocks over the spans; what is shorter than one block, or outside the table, is left out.

    Args:
        speech: Spans in any order; they may touch or overlap. Times count from the table's first row.
        frames: Rows in the feature table.
    """
    first: list[Ints] = []
    opens: list[bool] = []
    kept: list[Span] = []
    for span in _united(speech):
        begin = max(0, round(span.start_s / FRAME_S))
        blocks = (min(frames, round(span.end_s / FRAME_S)) - begin) // BLOCK_FRAMES
        if blocks < 1:
            continue
        first.append(begin + np.arange(blocks, dtype=np.int64) * BLOCK_FRAMES)
        opens += [True] + [False] * (blocks - 1)
        kept.append(span)
    return SpeechMap(np.concatenate(first) if first else np.zeros(0, np.int64), np.array(opens, bool), tuple(kept))


def _united(speech: Sequence[Span]) -> Iterator[Span]:
    waiting: Span | None = None
    for span in sorted(speech, key=lambda s: (s.start_s, s.end_s)):
        if waiting is not None and span.start_s <= waiting.end_s:
            waiting = Span(waiting.start_s, max(waiting.end_s, span.end_s))
            continue
        if waiting is not None:
            yield waiting
        waiting = span
    if waiting is not None:
        yield waiting


def turns_of(speech: SpeechMap, labels: Ints, offset_s: float) -> list[Turn]:
    """Runs of equal labels within each span as turns of speakers `S1`, `S2` …, numbered as they appear.

    Together the turns of a span cover it exactly. `offset_s` is added to all times.
    """
    names: dict[int, str] = {}
    turns: list[Turn] = []
    bounds = np.append(np.flatnonzero(speech.opens), len(speech))
    for span, begin, end in zip(speech.spans, bounds, bounds[1:], strict=False):
        own = labels[begin:end]
        cuts = [0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), len(own)]
        times = [span.start_s, *(float(speech.first_frame[begin + c] * FRAME_S) for c in cuts[1:-1]), span.end_s]
        for cut, start_s, end_s in zip(cuts, times, times[1:], strict=False):
            name = names.setdefault(int(own[cut]), f"S{len(names) + 1}")
            turns.append(Turn(round(start_s + offset_s, 3), round(end_s + offset_s, 3), name))
    return turns
