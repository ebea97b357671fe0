"""Who says it: espeak-ng, called through ctypes, which also tells when each word starts.

Needs Debian's `libespeak-ng1` and `espeak-ng-data`. The interface is that of `espeak-ng/speak_lib.h`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .sentences import draw_sentence

SAMPLE_RATE_HZ = 16000
VARIANTS = (
    "", "+m1", "+m2", "+m3", "+m4", "+m5", "+m7", "+m8", "+f1", "+f2", "+f3", "+f5", "+Alex", "+Annie", "+linda",
    "+Michael", "+edward", "+steph", "+belinda", "+adam", "+john", "+max", "+Gene", "+Lee", "+rob", "+anika",
)  # fmt: skip
UNSEEN_VARIANTS = ("+m6", "+f4", "+Alicia", "+paul", "+Andy", "+david")
ACCENTS = ("gmw/en-US", "gmw/en-US", "gmw/en", "gmw/en-GB-x-rp", "gmw/en-GB-scotland")
UNSEEN_ACCENTS = ("gmw/en-GB-x-gbclan", "gmw/en-US-nyc")
GERMAN_VOICE = "gmw/de"
GERMAN_SHARE = 0.2
JOINED_SHARE = 0.35
"""So many sentences are single words set one after the other, whose ends are known exactly."""

RATE_WPM, PITCH, PITCH_RANGE = (115, 205), (30, 75), (20, 80)
_PARAMETERS = {"rate": 1, "pitch": 3, "pitch_range": 4, "word_gap": 7}
_SYNCHRONOUS, _EVENT_END, _EVENT_WORD, _UTF8, _BY_CHARACTER = 2, 0, 1, 1, 1


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position_ms", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("id", _EventId),
    ]  # fmt: skip


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """The library, of which a process has one: its callback and its voice are global. Get it from `espeak()`."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._rate_hz = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0)
        self._pieces: list[NDArray[np.int16]] = []
        self._word_starts_s: list[float] = []
        self._callback = _Callback(self._collect)  # kept: the library holds only a pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, sound: Any, count: int, events: Any) -> int:
        if sound and count > 0:
            self._pieces.append(np.ctypeslib.as_array(sound, (count,)).copy())
        index = 0
        while events[index].type != _EVENT_END:
            if events[index].type == _EVENT_WORD and events[index].text_position > 0:
                self._word_starts_s.append(events[index].audio_position_ms / 1000)
            index += 1
        return 0

    def say(self, text: str, voice: str, **parameters: int) -> tuple[NDArray[np.float32], list[float]]:
        """Speak a text.

        Returns:
            Mono samples at 16 kHz in -1..1, and when each word starts, in seconds.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice '{voice}'")
        for name, number in _PARAMETERS.items():
            self._library.espeak_SetParameter(number, parameters.get(name, 0), 0)
        self._pieces, self._word_starts_s = [], []
        letters = text.encode() + b"\0"
        self._library.espeak_Synth(letters, len(letters), 0, _BY_CHARACTER, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return _resampled(np.concatenate(self._pieces), self._rate_hz), list(self._word_starts_s)


@cache
def espeak() -> Espeak:
    """This process's espeak-ng."""
    return Espeak()


def _resampled(samples: NDArray[np.int16], rate_hz: int) -> NDArray[np.float32]:
    """To 16 kHz by cutting the spectrum, in whole fiftieths of a second."""
    padded = np.pad(samples.astype(np.float32) / 32768, (0, -len(samples) % (rate_hz // 50)))
    length = len(padded) * SAMPLE_RATE_HZ // rate_hz
    spectrum = np.fft.rfft(padded)[: length // 2 + 1]
    return (np.fft.irfft(spectrum, length) * (length / len(padded))).astype(np.float32)


def _sounding(samples: NDArray[np.float32]) -> slice:
    """From the first to the last sample above a hundredth of the peak."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return slice(int(loud[0]), int(loud[-1]) + 1)


@dataclass(frozen=True)
class Utterance:
    """One spoken sentence: 16-bit samples at 16 kHz, without silence around, and the span of each word in seconds."""

    language: str
    words: tuple[str, ...]
    samples: NDArray[np.int16]
    spans_s: tuple[tuple[float, float], ...]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ


def speak(
    rng: Random, words: Sequence[str], language: str,
    *, variants: Sequence[str] = VARIANTS, accents: Sequence[str] = ACCENTS,
) -> Utterance:  # fmt: skip
    """Say words with a voice drawn at random."""
    voice = (rng.choice(accents) if language == "en" else GERMAN_VOICE) + rng.choice(variants)
    manner = {"rate": rng.randint(*RATE_WPM), "pitch": rng.randint(*PITCH), "pitch_range": rng.randint(*PITCH_RANGE)}
    if rng.random() >= JOINED_SHARE:
        utterance = _say_whole(words, language, voice, manner | {"word_gap": rng.choice((0, 0, 1, 3, 8))})
        if utterance is not None:
            return utterance
    return _say_joined(words, language, voice, manner, [rng.choice((0.0, 0.02, 0.05, 0.1, 0.2)) for _ in words])


def _say_whole(words: Sequence[str], language: str, voice: str, manner: dict[str, int]) -> Utterance | None:
    """As one sentence; None where the library counts other words than we do."""
    samples, starts_s = espeak().say(" ".join(words), voice, **manner)
    if len(starts_s) != len(words):
        return None
    part = _sounding(samples)
    from_s, to_s = part.start / SAMPLE_RATE_HZ, part.stop / SAMPLE_RATE_HZ
    bounds = [max(start_s, from_s) - from_s for start_s in starts_s] + [to_s - from_s]
    return Utterance(language, tuple(words), _pcm(samples[part]), tuple(pairwise(bounds)))


def _say_joined(
    words: Sequence[str], language: str, voice: str, manner: dict[str, int], gaps_s: Sequence[float]
) -> Utterance:
    pieces, spans, at = [], [], 0
    for word, gap_s in zip(words, gaps_s, strict=True):
        samples, _ = espeak().say(word, voice, **manner)
        samples = samples[_sounding(samples)]
        spans.append((at / SAMPLE_RATE_HZ, (at + len(samples)) / SAMPLE_RATE_HZ))
        pieces += [samples, np.zeros(int(gap_s * SAMPLE_RATE_HZ), np.float32)]
        at += len(pieces[-1]) + len(samples)
    return Utterance(language, tuple(words), _pcm(np.concatenate(pieces[:-1])), tuple(spans))


def _pcm(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    return (np.clip(samples, -1, 1) * 32767).astype(np.int16)


def speak_many(count: int, seed: int) -> list[Utterance]:
    """Sentences for training, the same for the same seed."""
    rng = Random(seed)
    spoken = []
    for _ in range(count):
        language = "de" if rng.random() < GERMAN_SHARE else "en"
        spoken.append(speak(rng, draw_sentence(rng, language), language))
    return spoken
