"""The report: everything in one page that loads nothing, and the same for programs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from audapolis.analytics.advice import Site
from audapolis.analytics.facts import Fact, FeedbackFact, JobFact, Sample
from audapolis.analytics.questions import Asked
from audapolis.analytics.report.findings import Findings, find
from audapolis.analytics.report.sections import SECTIONS
from audapolis.analytics.report.writing import as_html, as_plain
from audapolis.analytics.span import Period

from ..fact_builders import history_of, site, stage, whole

SITE = Site(cores=2, memory_bytes=8e9, target_wait_s=300.0, knobs={"workers": 1})


def findings(folder: Path, facts: list[Fact], samples: list[Sample] | None = None) -> Findings:
    period = whole(facts) if facts else Period(0.0, 86_400.0)
    return find(Asked(history_of(folder, facts, samples or []), period, lambda: SITE, zone=ZoneInfo("Europe/Berlin")))


def a_week() -> list[Fact]:
    jobs = site(seed=2, jobs=300)
    stages = [stage(job, "transcribe", job.run_s * 0.8) for job in jobs if job.outcome == "done"]
    return [*jobs, *stages]


def test_the_page_has_every_section_and_loads_nothing(tmp_path: Path) -> None:
    page = as_html(findings(tmp_path, a_week())).decode()
    for section in SECTIONS:
        assert f'<section id="{section(findings(tmp_path / "empty", [])).id}">' in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert "<script" not in page
    assert "NaN" not in page
    assert "Content-Security-Policy" in page


def test_a_time_in_which_nothing_happened_is_told_so(tmp_path: Path) -> None:
    page = as_html(findings(tmp_path, [])).decode()
    assert "No job ended in this time." in page


def test_names_from_facts_are_no_markup(tmp_path: Path) -> None:
    job = JobFact(
        at=1000.0, job_id="<script>alert(1)</script>", queued_at=1.0, outcome="failed", error="<b>", file_type="<i>"
    )
    page = as_html(findings(tmp_path, [job])).decode()
    assert "<script>" not in page
    assert "<b>&lt;" not in page


def test_models_with_corrections_are_set_against_one_another(tmp_path: Path) -> None:
    jobs = [job for job in site(seed=3, jobs=80) if isinstance(job, JobFact) and job.outcome == "done"]
    feedback = [
        FeedbackFact(
            at=job.at,
            job_id=job.job_id,
            kind="correction",
            words=500,
            substitutions=20,
            deletions=5,
            insertions=5,
            engine=job.engine,
            model=job.model,
            language=job.language,
        )
        for job in jobs
    ]
    stages = [
        stage(job, "transcribe", job.run_s, engine=job.engine, model=job.model, audio_s=job.audio_s) for job in jobs
    ]
    page = as_html(findings(tmp_path, [*jobs, *stages, *feedback])).decode()
    assert "Models compared" in page
    assert "word error" in page


def test_programs_get_the_same_as_json(tmp_path: Path) -> None:
    told = as_plain(findings(tmp_path, a_week()))
    assert told["schema"] == "audapolis.analytics/1"
    assert told["overall"]["jobs"] == 300
    json.dumps(told, allow_nan=False)


def test_curves_of_the_machine_are_drawn(tmp_path: Path) -> None:
    facts = a_week()
    since = whole(facts).since
    samples = [Sample("cpu.utilisation", since + 600 * number, 0.5) for number in range(100)]
    found = findings(tmp_path, facts, samples)
    assert "cpu.utilisation" in found.curves
    assert "Share of all usable cores that is busy" in as_html(found).decode()


@pytest.mark.parametrize("hours", [1, 24, 24 * 30])
def test_throughput_has_steps_that_a_plot_can_show(hours: int, tmp_path: Path) -> None:
    job = JobFact(at=3600.0 * hours / 2, job_id="j", queued_at=0.0, outcome="done", audio_s=60.0, queue_s=3.0)
    asked = Asked(history_of(tmp_path, [job]), Period(0.0, 3600.0 * hours), lambda: SITE)
    did = find(asked).throughput
    assert sum(did.jobs) == 1
    assert len(did.at) <= 62
