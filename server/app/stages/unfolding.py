"""A transcript while it is being made: what is known for good, read from the checkpoints of its job."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TypeVar

from ..audio.pcm import PcmFile
from ..domain.codec import from_json
from ..domain.options import TranscribeOptions
from ..domain.transcript import Segment
from ..engines.base import EngineInfo, RecognisedChunk
from ..errors import InvalidDocument
from .merge import merged
from .refine import spelled
from .segmentation import settled_segments
from .smoothing import Smoothing
from .transcribe import ENGINE_KEY, chunk_key
from .work import Diarized

T = TypeVar("T")


class Unfolding:
    """Tells the segments of a recording one after the other, each once nothing will change it.

    It takes the same steps as the stages `merge` and `refine`, on the chunks finished so far. The segments are those
    the transcript will begin with, unless another engine takes over in the middle of the work.

    Args:
        load: Reads a checkpoint of the job; None where there is none.
        options: The job's.
    """

    def __init__(self, load: Callable[[str], bytes | None], options: TranscribeOptions) -> None:
        self._load = load
        self._wish = Smoothing.of(options)
        self._chunks: list[RecognisedChunk] = []
        self._diarized: Diarized | None = None
        self._told = 0

    def look(self) -> tuple[Segment, ...]:
        """The segments that are known for good since the last look, in order."""
        if not self._grown():
            return ()
        engine = self._read(EngineInfo, ENGINE_KEY)
        self._diarized = self._diarized or self._read(Diarized, "diarize")
        if engine is None or self._diarized is None:
            return ()
        streams = spelled(merged(self._chunks, self._diarized, self._wish), engine)
        settled = settled_segments(streams, self._heard_s(), self._wish.min_run_words)
        new, self._told = settled[self._told :], max(self._told, len(settled))
        return new

    def _grown(self) -> bool:
        """Take further chunks, as far as they follow one another; whether there is anything to look at anew."""
        before = len(self._chunks)
        while (chunk := self._read(RecognisedChunk, chunk_key(len(self._chunks)))) is not None:
            self._chunks.append(chunk)
        return len(self._chunks) > before or (self._diarized is None and before > 0)

    def _heard_s(self) -> float:
        """No word to come on another channel starts before this: chunks are in order of their start."""
        sound = self._read(PcmFile, "decode")
        return inf if sound is not None and sound.channels == 1 else self._chunks[-1].chunk.start_s

    def _read(self, kind: type[T], key: str) -> T | None:
        data = self._load(key)
        if data is None:
            return None
        try:
            return from_json(kind, data)
        except InvalidDocument:  # written by another version; the transcript will tell
            return None
