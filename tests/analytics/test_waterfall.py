"""Where one job's time went."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from audapolis.analytics.facts import LoadFact, StageFact
from audapolis.analytics.waterfall import waterfall
from audapolis.domain.codec import to_plain
from audapolis.errors import NotFound

from .fact_builders import done, failed, history_of

JOB = done(160.0, job_id="one", queued_at=50.0, queue_s=10.0, run_s=100.0)


def stage(name: str, began_at: float, at: float, **facts: object) -> StageFact:
    return StageFact(job_id="one", stage=name, began_at=began_at, at=at, **facts)  # type: ignore[arg-type]


STAGES = [
    stage("queue", 50.0, 60.0, path_s=10.0, saves_s=10.0),
    stage("decode", 60.0, 70.0, path_s=10.0, cpu_s=5.0, peak_rss_bytes=100),
    stage("diarize", 70.0, 100.0, origin="cache"),
    stage("transcribe", 70.0, 160.0, path_s=90.0, saves_s=60.0, load_s=20.0, model="tiny", device="cpu", cpu_s=180.0),
]
LOAD = LoadFact(at=90.0, what="cold", model="tiny", device="cpu", wall_s=20.0, job_id="one")


def test_queue_load_and_stages_come_in_order_with_offsets_from_the_submission(tmp_path: Path) -> None:
    found = waterfall(history_of(tmp_path, [JOB, *STAGES, LOAD]), "one")
    assert [(bar.name, bar.starts_s, bar.duration_s) for bar in found.bars] == [
        ("queue", 0.0, 10.0),
        ("decode", 10.0, 10.0),
        ("transcribe", 20.0, 90.0),
        ("diarize", 20.0, 30.0),
        ("load", 20.0, 20.0),
    ]
    assert (found.latency_s, found.path_s, found.outcome) == (110.0, 110.0, "done")


def test_bars_say_what_the_end_waited_for_and_what_they_took(tmp_path: Path) -> None:
    bars = {bar.name: bar for bar in waterfall(history_of(tmp_path, [JOB, *STAGES, LOAD]), "one").bars}
    assert {name for name, bar in bars.items() if bar.critical} == {"queue", "decode", "transcribe", "load"}
    assert (bars["transcribe"].cores, bars["transcribe"].saves_s, bars["transcribe"].model) == (2.0, 60.0, "tiny")
    assert (bars["decode"].cpu_s, bars["decode"].peak_rss_bytes) == (5.0, 100)
    assert (bars["diarize"].cpu_s, bars["diarize"].peak_rss_bytes, bars["diarize"].origin) == (None, None, "cache")
    assert bars["load"].path_s == 0.0  # it lies within its stage, which counts it


def test_it_is_plain_json(tmp_path: Path) -> None:
    plain = to_plain(waterfall(history_of(tmp_path, [JOB, *STAGES, LOAD]), "one"))
    assert json.loads(json.dumps(plain))["bars"][0]["name"] == "queue"


def test_a_job_is_told_of_to_its_last_end(tmp_path: Path) -> None:
    first = failed(100.0, job_id="one", queued_at=50.0, queue_s=10.0, run_s=40.0)
    broken = stage("decode", 60.0, 100.0, outcome="failed", error="engine_failed")
    found = waterfall(history_of(tmp_path, [first, broken, JOB, *(s for s in STAGES if s.stage != "decode")]), "one")
    assert (found.outcome, found.error) == ("done", "")
    assert next(bar for bar in found.bars if bar.name == "decode").error == "engine_failed"


def test_a_job_of_which_only_the_end_is_known_still_has_its_wait(tmp_path: Path) -> None:
    found = waterfall(history_of(tmp_path, [JOB]), "one")
    assert [(bar.name, bar.duration_s) for bar in found.bars] == [("queue", 10.0)]


def test_an_unknown_job_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no job 'two'"):
        waterfall(history_of(tmp_path, [JOB]), "two")
