"""The `SpeechEngine` on Whisper."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from ...domain.audio import AudioReader, Chunk
from ...domain.cancellation import CancelToken
from ...domain.events import BatchDecoded, Emit, ignore
from ...errors import EngineFailed
from ..base import EngineInfo, RecognisedChunk, RecogniseOptions
from .batching import Pace
from .network import Network
from .prompts import Vocabulary
from .recording import RecordingRun

_SMALL_WIDTH = 512
_FIRST_WINDOWS = 4
_CLOSING_S = 1.0
_LOOK_S = 0.02


class WhisperEngine:
    """Recognises speech with any Whisper model in CTranslate2's format, on the CPU or a GPU.

    Every chunk is heard for itself, without the text before it, so that an error does not feed itself and a
    chunk's words do not depend on its neighbours. Chunks are decoded in batches of about five seconds' work.
    """

    def __init__(
        self,
        model_dir: Path,
        *,
        device: Literal["cpu", "cuda"] = "cpu",
        device_index: int = 0,
        precision: str = "auto",
        threads: int = 1,
        batch_size: int = 8,
    ) -> None:
        """Load a model.

        Args:
            model_dir: Folder of the model.
            device: Where it runs.
            device_index: Which GPU, from 0.
            precision: `auto`, or one of those the device supports.
            threads: CPU threads to use.
            batch_size: Most windows of 30 s decoded together.

        Raises:
            ModelMissing: There is no model in the folder.
            ModelBroken: A file of it is damaged; the message names it.
            UnknownName: The device can't compute in that precision.
            OutOfDeviceMemory: The model does not fit into the device's memory.
            EngineUnavailable: The device can't be used at all.
        """
        self._network = Network(
            model_dir, device=device, device_index=device_index, precision=precision, threads=threads
        )
        self._device = device if device == "cpu" else f"{device}:{device_index}"
        self._vocabulary = Vocabulary(self._network.tokenizer, self._network.multilingual)
        quick = device == "cuda" or self._network.facts.width <= _SMALL_WIDTH
        clock = time.monotonic if device == "cuda" else lambda: time.process_time() / max(threads, 1)
        self._pace = Pace(_FIRST_WINDOWS if quick else 1, batch_size, clock)
        self._runs: set[RecordingRun] = set()
        self._closed = False
        self._emit: Emit = ignore

    @property
    def info(self) -> EngineInfo:
        """Name, model, device and precision in use."""
        facts = self._network.facts
        precision = self._network.precision
        return EngineInfo("whisper", facts.name, self._device, precision, facts.quality, window_s=facts.window_s)

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages the model knows."""
        return self._vocabulary.languages

    def tell(self, emit: Emit) -> None:
        """Tell `emit` of every batch from now on."""
        self._emit = emit

    def recognise(
        self, audio: AudioReader, chunks: Iterable[Chunk], options: RecogniseOptions, cancel: CancelToken
    ) -> Iterator[RecognisedChunk]:
        """Recognise the chunks in order; see `SpeechEngine.recognise`.

        When no language is given, up to eight windows of 30 s are pulled before the first is decoded.

        Raises:
            Cancelled: Within a fifth of a second of `cancel` being set.
            UnknownName: The model does not know the language.
            InvalidOption: The model can't translate.
            OutOfDeviceMemory: The device's memory did not suffice; a smaller batch may fit.
            DeviceLost: The device stopped working.
            EngineFailed: Anything else; the chunks already yielded stand.
        """
        if self._closed:
            raise EngineFailed("The Whisper engine was closed.")
        run = RecordingRun(self._network, self._vocabulary, self._pace, options, cancel, on_batch=self._decoded)
        return self._tracked(run, audio, chunks)

    def _tracked(self, run: RecordingRun, audio: AudioReader, chunks: Iterable[Chunk]) -> Iterator[RecognisedChunk]:
        self._runs.add(run)
        try:
            yield from run.results(audio, chunks)
        finally:
            self._runs = {other for other in self._runs if other.busy}

    def _decoded(self, windows: int, wall_s: float) -> None:
        model = self._network.facts.name
        self._emit(BatchDecoded(model=model, device=self._device, windows=windows, wall_s=wall_s))

    def close(self) -> None:
        """Free the memory. A call that still runs is waited for, for a second, and then left to itself."""
        self._closed = True
        until = time.monotonic() + _CLOSING_S
        while any(run.busy for run in self._runs) and time.monotonic() < until:
            time.sleep(_LOOK_S)
        if any(run.busy for run in self._runs):
            self._network.abandon()
        else:
            self._network.close()
