"""What Prometheus is told of jobs, stages, the machine; in both formats, from many threads, never without bound."""

from __future__ import annotations

import threading

import pytest
from audapolis import __version__
from audapolis.analytics.exposition.metrics import METRICS
from audapolis.analytics.exposition.registry import Exposition
from audapolis.analytics.exposition.running import RunningJobs
from audapolis.analytics.exposition.tallies import MOST_VALUES, Vocabulary
from audapolis.analytics.facts import Sample
from audapolis.domain.events import (
    EngineChosen,
    Event,
    FellBack,
    JobCancelled,
    JobFailed,
    JobFinished,
    JobQueued,
    JobStarted,
    ModelLoaded,
    RecordingProbed,
    RequestServed,
    StageFinished,
    StageStarted,
    TranscriptMade,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.analytics.exposition.happening import JOB, happenings, look
from tests.analytics.exposition.reading import OPEN_METRICS, curves_of, value

OF = {"kind": "interactive", "model": "large-v3", "device": "cuda:0"}


def told(*events: Event) -> Exposition:
    exposition = Exposition()
    for event in events:
        exposition.listen(event)
    return exposition


def finished(job_id: str = JOB, *, model: str = "small", audio_s: float = 100.0, run_s: float = 20.0) -> list[Event]:
    chosen = {"engine": "whisper", "model": model, "device": "cpu", "precision": "int8"}
    return [
        JobQueued(at=0, job_id=job_id, origin="api"),
        JobStarted(at=1, job_id=job_id, attempt=1),
        EngineChosen(at=2, job_id=job_id, stage="transcribe", **chosen),
        StageFinished(at=2, job_id=job_id, stage="probe", wall_s=0.1, audio_s=audio_s),
        JobFinished(at=1 + run_s, job_id=job_id),
    ]


def test_a_job_that_lost_a_worker_is_one_job_whose_times_are_those_of_all_attempts_together() -> None:
    exposition = told(*happenings(since=1000.0))
    assert value(exposition, "audapolis_jobs_total", outcome="done", error="", origin="api") == 1
    assert value(exposition, "audapolis_jobs_accepted_total", origin="api", kind="interactive") == 1
    assert value(exposition, "audapolis_job_attempts_total", kind="interactive") == 2
    assert value(exposition, "audapolis_job_queue_seconds_sum", **OF) == 20  # 10 and, after the loss, 10
    assert value(exposition, "audapolis_job_run_seconds_sum", **OF) == 70  # 30 and 40
    assert value(exposition, "audapolis_job_end_to_end_seconds_sum", **OF) == 90
    labels = {"model": "large-v3", "device": "cuda:0"}
    assert value(exposition, "audapolis_job_real_time_factor_sum", **labels) == pytest.approx(70 / 120)
    assert value(exposition, "audapolis_audio_seconds_total", **labels) == 120
    assert value(exposition, "audapolis_words_total", model="large-v3", language="en") == 100


def test_histograms_count_up_to_each_bound_and_all_at_infinity() -> None:
    exposition = told(*happenings(since=1000.0))
    name = "audapolis_job_run_seconds_bucket"
    assert [value(exposition, name, le=le, **OF) for le in ("60.0", "120.0", "+Inf")] == [0, 1, 1]


def test_failed_and_cancelled_jobs_are_told_with_their_reason() -> None:
    exposition = told(*happenings())
    assert value(exposition, "audapolis_jobs_total", outcome="failed", error="out_of_memory", origin="batch") == 1
    assert value(exposition, "audapolis_jobs_total", outcome="cancelled", error="", origin="openai") == 1
    assert value(exposition, "audapolis_stage_failures_total", stage="transcribe", error="out_of_memory") == 1


@pytest.mark.parametrize("end", [JobFinished, JobCancelled])
def test_an_end_told_twice_is_counted_once(end: type[JobFinished | JobCancelled]) -> None:
    exposition = told(JobQueued(job_id=JOB, origin="api"), end(job_id=JOB), end(job_id=JOB))
    [count] = [count for (name, _), count in curves_of(exposition).items() if name == "audapolis_jobs_total"]
    assert count == 1


def test_a_job_that_was_queued_before_a_restart_is_recalled() -> None:
    exposition = Exposition(lambda job_id: JobQueued(at=100.0, job_id=job_id, origin="batch"))
    for event in (JobStarted(at=160.0, job_id=JOB, attempt=1), JobFinished(at=170.0, job_id=JOB)):
        exposition.listen(event)
    of = {"kind": "batch", "model": "unknown", "device": "unknown"}
    assert value(exposition, "audapolis_job_queue_seconds_sum", **of) == 60
    assert value(exposition, "audapolis_jobs_total", outcome="done", error="", origin="batch") == 1


def test_without_anybody_to_recall_it_its_wait_is_left_out() -> None:
    exposition = told(JobStarted(at=160.0, job_id=JOB, attempt=1), JobFinished(at=170.0, job_id=JOB))
    of = {"kind": "unknown", "model": "unknown", "device": "unknown"}
    assert value(exposition, "audapolis_job_queue_seconds_sum", **of) is None
    assert value(exposition, "audapolis_job_run_seconds_sum", **of) == 10


def test_a_job_whose_words_were_known_says_nothing_of_a_model_s_speed() -> None:
    reused = StageFinished(at=3, job_id=JOB, stage="transcribe", wall_s=0.1, audio_s=100.0, origin="cache")
    begun, end = finished()[:-1], finished()[-1]
    assert value(told(*begun, end), "audapolis_job_real_time_factor_count", model="small", device="cpu") == 1
    assert value(told(*begun, reused, end), "audapolis_job_real_time_factor_count", model="small", device="cpu") is None
    assert value(told(*begun, reused, end), "audapolis_audio_seconds_total", model="small", device="cpu") == 100


def test_figures_nobody_measured_are_absent_rather_than_zero() -> None:
    exposition = told(
        StageFinished(job_id=JOB, stage="decode", wall_s=1.0, audio_s=0.0),
        RecordingProbed(
            recording="", container="wav", codec="", video=False, channels=1, duration_s=None, size_bytes=1
        ),
        TranscriptMade(transcript_id="t", language="de", words=0, speakers=0, confidence=None),
    )
    names = {name for name, _ in curves_of(exposition)}
    assert "audapolis_stage_seconds_count" in names
    assert not [name for name in names if "cpu" in name or "real_time" in name or "confidence" in name]
    assert value(exposition, "audapolis_words_total", model="unknown", language="de") == 0


def test_stages_that_run_are_counted_until_their_end_or_that_of_their_job() -> None:
    exposition = told(JobQueued(job_id=JOB), JobStarted(job_id=JOB, attempt=1))
    for stage in ("diarize", "transcribe"):
        exposition.listen(StageStarted(job_id=JOB, stage=stage))
    assert value(exposition, "audapolis_stages_running", stage="diarize") == 1
    exposition.listen(StageFinished(job_id=JOB, stage="diarize", wall_s=1.0, audio_s=1.0))
    assert value(exposition, "audapolis_stages_running", stage="diarize") is None
    exposition.listen(JobFailed(job_id=JOB, error="engine_failed", message=""))
    assert value(exposition, "audapolis_stages_running", stage="transcribe") is None


def test_cold_loads_are_timed_and_warm_ones_counted() -> None:
    loads = [ModelLoaded(model="small", device="cpu", wall_s=s, warm=warm) for s, warm in ((4.0, False), (0.0, True))]
    exposition = told(*loads)
    assert value(exposition, "audapolis_model_loads_total", model="small", device="cpu", warm="false") == 1
    assert value(exposition, "audapolis_model_loads_total", model="small", device="cpu", warm="true") == 1
    assert value(exposition, "audapolis_model_load_seconds_count", model="small", device="cpu") == 1


def test_the_latest_look_is_told_and_what_is_gone_from_it_is_gone() -> None:
    exposition = Exposition()
    used = "gpu.memory_used_bytes"
    exposition.observe([Sample(used, 0, 5.0, (("device", "cuda:0"),)), Sample(used, 0, 6.0, (("device", "cuda:1"),))])
    assert value(exposition, "audapolis_gpu_memory_used_bytes", device="cuda:1") == 6
    exposition.observe([Sample(used, 1, 7.0, (("device", "cuda:0"),))])
    assert value(exposition, "audapolis_gpu_memory_used_bytes", device="cuda:0") == 7
    assert value(exposition, "audapolis_gpu_memory_used_bytes", device="cuda:1") is None
    exposition.observe([])
    assert "audapolis_gpu_memory_used_bytes" not in {name for name, _ in curves_of(exposition)}


def test_workers_are_told_apart_where_both_figures_are_known() -> None:
    exposition = Exposition()
    exposition.observe([Sample("workers.alive", 0, 3.0), Sample("workers.busy", 0, 2.0)])
    assert value(exposition, "audapolis_workers", state="idle") == 1
    assert value(exposition, "audapolis_workers", state="busy") == 2
    exposition.observe([Sample("workers.alive", 0, 3.0)])
    assert value(exposition, "audapolis_workers", state="idle") is None


def test_a_label_takes_fifty_values_and_what_comes_later_is_counted_together() -> None:
    models = [f"model-{number}" for number in range(MOST_VALUES + 10)]
    exposition = told(*(ModelLoaded(model=model, device="cpu", wall_s=1.0) for model in models))
    loads = "audapolis_model_loads_total"
    assert value(exposition, loads, model="model-0", device="cpu", warm="false") == 1
    assert value(exposition, loads, model="other", device="cpu", warm="false") == 10


@given(st.lists(st.text(), max_size=200))
def test_no_stream_of_names_makes_more_curves_than_there_may_be(names: list[str]) -> None:
    vocabulary = Vocabulary(5)
    told = {vocabulary.bounded("model", name) for name in names}
    assert len(told - {"other", "unknown"}) <= 5
    assert "" not in told


def test_odd_methods_do_not_take_the_place_of_ordinary_ones() -> None:
    exposition = told(*(RequestServed(route="/x", method=m, status=405, wall_s=0.1) for m in ("BREW", "GET")))
    for method in ("other", "GET"):
        assert value(exposition, "audapolis_http_request_seconds_count", route="/x", method=method, status="4xx") == 1


def test_jobs_whose_end_is_never_told_do_not_fill_the_memory() -> None:
    jobs = RunningJobs(3)
    for number in range(10):
        jobs.add(str(number))
    assert [jobs.get(str(number)) is not None for number in (6, 7, 9)] == [False, True, True]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4"),
        ("*/*", "text/plain; version=0.0.4"),
        (OPEN_METRICS, "application/openmetrics-text; version=1.0.0"),
    ],
)
def test_both_formats_tell_the_same(accept: str, content_type: str) -> None:
    exposition = told(*happenings())
    exposition.observe(look())
    assert exposition.render(accept).content_type.startswith(content_type)
    assert curves_of(exposition, accept) == curves_of(exposition)


def test_odd_label_values_survive_the_formats() -> None:
    odd = 'C:\\models\\"große"\nv3'
    exposition = told(FellBack(wanted=odd, used="small", reason=""))
    for accept in ("", OPEN_METRICS):
        names = {(name, dict(labels).get("wanted")) for name, labels in curves_of(exposition, accept)}
        assert ("audapolis_fallbacks_total", odd) in names


def test_the_version_and_lost_events_are_told() -> None:
    exposition = Exposition()
    assert value(exposition, "audapolis_info", version=__version__) == 1
    assert value(exposition, "audapolis_events_dropped_total") == 0
    exposition.dropped(3)
    assert value(exposition, "audapolis_events_dropped_total") == 3


def test_two_of_them_know_nothing_of_each_other_and_the_process_is_told_only_if_wanted() -> None:
    one, other = Exposition(), Exposition(process=True)
    one.listen(JobQueued(job_id=JOB, origin="api"))
    assert value(other, "audapolis_events_total", event="JobQueued") is None
    assert {name for name, _ in curves_of(other)} - {name for name, _ in curves_of(one)} >= {"process_open_fds"}
    assert all(name.startswith("audapolis_") for name, _ in curves_of(one))


def test_threads_that_tell_and_ask_at_once_lose_no_count() -> None:
    exposition = Exposition()

    def tell() -> None:
        for number in range(500):
            for event in finished(f"{threading.get_ident()}-{number}", model=f"m{number % 7}"):
                exposition.listen(event)

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        curves_of(exposition)
    for thread in threads:
        thread.join()
    assert value(exposition, "audapolis_jobs_total", outcome="done", error="", origin="api") == 2000
    runs = [count for (name, _), count in curves_of(exposition).items() if name == "audapolis_job_run_seconds_count"]
    assert sum(runs) == 2000


def test_no_curve_has_a_job_s_id() -> None:
    exposition = told(*happenings())
    assert JOB not in exposition.render().body.decode()
    assert all("job_id" not in metric.labels for metric in METRICS.values())
