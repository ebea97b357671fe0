"""From aligned tokens to words with times.

The alignment says when the network's attention moves on from one word to the next, so that a word lasts until
the next one begins and the first begins with the window. Where the sound is quiet at a word's edges, the word
is made to end or begin with the sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ...domain.audio import SAMPLE_RATE_HZ, Samples
from .network import Alignment, Tokens
from .prompts import Vocabulary

_FRAME_S = 0.02
_HOP_S = 0.01
_HOP_SAMPLES = round(_HOP_S * SAMPLE_RATE_HZ)
_LEAST_WORD_S = 0.06
_QUIET_DB = 35.0
"""So far below the loudest sound of a window is no speech."""
_FLOOR_DB = 8.0
"""So little above the window's background is no speech either."""
_ATTACHED_BEFORE = "\"'“¿([{-"
_ATTACHED_AFTER = "\"'.。,，!！?？:：”)]}、"


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word within a window. Times are seconds from the window's start; `text` keeps the space before it."""

    text: str
    start_s: float
    end_s: float
    probability: float


def timed_words(tokens: Tokens, alignment: Alignment, vocabulary: Vocabulary, language: str) -> list[TimedWord]:
    """Group aligned tokens into words, punctuation attached."""
    words: list[TimedWord] = []
    at = 0
    for text, count in vocabulary.words(tokens, language):
        if count:
            start_s, end_s = (alignment.starts[place] * _FRAME_S for place in (at, at + count))
            probability = float(np.mean(alignment.probabilities[at : at + count]))
            words.append(TimedWord(text, start_s, end_s, min(max(probability, 0.0), 1.0)))
        at += count
    return _punctuated(words)


def _punctuated(words: Sequence[TimedWord]) -> list[TimedWord]:
    """Signs join the word they belong to; they add no time and no doubt to it."""
    joined: list[TimedWord] = []
    opening = ""
    for word in words:
        text = word.text.strip()
        if text and text in _ATTACHED_AFTER and joined and not opening:
            joined[-1] = replace(joined[-1], text=joined[-1].text + text)
        elif text and text in _ATTACHED_BEFORE and word.text.startswith(" "):
            opening += word.text
        elif text:
            joined.append(replace(word, text=opening + (word.text.lstrip() if opening else word.text)))
            opening = ""
    return joined


def fitted(words: Sequence[TimedWord], samples: Samples) -> list[TimedWord]:
    """Move the edges of words inwards over what is too quiet to be speech; no word gets shorter than 60 ms."""
    loud = _loud(samples)
    return [_fit(word, loud) for word in words]


def _fit(word: TimedWord, loud: npt.NDArray[np.bool_]) -> TimedWord:
    first, last = round(word.start_s / _HOP_S), min(round(word.end_s / _HOP_S), len(loud))
    heard = np.flatnonzero(loud[first:last])
    if not len(heard) or word.end_s - word.start_s <= _LEAST_WORD_S:
        return word
    start_s = max(word.start_s, (first + int(heard[0])) * _HOP_S)
    end_s = min(word.end_s, (first + int(heard[-1]) + 1) * _HOP_S)
    if end_s - start_s < _LEAST_WORD_S:
        start_s = max(word.start_s, min(start_s, word.end_s - _LEAST_WORD_S))
        end_s = max(end_s, start_s + _LEAST_WORD_S)
    return replace(word, start_s=start_s, end_s=end_s)


def _loud(samples: Samples) -> npt.NDArray[np.bool_]:
    """For each 10 ms whether there is more than background."""
    hops = len(samples) // _HOP_SAMPLES
    if hops == 0:
        return np.zeros(0, np.bool_)
    power = np.square(samples[: hops * _HOP_SAMPLES].reshape(hops, -1)).mean(axis=1)
    level_db = 10 * np.log10(power + 1e-12)
    background_db = float(np.percentile(level_db, 5)) + _FLOOR_DB
    return np.asarray(level_db > max(float(level_db.max()) - _QUIET_DB, min(background_db, level_db.max() - 20)))
