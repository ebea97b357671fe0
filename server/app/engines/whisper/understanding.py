"""What is said in a batch of windows: encode, decode, align, and keep what can have been said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...domain.cancellation import CancelToken
from ...domain.transcript import Word
from .decoding import Answer, Decoder
from .guards import plausible
from .hearing import LanguageCheck, Probabilities
from .languages import spaced
from .network import Alignment, Features, Network, Tokens
from .prompts import Vocabulary
from .windows import HeardWindow
from .words import TimedWord, fitted, timed_words

_LEAST_SURE = 0.6
"""A window whose language is less sure than this is taken for one in the recording's language."""


@dataclass(frozen=True, slots=True)
class ReadyWindow:
    """A window with its spectrogram."""

    heard: HeardWindow
    features: Features


@dataclass(frozen=True, slots=True)
class Understood:
    """The words of one window, absolute times, in order, and what seemed wrong with the language so far."""

    heard: HeardWindow
    words: tuple[Word, ...]
    language: str
    warning: str = ""


class Understanding:
    """Understands windows in one language, or each in its own.

    Args:
        network: The model.
        vocabulary: Its tokens.
        mode: Trade of speed for accuracy.
        task: `transcribe` or `translate`.
        before: Tokens that stand before every answer.
        language: Of the recording.
        per_window: Whether to detect the language of every window.
        check: Told what the first windows sound like; None to save the work.
    """

    def __init__(
        self,
        network: Network,
        vocabulary: Vocabulary,
        *,
        mode: str,
        task: Literal["transcribe", "translate"],
        before: Tokens,
        language: str,
        per_window: bool,
        check: LanguageCheck | None,
    ) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._decoder = Decoder(network, vocabulary, mode)
        self._task = task
        self._before = before
        self._language = language
        self._per_window = per_window
        self._check = check

    def understand(self, batch: Sequence[ReadyWindow], cancel: CancelToken) -> list[Understood]:
        """Understand windows together; each gets the words it would get alone."""
        cancel.check()
        features = [ready.features for ready in batch]
        encoded = self._network.encode(features, cancel.check)
        languages, warnings = self._languages(batch, encoded)
        prompts = [self._vocabulary.prompt(self._before, self._start(language)) for language in languages]
        answers = self._decoder.decode(encoded, features, prompts, cancel)
        cancel.check()
        alignments = self._align(encoded, answers, languages, [one.shape[1] for one in features])
        words = map(self._words, [ready.heard for ready in batch], answers, alignments, languages)
        heard = [ready.heard for ready in batch]
        return [Understood(*facts) for facts in zip(heard, words, languages, warnings, strict=True)]

    def _start(self, language: str) -> Tokens:
        return self._vocabulary.start(language, self._task)

    def _languages(self, batch: Sequence[ReadyWindow], encoded: Any) -> tuple[list[str], list[str]]:
        """The language to decode each window in, and the warning there is at its point."""
        if not self._per_window:
            return [self._language] * len(batch), self._doubts(batch, encoded)
        return [self._sure(probabilities) for probabilities in self._network.languages(encoded)], [""] * len(batch)

    def _doubts(self, batch: Sequence[ReadyWindow], encoded: Any) -> list[str]:
        """For each window whether the language given seems wrong by then."""
        if self._check is None:
            return [""] * len(batch)
        count = self._check.wanted([ready.heard for ready in batch])
        probable = self._network.languages(encoded, count)[:count] if count else []
        heard: list[Probabilities | None] = [*probable, *[None] * (len(batch) - count)]
        return [self._check.after(ready.heard, each) for ready, each in zip(batch, heard, strict=True)]

    def _sure(self, probabilities: Probabilities) -> str:
        best = max(probabilities, key=lambda code: probabilities[code])
        return best if probabilities[best] >= _LEAST_SURE else self._language

    def _align(
        self, encoded: Any, answers: Sequence[Answer], languages: Sequence[str], frames: Sequence[int]
    ) -> list[Alignment | None]:
        """Alignments, None where nothing is to be aligned. One call per language, as a call takes but one."""
        found: list[Alignment | None] = [None] * len(answers)
        tokens = [answer.tokens if not answer.silence else () for answer in answers]
        for language in {code for code, own in zip(languages, tokens, strict=True) if own}:
            aligned = self._network.align(encoded, self._start(language), tokens, frames)
            for place, alignment in enumerate(aligned):
                if languages[place] == language and tokens[place]:
                    found[place] = alignment
        return found

    def _words(
        self, heard: HeardWindow, answer: Answer, alignment: Alignment | None, language: str
    ) -> tuple[Word, ...]:
        if alignment is None:
            return ()
        written = "en" if self._task == "translate" else language
        words = timed_words(answer.tokens, alignment, self._vocabulary, written)
        kept = plausible(words, answer, heard.speech, spaced=spaced(written))
        return _absolute(fitted(kept, heard.samples), heard)


def _absolute(words: Sequence[TimedWord], heard: HeardWindow) -> tuple[Word, ...]:
    """Words with times in the recording, in order, none before the one before it."""
    absolute: list[Word] = []
    earliest_s = heard.chunk.start_s
    for word in words:
        start_s, end_s = heard.in_recording(word.start_s, word.end_s)
        start_s = max(start_s, earliest_s)
        end_s = max(end_s, start_s)
        absolute.append(Word(round(start_s, 3), round(end_s, 3), word.text.strip(), round(word.probability, 4)))
        earliest_s = start_s
    return tuple(absolute)
