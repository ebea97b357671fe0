"""One call of `recognise`: chunks become windows, windows go in batches, and come back as chunks' words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ...domain.audio import AudioReader, Chunk
from ...domain.cancellation import CancelToken
from ...domain.transcript import Word
from ...errors import InvalidOption
from ..base import RecognisedChunk, RecogniseOptions
from .batching import Background, Pace
from .hearing import LanguageCheck, Probabilities, decided, look_ahead
from .languages import language_code
from .network import Features, Network
from .prompts import Vocabulary, text_before
from .understanding import ReadyWindow, Understanding, Understood
from .windows import HeardWindow, windows_of

_WITHOUT_TRANSLATION = ("turbo", "distil")


class RecordingRun:
    """Recognises the chunks of one recording.

    Args:
        network: The model.
        vocabulary: Its tokens.
        pace: How many windows go together; learns from this run.
        options: What is wanted.
        cancel: Stops it.
        on_batch: Told how many windows were decoded together, and how long that took in seconds.

    Raises:
        UnknownName: The model does not know the language.
        InvalidOption: The model can't translate.
    """

    def __init__(
        self,
        network: Network,
        vocabulary: Vocabulary,
        pace: Pace,
        options: RecogniseOptions,
        cancel: CancelToken,
        *,
        on_batch: Callable[[int, float], None] = lambda _windows, _wall_s: None,
    ) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._pace = pace
        self._options = options
        self._cancel = CancelToken(parent=cancel)
        self._on_batch = on_batch
        self._language = self._given()
        asked = options.language is not None and network.multilingual
        self._check = LanguageCheck(self._language) if self._language and asked else None
        self._before, full = text_before(vocabulary, options)
        self._warnings = [said for said in (full, self._untranslated()) if said]
        self._at_work: Background[list[Understood]] | Background[str | None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a call of the network still runs, be it wanted or not."""
        return self._at_work is not None and not self._at_work.done

    def results(self, audio: AudioReader, chunks: Iterable[Chunk]) -> Iterator[RecognisedChunk]:
        """The recognised chunks, in order. While one batch is decoded the next is made ready."""
        limit_s = self._network.facts.window_s
        windows: Iterator[HeardWindow] = (window for chunk in chunks for window in windows_of(chunk, audio, limit_s))
        try:
            understanding, windows = self._opened(windows)
            done = _Collected()
            batch = self._next(windows)
            while batch:
                work = self._begin(understanding, batch)
                following = self._next(windows)
                for understood in _in_order(batch, work.wait(self._cancel)):
                    done.add(understood)
                    if understood.heard.last:
                        yield self._finished(understood.heard.chunk, done)
                        done = _Collected()
                batch = following
        finally:
            self._cancel.cancel()

    def _given(self) -> str | None:
        """The language that was given, or is the only one; None when it is to be detected."""
        model, options = self._network.facts.name, self._options
        if not self._network.multilingual and options.task == "translate":
            raise InvalidOption(
                f"The model '{model}' knows English only and can't translate.",
                hint="Use a model for many languages: one without '.en' in its name.",
            )
        if options.language is not None:
            return language_code(options.language, self._vocabulary.languages)
        return None if self._network.multilingual else "en"

    def _untranslated(self) -> str:
        model = self._network.facts.name
        if self._options.task == "translate" and any(kind in model for kind in _WITHOUT_TRANSLATION):
            return f"The model '{model}' was not trained to translate: the text may be in the language spoken."
        return ""

    def _opened(self, windows: Iterator[HeardWindow]) -> tuple[Understanding, Iterator[HeardWindow]]:
        """Decide on the language, before the first window is decoded."""
        language = self._language
        if language is None:
            first, windows = look_ahead(windows)
            listening = Background(lambda: decided(self._listen(first))[0])
            self._at_work = listening
            self._language = language = listening.wait(self._cancel) or "en"
        understanding = Understanding(
            self._network,
            self._vocabulary,
            mode=self._options.mode,
            task=self._options.task,
            before=self._before,
            language=language,
            per_window=self._options.per_segment_language and self._network.multilingual,
            check=self._check,
        )
        return understanding, windows

    def _listen(self, windows: Sequence[HeardWindow]) -> Iterator[tuple[float, Probabilities]]:
        for window in windows:
            self._cancel.check()
            encoded = self._network.encode([self._network.features(window.samples)])
            yield window.speech_s, self._network.languages(encoded)[0]

    def _next(self, windows: Iterator[HeardWindow]) -> list[_Prepared]:
        """The next batch; silent windows are carried along and not decoded."""
        batch: list[_Prepared] = []
        sounding = 0
        for window in windows:
            self._cancel.check()
            batch.append(_Prepared(window, None if window.silent else self._network.features(window.samples)))
            sounding += not window.silent
            if sounding >= self._pace.windows or len(batch) >= 2 * self._pace.windows:
                break
        return batch

    def _begin(self, understanding: Understanding, batch: list[_Prepared]) -> Background[list[Understood]]:
        ready = [ReadyWindow(one.heard, one.features) for one in batch if one.features is not None]

        def work() -> list[Understood]:
            if not ready:
                return []
            began_at, began_s = time.monotonic(), self._pace.now_s()
            understood = understanding.understand(ready, self._cancel)
            self._pace.took(len(ready), self._pace.now_s() - began_s)
            if not self._cancel.cancelled:  # else nobody waits for it
                self._on_batch(len(ready), time.monotonic() - began_at)
            return understood

        self._at_work = background = Background(work)
        return background

    def _finished(self, chunk: Chunk, done: _Collected) -> RecognisedChunk:
        language = max(done.speech_s, key=lambda code: done.speech_s[code], default=self._language or "en")
        return RecognisedChunk(chunk, tuple(done.words), language, (*self._warnings, *done.warnings))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A window, with its spectrogram unless there is nothing to hear."""

    heard: HeardWindow
    features: Features | None


@dataclass(slots=True)
class _Collected:
    """The windows of a chunk that are done."""

    words: list[Word] = field(default_factory=list)
    speech_s: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add(self, understood: Understood) -> None:
        """Take the next window."""
        self.words += understood.words
        if understood.warning and understood.warning not in self.warnings:
            self.warnings.append(understood.warning)
        if understood.language:
            spoken_s = self.speech_s.get(understood.language, 0.0)
            self.speech_s[understood.language] = spoken_s + understood.heard.speech_s


def _in_order(batch: Sequence[_Prepared], understood: Iterable[Understood]) -> Iterator[Understood]:
    """What was understood, with the silent windows in their places."""
    answers = iter(understood)
    for one in batch:
        yield Understood(one.heard, (), "") if one.features is None else next(answers)
