"""How good a model is, with faster-whisper, on sentences that were not in training. `python -m ….evaluate FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import WhisperModel

from .clips import Clip, Signal, draw_clip, edits, nothing_said
from .voices import SAMPLE_RATE_HZ, UNSEEN_ACCENTS, UNSEEN_VARIANTS

NOTHING_SAID_S = 60


@dataclass
class Score:
    """Errors over clips. Times are measured where all words are right."""

    words: int = 0
    errors: int = 0
    clips: int = 0
    exact: int = 0
    languages_right: int = 0
    start_errors_s: list[float] = field(default_factory=list)
    end_errors_s: list[float] = field(default_factory=list)

    @property
    def error_rate(self) -> float:
        return self.errors / self.words

    def __str__(self) -> str:
        times = "; ".join(
            f"{name} {np.median(values) * 1000:.0f}/{np.percentile(values, 90) * 1000:.0f} ms"
            for name, values in (("start", self.start_errors_s), ("end", self.end_errors_s))
            if values
        )
        return (
            f"WER {self.error_rate:6.1%}, {self.exact}/{self.clips} exact, "
            f"language {self.languages_right}/{self.clips}; median/p90 {times}"
        )


def hear(model: WhisperModel, samples: Signal, **options: Any) -> tuple[list[Any], str]:
    """The words with their times, and the language."""
    options = {"word_timestamps": True, "condition_on_previous_text": False} | options
    segments, info = model.transcribe(samples, **options)
    return [word for segment in segments for word in segment.words or ()], info.language


def text_of(word: Any) -> str:
    """A word without space and full stop."""
    return str(word.word).strip(" .")


def score(model: WhisperModel, clips: Iterable[Clip], **options: Any) -> Score:
    """Compare what is heard with what was said."""
    result = Score()
    for clip in clips:
        heard, language = hear(model, clip.samples, **options)
        said = clip.in_english if options.get("task") == "translate" else clip.texts
        errors = edits(said, [text_of(word) for word in heard])
        result.clips += 1
        result.words += len(said)
        result.errors += errors
        result.exact += errors == 0
        result.languages_right += language == clip.language
        if errors == 0:
            for word, truth in zip(heard, clip.words, strict=True):
                result.start_errors_s.append(abs(word.start - truth.start_s))
                result.end_errors_s.append(abs(word.end - truth.end_s))
    return result


def report(folder: Path, avoid: Collection[tuple[str, ...]] = (), scale: int = 1) -> None:
    """Print every figure; `scale` multiplies the number of clips."""
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def clips(seed: int, count: int, *arguments: Any, **options: Any) -> Iterable[Clip]:
        return (draw_clip(seed * 10000 + number, *arguments, avoid=avoid, **options) for number in range(count * scale))

    unseen = {"variants": UNSEEN_VARIANTS}
    rows: list[tuple[str, Iterable[Clip], dict[str, Any]]] = [
        ("one sentence", clips(1, 100), {}),
        ("one sentence, 15 dB", clips(2, 30, snr_db=15), {}),
        ("up to 28 s", clips(3, 25, 12), {}),
        ("up to 28 s, no stamps", clips(3, 25, 12), {"without_timestamps": True}),
        ("three sentences", clips(4, 25, 3), {}),
        ("unseen voices", clips(5, 50, **unseen), {}),
        ("unseen voices, accents", clips(6, 50, **unseen, accents=UNSEEN_ACCENTS), {}),
        ("German", clips(7, 30, 1, "de"), {}),
        ("German to English", clips(8, 30, 1, "de"), {"task": "translate"}),
    ]
    for name, drawn, options in rows:
        print(f"{name:24} {score(model, drawn, **options)}", flush=True)
    for name, sound in nothing_said(NOTHING_SAID_S).items():
        words, _ = hear(model, sound)
        print(f"{len(sound) / SAMPLE_RATE_HZ:.0f} s of {name}: {len(words)} words", flush=True)


if __name__ == "__main__":
    report(Path(sys.argv[1]))
