"""Speech in chunks that fill a window, for engines that take as long for a short chunk as for a full one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ..domain.audio import Chunk
from ..domain.transcript import Span

KEPT_PAUSE_S = 1.0
"""Longer pauses are shortened to this when such an engine hears them: enough to tell one sentence from the next."""
LONGEST_PAUSE_S = 30.0
"""Over a longer pause chunks are not put together."""
_FULL = 0.8


def heard_s(speech: Sequence[Span]) -> float:
    """How long speech lasts once its pauses are shortened, in seconds."""
    pauses_s = (later.start_s - earlier.end_s for earlier, later in pairwise(speech))
    return sum(span.duration_s for span in speech) + sum(min(pause_s, KEPT_PAUSE_S) for pause_s in pauses_s)


def gathered(chunks: Sequence[Chunk], window_s: float) -> tuple[Chunk, ...]:
    """Cut the speech of a recording into chunks that fill a window as well as pauses allow.

    A chunk ends before a very long pause; and where the next speech would not fit any more, at the longest pause in
    the window's last fifth. It depends on nothing but the speech, so that a recording taken up again is cut as before.

    Args:
        chunks: In order of time, of one channel or more.
        window_s: Most seconds of speech and shortened pauses in a chunk. Speech without a pause may be longer.
    """
    channels = sorted({chunk.channel for chunk in chunks})
    filled = [
        Chunk(speech[0].start_s, speech[-1].end_s, 0, tuple(speech), channel)
        for channel in channels
        for speech in _filled([span for chunk in chunks if chunk.channel == channel for span in chunk.speech], window_s)
    ]
    filled.sort(key=lambda chunk: (chunk.start_s, chunk.channel))
    return tuple(replace(chunk, index=index) for index, chunk in enumerate(filled))


def _filled(spans: Sequence[Span], window_s: float) -> Iterator[list[Span]]:
    held: list[Span] = []
    for span in spans:
        if held and span.start_s - held[-1].end_s > LONGEST_PAUSE_S:
            yield held
            held = []
        while held and heard_s([*held, span]) > window_s:
            count = _best_cut([*held, span], window_s)
            yield held[:count]
            held = held[count:]
        held.append(span)
    if held:
        yield held


def _best_cut(spans: Sequence[Span], window_s: float) -> int:
    """How many spans to keep: up to the longest pause that leaves the window four fifths full, else up to the last."""
    late = [count for count in range(1, len(spans)) if heard_s(spans[:count]) >= _FULL * window_s]
    pauses = {count: spans[count].start_s - spans[count - 1].end_s for count in late}
    return max(pauses, key=lambda count: (pauses[count], count), default=len(spans) - 1)
