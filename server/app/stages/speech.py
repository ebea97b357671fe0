"""Fourth stage: where somebody speaks, cut into chunks at pauses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..domain.audio import AudioReader, Chunk
from ..domain.transcript import Span
from ..engines.base import SpeechDetector
from .base import ProgressReporter, Stage, StageContext
from .chunking import ChunkBuilder
from .crosstalk import CrosstalkGate
from .work import Work


class SpeechStage(Stage[tuple[Chunk, ...]]):
    """Runs a speech detector over every channel.

    Args:
        open_detector: Makes a detector.
        max_chunk_s: Longest chunk, in seconds.
        setup: What `open_detector` was set up with.
    """

    name = "speech"
    after = ("enhance",)
    leaves = "chunks"
    result_type = tuple[Chunk, ...]
    cached = True

    def __init__(
        self, open_detector: Callable[[], SpeechDetector], max_chunk_s: float, setup: tuple[float, ...] = ()
    ) -> None:
        self._open_detector = open_detector
        self._max_chunk_s = max_chunk_s
        self._setup = setup

    def basis(self, work: Work) -> list[float]:  # noqa: ARG002
        """The detector's settings and the longest chunk."""
        return [*self._setup, self._max_chunk_s]

    def run(self, work: Work, context: StageContext) -> tuple[Chunk, ...]:
        """Find the chunks of all channels, numbered in order of time."""
        audio = work.audio
        report = ProgressReporter(self.name, context, audio.duration_s * audio.channels)
        spans = [self._listen(audio, channel, report, context) for channel in range(audio.channels)]
        if audio.channels > 1:
            spans = CrosstalkGate.of(audio, context.cancel).keep_own(spans)
        chunks = [chunk for channel, own in enumerate(spans) for chunk in self._cut(own, channel)]
        chunks.sort(key=lambda chunk: (chunk.start_s, chunk.channel))
        return tuple(replace(chunk, index=index) for index, chunk in enumerate(chunks))

    def _listen(self, audio: AudioReader, channel: int, report: ProgressReporter, context: StageContext) -> list[Span]:
        detector = self._open_detector()
        spans: list[Span] = []
        for window in audio.windows(channel=channel):
            context.cancel.check()
            spans.extend(detector.feed(window))
            report(channel * audio.duration_s + window.end_s)
        return spans + detector.flush()

    def _cut(self, spans: list[Span], channel: int) -> list[Chunk]:
        builder = ChunkBuilder(self._max_chunk_s, channel=channel)
        return [*builder.feed(spans), *builder.flush()]


def speech_of(chunks: tuple[Chunk, ...], channel: int = 0) -> list[Span]:
    """All detected speech of one channel, in order."""
    return [span for chunk in chunks if chunk.channel == channel for span in chunk.speech]
