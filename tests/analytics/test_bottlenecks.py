"""Bottlenecks named at simulated sites whose causes are known, and at small ones made by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audapolis.analytics.bottlenecks import KINDS, Bottleneck, Machine, bottlenecks
from audapolis.analytics.bottlenecks.case import MOST_JOBS, Case
from audapolis.analytics.bottlenecks.trend import mann_kendall, theil_sen, thinned
from audapolis.analytics.facts import Fact, FallbackFact, JobFact, Sample, StageFact
from audapolis.analytics.span import Period
from audapolis.domain.codec import to_plain
from hypothesis import given
from hypothesis import strategies as st

from . import workloads
from .fact_builders import MONDAY, done, history_of, stage
from .simulated_site import Site
from .simulation import Simulation

HOUR_S = 3600.0
MACHINE = Machine(cores=8, memory_bytes=32 * 2**30, disks=1)


def looked_for(folder: Path, facts: Sequence[Fact], samples: Sequence[Sample] = ()) -> list[Bottleneck]:
    return bottlenecks(history_of(folder, facts, samples), Period(MONDAY, MONDAY + 10 * 86_400), MACHINE)


def found_at(folder: Path, workload: workloads.Workload, seed: int) -> tuple[list[Bottleneck], float]:
    """What is named at a simulated site, and the true gain."""
    simulation = workload.simulate(seed)
    history, period = workloads.history_of(simulation, folder)
    found = bottlenecks(history, period, workload.machine)
    history.close()
    return found, workload.true_gain(seed, simulation) if workload.without else 0.0


def job(number: int, transcribe_s: float = 50.0, **facts: object) -> list[Fact]:
    """A job of an idle site, every ten minutes: decode, then diarize beside transcribe."""
    began = MONDAY + 600.0 * number
    ends = began + 5 + transcribe_s
    fact = done(ends, job_id=f"job-{number}", queue_s=0.0, run_s=5 + transcribe_s, recording=f"r{number}", **facts)
    where: dict[str, Any] = {"model": "base", "device": fact.device}
    return [
        fact,
        stage(fact, "decode", 5.0, began + 5, path_s=5.0, cpu_s=5.0),
        stage(fact, "diarize", 10.0, began + 15, cpu_s=10.0),
        stage(fact, "transcribe", transcribe_s, path_s=transcribe_s, cpu_s=transcribe_s, **where),
    ]


def jobs(count: int, **facts: object) -> list[Fact]:
    return [fact for number in range(count) for fact in job(number, **facts)]  # type: ignore[arg-type]


def test_there_are_ten_kinds_and_a_simulated_site_for_each() -> None:
    assert [workload.kind for workload in workloads.KINDS] == list(KINDS)
    assert len(KINDS) == 10
    for kind in KINDS.values():
        assert set(kind.explains) <= set(KINDS)
        assert kind.tells
        assert kind.removed
        assert kind.remedy


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nine_of_ten_bottlenecks_are_named_first_and_their_gain_is_predicted(tmp_path: Path, seed: int) -> None:
    right = 0
    for workload in workloads.KINDS:
        found, true_gain = found_at(tmp_path / workload.kind, workload, seed)
        if found and found[0].kind == workload.kind:
            right += 1
            assert found[0].gain == pytest.approx(true_gain, abs=0.1), workload.kind
    assert right >= 9


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(workloads.HEALTHY_ONES)))
def test_nothing_is_named_at_a_healthy_site(tmp_path: Path, index: int) -> None:
    found, _ = found_at(tmp_path, workloads.HEALTHY_ONES[index], 1)
    assert found == []


def test_a_queue_that_slow_diarization_makes_is_told_as_its_consequence(tmp_path: Path) -> None:
    site = Site(jobs=400, workers=2, hours=24).costing("diarize", per_audio_s=0.33)
    history, period = workloads.history_of(Simulation(site, 4), tmp_path)
    found = bottlenecks(history, period, MACHINE)
    assert [one.kind for one in found] == ["diarization", "queue"]
    assert found[1].consequence_of == "diarization"
    assert found[0].sentence.startswith("Diarization is ")
    assert "One more worker saves" in found[0].sentence
    assert all(one.remedy and one.evidence and 0 <= one.gain <= 1 and one.saves_s >= 0 for one in found)


def test_more_workers_are_not_promised_to_help_when_the_cores_are_full(tmp_path: Path) -> None:
    site = Site(jobs=230, workers=3, cores=3).costing("transcribe", per_audio_s=0.45, threads=2.0)
    history, period = workloads.history_of(Simulation(site, 4), tmp_path)
    found = {one.kind: one for one in bottlenecks(history, period, Machine(cores=3))}
    assert found["queue"].consequence_of == "cpu_transcription"
    assert "would hardly help" in found["queue"].sentence
    assert found["queue"].gain < 0.1


def test_few_jobs_name_nothing(tmp_path: Path) -> None:
    assert looked_for(tmp_path, jobs(10, transcribe_s=5000.0)) == []


def test_an_empty_history_names_nothing(tmp_path: Path) -> None:
    assert looked_for(tmp_path, []) == []


def test_jobs_without_samples_or_machine_are_judged_by_themselves(tmp_path: Path) -> None:
    facts = [fact for number in range(60) for fact in job(number, transcribe_s=400.0)]
    found = bottlenecks(history_of(tmp_path, facts), Period(MONDAY, MONDAY + 86_400))
    assert [one.kind for one in found] == ["cpu_transcription"]


def test_a_model_that_became_slower_than_it_was_is_named(tmp_path: Path) -> None:
    facts = [fact for number in range(80) for fact in job(number, transcribe_s=50.0 if number < 40 else 130.0)]
    found = looked_for(tmp_path, facts)
    assert [(one.kind, one.subject) for one in found] == [("slow_model", "base")]
    assert "it did before" in found[0].sentence


def test_a_model_is_not_blamed_when_all_stages_became_slower(tmp_path: Path) -> None:
    facts = [fact for number in range(40) for fact in job(number)]
    for number in range(40, 80):
        facts += [
            replace(fact, began_at=fact.at - 2.6 * fact.wall_s) if isinstance(fact, StageFact) else fact
            for fact in job(number, transcribe_s=130.0)
        ]
    assert "slow_model" not in [one.kind for one in looked_for(tmp_path, facts)]


def test_memory_that_grows_with_every_job_is_a_leak_before_anything_dies(tmp_path: Path) -> None:
    facts = []
    for number in range(60):
        facts += job(number, worker_pid=7, peak_rss_bytes=int(1e9 + 2e7 * number + 3e7 * (number % 3)))
    found = looked_for(tmp_path, facts)
    assert [one.kind for one in found] == ["leak"]
    figures = {evidence.name: evidence for evidence in found[0].evidence}
    assert figures["growth for each job"].value == pytest.approx(2e7, rel=0.1)
    assert figures["growth for each job"].unit == "bytes/job"
    assert "until memory is full" in figures


def test_memory_that_models_fill_at_first_and_then_stays_is_no_leak(tmp_path: Path) -> None:
    facts = []
    for number in range(60):
        held = 1e9 * min(3.0, 1 + number / 4) + 4e7 * ((number * 7) % 5)
        facts += job(number, worker_pid=7, peak_rss_bytes=int(held))
    assert looked_for(tmp_path, facts) == []


def test_a_server_that_grows_by_the_hour_is_a_leak(tmp_path: Path) -> None:
    dice = np.random.default_rng(1)
    at = MONDAY + np.arange(0, 86_400, 300.0)
    rss = 3e8 * (1 + (at - MONDAY) / 86_400) * (1 + dice.normal(0, 0.01, len(at)))
    labels = (("role", "server"),)
    samples = [Sample("process.rss_bytes", t, value, labels) for t, value in zip(at, rss, strict=True)]
    found = looked_for(tmp_path, jobs(60), samples)
    assert [(one.kind, one.subject) for one in found] == [("leak", "server")]


def test_nobody_is_accused_where_clients_are_not_known(tmp_path: Path) -> None:
    simulation = Simulation(Site(jobs=400, workers=2, flood=0.5), 2)
    facts = [replace(fact, client="") if isinstance(fact, JobFact) else fact for fact in simulation.facts]
    named = [one.kind for one in looked_for(tmp_path, facts)]
    assert "one_client" not in named
    assert named[0] == "queue"


def test_fallbacks_for_other_reasons_than_memory_are_no_want_of_gpu_memory(tmp_path: Path) -> None:
    facts = jobs(60, device="cuda:0")
    facts += [
        FallbackFact(at=MONDAY + n, job_id=f"job-{n}", wanted="whisper on cuda:0", used="cpu", reason="Driver too old.")
        for n in range(30)
    ]
    assert looked_for(tmp_path, facts) == []


def test_work_done_at_the_command_line_does_not_count(tmp_path: Path) -> None:
    assert looked_for(tmp_path, jobs(60, transcribe_s=500.0, origin="command")) == []


def test_a_long_history_is_judged_by_its_last_jobs(tmp_path: Path) -> None:
    facts = [done(MONDAY + 60.0 * number, job_id=f"j{number}") for number in range(MOST_JOBS + 200)]
    case = Case(history_of(tmp_path, facts), Period(MONDAY, MONDAY + 10 * 86_400), MACHINE)
    assert len(case.jobs) == MOST_JOBS
    assert case.jobs["job_id"][0] == "j200"


def test_bottlenecks_are_plain_json(tmp_path: Path) -> None:
    found = looked_for(tmp_path, jobs(60, transcribe_s=400.0))
    plain = json.loads(json.dumps([to_plain(one) for one in found], allow_nan=False))
    assert plain[0]["kind"] == "cpu_transcription"


@given(st.floats(-100, 100), st.floats(-1000, 1000), st.integers(10, 60), st.integers(0, 1000))
def test_the_slope_of_a_line_survives_a_few_wild_values(slope: float, start: float, count: int, seed: int) -> None:
    x = np.arange(count, dtype=float)
    y = start + slope * x
    wild = np.random.default_rng(seed).choice(count, count // 10, replace=False)
    y[wild] += 1e6
    assert theil_sen(x, y) == pytest.approx(slope, abs=max(1e-6, abs(slope) * 0.35 + 1e-6)) or count < 20


@given(st.integers(12, 100), st.integers(0, 10_000))
def test_a_line_is_a_trend_and_a_constant_is_none(count: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.1, count)
    assert mann_kendall(np.arange(count) + noise) < 0.001
    assert mann_kendall(np.full(count, 3.0)) == 1.0


def test_chance_is_rarely_a_trend() -> None:
    dice = np.random.default_rng(3)
    found = sum(mann_kendall(dice.normal(size=50)) < 0.05 for _ in range(400))
    assert 5 <= found <= 40


def test_many_values_are_thinned_out_evenly() -> None:
    thin = thinned(np.arange(10_000.0))
    assert len(thin) == 400
    assert (thin[0], thin[-1]) == (0.0, 9999.0)
