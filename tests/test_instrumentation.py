"""Nothing happens unseen: every stage, engine, diarizer, format and end of a job shows up in the events.

What is enumerated here is what there is in the program, so that whoever adds a stage, an engine, a format or an end
is told by a failing test that it can't be seen yet.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.config import Settings
from audapolis.diarization_bridge import DiarizationBridge
from audapolis.domain import events as catalogue
from audapolis.domain.events import (
    BatchDecoded,
    CacheLooked,
    ChunkTranscribed,
    EngineChosen,
    Event,
    FellBack,
    FormatRendered,
    JobCancelled,
    JobEvent,
    JobFailed,
    JobFinished,
    JobQueued,
    JobStarted,
    ModelLoaded,
    ModelReleased,
    RecordingProbed,
    StageFailed,
    StageFinished,
    StageStarted,
    TranscriptMade,
    WorkerEnded,
    WorkerLost,
    WorkerStarted,
    WorkEvent,
)
from audapolis.domain.options import TranscribeOptions
from audapolis.errors import UnknownName
from audapolis.export.formats import FORMATS
from audapolis.jobs.record import Job, JobState
from audapolis.modern_pipeline import ModernPipeline
from audapolis.speech_choice import SPEECH_ENGINES
from audapolis.tasks import TaskManager

from .builders import conversation as talk
from .jobs.runners import ChunkRunner, Script, fast_settings
from .test_modern_pipeline import write_wav

PATIENCE_S = 120.0
ELSEWHERE = {
    "DeviceAwaited": "tests/test_transcription_bridge.py, with a GPU of the test's making",
    "ModelFetching": "tests/test_transcription_bridge.py and tests/test_models.py, with a hub of their own",
    "StageProgress": "told to the pulse of a worker, which makes JobProgressed of it: tests/stages, tests/jobs",
    "ExportStarted": "tests/test_export_desk.py",
    "ExportFinished": "tests/test_export_desk.py",
    "ExportFailed": "tests/test_export_desk.py",
    "ExportCancelled": "tests/test_export_desk.py",
    "RequestServed": "tests/api/test_served.py, for every route there is",
}
"""Events that are seen by other tests."""


@dataclass(frozen=True)
class Heard:
    """All that was told while a manager ran, from before its start until after its stop."""

    events: Sequence[Event]

    def of(self, kind: type[Any], job: Job | None = None, **wanted: object) -> list[Any]:
        found = [event for event in self.events if isinstance(event, kind)]
        if job is not None:
            found = [event for event in found if event.job_id == job.id]
        return [event for event in found if all(getattr(event, name) == value for name, value in wanted.items())]


# --- the real pipeline in real worker processes -----------------------------------------------------------------


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, sherpa_model: Path) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": tmp_path_factory.mktemp("data"),
            "jobs": {"heartbeat_s": 0.3, "poll_s": 0.05},
            "diarization": {"sherpa_model": str(sherpa_model)},
            "cache": {"enabled": True},
        }
    )


@pytest.fixture(scope="module")
def excerpt(conversation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 9 seconds of the conversation: two turns."""
    from audapolis.audio.decoding import decode
    from audapolis.audio.pcm import PcmAudio

    folder = tmp_path_factory.mktemp("excerpt")
    samples = PcmAudio(decode(conversation, folder / "all.pcm")).read(0, 9)
    return write_wav(folder / "excerpt.wav", samples)


SPEECH: dict[str, Callable[[Path], dict[str, Any]]] = {
    "whisper": lambda model: {"engine": "whisper", "model": str(model), "language": "en"},
    "pocketsphinx": lambda _model: {"engine": "pocketsphinx"},
}
"""The options that each speech engine is had with."""


@dataclass(frozen=True)
class Real:
    """Recordings that were really transcribed.

    Attributes:
        by_speech, by_diarizer: A job for each engine.
        plain: One without wishes, so that engines stand in for others.
        again: The same as `plain`, after it.
        refused: One of a file that is no recording.
    """

    heard: Heard
    by_speech: dict[str, Job]
    by_diarizer: dict[str, Job]
    plain: Job
    again: Job
    refused: Job


@pytest.fixture(scope="module")
def real(settings: Settings, excerpt: Path, tiny_whisper: Path, tmp_path_factory: pytest.TempPathFactory) -> Real:
    heard: list[Event] = []
    manager = TaskManager(settings)
    manager.subscribe(heard.append)
    no_sound = tmp_path_factory.mktemp("refused") / "letter.wav"
    no_sound.write_text("Dear madam,")

    def transcribe(source: Path = excerpt, **options: Any) -> Job:
        job = manager.submit(
            source,
            name="talk.wav",
            options=TranscribeOptions(**options),
            origin="api",
            client="c0ffee",
            kind="interactive",
            priority=3,
        )
        return manager.wait(job.id, PATIENCE_S)

    def diarize(name: str) -> Job:
        return transcribe(**SPEECH["whisper"](tiny_whisper), diarizer=name, reuse=False)

    with manager:
        plain = transcribe()
        return Real(
            heard=Heard(heard),
            plain=plain,
            again=transcribe(),
            refused=transcribe(no_sound),
            by_speech={name: transcribe(**SPEECH[name](tiny_whisper), diarize=False) for name in SPEECH},
            by_diarizer={name: diarize(name) for name in diarizers(settings)},
        )


def diarizers(settings: Settings) -> list[str]:
    """Those that can run here."""
    bridge = DiarizationBridge(settings)
    try:
        return [diarizer.info.name for diarizer in bridge.everyone()]
    finally:
        bridge.close()


def stages() -> list[Any]:
    with ModernPipeline(Settings()) as pipeline:
        return list(pipeline.stages)


STAGES = stages()


@pytest.mark.slow
@pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
def test_every_stage_of_the_pipeline_is_seen_with_what_it_took(real: Real, stage: str) -> None:
    assert real.plain.state is JobState.DONE
    [began] = real.heard.of(StageStarted, real.plain, stage=stage)
    [ended] = real.heard.of(StageFinished, real.plain, stage=stage)
    assert (began.resumed, ended.origin) == (False, "computed")
    assert ended.at >= began.at
    measured = [ended.cpu_s, ended.peak_rss_bytes, ended.read_bytes, ended.written_bytes]
    assert all(value is not None and value >= 0 for value in measured)


@pytest.mark.slow
@pytest.mark.parametrize("stage", [stage.name for stage in STAGES if stage.cached])
def test_every_stage_that_is_kept_for_later_jobs_tells_whether_it_was_found(real: Real, stage: str) -> None:
    looked = [real.heard.of(CacheLooked, job, stage=stage) for job in (real.plain, real.again)]
    assert [[(one.looks, one.hits) for one in each] for each in looked] == [[(1, 0)], [(1, 1)]]
    [ended] = real.heard.of(StageFinished, real.again, stage=stage)
    assert ended.origin == "cache"


@pytest.mark.slow
def test_chunks_are_looked_for_too(real: Real) -> None:
    [first] = real.heard.of(CacheLooked, real.plain, stage="transcribe")
    [second] = real.heard.of(CacheLooked, real.again, stage="transcribe")
    chunks = len(real.heard.of(ChunkTranscribed, real.plain))
    assert (first.looks, first.hits) == (chunks, 0)
    assert (second.looks, second.hits) == (chunks, chunks)


def test_no_speech_engine_is_left_out_here() -> None:
    assert set(SPEECH) == set(SPEECH_ENGINES)


@pytest.mark.slow
@pytest.mark.parametrize("engine", SPEECH_ENGINES)
def test_every_speech_engine_is_seen_with_its_model(real: Real, engine: str) -> None:
    job = real.by_speech[engine]
    assert job.state is JobState.DONE, job.error
    chosen = real.heard.of(EngineChosen, job, stage="transcribe")
    assert [one.engine for one in chosen][-1] == engine
    assert all((one.model, one.device) == (chosen[-1].model, "cpu") and one.precision for one in chosen)
    loads = real.heard.of(ModelLoaded, job, model=chosen[-1].model, device="cpu")
    assert loads
    assert all(load.stage == "transcribe" and load.wall_s >= 0 for load in loads)


@pytest.mark.slow
@pytest.mark.parametrize("engine", SPEECH_ENGINES)
def test_the_first_load_of_every_model_is_cold_and_takes_time(real: Real, engine: str) -> None:
    [chosen] = real.heard.of(EngineChosen, real.by_speech[engine], stage="transcribe")[-1:]
    loads = real.heard.of(ModelLoaded, model=chosen.model)
    cold, later = loads[0], loads[1:]
    assert not cold.warm
    assert cold.wall_s > 0
    assert later
    assert any(load.warm for load in later)
    assert all(load.wall_s == 0 for load in later if load.warm)


@pytest.mark.slow
def test_every_diarizer_that_runs_here_is_seen(real: Real) -> None:
    assert {"sherpa", "acoustic"} <= set(real.by_diarizer)
    for name, job in real.by_diarizer.items():
        assert job.state is JobState.DONE, job.error
        [chosen] = real.heard.of(EngineChosen, job, stage="diarize")
        assert (chosen.engine, chosen.device) == (name, "cpu")
        if chosen.model:  # the one that has none loads none
            [loaded] = real.heard.of(ModelLoaded, job, stage="diarize")
            assert loaded.model == chosen.model
            [released] = real.heard.of(ModelReleased, model=chosen.model)
            assert released.held_s > 0


@pytest.mark.slow
def test_models_are_let_go_of_at_the_latest_when_the_worker_ends(real: Real) -> None:
    cold = [load.model for load in real.heard.of(ModelLoaded, warm=False)]
    released = [event.model for event in real.heard.of(ModelReleased)]
    assert set(cold) == set(released)
    assert all(event.job_id is None and event.held_s > 0 for event in real.heard.of(ModelReleased))


@pytest.mark.slow
def test_windows_decoded_together_are_counted(real: Real) -> None:
    batches = real.heard.of(BatchDecoded, real.by_speech["whisper"])
    assert batches
    assert all(batch.model == "tiny-whisper" and batch.device == "cpu" for batch in batches)
    assert sum(batch.windows for batch in batches) >= 1
    assert all(batch.wall_s > 0 for batch in batches)
    assert real.heard.of(BatchDecoded, real.by_speech["pocketsphinx"]) == []


@pytest.mark.slow
def test_what_stood_in_for_what_is_told_with_the_job_it_happened_to(real: Real) -> None:
    assert ("whisper", "pocketsphinx") in [(one.wanted, one.used) for one in real.heard.of(FellBack, real.plain)]


@pytest.mark.slow
def test_what_the_recording_is_and_what_became_of_it_are_told_once(real: Real, excerpt: Path) -> None:
    [probed] = real.heard.of(RecordingProbed, real.plain)
    assert (probed.container, probed.codec, probed.video, probed.channels) == ("wav", "pcm_s16le", False, 1)
    assert probed.size_bytes == excerpt.stat().st_size
    assert probed.duration_s == pytest.approx(9, abs=0.1)
    assert len(probed.recording) == 64
    [made] = real.heard.of(TranscriptMade, real.plain)
    assert made.transcript_id == real.plain.transcript_id
    assert made.language == "en"
    assert made.words > 5
    assert made.speakers >= 1
    assert 0 < made.confidence <= 1


@pytest.mark.slow
def test_a_file_that_is_no_recording_fails_in_a_stage_that_is_named(real: Real) -> None:
    assert real.refused.state is JobState.FAILED
    [failed] = real.heard.of(StageFailed, real.refused)
    assert (failed.stage, failed.error) == ("probe", "unsupported_media")
    assert real.heard.of(RecordingProbed, real.refused) == []


@pytest.mark.slow
def test_everything_of_a_job_carries_its_id_and_no_words(real: Real, excerpt: Path) -> None:
    between = [event for event in real.heard.of(WorkEvent) if event.job_id is None]
    assert {type(event) for event in between} <= {ModelReleased}
    texts = [
        str(getattr(event, field.name)) for event in real.heard.events for field in fields(event) if field.name != "at"
    ]
    secrets = ("talk.wav", excerpt.name, str(excerpt.parent), "letter.wav")
    told_of_failure = [event.message for event in real.heard.of(StageFailed) + real.heard.of(JobFailed)]
    for secret in secrets:
        assert not [text for text in texts if secret in text and text not in told_of_failure]


@pytest.mark.slow
def test_who_sent_a_job_is_told_with_it(real: Real) -> None:
    [queued] = real.heard.of(JobQueued, real.plain)
    assert (queued.origin, queued.client, queued.kind, queued.priority) == ("api", "c0ffee", "interactive", 3)


# --- the ends of jobs --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ends:
    """Jobs that ended in every way there is, and a worker that was killed."""

    heard: Heard
    by_state: dict[JobState, Job]
    killed: Job
    pids: tuple[int, ...]


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Ends:
    folder = tmp_path_factory.mktemp("ends")
    heard: list[Event] = []
    manager = TaskManager(fast_settings(folder / "data", lease_s=15.0), ChunkRunner)
    manager.subscribe(heard.append)

    def submit(script: Script) -> Job:
        source = script.write(folder / f"{time.time_ns()}.json")
        return manager.submit(source, name="talk.wav", options=TranscribeOptions(), origin="batch")

    def cancelled() -> Job:
        job = submit(Script(chunks=50, chunk_s=0.2))
        _until(lambda: manager.get(job.id).state is JobState.RUNNING)
        return manager.cancel(job.id)

    def killed() -> Job:
        job = submit(Script(chunks=4, chunk_s=0.5))
        _until(lambda: any(run.key == "transcribe/0" for run in manager.stage_runs(job.id)))
        os.kill(manager.worker_pids[0], signal.SIGKILL)
        return job

    with manager:
        jobs = {
            JobState.DONE: submit(Script()),
            JobState.FAILED: submit(Script(deeds={"0": "refuse"})),
            JobState.QUARANTINED: submit(Script(deeds={"0": "die"})),
        }
        by_state = {state: manager.wait(job.id, PATIENCE_S) for state, job in jobs.items()}
        by_state[JobState.CANCELLED] = manager.wait(cancelled().id, PATIENCE_S)
        lost = manager.wait(killed().id, PATIENCE_S)
        pids = tuple(manager.worker_pids)
    return Ends(Heard(heard), by_state, lost, pids)


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


TOLD_BY: dict[JobState, type[JobEvent]] = {
    JobState.DONE: JobFinished,
    JobState.FAILED: JobFailed,
    JobState.QUARANTINED: JobFailed,
    JobState.CANCELLED: JobCancelled,
}


def test_no_end_of_a_job_is_left_out_here() -> None:
    assert set(TOLD_BY) == {state for state in JobState if state.ended}


@pytest.mark.slow
@pytest.mark.parametrize("state", [state for state in JobState if state.ended])
def test_every_end_of_a_job_is_told_exactly_once(ends: Ends, state: JobState) -> None:
    job = ends.by_state[state]
    assert job.state is state
    told = ends.heard.of(JobFinished | JobFailed | JobCancelled, job)  # type: ignore[arg-type]
    assert [type(event) for event in told] == [TOLD_BY[state]]
    assert [type(event) for event in ends.heard.of(JobEvent, job)][:2] == [JobQueued, JobStarted]


@pytest.mark.slow
def test_attempts_tell_the_worker_they_run_in(ends: Ends) -> None:
    started = ends.heard.of(JobStarted, ends.by_state[JobState.QUARANTINED])
    assert [event.attempt for event in started] == [1, 2, 3]
    assert len({event.pid for event in started}) == 3, "each attempt killed its worker"
    known = {event.pid for event in ends.heard.of(WorkerStarted)}
    assert {event.pid for event in ends.heard.of(JobStarted)} <= known


@pytest.mark.slow
def test_a_killed_worker_is_told_and_its_job_waits_again_as_what_it_was(ends: Ends) -> None:
    assert (ends.killed.state, ends.killed.attempt) == (JobState.DONE, 2)
    [lost] = ends.heard.of(WorkerLost, ends.killed)
    assert (lost.attempt, lost.reason) == (1, "its process was ended by SIGKILL")
    queued = ends.heard.of(JobQueued, ends.killed)
    assert [(event.origin, event.kind) for event in queued] == [("batch", "batch")] * 2


@pytest.mark.slow
def test_every_worker_that_begins_is_told_to_end_in_order_or_not(ends: Ends) -> None:
    ended = ends.heard.of(WorkerEnded)
    assert sorted(event.pid for event in ended) == sorted(event.pid for event in ends.heard.of(WorkerStarted))
    assert all(event.lived_s > 0 for event in ended)
    broken = [event for event in ended if not event.orderly]
    assert [event.reason for event in broken] == ["its process was ended by SIGKILL"] * 4
    assert {event.pid for event in ended if event.orderly} == set(ends.pids)


# --- exports -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_id", FORMATS)
def test_every_export_format_is_told_of(format_id: str, tmp_path: Path) -> None:
    told: list[Event] = []
    exporter = AdvancedExporter(emit=told.append)
    rendered = exporter.render(talk(), format_id)
    written = exporter.write(talk(), tmp_path / "result", format_id)
    first, second = [event for event in told if isinstance(event, FormatRendered)]
    assert (first.format, first.family, first.error) == (format_id, FORMATS[format_id].family, "")
    assert (first.size_bytes, second.size_bytes) == (len(rendered.content), written.size_bytes)
    assert first.transcript_id == second.transcript_id == talk().id
    assert first.wall_s >= 0


@pytest.mark.parametrize("format_id", FORMATS)
def test_every_export_that_can_not_be_made_is_told_with_its_error(format_id: str) -> None:
    told: list[Event] = []
    with pytest.raises(UnknownName):
        AdvancedExporter(emit=told.append).render(talk(), format_id, {"no such option": 1})
    [event] = told
    assert isinstance(event, FormatRendered)
    assert (event.format, event.error, event.size_bytes) == (format_id, "unknown_name", 0)


# --- all together ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_kind_of_event_there_is_was_seen(real: Real, ends: Ends) -> None:
    bases = {Event, WorkEvent, JobEvent}
    kinds = {
        name
        for name, kind in vars(catalogue).items()
        if isinstance(kind, type) and issubclass(kind, Event) and kind not in bases
    }
    seen = {type(event).__name__ for heard in (real.heard, ends.heard) for event in heard.events}
    assert seen | {FormatRendered.__name__} | set(ELSEWHERE) == kinds
    assert not seen & set(ELSEWHERE)
