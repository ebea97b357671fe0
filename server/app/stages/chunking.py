"""Speech to chunks: stretches cut at pauses, which are recognised, checkpointed and redone one by one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from ..domain.audio import Chunk
from ..domain.transcript import Span

_LONG_PAUSE_S = 1.5
"""A pause this long always ends a chunk: what follows is another thought, often another speaker."""
_PAUSE_S = 0.4
"""A pause that ends a chunk once it has reached the target length."""


class ChunkBuilder:
    """Merges spans of speech into chunks, in one pass and as early as possible.

    A chunk ends at a long pause; at a clear pause once it is half of `max_chunk_s` long (enough sound for a
    recogniser to learn level and channel from, little enough to keep all cores busy); and where going on
    would exceed `max_chunk_s`, at the longest pause so far. Only speech that goes on without any pause for
    longer than `max_chunk_s` is cut within, into equal parts. The chunks do not depend on how the spans were
    divided over calls.

    Args:
        max_chunk_s: Longest chunk, in seconds.
        channel: Channel the spans were heard on.
        first_index: Index of the first chunk; those of a recording's channels count on.
    """

    def __init__(self, max_chunk_s: float = 30.0, *, channel: int = 0, first_index: int = 0) -> None:
        self._max_s = max_chunk_s
        self._target_s = max_chunk_s / 2
        self._channel = channel
        self._index = first_index
        self._pending: list[Span] = []

    def feed(self, spans: Iterable[Span]) -> list[Chunk]:
        """Chunks that these spans completed.

        Args:
            spans: The next spans of speech, sorted, without overlap.
        """
        return [chunk for span in spans for part in self._split(span) for chunk in self._add(part)]

    def flush(self) -> list[Chunk]:
        """The last chunk, if there is one."""
        return [self._close(len(self._pending))] if self._pending else []

    def _split(self, span: Span) -> list[Span]:
        parts = max(1, math.ceil(span.duration_s / self._max_s - 1e-9))
        edges = [span.start_s + span.duration_s * i / parts for i in range(parts)] + [span.end_s]
        return [Span(start_s, end_s) for start_s, end_s in pairwise(edges)]

    def _add(self, span: Span) -> list[Chunk]:
        closed = []
        if self._pending and self._ends_before(span):
            closed.append(self._close(len(self._pending)))
        while self._pending and span.end_s - self._pending[0].start_s > self._max_s:
            closed.append(self._close(self._longest_pause(span)))
        self._pending.append(span)
        return closed

    def _ends_before(self, span: Span) -> bool:
        pause_s = span.start_s - self._pending[-1].end_s
        length_s = self._pending[-1].end_s - self._pending[0].start_s
        return pause_s >= _LONG_PAUSE_S or (pause_s >= _PAUSE_S and length_s >= self._target_s)

    def _longest_pause(self, span: Span) -> int:
        """How many pending spans come before the longest pause; of equal pauses, before the latest."""
        following = [*self._pending[1:], span]
        pauses = [later.start_s - earlier.end_s for earlier, later in zip(self._pending, following, strict=True)]
        return max(range(len(pauses)), key=lambda i: (pauses[i], i)) + 1

    def _close(self, count: int) -> Chunk:
        speech, self._pending = tuple(self._pending[:count]), self._pending[count:]
        chunk = Chunk(speech[0].start_s, speech[-1].end_s, self._index, speech, self._channel)
        self._index += 1
        return chunk
