"""Voices made of numbers: harmonics under formants that move from vowel to vowel, so tests run everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from audapolis.domain.audio import SAMPLE_RATE_HZ, Samples
from audapolis.domain.transcript import Span

_VOWELS_HZ = np.array(
    [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410), (440, 1020, 2240)]
)
_SOUND_S = 0.12


@dataclass(frozen=True)
class FormantVoice:
    """Someone with a pitch, a length of throat (scales formants) and a brightness (tilt per octave, dB)."""

    pitch_hz: float
    throat: float
    tilt_db: float

    def say(self, duration_s: float, seed: int) -> Samples:
        """Random vowels and hisses for so long."""
        chance = np.random.default_rng(seed)
        count = round(duration_s * SAMPLE_RATE_HZ)
        per_sound = round(_SOUND_S * SAMPLE_RATE_HZ)
        sounds = [self._sound(chance, per_sound) for _ in range(-(-count // per_sound))]
        return np.concatenate(sounds)[:count].astype(np.float32)

    def _sound(self, chance: np.random.Generator, count: int) -> Samples:
        time = np.arange(count) / SAMPLE_RATE_HZ
        envelope = np.hanning(count) ** 0.5 * chance.uniform(0.5, 1.0)
        breath = chance.standard_normal(count) * 0.003
        if chance.random() < 0.2:
            return np.diff(chance.standard_normal(count + 1)) * envelope * 0.02 * 10 ** (self.tilt_db / 40)
        pitch = self.pitch_hz * chance.uniform(0.9, 1.1)
        harmonics = np.arange(1, int(7000 / pitch)) * pitch
        formants = _VOWELS_HZ[chance.integers(len(_VOWELS_HZ))] * self.throat * chance.uniform(0.97, 1.03, 3)
        gain = (1 / (1 + ((harmonics[:, None] - formants) / 90) ** 2)).sum(1) + 0.01
        gain *= 10 ** (self.tilt_db * np.log2(harmonics / 500) / 20)
        phases = chance.uniform(0, 2 * np.pi, len(harmonics))
        wave = (gain[:, None] * np.sin(2 * np.pi * harmonics[:, None] * time + phases[:, None])).sum(0)
        return wave / (np.abs(wave).max() + 1e-9) * envelope * 0.3 + breath


LOW = FormantVoice(105, 0.92, -9)
HIGH = FormantVoice(210, 1.16, -5)
MIDDLE = FormantVoice(150, 1.04, -13)


def conversation(turns: list[tuple[FormantVoice, float]], pause_s: float = 0.5) -> tuple[Samples, list[Span]]:
    """Voices one after another with room tone between; the sound, and where the speech is."""
    parts: list[Samples] = []
    speech: list[Span] = []
    at_s = 0.0
    for n, (voice, duration_s) in enumerate(turns):
        parts += [np.zeros(round(pause_s * SAMPLE_RATE_HZ), np.float32), voice.say(duration_s, seed=n)]
        speech.append(Span(at_s + pause_s, at_s + pause_s + duration_s))
        at_s = speech[-1].end_s
    sound = np.concatenate(parts)
    return sound + np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32) * 1e-3, speech
