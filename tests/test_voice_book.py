"""Voices that are enrolled once and known again in later recordings."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from audapolis.cli import main
from audapolis.config import Settings, load_settings
from audapolis.domain.audio import SAMPLE_RATE_HZ, Samples
from audapolis.domain.options import TranscribeOptions
from audapolis.domain.transcript import Span
from audapolis.engines.acoustic.diarizer import AcousticDiarizer
from audapolis.errors import Cancelled, InvalidOption, NotFound, UnsupportedMedia
from audapolis.modern_pipeline import ModernPipeline
from audapolis.stages.base import StageContext
from audapolis.voice_book import VoiceBook

from .engines.acoustic.voices import LOW
from .engines.listening import StopAfter, hear
from .engines.sound import load
from .stages.test_runner import Memory


def write(path: Path, samples: Samples) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "data", diarization={"engine": "acoustic"})


@pytest.fixture(scope="module")
def spoken(conversation: Path) -> Samples:
    """The sample conversation; its first turn is one person's."""
    return load(conversation)


@pytest.fixture(scope="module")
def sample(spoken: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("sample") / "ann.wav", spoken[: 6 * SAMPLE_RATE_HZ])


def test_a_voice_is_enrolled_listed_and_forgotten(settings: Settings, sample: Path) -> None:
    book = VoiceBook(settings)
    enrolled = book.enrol("Ann Lee", sample)
    assert enrolled.speech_s >= 3
    assert "audapolis-cepstra-1" in enrolled.vectors
    assert [voice.name for voice in book.voices()] == ["Ann Lee"]
    book.forget("Ann Lee")
    assert book.voices() == []


def test_the_diarizers_with_models_hear_the_sample_too(tmp_path: Path, sample: Path, sherpa_model: Path) -> None:
    own = load_settings(data_dir=tmp_path, diarization={"sherpa_model": str(sherpa_model)})
    spaces = {name.partition("-")[0] for name in VoiceBook(own).enrol("Ann", sample).vectors}
    assert spaces >= {"audapolis", "sherpa"}


def test_too_little_speech_is_refused(settings: Settings, tmp_path: Path) -> None:
    silence = write(tmp_path / "silence.wav", np.zeros(5 * SAMPLE_RATE_HZ, np.float32))
    with pytest.raises(UnsupportedMedia, match=r"Only 0\.0 s of speech"):
        VoiceBook(settings).enrol("Ann", silence)


def test_a_bad_name_is_refused_before_the_sample_is_heard(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidOption):
        VoiceBook(settings).enrol(" ", tmp_path / "missing.wav")


def test_a_sample_that_is_not_there_is_the_callers_fault(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises((NotFound, UnsupportedMedia)):
        VoiceBook(settings).enrol("Ann", tmp_path / "missing.wav")


def test_enrolling_can_be_stopped(settings: Settings, sample: Path) -> None:
    with pytest.raises(Cancelled):
        VoiceBook(settings).enrol("Ann", sample, StopAfter(4))
    assert VoiceBook(settings).voices() == []


@pytest.mark.slow
def test_a_later_recording_knows_the_voice_unless_told_not_to(
    settings: Settings, spoken: Samples, sample: Path, tmp_path: Path
) -> None:
    talk = write(tmp_path / "talk.wav", spoken[: 20 * SAMPLE_RATE_HZ])
    VoiceBook(settings).enrol("Ann Lee", sample)
    context = StageContext(tmp_path, checkpoints=Memory())
    with ModernPipeline(settings) as pipeline:
        known = pipeline.run(talk, TranscribeOptions(mode="fast"), context=context)
        unknown = pipeline.run(talk, TranscribeOptions(mode="fast", recognise_speakers=False), context=context)
    assert [speaker.name for speaker in known.speakers] == ["Ann Lee", "Speaker 2"]
    assert [speaker.name for speaker in unknown.speakers] == ["Speaker 1", "Speaker 2"]
    assert {word.speaker for word in known.words} == {"S1", "S2"}


def test_the_command_line_enrols_lists_and_forgets(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDAPOLIS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AUDAPOLIS_DIARIZATION__SHERPA_MODEL", "sherpa-titanet-small")
    assert main(["speakers", "enrol", "Ann", str(sample)]) == 0
    assert main(["speakers"]) == 0
    assert "Ann" in capsys.readouterr().out
    assert main(["speakers", "list", "--json"]) == 0
    assert '"name": "Ann"' in capsys.readouterr().out
    assert main(["speakers", "forget", "Anna"]) == 2
    assert "Ann" in capsys.readouterr().err
    assert main(["speakers", "forget", "Ann"]) == 0


@pytest.mark.parametrize("typed", [["enrol", "Ann"], ["forget"], ["list", "Ann"]])
def test_a_command_with_too_few_or_too_many_words_shows_an_example(
    typed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDAPOLIS_DATA_DIR", str(tmp_path))
    assert main(["speakers", *typed]) == 2
    assert f"audapolis speakers {typed[0]}" in capsys.readouterr().err


def test_the_made_up_voice_is_too_strange_to_be_taken_for_somebody(settings: Settings, sample: Path) -> None:
    book = VoiceBook(settings)
    book.enrol("Ann", sample)
    strangers = hear(AcousticDiarizer(), LOW.say(6.0, seed=3), [Span(0.0, 6.0)]).speakers
    assert [speaker.name for speaker in book.named(strangers)] == ["Speaker 1"]
