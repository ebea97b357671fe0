"""A speech engine that does not give up: when one step fails for want of memory or of its device, the next one goes on.

What was recognised stands. The chunks that were under way when a step failed are the first the next one is given.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..domain.audio import AudioReader, Chunk
from ..domain.cancellation import CancelToken
from ..domain.events import Emit, ignore
from ..domain.transcript import Fallback
from ..errors import AudapolisError, EngineFailed, EngineUnavailable, OutOfDeviceMemory, OutOfMemory
from .base import EngineInfo, RecognisedChunk, RecogniseOptions, SpeechEngine
from .devices import Device
from .measured import Measured
from .warm import Loaded, Place, WarmEngines

log = logging.getLogger(__name__)

NO_MEMORY = (OutOfDeviceMemory, OutOfMemory, MemoryError)
FAILURES = (EngineFailed, EngineUnavailable, MemoryError)
"""What the next step may cure. Nothing else is caught: cancelling and wrong options are not failures of a device."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to recognise: an engine, where, and how economically.

    Attributes:
        info: What it is expected to be, for who asks before it runs.
        family: Steps of one family differ in the memory they take; when something else fails, all of them do.
        languages: What it can be used for; empty for all.
        speed: Seconds of sound it is expected to do in a second.
    """

    place: Place[SpeechEngine]
    info: EngineInfo
    family: str
    languages: tuple[str, ...] = ()
    speed: float = 1.0

    @property
    def name(self) -> str:
        """How people call it."""
        return self.place.what

    def speaks(self, language: str | None) -> bool:
        """Whether it can be used for a language, given by code; None where it is not known."""
        if not self.languages or language is None:
            return True
        return language.lower().replace("_", "-").partition("-")[0] in self.languages


class LadderEngine:
    """A `SpeechEngine` over a list of steps, each opened when the one before fails. For one recording.

    Args:
        plan: The steps for so many seconds of speech (None when it is not known), best first; asked once.
        engines: Opens them, or has them warm.
        measured: Learns from what is seen.
        on_fallback: Told of each step down, as soon as it is taken.
        on_wait: Told now and then while memory of a device is waited for.
        on_engine: Told of an engine that is at work now and is not what `info` promised before.
        tell: Told of models and batches of windows.
    """

    def __init__(
        self,
        plan: Callable[[float | None], Sequence[Rung]],
        engines: WarmEngines[SpeechEngine],
        measured: Measured,
        on_fallback: Callable[[Fallback], None],
        on_wait: Callable[[Device], None],
        *,
        on_engine: Callable[[EngineInfo], None] = lambda _info: None,
        tell: Emit = ignore,
    ) -> None:
        self._plan = plan
        self._engines = engines
        self._measured = measured
        self._on_fallback = on_fallback
        self._on_wait = on_wait
        self._on_engine = on_engine
        self._tell = tell
        self._fallbacks: list[Fallback] = []
        self._info: EngineInfo | None = None
        self._promised: EngineInfo | None = None
        self._heard: dict[str, int] = {}

    @property
    def info(self) -> EngineInfo:
        """What runs, or ran last; before anything ran, what is going to."""
        return self._info or self._plan(None)[0].info

    @property
    def fallbacks(self) -> tuple[Fallback, ...]:
        """The steps down taken so far."""
        return tuple(self._fallbacks)

    def recognise(
        self, audio: AudioReader, chunks: Iterable[Chunk], options: RecogniseOptions, cancel: CancelToken
    ) -> Iterator[RecognisedChunk]:
        """Recognise chunks; see `SpeechEngine.recognise`. With no chunks nothing is loaded.

        Raises:
            AudapolisError: What the last step failed with.
        """
        sound_s = sum(chunk.duration_s for chunk in chunks) if isinstance(chunks, Sequence) else None
        work = _Work(chunks)
        if work.nothing_left():
            return
        self._promised = self.info
        steps = list(self._plan(sound_s))
        if not steps:
            raise EngineUnavailable("There is nothing left that could recognise speech here.", hint="Start it anew.")
        while True:
            try:
                yield from self._step(steps[0], work, audio, options, cancel)
            except FAILURES as error:
                steps = self._down(steps, error, options)
                work.take_back()
            else:
                return

    def close(self) -> None:
        """Nothing: the engines belong to `WarmEngines`."""

    def _step(
        self, rung: Rung, work: _Work, audio: AudioReader, options: RecogniseOptions, cancel: CancelToken
    ) -> Iterator[RecognisedChunk]:
        loaded = self._engines.take(rung.place, cancel, work.left_s / max(rung.speed, 1e-3), self._on_wait, self._tell)
        self._info = loaded.engine.info
        if self._info != self._promised:
            self._promised = self._info
            self._on_engine(self._info)
        failure: BaseException | None = None
        stopwatch = _Stopwatch()
        try:
            with _ended(loaded.engine.recognise(audio, work, self._told(options), cancel)) as results:
                while (result := stopwatch.time(lambda: next(results, None))) is not None:
                    work.done(result.chunk)
                    stopwatch.sound_s += result.chunk.duration_s
                    self._heard[result.language] = self._heard.get(result.language, 0) + len(result.words)
                    self._engines.look(loaded)
                    yield result
        except FAILURES as error:
            failure = error
            raise
        finally:
            self._learn(rung, loaded, stopwatch)
            self._engines.give_back(loaded, failure)

    def _told(self, options: RecogniseOptions) -> RecogniseOptions:
        """A later step goes on in the language the first one heard."""
        if options.per_segment_language:
            return options
        return replace(options, language=self._language(options))

    def _learn(self, rung: Rung, loaded: Loaded[SpeechEngine], stopwatch: _Stopwatch) -> None:
        if loaded.lease is None:
            return
        if loaded.peak_bytes:
            self._measured.note_memory(rung.name, loaded.peak_bytes)
        self._measured.note_speed(rung.name, stopwatch.sound_s, stopwatch.wall_s)

    def _down(self, steps: list[Rung], error: BaseException, options: RecogniseOptions) -> list[Rung]:
        """The steps left after the first of them failed.

        Raises:
            AudapolisError: There is none, or none for this language.
        """
        failed, *others = steps
        if not isinstance(error, NO_MEMORY):
            others = [rung for rung in others if rung.family != failed.family]
        others = [rung for rung in others if rung.place.device.key not in self._engines.lost]
        others = [rung for rung in others if rung.speaks(self._language(options))]
        if not others:
            if isinstance(error, AudapolisError):
                raise error
            raise OutOfMemory(
                "There was not enough memory.", hint="Close other programs, or take a smaller model."
            ) from error
        fallback = Fallback(failed.name, others[0].name, _reason(error))
        log.warning("%s failed: %s Going on with %s", failed.name, fallback.reason, others[0].name)
        self._fallbacks.append(fallback)
        self._info = others[0].info
        self._on_fallback(fallback)
        return others

    def _language(self, options: RecogniseOptions) -> str | None:
        """The language of the recording as far as it is known."""
        return options.language or max(self._heard, key=lambda language: self._heard[language], default=None)


class _Work:
    """Chunks to be done: handed out once, and again when whoever had them failed."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self._fresh = iter(chunks)
        self._again: list[Chunk] = []
        self._out: dict[int, Chunk] = {}
        self._all_s = sum(chunk.duration_s for chunk in chunks) if isinstance(chunks, Sequence) else 0.0
        self._done_s = 0.0

    def __iter__(self) -> Iterator[Chunk]:
        return self

    def __next__(self) -> Chunk:
        chunk = self._again.pop(0) if self._again else next(self._fresh)
        self._out[chunk.index] = chunk
        return chunk

    @property
    def left_s(self) -> float:
        """Seconds of speech still to be done, as far as that is known."""
        return max(0.0, self._all_s - self._done_s)

    def nothing_left(self) -> bool:
        """Whether there is no chunk; takes one to see."""
        first = next(self, None)
        self.take_back()
        return first is None

    def done(self, chunk: Chunk) -> None:
        """A chunk's words are known."""
        self._out.pop(chunk.index, None)
        self._done_s += chunk.duration_s

    def take_back(self) -> None:
        """Whoever had chunks does not do them."""
        self._again = [*self._out.values(), *self._again]
        self._out = {}


class _Stopwatch:
    """Time spent recognising, without the time results wait to be fetched."""

    def __init__(self) -> None:
        self.wall_s = 0.0
        self.sound_s = 0.0

    def time(self, fetch: Callable[[], RecognisedChunk | None]) -> RecognisedChunk | None:
        """Do something and count the time."""
        begun = time.monotonic()
        try:
            return fetch()
        finally:
            self.wall_s += time.monotonic() - begun


@contextmanager
def _ended(results: Iterator[RecognisedChunk]) -> Iterator[Iterator[RecognisedChunk]]:
    """An engine's results, told at the end that nobody wants more of them."""
    try:
        yield results
    finally:
        end = getattr(results, "close", None)
        if end is not None:
            end()


def _reason(error: BaseException) -> str:
    return error.message if isinstance(error, AudapolisError) else "There was not enough memory."
