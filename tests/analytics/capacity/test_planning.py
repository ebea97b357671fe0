"""Capacity planning from facts alone, held against simulations of the sites the facts are from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from audapolis.analytics.capacity import Plan, plan
from audapolis.analytics.facts import Fact, JobFact
from audapolis.analytics.span import HOUR_S, Period
from audapolis.domain.codec import to_plain

from ..fact_builders import MONDAY, done, history_of, whole
from ..simulated_site import Site
from ..simulation import Simulation
from ..workloads import history_of as history_of_simulated
from .simulated import jobs_of, steady_waits

TARGET_S = 300.0


def planned(folder: Path, facts: Sequence[JobFact], workers: int = 2, cores: float | None = None) -> Plan:
    return plan(history_of(folder, facts), whole(facts), workers, TARGET_S, cores=cores)


@pytest.mark.parametrize("utilisation", [0.3, 0.5, 0.7, 0.85, 0.95])
@pytest.mark.parametrize(("workers", "scv"), [(1, 0.5), (2, 1.0), (4, 1.0)])
def test_the_load_at_which_waiting_gets_too_long_is_within_a_fifth_of_the_simulated(
    tmp_path: Path, utilisation: float, workers: int, scv: float
) -> None:
    facts = jobs_of(3, count=900, utilisation=utilisation, workers=workers, scv=scv)
    found = planned(tmp_path, facts, workers)
    assert found.now is not None
    limit = found.now.limit_jobs_per_h / HOUR_S
    less, more = (
        float(np.quantile(steady_waits(limit * factor, 100.0, scv, workers, count=30_000), 0.95))
        for factor in (0.8, 1 / 0.8)
    )
    assert less < TARGET_S < more


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_saturation_is_known_from_light_loads(tmp_path: Path, workers: int) -> None:
    found = planned(tmp_path, jobs_of(5, count=600, utilisation=0.4, workers=workers), workers)
    assert found.now is not None
    assert found.saturation_low is not None
    assert found.saturation_high is not None
    assert found.now.saturation_jobs_per_h == pytest.approx(workers * 36, rel=0.15)
    assert found.saturation_low < found.now.saturation_jobs_per_h < found.saturation_high
    assert found.now.saturation_audio_h_per_h == pytest.approx(workers * 6, rel=0.15)


def test_what_is_predicted_for_now_is_about_what_is_seen(tmp_path: Path) -> None:
    found = planned(tmp_path, jobs_of(4, count=2000, utilisation=0.7, workers=2))
    assert found.method == "formula"
    assert found.predicted is not None
    assert found.observed is not None
    assert found.predicted.mean_s == pytest.approx(found.observed.mean_s, rel=0.5)
    assert found.predicted.p95_s == pytest.approx(found.observed.p95_s, rel=0.5)
    assert found.utilisation == pytest.approx(0.7, rel=0.1)


def test_an_hour_with_more_than_can_be_done_is_replayed(tmp_path: Path) -> None:
    burst = [replace(job, queued_at=MONDAY) for job in jobs_of(4, count=200, utilisation=0.9, workers=2)]
    begun = [replace(job, queue_s=max(0.0, job.at - job.run_s - MONDAY)) for job in burst]
    found = planned(tmp_path, begun)
    assert found.method == "replay"
    assert found.headroom is not None
    assert found.headroom < 1


def test_one_more_worker_and_greater_loads_are_planned_for(tmp_path: Path) -> None:
    facts = [replace(job, cpu_s=job.run_s) for job in jobs_of(6, count=900, utilisation=0.6, workers=4)]
    found = planned(tmp_path, facts, 4, cores=64)
    assert found.now is not None
    assert found.one_more_worker is not None
    assert found.one_more_worker.workers == 5
    assert found.one_more_worker.limit_jobs_per_h > found.now.limit_jobs_per_h
    numbers = [growth.workers for growth in found.growth]
    assert [growth.factor for growth in found.growth] == [1.5, 2.0, 3.0]
    assert None not in numbers
    assert numbers == sorted(numbers)  # type: ignore[type-var]
    assert numbers[0] > 2  # type: ignore[operator]


def test_no_more_is_promised_than_the_cores_carry(tmp_path: Path) -> None:
    facts = [replace(job, cpu_s=job.run_s) for job in jobs_of(7, count=600, utilisation=0.5, workers=2)]
    found = planned(tmp_path, facts, 2, cores=2)
    assert found.one_more_worker is not None
    assert found.one_more_worker.more == pytest.approx(0.0, abs=0.1)
    assert found.growth[-1].workers is None
    assert "as it is" in found.growth[-1].reason


def test_far_more_workers_than_were_seen_are_not_promised_without_knowing_the_cores(tmp_path: Path) -> None:
    found = planned(tmp_path, jobs_of(7, count=400, utilisation=0.9, workers=2))
    assert found.growth[-1].workers is None
    assert "seen busy" in found.growth[-1].reason


def test_a_gpu_is_not_promised_where_there_is_none(tmp_path: Path) -> None:
    found = planned(tmp_path, jobs_of(7, count=100, utilisation=0.5, workers=2))
    assert found.one_more_gpu is None
    assert "without a GPU" in found.unknown["one_more_gpu"]


@pytest.mark.slow
def test_one_more_gpu_helps_those_who_share_one(tmp_path: Path) -> None:
    """Two transcriptions at a time have room on the GPU; the others wait for it."""
    site = Site(jobs=400, workers=5, gpu_bytes=9e9, model_bytes=4.2e9, patience_s=1e6)
    simulation = Simulation(site.costing("transcribe", per_audio_s=0.25), 1)
    history, period = history_of_simulated(simulation, tmp_path)
    found = plan(history, period, 5, TARGET_S, cores=8, gpus=1)
    assert found.one_more_gpu is not None
    assert found.one_more_worker is not None
    assert found.one_more_gpu.more > max(0.2, found.one_more_worker.more)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_saturation_of_workers_that_share_cores_is_predicted_from_a_quiet_day(tmp_path: Path, seed: int) -> None:
    site = Site(jobs=170, cores=4, workers=4).costing("transcribe", per_audio_s=0.45, threads=2.0)
    history, period = history_of_simulated(Simulation(site, seed), tmp_path)
    found = plan(history, period, 4, TARGET_S, cores=4)
    flooded = Simulation(replace(site, jobs=1500), seed + 20)
    ends = np.sort([job.ended_at for job in flooded.jobs])
    middle = slice(len(ends) // 4, -len(ends) // 10)
    truth = (len(ends[middle]) - 1) / (ends[middle][-1] - ends[middle][0]) * HOUR_S
    assert found.now is not None
    assert found.now.saturation_jobs_per_h == pytest.approx(truth, rel=0.2)


def test_few_jobs_tell_nothing_and_say_so(tmp_path: Path) -> None:
    found = planned(tmp_path, jobs_of(1, count=10, utilisation=0.5, workers=2))
    assert (found.now, found.predicted, found.headroom, found.growth) == (None, None, None, ())
    assert "Only 10 jobs" in found.unknown["now"]


def test_commands_that_ran_beside_the_server_do_not_count(tmp_path: Path) -> None:
    facts = jobs_of(1, count=100, utilisation=0.5, workers=2)
    beside: list[Fact] = [done(MONDAY + 50.0 * n, job_id=f"c{n}", origin="command", run_s=9e5) for n in range(50)]
    history = history_of(tmp_path, [*facts, *beside])
    found = plan(history, Period(MONDAY, facts[-1].at + 1), 2, TARGET_S)
    assert found.jobs == 100


def test_unknown_lengths_are_told_as_unknown(tmp_path: Path) -> None:
    facts = [replace(job, audio_s=None) for job in jobs_of(1, count=100, utilisation=0.5, workers=2)]
    found = planned(tmp_path, facts)
    assert found.audio_h_per_h is None
    assert "audio_h_per_h" in found.unknown


def test_more_jobs_make_it_surer(tmp_path: Path) -> None:
    few = planned(tmp_path / "few", jobs_of(1, count=60, utilisation=0.5, workers=2))
    many = planned(tmp_path / "many", jobs_of(1, count=3000, utilisation=0.5, workers=2))
    assert few.confidence in {"medium", "low"}
    assert many.confidence == "high"


def test_a_plan_is_plain_json(tmp_path: Path) -> None:
    found = planned(tmp_path, jobs_of(1, count=200, utilisation=0.9, workers=2))
    plain = json.loads(json.dumps(to_plain(found), allow_nan=False))
    assert plain["now"]["workers"] == 2
