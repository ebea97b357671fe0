"""Short chunks put together, for engines that take as long for a short one as for a full window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ..domain.audio import Chunk
from ..domain.transcript import Span

KEPT_PAUSE_S = 1.0
"""Longer pauses are shortened to this when such an engine hears them: enough to tell one sentence from the next."""
LONGEST_PAUSE_S = 30.0
"""Over a longer pause chunks are not put together."""


def heard_s(speech: Sequence[Span]) -> float:
    """How long speech lasts once its pauses are shortened, in seconds."""
    pauses_s = (later.start_s - earlier.end_s for earlier, later in pairwise(speech))
    return sum(span.duration_s for span in speech) + sum(min(pause_s, KEPT_PAUSE_S) for pause_s in pauses_s)


def gathered(chunks: Sequence[Chunk], window_s: float) -> tuple[Chunk, ...]:
    """Put neighbouring chunks of a channel together as long as they fit into one window.

    It depends on nothing but the chunks, so that a recording taken up again is gathered as before.

    Args:
        chunks: In order of time, of one channel or more, with their speech.
        window_s: Most seconds of speech and shortened pauses in a chunk; longer chunks stay as they are.
    """
    last: dict[int, int] = {}
    together: list[Chunk] = []
    for chunk in chunks:
        at = last.get(chunk.channel)
        if at is not None and _fits(together[at], chunk, window_s):
            together[at] = replace(together[at], end_s=chunk.end_s, speech=(*together[at].speech, *chunk.speech))
        else:
            last[chunk.channel] = len(together)
            together.append(chunk)
    return tuple(replace(chunk, index=index) for index, chunk in enumerate(together))


def _fits(before: Chunk, chunk: Chunk, window_s: float) -> bool:
    near = chunk.start_s - before.end_s <= LONGEST_PAUSE_S
    return near and heard_s((*before.speech, *chunk.speech)) <= window_s
