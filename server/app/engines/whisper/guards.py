"""Words that nobody said: told by how they lie in the sound, never by what they say.

Whisper was trained on captions and fills silence, music and noise with what captions end in, or repeats itself
until its window is full. Such words give themselves away: they lie where no speech was detected, many fall on
one moment because the attention has nothing to follow, or the network itself doubts that anybody speaks.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...domain.transcript import Span
from .decoding import MOST_NO_SPEECH, Answer
from .words import TimedWord

_SQUEEZED_S = 0.04
"""No spoken word is over in two frames of the network."""
_SQUEEZED_RUN = 3
_DOUBTED = 0.5
_NEAR_SPEECH_S = 0.3
_LONGEST_LOOP_WORDS = 12
_LOOP_TIMES = 4
_WORDS_PER_S = 7.0
"""The fastest speakers reach 6 words in a second, over several seconds."""


def plausible(words: Sequence[TimedWord], answer: Answer, speech: Sequence[Span], *, spaced: bool) -> list[TimedWord]:
    """Keep the words that can have been said.

    Args:
        words: Of one window, in order, with the times the alignment gave.
        answer: The decoder's answer that they come from.
        speech: Detected speech in the window's own time; empty where it is not known.
        spaced: Whether the language puts spaces between words; without, a "word" is a sign.
    """
    if answer.silence:
        return []
    kept = list(words)
    if answer.no_speech > MOST_NO_SPEECH and _mean(kept) < _DOUBTED:
        return []
    kept = _without_loops(kept, answer, spaced=spaced)
    kept = _without_squeezed(kept)
    return [word for word in kept if _near(word, speech)] if speech else kept


def _mean(words: Sequence[TimedWord]) -> float:
    return sum(word.probability for word in words) / len(words) if words else 0.0


def _near(word: TimedWord, speech: Sequence[Span]) -> bool:
    reach = Span(word.start_s - _NEAR_SPEECH_S, word.end_s + _NEAR_SPEECH_S)
    return any(span.overlap_s(reach) > 0 for span in speech)


def _without_squeezed(words: list[TimedWord]) -> list[TimedWord]:
    """Drop runs of words that share one moment, and single ones the network doubts, too."""
    kept: list[TimedWord] = []
    run: list[TimedWord] = []
    for word in [*words, None]:
        if word is not None and word.end_s - word.start_s <= _SQUEEZED_S:
            run.append(word)
            continue
        if len(run) < _SQUEEZED_RUN:
            kept += [one for one in run if one.probability >= _DOUBTED]
        run = []
        if word is not None:
            kept.append(word)
    return kept


def _without_loops(words: list[TimedWord], answer: Answer, *, spaced: bool) -> list[TimedWord]:
    """Of a phrase said over and over, too fast for a mouth or in an answer of little else, keep the first."""
    texts = [word.text.strip().lower().strip(".,!?…") for word in words]
    kept: list[TimedWord] = []
    at = 0
    while at < len(words):
        length, times = _loop_at(texts, at)
        run = words[at : at + length * times]
        if times >= _LOOP_TIMES and (answer.repeats or _too_fast(run, spaced=spaced)):
            kept += run[:length]
            at += len(run)
        else:
            kept.append(words[at])
            at += 1
    return kept


def _loop_at(texts: Sequence[str], at: int) -> tuple[int, int]:
    """Length and number of the repetitions that begin here; of several readings the one that covers most."""
    best = (1, 1)
    for length in range(1, min(_LONGEST_LOOP_WORDS, (len(texts) - at) // 2) + 1):
        phrase = texts[at : at + length]
        times = 1
        while texts[at + length * times : at + length * (times + 1)] == phrase:
            times += 1
        if times >= _LOOP_TIMES and length * times > best[0] * best[1]:
            best = (length, times)
    return best


def _too_fast(run: Sequence[TimedWord], *, spaced: bool) -> bool:
    length_s = run[-1].end_s - run[0].start_s
    squeezed = sum(word.end_s - word.start_s <= _SQUEEZED_S for word in run)
    return squeezed * 3 >= len(run) or (spaced and len(run) > _WORDS_PER_S * max(length_s, _SQUEEZED_S))
