"""Trying a model: load it in a process of its own and transcribe a few seconds with it."""

from __future__ import annotations

import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..domain.audio import SAMPLE_RATE_HZ, Samples
from ..domain.cancellation import CancelToken
from .errand import answer, run_errand


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it.

    Attributes:
        text: What was heard; "" for models that tell speakers apart.
        load_s: Seconds until the model was ready.
        work_s: Seconds the fastest of the runs took.
        sound_s: Length of the sample in seconds.
    """

    text: str
    load_s: float
    work_s: float
    sound_s: float

    @property
    def realtime_factor(self) -> float:
        """Seconds of work per second of sound."""
        return self.work_s / self.sound_s


def try_model(
    engine: str, path: Path, sound: Path, *, language: str | None, runs: int = 1, cancel: CancelToken
) -> Trial:
    """Load a model and transcribe with it, on the CPU.

    Args:
        engine: Our name of the engine.
        path: The model's folder.
        sound: 16 kHz mono: a `.wav`, or raw int16.
        language: What is spoken; None lets the model detect it.
        runs: How often to transcribe, for benchmarks.
        cancel: Stops it at once.

    Raises:
        Refused: It can't be loaded or used; the message says why.
        WorkerCrashed: It crashed the library that reads it.
    """
    request = {"engine": engine, "path": str(path), "sound": str(sound), "language": language, "runs": runs}
    return Trial(**run_errand(__name__, request, cancel))


def _work(request: dict[str, Any]) -> dict[str, Any]:
    samples = _read(Path(request["sound"]))
    started = time.perf_counter()
    hear = _LOADERS[request["engine"]](Path(request["path"]), request["language"])
    load_s = time.perf_counter() - started
    times = []
    for _ in range(request["runs"]):
        started = time.perf_counter()
        text = hear(samples)
        times.append(time.perf_counter() - started)
    return {"text": text, "load_s": load_s, "work_s": min(times), "sound_s": len(samples) / SAMPLE_RATE_HZ}


def _read(path: Path) -> Samples:
    import numpy as np

    if path.suffix == ".wav":
        with wave.open(str(path)) as sound:
            data = sound.readframes(sound.getnframes())
    else:
        data = path.read_bytes()
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


def _whisper(path: Path, language: str | None) -> Callable[[Samples], str]:
    from faster_whisper import WhisperModel

    model = WhisperModel(str(path), device="cpu", compute_type="int8", local_files_only=True)

    def hear(samples: Samples) -> str:
        segments, _info = model.transcribe(
            samples, language=language, beam_size=1, temperature=0.0, condition_on_previous_text=False
        )
        return " ".join(segment.text.strip() for segment in segments)

    return hear


def _pocketsphinx(path: Path, language: str | None) -> Callable[[Samples], str]:
    from .pocketsphinx.decoder import ChunkDecoder, ChunkJob
    from .pocketsphinx.model import model_in

    decoder, model = ChunkDecoder(), model_in(path, language or "en")

    def hear(samples: Samples) -> str:
        return " ".join(word.text for word in decoder.decode(ChunkJob(samples, "fast", model)))

    return hear


def _sherpa(path: Path, _language: str | None) -> Callable[[Samples], str]:
    import onnxruntime

    for name in ("segmentation.onnx", "embedding.onnx"):
        try:
            onnxruntime.InferenceSession(str(path / name), providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ValueError(f"'{name}' can't be loaded: {error}") from error
    return lambda _samples: ""


_LOADERS: dict[str, Callable[[Path, str | None], Callable[[Samples], str]]] = {
    "whisper": _whisper,
    "pocketsphinx": _pocketsphinx,
    "sherpa": _sherpa,
}

if __name__ == "__main__":
    answer(_work)
