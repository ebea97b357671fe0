"""How fast work is done: factors, words, waits, caches and loads, told apart by all there is to tell them apart by."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from audapolis.analytics.facts import JobFact, LoadFact, StageFact
from audapolis.analytics.processing import (
    DIMENSIONS,
    DURATION_CLASSES,
    FIGURES,
    StageWork,
    Work,
    duration_classes,
    processing,
    stages,
)
from audapolis.analytics.span import HOUR_S, Period
from audapolis.domain.codec import to_plain
from audapolis.errors import UnknownName

from tests.analytics.fact_builders import MONDAY, done, failed, history_of, site, stage, whole

DAY = Period(MONDAY, MONDAY + 24 * HOUR_S)


def of(folder: Path, *facts: JobFact | StageFact | LoadFact) -> Work:
    [work] = processing(history_of(folder, facts), DAY)
    return work


def test_factors_of_a_group_are_sum_by_sum_and_their_median_stands_beside(tmp_path: Path) -> None:
    work = of(
        tmp_path,
        done(MONDAY + 100, run_s=10.0, audio_s=100.0, words=200),
        done(MONDAY + 200, run_s=90.0, audio_s=300.0, words=400),
        done(MONDAY + 300, run_s=50.0, audio_s=None, words=None),
        failed(MONDAY + 400, run_s=999.0),
    )
    assert work.real_time_factor == pytest.approx(100 / 400)
    assert work.real_time_factors is not None
    assert work.real_time_factors.p50 == pytest.approx((0.1 + 0.3) / 2)
    assert work.audio_h == pytest.approx(400 / 3600)
    assert work.audio_h_per_h == pytest.approx(400 / 3600 / 24)
    assert work.words_per_work_min == pytest.approx(600 / (100 / 60))
    assert work.words_per_audio_min == pytest.approx(600 / (400 / 60))
    assert (work.jobs, work.done, work.failed, work.cancelled) == (4, 3, 1, 0)


def test_waits_and_latencies_are_told_with_exact_quantiles(tmp_path: Path) -> None:
    waits = np.random.default_rng(3).exponential(40, 400)
    jobs = [done(MONDAY + 1000 + n, job_id=f"{n}", queue_s=float(wait)) for n, wait in enumerate(waits)]
    work = of(tmp_path, *jobs, done(MONDAY + 5000, outcome="cancelled", queue_s=9e9))
    assert work.cancelled == 1
    assert work.queue_s is not None
    assert work.latency_s is not None
    assert work.queue_s.p95 == pytest.approx(float(np.percentile(waits, 95)))
    assert work.latency_s.p99 == pytest.approx(float(np.percentile(waits, 99)) + 60)


def test_caches_loads_and_batches_are_gathered_from_the_stages_of_each_job(tmp_path: Path) -> None:
    base = done(MONDAY + HOUR_S, job_id="a", fallbacks=1)
    tiny = done(MONDAY + HOUR_S + 1, job_id="b", model="tiny")
    facts = [
        base,
        tiny,
        stage(base, "decode", 5, looks=1, hits=1),
        stage(base, "transcribe", 50, looks=3, hits=0, batches=4, windows=20),
        stage(tiny, "transcribe", 20, looks=4, hits=2, batches=2, windows=3),
        stage(done(MONDAY, job_id="of another day"), "decode", 5, looks=100, hits=100),
        LoadFact(at=MONDAY + 50, what="cold", model="base", wall_s=7.0, job_id="a"),
        LoadFact(at=MONDAY + 60, what="warm", model="base", wall_s=0.1, job_id="a"),
    ]
    history = history_of(tmp_path, facts)
    works = {work.group["model"]: work for work in processing(history, DAY, ("model",))}
    assert works["base"].cache_hit_share == pytest.approx(1 / 4)
    assert works["base"].mean_batch == 5.0
    assert (works["base"].cold_loads, works["base"].load_s, works["base"].fallbacks) == (1, 7.0, 1)
    assert works["tiny"].cache_hit_share == pytest.approx(1 / 2)
    assert (works["tiny"].cold_loads, works["tiny"].mean_batch) == (0, 1.5)


def test_a_job_that_ended_twice_is_two_jobs_and_its_stages_count_once(tmp_path: Path) -> None:
    first = failed(MONDAY + HOUR_S, job_id="again")
    second = done(MONDAY + 2 * HOUR_S, job_id="again")
    work = of(tmp_path, first, second, stage(second, "decode", 5, looks=2, hits=1))
    assert (work.jobs, work.cache_hit_share) == (2, 0.5)


def test_what_is_not_known_is_none_and_never_nothing(tmp_path: Path) -> None:
    work = of(tmp_path, done(MONDAY + 1, audio_s=None, words=None, cpu_s=None, peak_rss_bytes=None))
    unknown = ("real_time_factor", "real_time_factors", "words_per_work_min", "words_per_audio_min", "cache_hit_share")
    unknown += ("mean_batch", "cpu_s_per_audio_h", "peak_rss_bytes")
    assert [getattr(work, name) for name in unknown] == [None] * len(unknown)


def test_a_period_in_which_nothing_ended_is_one_empty_group_or_none(tmp_path: Path) -> None:
    history = history_of(tmp_path)
    [work] = processing(history, DAY)
    assert (work.jobs, work.audio_h, work.queue_s) == (0, 0.0, None)
    assert processing(history, DAY, ("model",)) == stages(history, DAY) == ()


def test_lengths_fall_into_the_classes_that_are_documented() -> None:
    lengths = np.array([0.0, 59.9, 60.0, 299.0, 300.0, 1200.0, 3599.0, 3600.0, 10_800.0, 1e6, np.nan])
    numbers = [0, 0, 1, 1, 2, 3, 3, 4, 5, 5]
    assert list(duration_classes(lengths)) == [*(DURATION_CLASSES[number][0] for number in numbers), ""]


@pytest.mark.parametrize("name", DIMENSIONS)
def test_work_is_told_apart_by_every_dimension_and_nothing_is_lost(tmp_path: Path, name: str) -> None:
    jobs = site(1, jobs=150)
    parts = [stage(job, "transcribe", job.run_s, model=job.model, engine=job.engine) for job in jobs]
    history = history_of(tmp_path, [*jobs, *parts])
    assert sum(group.runs for group in stages(history, whole(jobs), (name,))) == 150
    if DIMENSIONS[name].job:
        works = processing(history, whole(jobs), (name,))
        assert sum(work.jobs for work in works) == 150
        assert [work.jobs for work in works] == sorted((work.jobs for work in works), reverse=True)
        assert len({work.group[name] for work in works}) == len(works)


def test_several_dimensions_make_a_group_for_each_combination(tmp_path: Path) -> None:
    jobs = site(2, jobs=200)
    works = processing(history_of(tmp_path, jobs), whole(jobs), ("model", "duration"))
    assert {(work.group["model"], work.group["duration"]) for work in works} == {
        (job.model, str(duration_classes(np.array([job.audio_s]))[0])) for job in jobs
    }


def test_an_unknown_dimension_is_named_and_jobs_have_no_stage(tmp_path: Path) -> None:
    history = history_of(tmp_path)
    with pytest.raises(UnknownName, match="Did you mean 'model'"):
        processing(history, DAY, ("modl",))
    with pytest.raises(UnknownName, match="Unknown dimension 'stage'"):
        processing(history, DAY, ("stage",))


def test_stages_tell_their_share_speed_processor_memory_and_hits(tmp_path: Path) -> None:
    job = done(MONDAY + HOUR_S, audio_s=1800.0)
    facts = [
        stage(job, "transcribe", 90, cpu_s=180.0, peak_rss_bytes=900, read_bytes=5, batches=2, windows=6),
        stage(job, "decode", 10, cpu_s=5.0, peak_rss_bytes=100, looks=2, hits=1),
        stage(job, "decode", 0, origin="cache", looks=2, hits=2),
        stage(job, "queue", 400),
    ]
    transcribe, decode = stages(history_of(tmp_path, facts), DAY)
    assert (transcribe.group, transcribe.share) == ({"stage": "transcribe"}, pytest.approx(0.9))
    assert transcribe.real_time_factor == pytest.approx(90 / 1800)
    assert transcribe.cpu_s_per_audio_h == pytest.approx(360)
    assert transcribe.cpu_utilisation == pytest.approx(2.0)
    assert (transcribe.mean_batch, transcribe.read_bytes, transcribe.written_bytes) == (3.0, 5.0, None)
    assert (decode.runs, decode.cache_hit_share, decode.share) == (2, 0.75, pytest.approx(0.1))
    assert decode.real_time_factor == pytest.approx(10 / 1800)
    assert decode.peak_rss_bytes is not None
    assert decode.peak_rss_bytes.most == 100


def test_every_figure_is_described_and_every_answer_is_plain(tmp_path: Path) -> None:
    names = {field.name for kind in (Work, StageWork) for field in fields(kind)} - {"group"}
    assert names == set(FIGURES)
    jobs = site(3, jobs=30)
    history = history_of(tmp_path, [*jobs, *(stage(job, "decode", 1) for job in jobs)])
    [work, *_] = to_plain(processing(history, whole(jobs), ("model",)), kind=tuple[Work, ...])
    assert work["queue_s"]["count"] <= work["jobs"]
    assert to_plain(stages(history, whole(jobs))[0])["group"] == {"stage": "decode"}
