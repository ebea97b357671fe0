"""From events to facts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from audapolis.analytics.facts import ExportFact, Fact, FailureFact, FallbackFact, JobFact, LoadFact, StageFact
from audapolis.analytics.following import Follower
from audapolis.domain import events as e


def told(events: Sequence[e.Event], follower: Follower | None = None) -> list[Fact]:
    follower = follower or Follower(lambda recording: f"digest of {recording}", version="1.2")
    return [fact for event in events for fact in follower.follow(event)]


def of(kind: type, facts: Sequence[Fact]) -> list:
    return [fact for fact in facts if isinstance(fact, kind)]


QUEUED = e.JobQueued(at=100.0, job_id="j", origin="api", client="c", kind="batch", priority=2)
STARTED = e.JobStarted(at=110.0, job_id="j", attempt=1, pid=77)
PROBED = e.RecordingProbed(
    at=111.0,
    job_id="j",
    recording="sha",
    container="mov,mp4,m4a",
    codec="aac",
    video=True,
    channels=2,
    duration_s=60.0,
    size_bytes=1000,
)


def stage(name: str, began_at: float, at: float, **more: object) -> list[e.Event]:
    return [
        e.StageStarted(at=began_at, job_id="j", stage=name),
        e.StageFinished(at=at, job_id="j", stage=name, wall_s=at - began_at, audio_s=60.0, **more),
    ]


LIFE: list[e.Event] = [
    QUEUED,
    STARTED,
    *stage("probe", 110.0, 111.0),
    PROBED,
    *stage("decode", 111.0, 113.0, cpu_s=1.5, peak_rss_bytes=100),
    e.StageStarted(at=113.0, job_id="j", stage="diarize"),
    e.EngineChosen(at=113.0, job_id="j", stage="diarize", engine="acoustic", model="m", device="cpu", precision="f"),
    e.StageStarted(at=113.0, job_id="j", stage="transcribe"),
    e.CacheLooked(at=113.0, job_id="j", stage="transcribe", looks=4, hits=1),
    e.EngineChosen(
        at=113.0, job_id="j", stage="transcribe", engine="whisper", model="small", device="cpu", precision="int8"
    ),
    e.ModelLoaded(at=114.0, job_id="j", stage="transcribe", model="small", device="cpu", wall_s=1.0, size_bytes=5),
    e.BatchDecoded(at=118.0, job_id="j", model="small", device="cpu", windows=3, wall_s=4.0),
    e.BatchDecoded(at=120.0, job_id="j", model="small", device="cpu", windows=1, wall_s=2.0),
    e.StageFinished(at=121.0, job_id="j", stage="transcribe", wall_s=8.0, audio_s=60.0, cpu_s=14.0, peak_rss_bytes=300),
    e.StageFinished(at=133.0, job_id="j", stage="diarize", wall_s=20.0, audio_s=60.0, cpu_s=19.0, peak_rss_bytes=200),
    *stage("assess", 133.0, 134.0),
    e.TranscriptMade(at=134.0, job_id="j", transcript_id="t", language="en", words=150, speakers=2, confidence=0.9),
    e.JobFinished(at=135.0, job_id="j"),
]


def test_a_jobs_life_becomes_one_fact_with_all_that_is_known() -> None:
    (job,) = of(JobFact, told(LIFE))
    assert job == JobFact(
        at=135.0,
        job_id="j",
        queued_at=100.0,
        outcome="done",
        attempts=1,
        origin="api",
        kind="batch",
        priority=2,
        client="c",
        queue_s=10.0,
        run_s=25.0,
        recording="digest of sha",
        transcript_id="t",
        file_type="mov",
        codec="aac",
        video=True,
        channels=2,
        size_bytes=1000,
        audio_s=60.0,
        engine="whisper",
        model="small",
        device="cpu",
        precision="int8",
        diarizer="acoustic",
        language="en",
        words=150,
        speakers=2,
        confidence=0.9,
        cpu_s=34.5,
        peak_rss_bytes=300,
        path="queue,probe,decode,diarize,assess",
        worker_pid=77,
        version="1.2",
    )
    assert job.latency_s == 35.0
    assert job.real_time_factor == pytest.approx(25 / 60)


def test_each_stage_tells_its_part_of_the_critical_path() -> None:
    stages = {fact.stage: fact for fact in of(StageFact, told(LIFE))}
    assert {name: fact.path_s for name, fact in stages.items()} == {
        "queue": 10.0,
        "probe": 1.0,
        "decode": 2.0,
        "transcribe": 0.0,
        "diarize": 20.0,
        "assess": 1.0,
    }
    assert stages["diarize"].saves_s == 12.0
    assert stages["transcribe"].saves_s == 0.0


def test_what_an_engine_did_is_told_with_its_stage() -> None:
    (transcribe,) = [fact for fact in of(StageFact, told(LIFE)) if fact.stage == "transcribe"]
    assert (transcribe.engine, transcribe.model, transcribe.precision) == ("whisper", "small", "int8")
    assert (transcribe.looks, transcribe.hits, transcribe.load_s) == (4, 1, 1.0)
    assert (transcribe.batches, transcribe.windows) == (2, 4)


def test_models_that_were_loaded_are_remembered_warm_or_cold() -> None:
    loads = of(LoadFact, told([*LIFE[:10], e.ModelLoaded(at=114.0, model="m", device="cpu", wall_s=0.0, warm=True)]))
    assert [load.what for load in loads] == ["warm"]
    (released,) = told([e.ModelReleased(at=9.0, model="m", device="cpu", held_s=5.0)])
    assert released == LoadFact(at=9.0, what="released", model="m", device="cpu", wall_s=5.0)


def test_a_failure_tells_where_and_with_what() -> None:
    broken = [*LIFE[:10], e.StageFailed(at=115.0, job_id="j", stage="transcribe", error="out_of_memory", message="?")]
    facts = told([*broken, e.JobFailed(at=116.0, job_id="j", error="out_of_memory", message="talk.mp3 is too long")])
    (job,), (failure,) = of(JobFact, facts), of(FailureFact, facts)
    assert (job.outcome, job.error, job.failed_stage) == ("failed", "out_of_memory", "transcribe")
    assert (failure.kind, failure.stage, failure.file_type) == ("job", "transcribe", "mov")
    assert failure.client == "c"
    assert "talk" not in repr(facts)


def test_a_stage_that_was_broken_off_counts_as_cancelled() -> None:
    stages = {f.stage: f for f in of(StageFact, told([*LIFE[:8], e.JobCancelled(at=120.0, job_id="j")]))}
    assert stages["diarize"].outcome == "cancelled"
    assert stages["diarize"].wall_s == 7.0


def test_waiting_and_running_of_all_attempts_add_up() -> None:
    facts = told(
        [
            QUEUED,
            STARTED,
            e.StageStarted(at=111.0, job_id="j", stage="probe"),
            e.WorkerLost(at=115.0, job_id="j", attempt=1, reason="its process was ended by SIGKILL"),
            e.JobQueued(at=115.0, job_id="j"),
            e.JobStarted(at=118.0, job_id="j", attempt=2, pid=78),
            *stage("probe", 118.0, 119.0),
            e.JobFinished(at=120.0, job_id="j"),
        ]
    )
    (job,) = of(JobFact, facts)
    assert (job.queue_s, job.run_s, job.attempts) == (13.0, 7.0, 2)
    (lost,) = of(FailureFact, facts)
    assert (lost.kind, lost.error, lost.stage) == ("attempt", "worker_lost", "probe")
    assert [f.attempt for f in of(StageFact, facts) if f.stage == "probe"] == [1, 2]


def test_an_end_that_is_told_twice_is_remembered_once() -> None:
    assert len(of(JobFact, told([*LIFE, LIFE[-1]]))) == 1


def test_a_job_queued_before_a_restart_is_recalled() -> None:
    follower = Follower(str, lambda _job_id: QUEUED)
    (job,) = of(JobFact, told([STARTED, e.JobFinished(at=120.0, job_id="j")], follower))
    assert (job.queued_at, job.queue_s, job.origin) == (100.0, 10.0, "api")


def test_a_job_nobody_remembers_counts_from_its_start() -> None:
    (job,) = of(JobFact, told([STARTED, e.JobFinished(at=120.0, job_id="j")]))
    assert (job.queued_at, job.queue_s, job.run_s) == (110.0, 0.0, 10.0)


def test_what_waits_and_runs_now_is_known() -> None:
    follower = Follower(str)
    told([QUEUED, e.JobQueued(at=101.0, job_id="k", kind="interactive"), e.WorkerStarted(at=1.0, pid=77)], follower)
    assert follower.waiting == [("batch", 100.0), ("interactive", 101.0)]
    told([STARTED], follower)
    assert follower.waiting == [("interactive", 101.0)]
    assert (follower.running, follower.workers) == (1, {77})
    told(
        [e.JobFinished(at=111.0, job_id="j"), e.WorkerEnded(at=112.0, pid=77, lived_s=1, orderly=True, reason="")],
        follower,
    )
    assert (follower.running, follower.workers) == (0, frozenset())


def test_only_a_worker_that_died_unasked_is_a_failure() -> None:
    assert told([e.WorkerEnded(at=1.0, pid=7, lived_s=1.0, orderly=True, reason="")]) == []
    (failure,) = told([e.WorkerEnded(at=1.0, pid=7, lived_s=1.0, orderly=False, reason="SIGSEGV")])
    assert isinstance(failure, FailureFact)
    assert (failure.kind, failure.detail) == ("worker", "SIGSEGV")


def test_exports_are_remembered_and_those_that_failed_are_failures_too() -> None:
    good = e.FormatRendered(at=1.0, format="srt", family="captions", wall_s=0.1, size_bytes=9, transcript_id="t")
    bad = e.FormatRendered(at=2.0, format="aaf", family="editors", wall_s=0.1, size_bytes=0, error="export_failed")
    facts = told([good, bad])
    assert [fact.format for fact in of(ExportFact, facts)] == ["srt", "aaf"]
    assert [(fact.kind, fact.format) for fact in of(FailureFact, facts)] == [("export", "aaf")]


def test_a_fallback_is_no_failure() -> None:
    (fact,) = told([e.FellBack(at=1.0, wanted="whisper", used="pocketsphinx", reason="no model")])
    assert fact == FallbackFact(at=1.0, wanted="whisper", used="pocketsphinx", reason="no model")


def test_nothing_is_kept_of_jobs_that_have_ended() -> None:
    follower = Follower(str)
    for number in range(100):
        told(
            [
                e.JobQueued(job_id=str(number)),
                e.JobStarted(job_id=str(number), attempt=1),
                e.JobFinished(job_id=str(number)),
            ],
            follower,
        )
    assert follower._jobs == {}
