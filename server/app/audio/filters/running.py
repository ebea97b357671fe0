"""Sends sound through a chain: windows in, windows out, exactly as many samples, none of them late.

libav runs in this process: unlike media files, what it is given here are plain samples, made by ourselves.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ...domain.audio import Samples
from ...domain.sampling import SAMPLE_RATE_HZ
from .chain import Chain

_FRAME = SAMPLE_RATE_HZ // 10  # libav gets the same frames however the sound was divided, so it gives the same sound
_NOTHING = np.zeros(0, np.float32)


class Cleaner:
    """A chain at work on one channel. Memory does not grow with length.

    What was given comes back, filtered, in order and without delay: the first sample out belongs to the first
    sample in. Some of it is held back until more is fed or the end is told by `flush`.
    """

    def __init__(self, chain: Chain) -> None:
        self._graph = _Graph(chain)
        self._late = _delay(chain)
        self._waiting: list[Samples] = []
        self._waiting_count = 0
        self._missing = 0
        self._to_drop = self._late

    def feed(self, samples: Samples) -> Samples:
        """Take the next samples; gives those that are ready."""
        self._missing += len(samples)
        self._waiting.append(samples)
        self._waiting_count += len(samples)
        if self._waiting_count < _FRAME:
            return _NOTHING
        sound = np.concatenate(self._waiting)
        whole = len(sound) // _FRAME * _FRAME
        self._waiting, self._waiting_count = [sound[whole:]], len(sound) - whole
        return self._punctual(
            [self._graph.push(sound[first : first + _FRAME]) for first in range(0, whole, _FRAME)],
        )

    def flush(self) -> Samples:
        """Give what is left. Nothing may be fed afterwards."""
        rest = np.concatenate([*self._waiting, np.zeros(self._late, np.float32)])
        self._waiting, self._waiting_count = [], 0
        ready = [self._graph.push(rest)] if len(rest) else []
        return self._punctual([*ready, self._graph.flush()])

    def _punctual(self, parts: list[Samples]) -> Samples:
        """Without the silence a late filter begins with, and without what follows the end."""
        sound = np.concatenate([_NOTHING, *parts])
        dropped = min(self._to_drop, len(sound))
        self._to_drop -= dropped
        sound = sound[dropped : dropped + self._missing]
        self._missing -= len(sound)
        return sound


class _Graph:
    """A libav filter graph for one channel of 16 kHz float sound."""

    def __init__(self, chain: Chain) -> None:
        from av.filter import Graph

        graph = Graph()
        nodes = [
            graph.add(
                "abuffer",
                sample_rate=str(SAMPLE_RATE_HZ),
                sample_fmt="flt",
                channel_layout="mono",
                time_base=f"1/{SAMPLE_RATE_HZ}",
            )
        ]
        nodes += [graph.add(step.filter, step.settings) for step in chain]
        nodes.append(graph.add("aformat", sample_fmts="flt", sample_rates=str(SAMPLE_RATE_HZ), channel_layouts="mono"))
        nodes.append(graph.add("abuffersink"))
        graph.link_nodes(*nodes).configure()
        self._graph = graph

    def push(self, samples: Samples) -> Samples:
        from av import AudioFrame

        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        self._graph.push(frame)
        return self._ready()

    def flush(self) -> Samples:
        self._graph.push(None)
        return self._ready()

    def _ready(self) -> Samples:
        from av import AudioFrame
        from av.error import BlockingIOError as NothingYet
        from av.error import EOFError as Ended

        parts: list[Samples] = []
        while True:
            try:
                frame = self._graph.pull()
            except (NothingYet, Ended):
                return np.concatenate([_NOTHING, *parts])
            assert isinstance(frame, AudioFrame)  # the graph has an audio sink
            parts.append(frame.to_ndarray().reshape(-1).astype(np.float32))


@cache
def _delay(chain: Chain) -> int:
    """How many samples late the chain's filters are together: where a click comes out.

    Measured, because libav does not tell and releases differ; filters with a look-ahead correct themselves.
    """
    click_at = SAMPLE_RATE_HZ // 2
    click = np.zeros(SAMPLE_RATE_HZ, np.float32)
    click[click_at] = 0.5
    graph = _Graph(chain)
    heard = np.concatenate([graph.push(click), graph.flush()])
    return max(0, int(np.argmax(np.abs(heard))) - click_at)
