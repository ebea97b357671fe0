"""The whole pipeline with its real engines, on the sample conversation."""

from __future__ import annotations

import threading
import time
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audapolis.config import load_settings
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.codec import from_json, to_json
from audapolis.domain.events import ChunkTranscribed, Event, StageFinished, StageStarted
from audapolis.domain.options import TranscribeOptions
from audapolis.domain.transcript import Transcript
from audapolis.errors import Cancelled, EngineUnavailable, UnknownName, UnsupportedMedia
from audapolis.modern_pipeline import ModernPipeline
from audapolis.stages.base import StageContext

from .stages.test_runner import Memory

STAGES = ["probe", "decode", "enhance", "speech", "diarize", "transcribe", "merge", "refine", "assess"]


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModernPipeline]:
    with ModernPipeline(load_settings(data_dir=tmp_path_factory.mktemp("data"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def excerpt(conversation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 20 seconds of the conversation, as a wav file."""
    from audapolis.audio.decoding import decode
    from audapolis.audio.pcm import PcmAudio

    folder = tmp_path_factory.mktemp("excerpt")
    samples = PcmAudio(decode(conversation, folder / "all.pcm")).read(0, 20)
    return write_wav(folder / "excerpt.wav", samples)


def write_wav(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def finished(
    pipeline: ModernPipeline, excerpt: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Transcript, list[Event], Memory]:
    events: list[Event] = []
    memory = Memory()
    context = StageContext(tmp_path_factory.mktemp("work"), emit=events.append, checkpoints=memory)
    return pipeline.run(excerpt, TranscribeOptions(), context=context), events, memory


Finished = tuple[Transcript, list[Event], Memory]


def test_a_conversation_becomes_words_with_speakers_and_times(finished: Finished) -> None:
    transcript, _, _ = finished
    assert transcript.recording.duration_s == pytest.approx(20, abs=0.01)
    assert len(transcript.words) > 20
    assert {s.id for s in transcript.speakers} == {"S1", "S2"}
    assert all(w.speaker in ("S1", "S2") for w in transcript.words)
    assert all(0 <= w.start_s <= w.end_s <= 20 and 0 <= w.confidence <= 1 for w in transcript.words)
    assert transcript.provenance.engine == "pocketsphinx"
    assert transcript.provenance.fallbacks[0].wanted == "whisper"
    assert transcript.quality["grade"] == "draft"


def test_a_transcript_survives_its_json(finished: Finished) -> None:
    transcript, _, _ = finished
    assert from_json(Transcript, to_json(transcript)) == transcript


def test_every_stage_tells_that_it_ran(finished: Finished) -> None:
    _, events, _ = finished
    assert sorted(e.stage for e in events if isinstance(e, StageFinished)) == sorted(STAGES)
    assert any(isinstance(e, ChunkTranscribed) for e in events)


def test_resuming_from_checkpoints_redoes_nothing_and_gives_the_same_transcript(
    finished: Finished, pipeline: ModernPipeline, excerpt: Path, tmp_path: Path
) -> None:
    whole, _, memory = finished
    parts = [key.removeprefix("transcribe/") for key in memory.saved]
    last = max(int(part) for part in parts if part.isdecimal())
    lost = Memory()
    lost.saved = {k: data for k, data in memory.saved.items() if k not in ("transcribe", f"transcribe/{last}")}
    events: list[Event] = []
    context = StageContext(tmp_path, emit=events.append, checkpoints=lost)

    again = pipeline.run(excerpt, TranscribeOptions(), context=context)

    assert replace(again, id=whole.id, created_at=whole.created_at) == whole
    assert [e.index for e in events if isinstance(e, ChunkTranscribed) and not e.resumed] == [last]
    resumed = {e.stage for e in events if isinstance(e, StageStarted) and e.resumed}
    assert resumed == {"probe", "decode", "enhance", "speech", "diarize"}


def test_without_diarization_nobody_is_named(pipeline: ModernPipeline, excerpt: Path, tmp_path: Path) -> None:
    transcript = pipeline.run(excerpt, TranscribeOptions(diarize=False), context=StageContext(tmp_path))
    assert transcript.speakers == ()
    assert {word.speaker for word in transcript.words} == {None}


def test_silence_gives_a_transcript_without_words(pipeline: ModernPipeline, tmp_path: Path) -> None:
    silence = write_wav(tmp_path / "silence.wav", np.zeros(16000 * 5, np.float32))
    transcript = pipeline.run(silence, TranscribeOptions(), context=StageContext(tmp_path))
    assert (transcript.segments, transcript.speakers, transcript.turns) == ((), (), ())
    assert transcript.quality["confidence"] is None


def test_cancelling_takes_less_than_two_seconds(pipeline: ModernPipeline, conversation: Path, tmp_path: Path) -> None:
    cancel = CancelToken()
    asked_at: list[float] = []

    def stop_soon(event: Event) -> None:
        if isinstance(event, StageStarted) and event.stage == "transcribe":
            threading.Timer(1.0, lambda: (asked_at.append(time.monotonic()), cancel.cancel())).start()

    with pytest.raises(Cancelled):
        pipeline.run(conversation, TranscribeOptions(), context=StageContext(tmp_path, emit=stop_soon, cancel=cancel))
    assert time.monotonic() - asked_at[0] < 2.0


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        (TranscribeOptions(engine="whispr"), (UnknownName, "whisper")),
        (TranscribeOptions(diarizer="acustic"), (UnknownName, "acoustic")),
        (TranscribeOptions(model="smal"), (UnknownName, "small")),
        (TranscribeOptions(engine="pocketsphinx", language="de"), (EngineUnavailable, "English")),
    ],
)
def test_impossible_options_are_refused_before_any_work(
    pipeline: ModernPipeline, excerpt: Path, tmp_path: Path, options: TranscribeOptions, refused: tuple[type, str]
) -> None:
    events: list[Event] = []
    with pytest.raises(refused[0], match=refused[1]):
        pipeline.run(excerpt, options, context=StageContext(tmp_path, emit=events.append))
    assert events == []


def test_a_text_file_called_wav_is_no_recording(pipeline: ModernPipeline, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("These are my notes. " * 50)
    with pytest.raises(UnsupportedMedia):
        pipeline.run(text, TranscribeOptions(), context=StageContext(tmp_path))
