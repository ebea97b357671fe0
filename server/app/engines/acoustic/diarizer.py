"""The embedded diarizer: who spoke when, from this recording alone, without any trained weights.

How it decides is told in `labelling`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...domain.audio import Window
from ...domain.cancellation import CancelToken
from ...domain.transcript import Span, Speaker, Turn
from ..base import Diarization, EngineInfo, SpeakerCount
from .embedding import MODEL, voice_vector
from .features import FRAME_S, FeatureStream
from .labelling import Labelling
from .segmentation import map_speech, turns_of


class AcousticDiarizer:
    """Tells speakers apart by their cepstra; implements `engines.base.Diarizer`."""

    @property
    def info(self) -> EngineInfo:
        """It runs on the CPU in single precision and has no model but the recording."""
        return EngineInfo("acoustic", "", "cpu", "float32", "good", MODEL)

    def open(self, cancel: CancelToken) -> AcousticSession:
        """Begin a recording."""
        return AcousticSession(cancel)

    def close(self) -> None:
        """Nothing is kept warm."""


class AcousticSession:
    """One recording being diarized; implements `engines.base.DiarizationSession`."""

    def __init__(self, cancel: CancelToken) -> None:
        self._cancel = cancel
        self._stream = FeatureStream()
        self._start_s: float | None = None

    def feed(self, window: Window) -> None:
        """Take the next window; 4 kB per second are kept.

        Raises:
            Cancelled: Somebody asked to stop.
        """
        self._cancel.check()
        if self._start_s is None:
            self._start_s = window.start_s
        self._stream.feed(window.samples)

    def flush(self, speech: Sequence[Span], count: SpeakerCount) -> Diarization:
        """Decide on turns within the given speech.

        Every moment of `speech` gets one speaker. Fewer than `count.minimum` speakers are found only where
        there is too little speech for so many.

        Raises:
            Cancelled: Somebody asked to stop.
        """
        start_s = self._start_s or 0.0
        cepstra, loudness = self._stream.table()
        local = [Span(s.start_s - start_s, s.end_s - start_s) for s in speech]
        mapped = map_speech(local, len(cepstra))
        if len(mapped) == 0:
            return Diarization((), ())
        labels = Labelling(mapped, cepstra, loudness, count, self._cancel.check).labels()
        turns = turns_of(mapped, labels, start_s)
        return Diarization(tuple(turns), _speakers(turns, cepstra, start_s))


def _speakers(turns: Sequence[Turn], cepstra: npt.NDArray[np.float16], start_s: float) -> tuple[Speaker, ...]:
    by_id: dict[str, list[Turn]] = {}
    for turn in turns:
        by_id.setdefault(turn.speaker, []).append(turn)
    speakers = []
    for n, (name, own) in enumerate(by_id.items(), 1):
        rows = [cepstra[_row(t.start_s - start_s) : _row(t.end_s - start_s)] for t in own]
        seconds = round(sum(t.duration_s for t in own), 3)
        speakers.append(Speaker(name, f"Speaker {n}", seconds, voice_vector(np.concatenate(rows)), MODEL))
    return tuple(speakers)


def _row(seconds: float) -> int:
    return max(0, round(seconds / FRAME_S))
