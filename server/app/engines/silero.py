"""Speech detection with Silero VAD v6, the ONNX network that ships inside the faster-whisper wheel.

The network hears 32 ms frames, each with the 4 ms before it, and carries an LSTM state from frame to frame.
It was measured to be insensitive to level (a file at -50 dBFS gives the same probabilities as its loud twin,
while amplifying makes clipped and telephone speech *less* speech-like), so sound is taken as it is. Silence,
room tone, birdsong and brass stay below a probability of 0.1; telephone speech hovers around 0.5 for long
stretches, so the end threshold is low once speech has been established.

Network: Silero Team, "Silero VAD: pre-trained enterprise-grade Voice Activity Detector" (MIT licence).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..domain.audio import SAMPLE_RATE_HZ, Samples, Window
from ..domain.transcript import Span
from ..errors import EngineUnavailable, ModelMissing

FRAME_SAMPLES = 512
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE_HZ
_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (1, 1, 128)
_BATCH_FRAMES = 16
"""Frames evaluated together. Batches are counted from the first frame, never from the window's edge, so that
the same sound gives bit-identical results whatever the window sizes; half a second keeps live latency low."""
_HYSTERESIS = 0.2
_STRONG_SHARE = 0.5


class SileroDetector:
    """Finds speech in one channel; implements `engines.base.SpeechDetector`.

    Speech begins where the probability reaches `threshold` and lasts until it stays below `threshold` - 0.2
    for `min_silence_s`. A span is dropped as noise when it is shorter than `min_speech_s`, or when its frames
    that reach `threshold` add up to less than half of `min_speech_s`.

    Args:
        threshold: Probability that begins speech, 0..1.
        min_speech_s: Shortest speech kept, in seconds before padding.
        min_silence_s: Shortest silence that ends speech, in seconds.
        pad_s: Added on both sides; where two pads would meet, each span gets half of the pause.

    Raises:
        EngineUnavailable: onnxruntime can't be loaded, or the network is missing from the wheel.
    """

    def __init__(
        self,
        threshold: float = 0.5,
        min_speech_s: float = 0.2,
        min_silence_s: float = 0.3,
        pad_s: float = 0.2,
    ) -> None:
        self._network = _Network()
        self._tracker = _SpanTracker(threshold, min_speech_s, min_silence_s)
        self._padder = _Padder(pad_s)
        self._origin_s: float | None = None
        self._samples = 0
        self._waiting: Samples = np.zeros(0, np.float32)

    def feed(self, window: Window) -> list[Span]:
        """Speech spans that this window completed: absolute times, padded, sorted, without overlap."""
        if self._origin_s is None:
            self._origin_s = window.start_s
        self._samples += len(window.samples)
        self._waiting = np.concatenate([self._waiting, window.samples])
        whole = len(self._waiting) // (FRAME_SAMPLES * _BATCH_FRAMES) * FRAME_SAMPLES * _BATCH_FRAMES
        ready, self._waiting = self._waiting[:whole], self._waiting[whole:]
        found = []
        for at in range(0, whole, FRAME_SAMPLES * _BATCH_FRAMES):
            batch = ready[at : at + FRAME_SAMPLES * _BATCH_FRAMES]
            found += self._tracker.feed(self._network.probabilities(batch))
        return self._absolute(self._padder.feed(found, self._tracker.open_start_s, self._tracker.now_s))

    def flush(self) -> list[Span]:
        """Speech still open at the end of the recording."""
        found = []
        if len(self._waiting):
            missing = -len(self._waiting) % FRAME_SAMPLES
            found += self._tracker.feed(self._network.probabilities(np.pad(self._waiting, (0, missing))))
            self._waiting = self._waiting[:0]
        found += self._tracker.flush()
        return self._absolute(self._padder.flush(found, self._samples / SAMPLE_RATE_HZ))

    def _absolute(self, spans: list[Span]) -> list[Span]:
        origin_s = self._origin_s or 0.0
        return [Span(round(origin_s + s.start_s, 4), round(origin_s + s.end_s, 4)) for s in spans]


class _Network:
    """The ONNX network and the memory it carries from one batch of frames to the next."""

    def __init__(self) -> None:
        self._session = _open_session()
        self._h = np.zeros(_STATE_SHAPE, np.float32)
        self._c = np.zeros(_STATE_SHAPE, np.float32)
        self._context: Samples = np.zeros(_CONTEXT_SAMPLES, np.float32)

    def probabilities(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Speech probability of each frame; `samples` is a whole number of frames."""
        sound = np.concatenate([self._context, samples]).astype(np.float32, copy=False)
        frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME_SAMPLES + _CONTEXT_SAMPLES)
        feed = {"input": np.ascontiguousarray(frames[::FRAME_SAMPLES]), "h": self._h, "c": self._c}
        probabilities, self._h, self._c = self._session.run(None, feed)
        self._context = sound[-_CONTEXT_SAMPLES:]
        flat: npt.NDArray[np.float32] = np.asarray(probabilities, np.float32).ravel()
        return flat


def _open_session() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineUnavailable(
            f"Speech detection can't start: onnxruntime could not be loaded ({error}).",
            hint="Install it again: pip install --force-reinstall onnxruntime.",
        ) from error
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(_network_path()), providers=["CPUExecutionProvider"], sess_options=options)


def _network_path() -> Path:
    from importlib.util import find_spec

    spec = find_spec("faster_whisper")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    networks = [path for folder in folders for path in Path(folder, "assets").glob("silero_vad_v6*.onnx")]
    if not networks:
        raise ModelMissing(
            "The speech detection network is missing: it ships inside the faster-whisper package.",
            hint="Install it again: pip install --force-reinstall 'faster-whisper>=1.2.1'.",
        )
    return sorted(networks)[0]


@dataclass(slots=True)
class _OpenSpan:
    start: int
    strong: int = 0
    quiet_from: int | None = None


class _SpanTracker:
    """Turns frame probabilities into spans of speech, with hysteresis; times count from the first frame."""

    def __init__(self, threshold: float, min_speech_s: float, min_silence_s: float) -> None:
        self._start_at = threshold
        self._end_below = max(threshold - _HYSTERESIS, threshold / 3)
        self._min_speech = min_speech_s / FRAME_S
        self._min_silence = min_silence_s / FRAME_S
        self._frame = 0
        self._open: _OpenSpan | None = None

    @property
    def now_s(self) -> float:
        """Time up to which frames have been heard."""
        return self._frame * FRAME_S

    @property
    def open_start_s(self) -> float | None:
        """Where the speech that is going on began; None in silence."""
        return self._open.start * FRAME_S if self._open else None

    def feed(self, probabilities: npt.NDArray[np.float32]) -> list[Span]:
        """Spans that ended within these frames."""
        closed = []
        for probability in probabilities.tolist():
            if span := self._step(probability):
                closed.append(span)
            self._frame += 1
        return closed

    def flush(self) -> list[Span]:
        """The span that was still open."""
        span = self._close(self._frame) if self._open else None
        return [span] if span else []

    def _step(self, probability: float) -> Span | None:
        if self._open is None:
            if probability >= self._start_at:
                self._open = _OpenSpan(self._frame, strong=1)
            return None
        if probability >= self._end_below:
            self._open.quiet_from = None
            self._open.strong += probability >= self._start_at
            return None
        if self._open.quiet_from is None:
            self._open.quiet_from = self._frame
        if self._frame + 1 - self._open.quiet_from >= self._min_silence:
            return self._close(self._frame)
        return None

    def _close(self, frame: int) -> Span | None:
        span, self._open = self._open, None
        if span is None:
            return None
        end = frame if span.quiet_from is None else span.quiet_from
        long_enough = end - span.start >= self._min_speech
        sure_enough = span.strong >= _STRONG_SHARE * self._min_speech
        return Span(span.start * FRAME_S, end * FRAME_S) if long_enough and sure_enough else None


class _Padder:
    """Widens spans by a pad on both sides; neighbours closer than two pads share the pause between them."""

    def __init__(self, pad_s: float) -> None:
        self._pad_s = pad_s
        self._last: Span | None = None
        self._start_s = 0.0

    def feed(self, found: list[Span], open_start_s: float | None, now_s: float) -> list[Span]:
        """Spans whose padded end can't change any more.

        Args:
            found: Bare spans that ended.
            open_start_s: Start of the speech going on; it may yet be dropped as noise.
            now_s: Time heard so far; whatever begins later begins after it.
        """
        done = [padded for span in found if (padded := self._push(span))]
        horizon_s = now_s if open_start_s is None else open_start_s
        if self._last and horizon_s - self._last.end_s >= 2 * self._pad_s:
            done.append(Span(self._start_s, self._last.end_s + self._pad_s))
            self._last = None
        return done

    def flush(self, found: list[Span], duration_s: float) -> list[Span]:
        """The rest, clipped to the recording's length."""
        done = [padded for span in found if (padded := self._push(span))]
        if self._last:
            done.append(Span(self._start_s, self._last.end_s + self._pad_s))
            self._last = None
        clipped = [Span(s.start_s, min(s.end_s, duration_s)) for s in done]
        return [s for s in clipped if s.duration_s > 0]

    def _push(self, span: Span) -> Span | None:
        """Take the next bare span; returns the one before it, padded, if that was still waiting."""
        last, self._last = self._last, span
        if last is None:
            self._start_s = max(0.0, span.start_s - self._pad_s)
            return None
        pad_s = min(self._pad_s, (span.start_s - last.end_s) / 2)
        padded = Span(self._start_s, last.end_s + pad_s)
        self._start_s = span.start_s - pad_s
        return padded
