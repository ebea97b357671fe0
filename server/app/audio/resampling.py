"""libav frames in, 16 kHz float32 blocks out, through one libav filter graph. Runs in the child process only."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.filter import Graph

from ..domain.sampling import SAMPLE_RATE_HZ

Block = npt.NDArray[np.float32]
"""Shape (frames, channels)."""

_PUSHES_PER_PULL = 16
_PLAIN_LAYOUTS = frozenset({"mono", "stereo", "1 channels", "2 channels"})


class Resampler:
    """Converts a run of frames of one format, in blocks of a second. A change of format needs a new one.

    Never hands libav's own planes of many channels to numpy: PyAV can crash there.

    Args:
        template: A frame of the format to come.
        channels: How many channels to make: as many as there are keeps each as it is, 1 mixes them.
    """

    def __init__(self, template: AudioFrame, channels: int) -> None:
        self._key = _format(template)
        self._channels = channels
        self._waiting = 0
        self._graph = Graph()
        self._graph.link_nodes(*self._nodes(template)).configure()

    def takes(self, frame: AudioFrame) -> bool:
        """Whether the frame has the format this was made for."""
        return _format(frame) == self._key

    def push(self, frame: AudioFrame) -> Iterator[Block]:
        """Give the next frame; yields blocks as they become ready."""
        frame.pts = None  # the timeline keeps time; inside, samples only follow each other
        self._graph.push(frame)
        self._waiting += 1
        if self._waiting >= _PUSHES_PER_PULL:
            self._waiting = 0
            yield from self._ready()

    def flush(self) -> Iterator[Block]:
        """Yields the rest. Nothing may be pushed afterwards."""
        self._graph.push(None)
        yield from self._ready()

    def _nodes(self, frame: AudioFrame) -> list[av.filter.context.FilterContext]:
        graph, layout = self._graph, frame.layout
        nodes = [
            graph.add(
                "abuffer",
                sample_rate=str(frame.sample_rate),
                sample_fmt=frame.format.name,
                channel_layout=layout.name,
                time_base=f"1/{frame.sample_rate}",
            )
        ]
        mapping = _channel_map(layout.name, layout.nb_channels, self._channels)
        if mapping:
            nodes.append(graph.add("pan", mapping))
        # rematrix_maxval: a sum of channels must not exceed full scale
        nodes.append(graph.add("aresample", f"{SAMPLE_RATE_HZ}:rematrix_maxval=1.0"))
        wanted = {1: "mono", 2: "stereo"}.get(self._channels)
        shape = {"channel_layouts": wanted} if wanted else {}
        nodes.append(graph.add("aformat", sample_rates=str(SAMPLE_RATE_HZ), sample_fmts="flt", **shape))
        nodes.append(graph.add("asetnsamples", f"n={SAMPLE_RATE_HZ}:p=0"))
        nodes.append(graph.add("abuffersink"))
        return nodes

    def _ready(self) -> Iterator[Block]:
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, AudioFrame)  # the graph has an audio sink
            yield frame.to_ndarray().reshape(-1, self._channels).astype(np.float32, copy=False)


def _format(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _channel_map(layout: str, source: int, wanted: int) -> str | None:
    """Arguments for libav's `pan` where its matrix for named layouts is wrong or missing, else None.

    Channels in no stated order are microphones of unknown place: the matrix would guess a cinema layout and drop
    one of them as a subwoofer; their average keeps all. As many channels out as in are kept as they are.
    """
    if wanted == source:
        if layout in _PLAIN_LAYOUTS or wanted > 2:
            return None
        names = {1: "mono", 2: "stereo"}[wanted]
        return f"{names}|" + "|".join(f"c{index}=c{index}" for index in range(source))
    if source > 2 and layout.endswith((" channels", "ambisonic")) and wanted in {1, 2}:
        average = "+".join(f"{1 / source:.6f}*c{index}" for index in range(source))
        return {1: f"mono|c0={average}", 2: f"stereo|c0={average}|c1={average}"}[wanted]
    return None
