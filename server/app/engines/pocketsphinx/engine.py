"""PocketSphinx as a speech engine: chunks in, words out, on all cores."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ...domain.audio import AudioReader, Chunk
from ...domain.cancellation import CancelToken
from ...domain.events import Emit, ModelLoaded, ignore
from ...domain.transcript import Word
from ...errors import EngineFailed, EngineUnavailable, WorkerCrashed
from ..base import EngineInfo, RecognisedChunk, RecogniseOptions
from .decoder import ChunkJob, DecodedWord
from .model import PocketSphinxModel, shipped
from .pool import MAX_RSS_BYTES, DecoderPool, DecoderProcess, answered
from .vocabulary import Expected, prepare

LANGUAGE = "en"
"""What the shipped model knows."""
_LOOK_S = 0.2
_ATTEMPTS = 2
_LAST_CHUNKS = 5
"""So many for each process, at the end of a recording, are decoded from long to short."""


class PocketSphinxEngine:
    """The embedded recogniser; implements `engines.base.SpeechEngine`. US English, draft quality.

    Each chunk is decoded alone, from a decoder in its initial state, so the same chunk gives the same words
    whichever process decodes it and whatever came before. A crash or hang costs one try of one chunk.

    Args:
        processes: Decoder processes, each up to 500 MB; 0 takes one per core this process may use.
        model: What to recognise with; None means the shipped model of US English.

    Raises:
        EngineUnavailable: The pocketsphinx package or its model is missing.
    """

    def __init__(self, processes: int = 0, model: PocketSphinxModel | None = None) -> None:
        _check_installed()
        self._model = model or shipped()
        self._pool = DecoderPool(processes or len(os.sched_getaffinity(0)))
        self._emit: Emit = ignore

    @property
    def info(self) -> EngineInfo:
        """Name, model, device and precision in use."""
        return EngineInfo("pocketsphinx", self._model.name, "cpu", "int8", "draft", punctuates=False)

    def tell(self, emit: Emit) -> None:
        """Tell `emit` from now on when decoders had to be started."""
        self._emit = emit

    def recognise(
        self, audio: AudioReader, chunks: Iterable[Chunk], options: RecogniseOptions, cancel: CancelToken
    ) -> Iterator[RecognisedChunk]:
        """Recognise chunks in parallel; yields each when done, in any order. One per process in flight.

        Raises:
            EngineUnavailable: The language asked for is not the model's.
            InvalidOption: The vocabulary can't be used.
            Cancelled: Within 2 s of `cancel` being set.
            EngineFailed: A chunk failed twice; the chunks already yielded stand.
        """
        _check_language(options.language, self._model.language)
        _check_task(options.task)
        expected = prepare(options.vocabulary, self._model.dictionary) if options.vocabulary else ()
        run = _Run(self._pool, audio, _Task(options.mode, self._model, expected), cancel, self._started)
        try:
            yield from run.results(iter(long_ones_before_the_end(chunks, self._pool.size)))
        finally:
            run.abandon()

    def _started(self, start_s: float) -> None:
        self._emit(ModelLoaded(model=self._model.name, device="cpu", wall_s=start_s))

    def close(self) -> None:
        """End the decoder processes. The engine can't be used afterwards."""
        self._pool.close()


def long_ones_before_the_end(chunks: Iterable[Chunk], processes: int) -> Iterable[Chunk]:
    """Chunks in order, but the last few from long to short, so that all processes end at about the same time.

    Args:
        chunks: In order of the recording. What comes piece by piece (live) is left as it comes.
        processes: How many chunks are decoded at the same time.
    """
    if not isinstance(chunks, Sequence) or processes < 2:
        return chunks
    last = max(0, len(chunks) - _LAST_CHUNKS * processes)
    return [*chunks[:last], *sorted(chunks[last:], key=lambda chunk: -chunk.duration_s)]


@dataclass(frozen=True, slots=True)
class _Task:
    """What is the same for all chunks of a run."""

    mode: Literal["fast", "balanced", "accurate"]
    model: PocketSphinxModel
    expected: tuple[Expected, ...]


class _Run:
    """One call of `recognise`: which decoder works on which chunk.

    Args:
        on_start: Told once how long decoders took to start, if any had to: they start side by side.
    """

    def __init__(
        self,
        pool: DecoderPool,
        audio: AudioReader,
        task: _Task,
        cancel: CancelToken,
        on_start: Callable[[float], None],
    ) -> None:
        self._pool = pool
        self._audio = audio
        self._task = task
        self._cancel = cancel
        self._on_start: Callable[[float], None] | None = on_start
        self._busy: dict[DecoderProcess, tuple[Chunk, int]] = {}
        self._again: list[tuple[Chunk, int]] = []

    def results(self, chunks: Iterator[Chunk]) -> Iterator[RecognisedChunk]:
        """The recognised chunks, in the order in which they get done."""
        more = True
        while more or self._busy or self._again:
            self._cancel.check()
            more = self._hand_out(chunks) if more or self._again else more
            if not self._busy:
                if self._again or more:
                    self._wait_for_others()
                continue
            for decoder in answered(list(self._busy), _LOOK_S):
                if done := self._collect(decoder):
                    yield done
            for decoder in [d for d in self._busy if d.hung]:
                self._retry(decoder, WorkerCrashed("A PocketSphinx decoder process stopped answering."))

    def abandon(self) -> None:
        """End the decoders still at work: nobody wants their results any more."""
        for decoder in self._busy:
            self._pool.discard(decoder)
        self._busy.clear()

    def _hand_out(self, chunks: Iterator[Chunk]) -> bool:
        """Give every free decoder a chunk; False when `chunks` is exhausted."""
        while decoder := self._pool.take():
            if self._again:
                chunk, attempt = self._again.pop()
            elif following := next(chunks, None):
                chunk, attempt = following, 1
            else:
                self._pool.give_back(decoder)
                return False
            self._busy[decoder] = (chunk, attempt)
            try:
                decoder.start(self._job(chunk))
            except WorkerCrashed as error:
                self._retry(decoder, error)
            self._cancel.check()
        return True

    def _wait_for_others(self) -> None:
        """All decoders work for other runs: look again soon."""
        if self._pool.closed:
            raise EngineFailed("The PocketSphinx engine was closed while it was at work.")
        time.sleep(_LOOK_S / 4)

    def _job(self, chunk: Chunk) -> ChunkJob:
        samples = self._audio.read(chunk.start_s, chunk.end_s, chunk.channel)
        return ChunkJob(samples, self._task.mode, self._task.model, self._task.expected)

    def _collect(self, decoder: DecoderProcess) -> RecognisedChunk | None:
        """Take a decoder's answer; None when it crashed and the chunk is tried again."""
        fresh = decoder.start_s is None
        try:
            reply = decoder.reply()
        except WorkerCrashed as error:
            self._retry(decoder, error)
            return None
        if fresh and decoder.start_s is not None and self._on_start is not None:
            self._on_start(decoder.start_s)
            self._on_start = None
        chunk, _ = self._busy.pop(decoder)
        if reply.rss_bytes > MAX_RSS_BYTES:
            self._pool.discard(decoder)
        else:
            self._pool.give_back(decoder)
        if reply.error:
            raise reply.error
        return RecognisedChunk(chunk, _absolute(reply.words, chunk), self._task.model.language)

    def _retry(self, decoder: DecoderProcess, error: EngineFailed) -> None:
        chunk, attempt = self._busy.pop(decoder)
        self._pool.discard(decoder)
        if attempt >= _ATTEMPTS or self._pool.closed:
            raise EngineFailed(
                f"PocketSphinx failed {attempt} times on the chunk at {chunk.start_s:.1f} s: {error.message}",
                hint=error.hint or "Try another engine, or report this with the recording.",
            ) from error
        self._again.append((chunk, attempt + 1))


def _absolute(words: tuple[DecodedWord, ...], chunk: Chunk) -> tuple[Word, ...]:
    """Words with times in the recording, kept within the chunk."""
    length_s = chunk.duration_s
    return tuple(
        Word(
            round(chunk.start_s + min(w.start_s, length_s), 3),
            round(chunk.start_s + min(w.end_s, length_s), 3),
            w.text,
            w.confidence,
        )
        for w in words
    )


def _check_installed() -> None:
    from importlib.util import find_spec

    if find_spec("pocketsphinx") is None:
        raise EngineUnavailable(
            "The embedded recogniser can't run: the package pocketsphinx is not installed.",
            hint="Install it: pip install 'pocketsphinx>=5.1'.",
        )


def _check_language(language: str | None, known: str) -> None:
    if language and language.lower().replace("_", "-").partition("-")[0] != known:
        raise EngineUnavailable(
            f"The embedded recogniser's model knows {'English' if known == 'en' else known} only, not '{language}'.",
            hint="Use a Whisper model for other languages: --engine whisper.",
        )


def _check_task(task: str) -> None:
    if task != "transcribe":
        raise EngineUnavailable(
            f"The embedded recogniser can't {task}.", hint="Use a Whisper model: --engine whisper --model small."
        )
