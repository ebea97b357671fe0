"""Sounds whose words and times are known exactly: what the model is measured and tested with. Needs no torch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from .sentences import draw_sentence
from .vocabulary import GERMAN_TO_ENGLISH
from .voices import ACCENTS, SAMPLE_RATE_HZ, VARIANTS, Utterance, speak

Signal = NDArray[np.float32]
LEAD_S, TAIL_S, PEAK = 0.2, 0.3, 0.5
CHUNK_S = 28.0
"""Longest clip; a window of Whisper is 30 s."""


@dataclass(frozen=True)
class SpokenWord:
    """One word and when it is said, in seconds."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Clip:
    """Mono samples at 16 kHz in -1..1, and what is said in them."""

    samples: Signal
    words: tuple[SpokenWord, ...]
    language: str

    @property
    def texts(self) -> list[str]:
        return [word.text for word in self.words]

    @property
    def in_english(self) -> list[str]:
        """The text of a German clip as the model's translation has it, word by word."""
        return [GERMAN_TO_ENGLISH[text] for text in self.texts]


def place(utterances: Sequence[Utterance], pauses_s: Sequence[float]) -> Clip:
    """Utterances one after the other, equally loud, with a pause after each but the last."""
    pieces, words, at_s = [silence(LEAD_S)], [], LEAD_S
    for utterance, pause_s in zip(utterances, [*pauses_s, TAIL_S], strict=True):
        samples = utterance.samples.astype(np.float32)
        pieces += [samples * (PEAK / np.abs(samples).max()), silence(pause_s)]
        words += [
            SpokenWord(word, at_s + start_s, at_s + end_s)
            for word, (start_s, end_s) in zip(utterance.words, utterance.spans_s, strict=True)
        ]
        at_s += utterance.duration_s + len(pieces[-1]) / SAMPLE_RATE_HZ
    return Clip(np.concatenate(pieces), tuple(words), utterances[0].language)


def draw_clip(
    seed: int, sentences: int = 1, language: str = "en", *, variants: Sequence[str] = VARIANTS,
    accents: Sequence[str] = ACCENTS, snr_db: float = 30, avoid: Collection[tuple[str, ...]] = (),
) -> Clip:  # fmt: skip
    """A clip of so many sentences by one voice, or as many of them as fit into `CHUNK_S`; none is one of `avoid`."""
    rng = Random(seed)
    voice = (rng.choice(variants),), (rng.choice(accents),)
    utterances, pauses_s, length_s = [], [], LEAD_S
    while len(utterances) < sentences:
        words = draw_sentence(rng, language)
        if tuple(words) in avoid:
            continue
        utterance = speak(rng, words, language, variants=voice[0], accents=voice[1])
        pause_s = rng.uniform(0.25, 1.5)
        if utterances and length_s + utterance.duration_s > CHUNK_S:
            break
        utterances.append(utterance)
        pauses_s.append(pause_s)
        length_s += utterance.duration_s + pause_s
    clip = place(utterances, pauses_s[:-1])
    noise = np.random.default_rng(seed).standard_normal(len(clip.samples), np.float32)
    level = 0.08 * 10 ** (-snr_db / 20)
    """0.08 is about the root mean square of speech that peaks at `PEAK`."""
    return Clip(clip.samples + noise * np.float32(level), clip.words, language)


def silence(duration_s: float) -> Signal:
    """Digital silence."""
    return np.zeros(int(duration_s * SAMPLE_RATE_HZ), np.float32)


def white_noise(duration_s: float, seed: int = 0) -> Signal:
    """White noise at about -26 dB below full scale."""
    return np.random.default_rng(seed).standard_normal(int(duration_s * SAMPLE_RATE_HZ), np.float32) * np.float32(0.05)


def chord(duration_s: float, struck_every_s: float = 2.0) -> Signal:
    """C major with overtones, struck again and again and dying away."""
    at_s = np.arange(int(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    notes_hz = (261.63, 329.63, 392.00)
    tone = sum(np.sin(2 * np.pi * n * hz * at_s) / n for hz in notes_hz for n in range(1, 5))
    sound = tone * np.exp(-1.5 * (at_s % struck_every_s))
    return (0.5 * sound / np.abs(sound).max(initial=1.0)).astype(np.float32)


def nothing_said(duration_s: float) -> dict[str, Signal]:
    """Sounds without a word in them."""
    return {"silence": silence(duration_s), "white noise": white_noise(duration_s), "a chord": chord(duration_s)}


def edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """Words to insert, delete or replace to make one of the other (Levenshtein 1966)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]
