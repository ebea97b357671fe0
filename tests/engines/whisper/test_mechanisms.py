"""Windows, words, language, pace and foreign errors."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from audapolis.domain.audio import SAMPLE_RATE_HZ, Chunk
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.transcript import Span
from audapolis.engines.whisper.batching import BATCH_S, Background, Pace
from audapolis.engines.whisper.foreign import mapped, translated
from audapolis.engines.whisper.hearing import decided
from audapolis.engines.whisper.languages import NAMES, language_code
from audapolis.engines.whisper.windows import windows_of
from audapolis.engines.whisper.words import TimedWord, fitted
from audapolis.errors import (
    Cancelled,
    DeviceLost,
    EngineFailed,
    EngineUnavailable,
    InvalidOption,
    OutOfDeviceMemory,
    UnknownName,
)
from hypothesis import given
from hypothesis import strategies as st

from ..sound import ArrayAudio, noise, silence


def chunk_of(*spans: tuple[float, float]) -> Chunk:
    speech = tuple(Span(*span) for span in spans)
    return Chunk(speech[0].start_s, speech[-1].end_s, 0, speech)


@st.composite
def chunks(draw: st.DrawFn) -> Chunk:
    at_s, spans = draw(st.floats(0, 5)), []
    for _ in range(draw(st.integers(1, 8))):
        length_s = draw(st.floats(0.2, 20))
        spans.append((round(at_s, 3), round(at_s + length_s, 3)))
        at_s += length_s + draw(st.floats(0.05, 6))
    return chunk_of(*spans)


LONG = ArrayAudio(noise(240.0))


@given(chunks(), st.sampled_from([10.0, 30.0]))
def test_windows_hold_all_speech_once_are_short_enough_and_know_their_times(chunk: Chunk, limit_s: float) -> None:
    windows = list(windows_of(chunk, LONG, limit_s))

    assert [window.last for window in windows] == [*[False] * (len(windows) - 1), True]
    assert all(len(window.samples) <= limit_s * SAMPLE_RATE_HZ for window in windows)
    assert sum(w.speech_s for w in windows) == pytest.approx(sum(s.duration_s for s in chunk.speech), abs=0.01)
    for window in windows:
        for span in window.speech:
            start_s, end_s = window.in_recording(span.start_s, span.end_s)
            assert chunk.start_s - 0.001 <= start_s <= end_s <= chunk.end_s + 0.001
            first = round(span.start_s * SAMPLE_RATE_HZ) + 100
            heard = window.samples[first : first + 200]
            there = LONG.read(start_s, start_s + 1)[50:350]
            if len(heard) == 200 and end_s - start_s > 0.1:
                assert any(np.array_equal(heard, there[at : at + 200]) for at in range(len(there) - 199))


def test_a_long_pause_is_left_out_and_a_short_one_kept() -> None:
    short, long = (
        list(windows_of(chunk_of((0, 2), (2.5, 4)), LONG, 30.0)),
        list(windows_of(chunk_of((0, 2), (9, 11)), LONG, 30.0)),
    )
    assert len(short[0].samples) == 4 * SAMPLE_RATE_HZ
    assert len(long[0].samples) == 5 * SAMPLE_RATE_HZ
    assert long[0].in_recording(3.5, 4.0) == (9.5, 10.0)


def test_silence_needs_no_network_and_quiet_speech_does() -> None:
    (quiet,) = windows_of(Chunk(0, 1, 0), ArrayAudio(noise(1.0, 0.001)), 30.0)
    (nothing,) = windows_of(Chunk(0, 1, 0), ArrayAudio(silence(1.0)), 30.0)
    assert not quiet.silent
    assert nothing.silent


def test_words_end_where_the_sound_ends() -> None:
    sound = np.concatenate([silence(0.5), noise(0.4, 0.1), silence(1.1)])
    (word,) = fitted([TimedWord(" one", 0.0, 2.0, 0.9)], sound)
    assert word.start_s == pytest.approx(0.5, abs=0.02)
    assert word.end_s == pytest.approx(0.9, abs=0.02)


def test_no_word_gets_shorter_than_it_can_be() -> None:
    sound = np.concatenate([silence(0.5), noise(0.01, 0.1), silence(0.5)])
    (word,) = fitted([TimedWord(" a", 0.0, 1.0, 0.9)], sound)
    assert word.end_s - word.start_s >= 0.06 - 1e-9


@pytest.mark.parametrize(
    ("wanted", "code"),
    [("en", "en"), ("EN-us", "en"), ("German", "de"), ("deu", "de"), ("pt_BR", "pt"), ("Mandarin", "zh"), ("iw", "he")],
)
def test_languages_are_understood_by_code_and_name(wanted: str, code: str) -> None:
    assert language_code(wanted, NAMES) == code


def test_a_language_the_model_lacks_is_unknown_to_it() -> None:
    with pytest.raises(UnknownName, match="'fr'") as caught:
        language_code("fr", ["en"])
    assert "en (english)" in caught.value.hint


def test_a_language_is_decided_by_the_seconds_spoken_and_no_more_is_heard_than_needed() -> None:
    def heard() -> object:
        yield 10.0, {"de": 0.95, "en": 0.05}
        raise AssertionError

    assert decided(heard()) == ("de", 0.95)  # type: ignore[arg-type]
    language, probability = decided([(2.0, {"de": 0.8, "en": 0.2}), (20.0, {"de": 0.4, "en": 0.6})])
    assert language == "en"
    assert 0.5 < probability < 0.6
    assert decided([]) == (None, 0.0)


def test_batches_grow_while_they_are_quick_and_shrink_when_they_are_not() -> None:
    pace = Pace(1, 8)
    for expected in (2, 4, 8, 8):
        pace.took(pace.windows, 0.1)
        assert pace.windows == expected
    pace.took(8, 4 * BATCH_S)
    assert pace.windows == 2
    pace.took(1, 0.01)
    assert pace.windows == 2


@given(st.lists(st.tuples(st.integers(1, 16), st.floats(0, 100))))
def test_a_batch_is_never_empty_or_larger_than_allowed(batches: list[tuple[int, float]]) -> None:
    pace = Pace(4, 8)
    for windows, wall_s in batches:
        pace.took(windows, wall_s)
        assert 1 <= pace.windows <= 8


def test_a_call_that_cannot_be_stopped_is_not_waited_for() -> None:
    release, cancel = threading.Event(), CancelToken()
    work = Background(lambda: release.wait(60))
    cancel.cancel()
    with pytest.raises(Cancelled):
        work.wait(cancel)
    assert not work.done
    release.set()
    assert work.wait(CancelToken()) is True


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("CUDA failed with error out of memory", OutOfDeviceMemory),
        ("cuBLAS failed with status CUBLAS_STATUS_ALLOC_FAILED", OutOfDeviceMemory),
        ("CUDA failed with error unspecified launch failure", DeviceLost),
        ("cuDNN failed with status CUDNN_STATUS_EXECUTION_FAILED", DeviceLost),
        ("Library libcublas.so.12 is not found or cannot be loaded", EngineUnavailable),
        ("std::bad_alloc", EngineFailed),
        ("something else", EngineFailed),
    ],
)
def test_foreign_errors_become_ours(said: str, kind: type[Exception]) -> None:
    assert type(translated(RuntimeError(said), "Whisper failed")) is kind
    with pytest.raises(kind), mapped("Whisper failed"):
        raise RuntimeError(said)


def test_our_own_errors_pass_unchanged() -> None:
    with pytest.raises(InvalidOption), mapped("Whisper failed"):
        raise InvalidOption("No.")
