"""The embedded diarizer as the pipeline uses it."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audapolis.domain.audio import SAMPLE_RATE_HZ, Samples, Window
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.transcript import Span
from audapolis.engines.acoustic.diarizer import AcousticDiarizer
from audapolis.engines.base import Diarization, Diarizer, SpeakerCount
from audapolis.engines.silero import SileroDetector
from audapolis.errors import Cancelled

from ..sound import load
from .voices import HIGH, LOW, MIDDLE, FormantVoice, conversation

TWO = [(LOW, 4.0), (HIGH, 3.0), (LOW, 5.0), (HIGH, 4.0), (LOW, 1.5), (HIGH, 5.0), (LOW, 4.0), (HIGH, 2.0)]


def diarize(
    sound: Samples,
    speech: list[Span],
    count: SpeakerCount | None = None,
    *,
    window: int = 100_000,
    start_s: float = 0.0,
) -> Diarization:
    session = AcousticDiarizer().open(CancelToken())
    for at in range(0, len(sound), window):
        session.feed(Window(start_s + at / SAMPLE_RATE_HZ, sound[at : at + window]))
    return session.flush(speech, count or SpeakerCount())


def heard(result: Diarization, span: Span) -> str:
    """Who is heard most within a span."""
    seconds = {s.id: sum(t.overlap_s(span) for t in result.turns if t.speaker == s.id) for s in result.speakers}
    return max(seconds, key=lambda name: seconds[name])


def test_it_says_what_it_is() -> None:
    diarizer: Diarizer = AcousticDiarizer()
    assert diarizer.info.name == "acoustic"
    assert diarizer.info.device == "cpu"
    assert diarizer.info.embedding_model


def test_two_voices_are_two_speakers_and_each_turn_has_its_own() -> None:
    sound, speech = conversation(TWO)
    result = diarize(sound, speech)
    assert [heard(result, span) for span in speech] == ["S1" if voice is LOW else "S2" for voice, _ in TWO]
    assert [s.id for s in result.speakers] == ["S1", "S2"]
    assert [s.name for s in result.speakers] == ["Speaker 1", "Speaker 2"]


def test_speakers_are_numbered_as_they_appear_and_speech_time_adds_up() -> None:
    sound, speech = conversation([(HIGH, 5.0), (LOW, 5.0), (MIDDLE, 5.0), (LOW, 5.0), (HIGH, 4.0), (MIDDLE, 5.0)])
    result = diarize(sound, speech, SpeakerCount(3, 3))
    first_heard = list(dict.fromkeys(t.speaker for t in result.turns))
    assert first_heard == ["S1", "S2", "S3"]
    assert sum(s.speech_s for s in result.speakers) == pytest.approx(sum(s.duration_s for s in speech), abs=0.01)


def test_turns_are_sorted_and_cover_exactly_the_speech() -> None:
    sound, speech = conversation(TWO)
    turns = diarize(sound, speech).turns
    assert list(turns) == sorted(turns, key=lambda t: t.start_s)
    for span in speech:
        assert sum(t.overlap_s(span) for t in turns) == pytest.approx(span.duration_s, abs=0.002)
    assert sum(t.duration_s for t in turns) == pytest.approx(sum(s.duration_s for s in speech), abs=0.02)


def test_one_voice_stays_one_speaker() -> None:
    sound, speech = conversation([(MIDDLE, 4.0)] * 10)
    assert len(diarize(sound, speech).speakers) == 1


def test_a_voice_is_known_again_after_a_long_gap() -> None:
    before, speech = conversation([(LOW, 5.0), (HIGH, 5.0)])
    after, later = conversation([(HIGH, 5.0), (LOW, 5.0)])
    gap_s = 180.0
    gap = np.random.default_rng(1).standard_normal(round(gap_s * SAMPLE_RATE_HZ)).astype(np.float32) * 1e-3
    start_s = len(before) / SAMPLE_RATE_HZ + gap_s
    spans = [*speech, *(Span(s.start_s + start_s, s.end_s + start_s) for s in later)]
    result = diarize(np.concatenate((before, gap, after)), spans)
    assert [heard(result, span) for span in spans] == ["S1", "S2", "S2", "S1"]


@pytest.mark.parametrize("wanted", [1, 2, 3, 5])
def test_a_given_number_of_speakers_is_found(wanted: int) -> None:
    sound, speech = conversation(TWO)
    assert len(diarize(sound, speech, SpeakerCount(wanted, wanted)).speakers) == wanted


def test_at_most_and_at_least_are_kept() -> None:
    sound, speech = conversation([(LOW, 5.0), (HIGH, 5.0), (MIDDLE, 5.0)] * 2)
    assert len(diarize(sound, speech, SpeakerCount(1, 2)).speakers) <= 2
    assert len(diarize(sound, speech, SpeakerCount(4, None)).speakers) >= 4


def test_no_speech_gives_no_turns() -> None:
    silence = np.zeros(SAMPLE_RATE_HZ * 5, np.float32)
    assert diarize(silence, []) == Diarization((), ())


def test_a_session_that_was_fed_nothing_gives_no_turns() -> None:
    assert diarize(np.zeros(0, np.float32), [Span(0.0, 1.0)]) == Diarization((), ())


def test_digital_silence_called_speech_is_one_speaker() -> None:
    result = diarize(np.zeros(SAMPLE_RATE_HZ * 20, np.float32), [Span(0.0, 9.0), Span(10.0, 20.0)])
    assert len(result.speakers) == 1


@pytest.mark.parametrize("duration_s", [0.12, 0.3, 1.0])
def test_very_little_speech_is_one_speaker(duration_s: float) -> None:
    sound, speech = conversation([(LOW, duration_s)])
    result = diarize(sound, speech)
    assert [t.speaker for t in result.turns] == ["S1"]


def test_more_speakers_than_there_is_speech_for_is_no_error() -> None:
    sound, speech = conversation([(LOW, 0.5)])
    assert len(diarize(sound, speech, SpeakerCount(8, 8)).speakers) >= 1


@pytest.mark.parametrize("gain", [0.01, 3.0])
def test_loudness_changes_nothing(gain: float) -> None:
    sound, speech = conversation(TWO)
    plain, scaled = diarize(sound, speech), diarize(sound * np.float32(gain), speech)
    assert [heard(scaled, s) for s in speech] == [heard(plain, s) for s in speech]


def test_how_the_sound_is_cut_into_windows_changes_nothing() -> None:
    """The embeddings agree as far as matrix products do: how those round depends on the processor and on their size."""
    sound, speech = conversation(TWO)
    short, long = diarize(sound, speech, window=16_000), diarize(sound, speech, window=54_321)
    assert short.turns == long.turns
    assert [replace(speaker, embedding=()) for speaker in short.speakers] == [
        replace(speaker, embedding=()) for speaker in long.speakers
    ]
    for one, other in zip(short.speakers, long.speakers, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-5)


def test_times_count_from_the_first_window() -> None:
    sound, speech = conversation(TWO)
    later = [Span(s.start_s + 100.0, s.end_s + 100.0) for s in speech]
    early, late = diarize(sound, speech), diarize(sound, later, start_s=100.0)
    assert [round(t.start_s + 100.0, 3) for t in early.turns] == [t.start_s for t in late.turns]


def test_embeddings_have_unit_length_and_know_a_voice_again() -> None:
    first = diarize(*conversation(TWO), SpeakerCount(2, 2)).speakers
    again = diarize(*conversation([(HIGH, 6.0), (LOW, 6.0)] * 3), SpeakerCount(2, 2)).speakers
    vectors = {
        n: np.array(s.embedding) for n, s in zip(("low", "high", "high2", "low2"), (*first, *again), strict=True)
    }
    assert all(np.linalg.norm(v) == pytest.approx(1.0) for v in vectors.values())
    assert vectors["low"] @ vectors["low2"] > vectors["low"] @ vectors["high2"]
    assert vectors["high"] @ vectors["high2"] > vectors["high"] @ vectors["low2"]


def test_a_cancelled_session_takes_no_more_sound() -> None:
    cancel = CancelToken()
    session = AcousticDiarizer().open(cancel)
    cancel.cancel()
    with pytest.raises(Cancelled):
        session.feed(Window(0.0, np.zeros(16_000, np.float32)))


@pytest.mark.slow
def test_cancelling_a_long_decision_takes_at_most_two_seconds() -> None:
    cancel = CancelToken()
    session = AcousticDiarizer().open(cancel)
    sound, speech = conversation(TWO)
    length_s = len(sound) / SAMPLE_RATE_HZ
    for n in range(40):
        session.feed(Window(n * length_s, sound))
    every = [Span(n * length_s + s.start_s, n * length_s + s.end_s) for n in range(40) for s in speech]
    timer = threading.Timer(1.0, cancel.cancel)
    begun_s = time.monotonic()
    timer.start()
    with pytest.raises(Cancelled):
        session.flush(every, SpeakerCount())
    assert time.monotonic() - begun_s < 3.0
    timer.join()


@pytest.mark.slow
def test_voices_are_known_again_across_portions_of_a_long_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audapolis.engines.acoustic.labelling._PORTION_BLOCKS", 600)
    sound, speech = conversation(TWO * 6)
    result = diarize(sound, speech)
    assert len(result.speakers) == 2
    assert [heard(result, span) for span in speech] == ["S1" if voice is LOW else "S2" for voice, _ in TWO * 6]


def test_not_a_number_in_the_sound_is_survived() -> None:
    sound, speech = conversation(TWO)
    sound[5000:5100] = np.nan
    sound[9000] = np.inf
    assert len(diarize(sound, speech).speakers) == 2


@pytest.mark.speech
@pytest.mark.slow
@pytest.mark.parametrize(("name", "speakers"), [("conv2_open_snr20.opus", 2), ("conv3_open_clean.flac", 3)])
def test_real_conversations_are_told_apart(speech_dir: Path, name: str, speakers: int) -> None:
    sound = load(speech_dir / "conv" / name)
    detector = SileroDetector()
    session = AcousticDiarizer().open(CancelToken())
    speech: list[Span] = []
    for at in range(0, len(sound), 160_000):
        window = Window(at / SAMPLE_RATE_HZ, sound[at : at + 160_000])
        speech += detector.feed(window)
        session.feed(window)
    result = session.flush(speech + detector.flush(), SpeakerCount())
    assert len(result.speakers) == speakers
    truth = json.loads((speech_dir / "conv" / f"{name.split('_', maxsplit=1)[0]}_open.json").read_text())["turns"]
    names = {(turn["speaker"], heard(result, Span(turn["start"], turn["end"]))) for turn in truth}
    assert len(names) == speakers


def test_a_hoarse_whisper_of_a_voice_is_no_reason_to_fail() -> None:
    sound, speech = conversation([(FormantVoice(90, 1.0, -40), 3.0), (LOW, 3.0)])
    assert 1 <= len(diarize(sound, speech).speakers) <= 2
