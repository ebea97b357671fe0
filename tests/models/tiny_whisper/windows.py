"""Training windows: sentences laid out in time, and what a Whisper should make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .sentences import draw_sentence
from .sounds import MELS, Signal, log_mel, noise, tones
from .voices import GERMAN_SHARE, SAMPLE_RATE_HZ, Utterance

POSITIONS_PER_S = 50
LONGEST = 1500
"""Encoder positions of half a minute."""

NO_SPEECH_SHARE = 0.08
Span = tuple[float, float]


@dataclass
class Scene:
    """A sound and the sentences in it. Times in seconds."""

    language: str
    samples: Signal
    placed: list[tuple[float, Utterance]] = field(default_factory=list)
    cut_at_s: float | None = None
    """Where a sentence begins that the window's end cuts off."""


@dataclass(frozen=True)
class Target:
    """What the decoder reads and should say, token by token; `labels` are -1 where nothing is asked."""

    tokens: list[int]
    labels: list[int]
    next_spans_s: list[Span | None]
    """Where the word to be said next is in the sound."""
    read_spans_s: list[Span | None]
    """Where the word just read is."""


@dataclass(frozen=True)
class TrainingWindow:
    """One example: features padded with 0.0 as faster-whisper pads, the word at each position, the target."""

    features: Signal
    first_position: int
    frame_classes: NDArray[np.int64]
    target: Target


Pool = Mapping[str, Sequence[Utterance]]


def compose(pool: Pool, rng: np.random.Generator, positions: int, longest_prompt: int) -> TrainingWindow:
    """One window of `positions` encoder positions (20 ms each), with up to `longest_prompt` tokens of earlier text."""
    choose = Random(int(rng.integers(1 << 62)))
    scene = lay_out(pool, choose, positions)
    _disturb(scene, choose, rng)
    mel = log_mel(scene.samples)[:, : 2 * positions]
    features = np.zeros((MELS, 2 * positions), np.float32)
    features[:, : mel.shape[1]] = mel
    if choose.random() < 0.3:  # hide a band, as SpecAugment does (Park et al. 2019)
        band = choose.randrange(70)
        features[band : band + choose.randrange(3, 10), : mel.shape[1]] = mel.mean()
    # Short windows stand anywhere among the positions, so that all of them are trained.
    first = choose.randrange(LONGEST - positions + 1) if choose.random() < 0.6 else 0
    return TrainingWindow(
        features, first, _frame_classes(scene, positions), write_target(scene, choose, first, longest_prompt)
    )


def lay_out(pool: Pool, rng: Random, positions: int) -> Scene:
    """Sentences of one language one after the other, with pauses between them."""
    language = "de" if rng.random() < GERMAN_SHARE else "en"
    full = positions * SAMPLE_RATE_HZ // POSITIONS_PER_S
    limit = _sounding_length(rng, positions, full)
    scene = Scene(language, np.zeros(limit, np.float32))
    at = int(
        SAMPLE_RATE_HZ * rng.choice((0, 0.05, 0.2, 0.4, rng.uniform(0, 1.2), rng.uniform(0, min(4, positions / 300))))
    )
    if rng.random() < NO_SPEECH_SHARE:
        return scene
    while True:
        utterance = rng.choice(pool[language])
        if at + len(utterance.samples) > limit and not scene.placed:
            utterance = next((u for u in rng.choices(pool[language], k=12) if at + len(u.samples) <= limit), utterance)
        if at + len(utterance.samples) > limit:
            if scene.placed and limit == full and at < limit - SAMPLE_RATE_HZ // 4 and rng.random() < 0.4:
                scene.samples[at:] += utterance.samples[: limit - at]
                scene.cut_at_s = at / SAMPLE_RATE_HZ
            break
        scene.samples[at : at + len(utterance.samples)] += utterance.samples * np.float32(
            10 ** rng.uniform(-0.15, 0.15)
        )
        scene.placed.append((at / SAMPLE_RATE_HZ, utterance))
        pause_s = rng.choice((rng.uniform(0.25, 0.6), rng.uniform(0.4, 1.5), rng.uniform(0.4, 1.5), rng.uniform(1, 4)))
        at += len(utterance.samples) + int(SAMPLE_RATE_HZ * pause_s)
        if rng.random() < (0.08 if positions == LONGEST else 0.3):
            break
    if limit < full and scene.placed and rng.random() < 0.6:
        last_at_s, last = scene.placed[-1]
        scene.samples = scene.samples[: int((last_at_s + last.duration_s) * SAMPLE_RATE_HZ) + rng.randrange(8000)]
    return scene


def _sounding_length(rng: Random, positions: int, full: int) -> int:
    """Samples of sound in the window; the rest is padding."""
    kind = rng.random()
    if positions == LONGEST and kind < 0.3:
        return int(SAMPLE_RATE_HZ * rng.uniform(1.5, 10))
    return full if kind > 0.6 else int(full * rng.uniform(0.3, 1))


def _disturb(scene: Scene, choose: Random, rng: np.random.Generator) -> None:
    """Level, noise and, where nobody speaks, other sounds."""
    samples = scene.samples / 32767
    peak = float(np.abs(samples).max(initial=0))
    silent = not scene.placed
    if peak > 0:
        samples *= 10 ** choose.uniform(-1.3, 0) / peak
    if choose.random() < (0.92 if silent else 0.6):
        level = samples.std() if peak > 0 else 0.05
        samples += noise(rng, len(samples)) * level * 10 ** (-choose.uniform(0 if silent else 8, 45) / 20)
    if silent and choose.random() < 0.45:
        samples += tones(choose, len(samples))
    scene.samples = samples.astype(np.float32)


def _frame_classes(scene: Scene, positions: int) -> NDArray[np.int64]:
    classes = np.zeros(positions, np.int64)
    for at_s, utterance in scene.placed:
        for word, (start_s, end_s) in zip(utterance.words, utterance.spans_s, strict=True):
            first = int((at_s + start_s) * POSITIONS_PER_S)
            last = max(int((at_s + end_s) * POSITIONS_PER_S), first + 1)
            classes[first:last] = v.CLASS_OF_WORD[word]
    return classes


class _Writer:
    """Builds a target: the position that predicts a token is the one before it."""

    def __init__(self, prompt: list[int]) -> None:
        self.tokens = list(prompt)
        self.labels = [-1] * len(prompt)
        self.next_spans: list[Span | None] = [None] * len(prompt)
        self.read_spans: list[Span | None] = [None] * len(prompt)

    def say(self, token: int, next_span: Span | None = None, read_span: Span | None = None) -> None:
        self.labels[-1], self.next_spans[-1] = token, next_span
        self.tokens.append(token)
        self.labels.append(-1)
        self.next_spans.append(None)
        self.read_spans.append(read_span)

    def done(self) -> Target:
        """Without the last token, which nothing follows."""
        return Target(self.tokens[:-1], self.labels[:-1], self.next_spans[:-1], self.read_spans[:-1])


def write_target(scene: Scene, rng: Random, first_position: int, longest_prompt: int) -> Target:
    """The text of a scene, half the time with timestamps, German half translated."""
    task = v.TRANSLATE if scene.language == "de" and rng.random() < 0.4 else v.TRANSCRIBE
    stamped = rng.random() < 0.5
    earlier = _earlier_text(rng, scene.language, longest_prompt) if longest_prompt and rng.random() < 0.7 else []
    start = [v.START, v.language_id(scene.language), task] + ([] if stamped else [v.NO_TIMESTAMPS])
    writer = _Writer(earlier + start)
    writer.labels[len(earlier)] = v.language_id(scene.language) if scene.placed else v.NO_SPEECH

    def stamp(at_s: float) -> None:
        if stamped:
            position = min(LONGEST, first_position + round(at_s * POSITIONS_PER_S))
            writer.say(v.FIRST_TIMESTAMP + position, read_span=(at_s, at_s + 0.06))

    for index, (at_s, utterance) in enumerate(scene.placed):
        ends_s = at_s + utterance.duration_s
        pause = (ends_s, scene.placed[index + 1][0] if index + 1 < len(scene.placed) else ends_s + 0.6)
        stamp(at_s)
        _write_words(writer, at_s, utterance, translate=task == v.TRANSLATE)
        writer.say(v.FULL_STOP, pause, pause)
        stamp(ends_s)
    if not scene.placed and stamped:
        writer.say(v.FIRST_TIMESTAMP)
    elif scene.cut_at_s is not None:
        stamp(scene.cut_at_s)
    ends_s = scene.placed[-1][0] + scene.placed[-1][1].duration_s if scene.placed else 0.0
    writer.say(v.END_OF_TEXT, (ends_s + 0.3, ends_s + 1.0) if scene.placed and not stamped else None)
    target = writer.done()
    if stamped and scene.placed and rng.random() < 0.3:
        # DTW reads the text without its timestamps, and decoding often starts at 0.00: neither may surprise.
        target.tokens[len(earlier) + len(start)] = v.FIRST_TIMESTAMP + rng.choice((0, 50, rng.randint(0, 50)))
    return target


def _write_words(writer: _Writer, at_s: float, utterance: Utterance, *, translate: bool) -> None:
    starts_s = [start_s for start_s, _ in utterance.spans_s]
    for word, start_s, end_s in zip(utterance.words, starts_s, [*starts_s[1:], utterance.duration_s], strict=True):
        span = (at_s + start_s, at_s + end_s)
        for token in v.encode_word(v.GERMAN_TO_ENGLISH[word] if translate else word):
            writer.say(token, span, span)


def _earlier_text(rng: Random, language: str, longest: int) -> list[int]:
    """What a prompt may hold: earlier sentences, stamped or not, now and then with words unknown to the model."""
    stamped, wanted, at = rng.random() < 0.6, rng.randint(1, longest), 0
    tokens = [v.PREVIOUS]
    while len(tokens) <= wanted:
        words = draw_sentence(rng, language)
        begin = at + rng.randint(0, 40)
        at = begin + 15 * len(words)
        if at > LONGEST:
            at = 0
            continue
        said = [token for word in words for token in v.encode_word(word)] + [v.FULL_STOP]
        if rng.random() < 0.1:
            said = v.encode_unknown("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 9)))) + said
        tokens += [v.FIRST_TIMESTAMP + begin, *said, v.FIRST_TIMESTAMP + at] if stamped else said
    return tokens[: wanted + 1]
