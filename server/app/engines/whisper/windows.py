"""Chunks to windows: what the network hears at once. Each chunk is heard for itself, its long pauses shortened."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...domain.audio import SAMPLE_RATE_HZ, AudioReader, Chunk, Samples
from ...domain.transcript import Span
from ..gathering import KEPT_PAUSE_S

_LOOK_BACK = 0.3
"""Share of a window, at its end, in which a place to cut is looked for when there is no pause."""
_HOP_SAMPLES = SAMPLE_RATE_HZ // 50
_SILENCE = 10 ** (-75 / 20)
"""Peak below which there is nothing to hear: the noise of a quiet room at a low gain is 20 dB above."""


@dataclass(frozen=True, slots=True)
class Piece(Span):
    """A stretch of the recording that is heard from `at_s` on; the time before it was left out."""

    at_s: float

    @property
    def until_s(self) -> float:
        """When it has been heard."""
        return self.at_s + self.duration_s


@dataclass(frozen=True, slots=True)
class HeardWindow:
    """Part of one chunk, as long as the network can hear at once, or shorter.

    Attributes:
        samples: What is heard; times in it count from 0.
        pieces: Where in the recording that lies, in order.
        speech: The detected speech in it, in its own time; empty where it is not known.
        last: Whether it is the chunk's last.
    """

    chunk: Chunk
    samples: Samples
    pieces: tuple[Piece, ...]
    speech: tuple[Span, ...]
    last: bool

    @property
    def speech_s(self) -> float:
        """Seconds of speech in it; all of it where that is not known."""
        return sum(span.duration_s for span in self.speech) or len(self.samples) / SAMPLE_RATE_HZ

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear, by its level alone."""
        return not len(self.samples) or float(np.abs(self.samples).max()) < _SILENCE

    def in_recording(self, start_s: float, end_s: float) -> tuple[float, float]:
        """Where a stretch of the window lies in the recording; over a pause left out it keeps to its middle's side."""
        middle_s = (start_s + end_s) / 2
        at = bisect_right(self.pieces, middle_s, key=lambda piece: piece.at_s)
        piece = self.pieces[max(at - 1, 0)]
        start_s, end_s = (
            piece.start_s + min(max(time_s - piece.at_s, 0.0), piece.duration_s) for time_s in (start_s, end_s)
        )
        return start_s, end_s


def windows_of(chunk: Chunk, audio: AudioReader, limit_s: float) -> Iterator[HeardWindow]:
    """Cut a chunk into windows of at most `limit_s` seconds: at the last long pause, else where it is quietest."""
    pieces = _pieces(chunk)
    samples = np.concatenate([audio.read(piece.start_s, piece.end_s, chunk.channel) for piece in pieces])
    speech = [
        Span(max(span.start_s, piece.start_s) + shift_s, min(span.end_s, piece.end_s) + shift_s)
        for piece in pieces
        for shift_s in [piece.at_s - piece.start_s]
        for span in chunk.speech
        if span.overlap_s(piece) > 0
    ]
    edges = _edges(speech, samples, round(limit_s * SAMPLE_RATE_HZ))
    for start, end in pairwise(edges):
        held = Span(start / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ)
        yield HeardWindow(
            chunk,
            samples[start:end],
            tuple(_part(piece, held) for piece in pieces if _sounds_in(piece, held)) or (pieces[0],),
            tuple(_within(span, held) for span in speech if span.overlap_s(held) > 0),
            end == edges[-1],
        )


def _pieces(chunk: Chunk) -> list[Piece]:
    """The chunk without the middle of its long pauses."""
    kept: list[Piece] = []
    start_s, at_s = chunk.start_s, 0.0
    for earlier, later in pairwise(chunk.speech):
        if later.start_s - earlier.end_s > KEPT_PAUSE_S:
            kept.append(Piece(start_s, earlier.end_s + KEPT_PAUSE_S / 2, at_s))
            start_s, at_s = later.start_s - KEPT_PAUSE_S / 2, kept[-1].until_s
    return [*kept, Piece(start_s, chunk.end_s, at_s)]


def _sounds_in(piece: Piece, held: Span) -> bool:
    return piece.at_s < held.end_s and piece.until_s > held.start_s


def _part(piece: Piece, held: Span) -> Piece:
    """The part of a piece that is heard in a window, in the window's time."""
    cut_s = max(held.start_s - piece.at_s, 0.0)
    end_s = piece.end_s - max(piece.until_s - held.end_s, 0.0)
    return Piece(piece.start_s + cut_s, end_s, max(piece.at_s - held.start_s, 0.0))


def _within(span: Span, held: Span) -> Span:
    return Span(max(span.start_s, held.start_s) - held.start_s, min(span.end_s, held.end_s) - held.start_s)


def _edges(speech: Sequence[Span], samples: Samples, limit: int) -> list[int]:
    """Sample positions of the cuts, begin and end included."""
    pauses = [
        (
            round((later.start_s - earlier.end_s) * SAMPLE_RATE_HZ),
            round((earlier.end_s + later.start_s) / 2 * SAMPLE_RATE_HZ),
        )
        for earlier, later in pairwise(speech)
    ]
    edges = [0]
    while len(samples) - edges[-1] > limit:
        # What is left is shared out, so that no cut leaves a last window too short to make sense of.
        windows = -(-(len(samples) - edges[-1]) // limit)
        least = edges[-1] + (len(samples) - edges[-1]) // (windows + 1)
        most = edges[-1] + limit
        held = [pause for pause in pauses if least <= pause[1] <= most]
        edges.append(max(held)[1] if held else _quietest(samples, most, limit))
    return [*edges, len(samples)]


def _quietest(samples: Samples, end: int, limit: int) -> int:
    """Where the sound is weakest in the last part of a window that ends at `end` at the latest."""
    hops = int(limit * _LOOK_BACK) // _HOP_SAMPLES
    first = end - hops * _HOP_SAMPLES
    if hops < 1:
        return end
    energy = np.square(samples[first:end].reshape(hops, -1)).mean(axis=1)
    return first + int(energy.argmin()) * _HOP_SAMPLES + _HOP_SAMPLES // 2
