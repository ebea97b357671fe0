"""Speech detection, on synthetic voices, real recordings and random probabilities."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from audapolis.domain.audio import Samples, Window
from audapolis.domain.transcript import Span
from audapolis.engines.silero import FRAME_S, SileroDetector, _Padder, _SpanTracker
from hypothesis import given, settings
from hypothesis import strategies as st

from .sound import load, noise, silence, speak


def detect(samples: Samples, window: int | None = None, **options: float) -> list[Span]:
    detector = SileroDetector(**options)
    step = window or max(1, len(samples))
    spans = []
    for at in range(0, len(samples), step):
        spans += detector.feed(Window(at / 16_000, samples[at : at + step]))
    return spans + detector.flush()


@pytest.fixture(scope="module")
def two_phrases(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    spoken = speak("the quick brown fox jumps over the lazy dog", tmp_path_factory.mktemp("flite"))
    return np.concatenate([silence(1.0), spoken, silence(2.0), spoken, silence(1.0)])


def test_two_phrases_with_a_pause_give_two_spans(two_phrases: Samples) -> None:
    spans = detect(two_phrases)
    assert len(spans) == 2
    assert 0.7 <= spans[0].start_s <= 1.3
    length_s = len(two_phrases) / 16_000
    assert spans[1].end_s <= length_s


@pytest.mark.parametrize("window", [1, 160, 512, 1000, 4099, 160_000])
def test_window_sizes_change_nothing(two_phrases: Samples, window: int) -> None:
    assert detect(two_phrases[:48_000], window) == detect(two_phrases[:48_000])


def test_spans_come_as_soon_as_they_cannot_change(two_phrases: Samples) -> None:
    detector = SileroDetector()
    first_phrase_and_pause = two_phrases[: len(two_phrases) // 2 + 16_000]
    assert len(detector.feed(Window(0.0, first_phrase_and_pause))) == 1


def test_times_count_from_the_first_window(two_phrases: Samples) -> None:
    detector = SileroDetector()
    late = [*detector.feed(Window(100.0, two_phrases)), *detector.flush()]
    assert late == [Span(s.start_s + 100, s.end_s + 100) for s in detect(two_phrases)]


@pytest.mark.parametrize("gain", [0.01, 0.1, 1.0])
def test_level_hardly_matters(two_phrases: Samples, gain: float) -> None:
    assert len(detect(two_phrases * np.float32(gain))) == 2


@pytest.mark.parametrize("samples", [silence(5), noise(5), noise(5, 0.2), silence(0.01), silence(0)])
def test_silence_and_noise_hold_no_speech(samples: Samples) -> None:
    assert detect(samples) == []


@pytest.mark.speech
def test_real_non_speech_holds_no_speech(speech_dir: Path) -> None:
    for path in sorted((speech_dir / "nonspeech").iterdir()):
        assert detect(load(path)) == [], path.name


@pytest.mark.speech
def test_no_speech_is_lost_in_noise_over_the_telephone_or_when_quiet(speech_dir: Path) -> None:
    for path in sorted([*(speech_dir / "noisy").iterdir(), *(speech_dir / "telephone").glob("[1-3p]*")]):
        samples = load(path)
        heard_s = sum(span.duration_s for span in detect(samples))
        assert heard_s > 0.75 * len(samples) / 16_000, path.name


probabilities = st.lists(
    st.tuples(st.floats(0, 1, width=32), st.integers(1, 30)).map(lambda run: [run[0]] * run[1]), max_size=30
).map(lambda runs: np.array([p for run in runs for p in run], np.float32))


@given(probabilities, st.floats(0, 0.5), st.floats(0.05, 0.6), st.floats(0, 0.5), st.integers(1, 50))
@settings(deadline=None)
def test_spans_are_sorted_apart_and_inside_the_recording(
    values: np.ndarray, min_speech_s: float, min_silence_s: float, pad_s: float, step: int
) -> None:
    duration_s = len(values) * FRAME_S

    def spans(size: int) -> list[Span]:
        tracker, padder = _SpanTracker(0.5, min_speech_s, min_silence_s), _Padder(pad_s)
        found = []
        for at in range(0, len(values), size):
            found += padder.feed(tracker.feed(values[at : at + size]), tracker.open_start_s, tracker.now_s)
        return found + padder.flush(tracker.flush(), duration_s)

    whole = spans(max(1, len(values)))
    assert whole == spans(step)
    assert all(0 <= s.start_s < s.end_s <= duration_s for s in whole)
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(whole))


def test_importing_the_module_does_not_load_onnxruntime() -> None:
    code = "import sys, audapolis.engines.silero; sys.exit('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
