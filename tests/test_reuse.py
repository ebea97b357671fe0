"""A second job on the same recording repeats nothing that the first one found out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from audapolis.config import load_settings
from audapolis.domain.events import ChunkTranscribed, Event, StageStarted
from audapolis.domain.options import TranscribeOptions
from audapolis.domain.transcript import Transcript
from audapolis.modern_pipeline import ModernPipeline
from audapolis.stages.base import StageContext

from .test_modern_pipeline import write_wav

CHEAP = {"probe", "merge", "refine", "assess"}
"""Stages that are not worth keeping."""
NO_MATTER = {"engine", "model", "device", "precision", "offline", "recognise_speakers", "reuse"}
"""Options that stages need not heed: what they decide is known by the engine that runs, or is done at the end."""


class Second:
    """What a job did, and what came of it."""

    def __init__(self, transcript: Transcript, events: list[Event]) -> None:
        self.transcript = transcript
        started = [event for event in events if isinstance(event, StageStarted)]
        self.done_again = {event.stage for event in started if not event.resumed} - CHEAP
        self.chunks = [event.resumed for event in events if isinstance(event, ChunkTranscribed)]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModernPipeline]:
    settings = load_settings(data_dir=tmp_path_factory.mktemp("data"), cache={"enabled": True})
    with ModernPipeline(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def excerpt(conversation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 12 seconds of the conversation."""
    from audapolis.audio.decoding import decode
    from audapolis.audio.pcm import PcmAudio

    folder = tmp_path_factory.mktemp("excerpt")
    samples = PcmAudio(decode(conversation, folder / "all.pcm")).read(0, 12)
    return write_wav(folder / "excerpt.wav", samples)


def run(pipeline: ModernPipeline, source: Path, folder: Path, options: TranscribeOptions) -> Second:
    events: list[Event] = []
    folder.mkdir()
    return Second(pipeline.run(source, options, context=StageContext(folder, emit=events.append)), events)


@pytest.fixture(scope="module")
def first(pipeline: ModernPipeline, excerpt: Path, tmp_path_factory: pytest.TempPathFactory) -> Second:
    return run(pipeline, excerpt, tmp_path_factory.mktemp("first") / "work", TranscribeOptions())


def test_the_first_job_does_everything(first: Second) -> None:
    assert first.done_again == {"decode", "enhance", "speech", "diarize", "transcribe"}
    assert not any(first.chunks)


def test_the_same_again_is_only_put_together(
    pipeline: ModernPipeline, excerpt: Path, first: Second, tmp_path: Path
) -> None:
    renamed = tmp_path / "another name.wav"
    renamed.write_bytes(excerpt.read_bytes())
    second = run(pipeline, renamed, tmp_path / "work", TranscribeOptions())
    assert second.done_again == {"transcribe"}, "which only collects its chunks"
    assert all(second.chunks)
    assert second.transcript.words == first.transcript.words
    assert second.transcript.turns == first.transcript.turns


def test_other_speakers_repeat_no_decoding_and_no_speech_detection(
    pipeline: ModernPipeline, excerpt: Path, first: Second, tmp_path: Path
) -> None:
    options = TranscribeOptions(min_speakers=1, max_speakers=1)
    assert run(pipeline, excerpt, tmp_path / "work", options).done_again == {"diarize", "transcribe"}


def test_another_mode_repeats_only_the_recognition(
    pipeline: ModernPipeline, excerpt: Path, first: Second, tmp_path: Path
) -> None:
    second = run(pipeline, excerpt, tmp_path / "work", TranscribeOptions(mode="fast"))
    assert second.done_again == {"transcribe"}
    assert not any(second.chunks)


def test_who_wants_nothing_reused_has_everything_done_again(
    pipeline: ModernPipeline, excerpt: Path, first: Second, tmp_path: Path
) -> None:
    second = run(pipeline, excerpt, tmp_path / "work", TranscribeOptions(reuse=False))
    assert second.done_again == first.done_again
    assert not any(second.chunks)
    assert second.transcript.words == first.transcript.words


def test_every_option_is_heeded_by_a_stage_or_known_not_to_matter(pipeline: ModernPipeline) -> None:
    heeded = {name for stage in pipeline.stages for name in stage.heeds}
    assert heeded | NO_MATTER == set(TranscribeOptions.__dataclass_fields__)
    assert not heeded & NO_MATTER
