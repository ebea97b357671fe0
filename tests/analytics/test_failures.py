"""What fails is counted, and what failures have in common is found and named: the injected cause, and nothing else."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from audapolis.analytics.facts import ChangeFact, ExportFact, Fact, FallbackFact, JobFact
from audapolis.analytics.failures import Pattern, failures, fallbacks, patterns
from audapolis.analytics.remedies import PATTERNS, REMEDIES, Condition
from audapolis.analytics.span import DAY_S, HOUR_S, Period
from audapolis.analytics.usage import zone_of
from audapolis.domain.codec import to_plain
from audapolis.errors import UnknownName

from tests.analytics.fact_builders import MONDAY, broken, done, failed, history_of, site, whole

Site = list[JobFact]
Inject = Callable[[Site, random.Random], Sequence[Fact]]

SEEDS = range(5)


def asked(folder: Path, facts: Sequence[Fact], zone: str = "UTC") -> tuple[Pattern, ...]:
    jobs = [fact for fact in facts if isinstance(fact, JobFact)]
    return patterns(history_of(folder, facts), whole(jobs), zone_of(zone))


def a_bad_file_type(jobs: Site, dice: random.Random) -> Sequence[Fact]:
    bad = [job.file_type == "ogg" and dice.random() < 0.5 for job in jobs]
    return [
        broken(job, "unsupported_media", "decode") if is_bad else job for job, is_bad in zip(jobs, bad, strict=True)
    ]


def one_model(jobs: Site, dice: random.Random) -> Sequence[Fact]:
    return [broken(job, "engine_failed") if job.model == "tiny" and dice.random() < 0.25 else job for job in jobs]


def a_full_disk_for_an_hour(jobs: Site, dice: random.Random) -> Sequence[Fact]:
    since = MONDAY + dice.randrange(3, 10) * DAY_S + dice.randrange(10, 16) * HOUR_S
    full = [since <= job.at < since + HOUR_S and dice.random() < 0.9 for job in jobs]
    return [broken(job, "storage_full", "decode") if is_full else job for job, is_full in zip(jobs, full, strict=True)]


def a_deploy(jobs: Site, dice: random.Random) -> Sequence[Fact]:
    since = jobs[len(jobs) * 7 // 10].at
    facts: list[Fact] = [ChangeFact(at=since, what="version", key="version", old='"1.0"', new='"1.1"')]
    for job in jobs:
        newer = replace(job, version="1.1" if job.at >= since else "1.0")
        facts.append(broken(newer, "internal_error", "merge") if job.at >= since and dice.random() < 0.1 else newer)
    return facts


def one_recording_retried(jobs: Site, dice: random.Random) -> Sequence[Fact]:
    one = dice.choice(jobs[: len(jobs) // 2])
    again = [replace(one, at=one.at + 600 * number, job_id=f"again-{number}") for number in range(1, 9)]
    return [*jobs, *(broken(job, "worker_crashed", attempts=3) for job in again)]


def long_recordings_of_one_client(jobs: Site, dice: random.Random) -> Sequence[Fact]:
    long = [job.client == "client-2" and (job.audio_s or 0) >= HOUR_S for job in jobs]
    return [broken(job, "out_of_memory") if is_long else job for job, is_long in zip(jobs, long, strict=True)]


SIX: dict[str, tuple[Inject, str, tuple[str, ...], str]] = {
    "file type": (a_bad_file_type, "unsupported_media", ("file_type",), "Recordings of type ogg"),
    "model": (one_model, "engine_failed", ("model",), "Model tiny"),
    "hour": (a_full_disk_for_an_hour, "storage_full", ("burst",), "From 2026-01-"),
    "deploy": (a_deploy, "internal_error", ("change",), "Since version became 1.1 (2026-01-"),
    "recording": (one_recording_retried, "worker_crashed", ("recording",), "The same recording, again and again"),
    "memory": (
        long_recordings_of_one_client,
        "out_of_memory",
        ("client", "length"),
        "Client client-2 and recordings of 1 h or more",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cause", SIX)
def test_an_injected_cause_is_found_and_named_among_thousands_of_jobs_and_no_other(
    tmp_path: Path, cause: str, seed: int
) -> None:
    inject, error, kinds, named = SIX[cause]
    [found] = asked(tmp_path, inject(site(seed), random.Random(seed)))
    assert found.what.startswith(named)
    assert tuple(condition.kind for condition in found.conditions) == kinds
    assert found.error in {error, ""}
    assert found.p_value < 0.001
    assert found.explained > 0.8 * found.failures
    assert REMEDIES[error].do in found.remedy
    assert found.first_at <= found.last_at
    assert found.example.startswith(("job-", "again-"))


@pytest.mark.slow
def test_failures_by_chance_alone_have_nothing_in_common(tmp_path: Path) -> None:
    for seed in range(10):
        (tmp_path / str(seed)).mkdir()
        assert asked(tmp_path / str(seed), site(seed, failure_rate=0.01 * (1 + seed))) == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_where_one_model_fails_for_one_file_type_only_the_narrower_is_named(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    jobs = [
        broken(job, "engine_failed") if (job.model, job.file_type) == ("tiny", "mov") and dice.random() < 0.5 else job
        for job in site(seed)
    ]
    [found] = asked(tmp_path, jobs)
    assert set(found.conditions) == {Condition("file_type", "mov"), Condition("model", "tiny")}


@pytest.mark.slow
def test_workers_that_leak_are_told_by_their_age_and_their_memory(tmp_path: Path) -> None:
    dice, ended = random.Random(3), Counter[int | None]()
    jobs = []
    for job in site(3):
        ended[job.worker_pid] += 1
        leaked = replace(job, peak_rss_bytes=(job.peak_rss_bytes or 0) + 20_000_000 * ended[job.worker_pid])
        jobs.append(broken(leaked, "out_of_memory") if ended[job.worker_pid] > 110 and dice.random() < 0.3 else leaked)
    [found] = asked(tmp_path, jobs)
    assert found.conditions == (Condition("worker_age", "100"),)
    assert found.memory.startswith("Memory grows from")


@pytest.mark.slow
def test_an_hour_that_is_bad_day_after_day_is_told_by_the_clocks_of_the_place(tmp_path: Path) -> None:
    dice = random.Random(1)
    jobs = [
        broken(job, "device_lost") if job.at // HOUR_S % 24 == 9 and dice.random() < 0.3 else job for job in site(1)
    ]
    [found] = asked(tmp_path, jobs, "Europe/Berlin")
    assert found.conditions == (Condition("hour", "10 and 11"),)
    assert "between 10 and 11 o'clock" in found.what.lower()


@pytest.mark.slow
def test_two_causes_at_once_are_both_found_and_the_greater_comes_first(tmp_path: Path) -> None:
    dice = random.Random(5)
    first = [job for job in a_bad_file_type(site(5), dice) if isinstance(job, JobFact)]
    found = asked(tmp_path, a_full_disk_for_an_hour(first, dice))
    assert [pattern.conditions[0].kind for pattern in found] == ["file_type", "burst"]
    assert found[0].explained > found[1].explained


def test_repeats_of_one_recording_are_not_blamed_on_its_client_or_its_hour(tmp_path: Path) -> None:
    good = [done(MONDAY + 60 * n, client=f"client-{n % 7}", file_type="mp3" if n % 3 else "wav") for n in range(400)]
    bad = [
        failed(MONDAY + 9000 + 10 * n, job_id=f"bad-{n}", recording="one", client="client-x", file_type="mov")
        for n in range(12)
    ]
    [found] = asked(tmp_path, [*good, *bad])
    assert found.conditions == (Condition("recording", "one"),)
    assert (found.failures, found.of, found.rate, found.rate_outside) == (12, 12, 1.0, 0.0)
    assert found.example == "bad-11"
    assert to_plain(found)["conditions"] == [{"kind": "recording", "value": "one"}]


def test_what_is_not_known_is_not_taken_for_something_in_common(tmp_path: Path) -> None:
    good = [done(MONDAY + 60 * n) for n in range(200)]
    unread = [
        failed(MONDAY + 601 * n, "unsupported_media", file_type="", codec="", model="", recording="", audio_s=None)
        for n in range(20)
    ]
    assert asked(tmp_path, [*good, *unread]) == ()


def test_other_explanations_that_fit_as_well_are_told(tmp_path: Path) -> None:
    good = [done(MONDAY + 60 * n) for n in range(300)]
    bad = [failed(MONDAY + 907 * n, model="large", device="cuda:0") for n in range(15)]
    fine = [done(MONDAY + 1100 * n, model="large", device="cuda:0") for n in range(5)]
    [found] = asked(tmp_path, [*good, *bad, *fine])
    assert found.conditions == (Condition("model", "large"),)
    assert Condition("device", "cuda:0") in found.same_as


def test_few_failures_and_no_jobs_have_no_pattern(tmp_path: Path) -> None:
    assert patterns(history_of(tmp_path), Period(MONDAY, MONDAY + 1)) == ()
    assert asked(tmp_path, [failed(MONDAY + 10 * n, "storage_full") for n in range(3)]) == ()


def test_every_kind_of_pattern_says_what_and_what_to_do() -> None:
    for kind in PATTERNS.values():
        assert kind.do.endswith(".")
        assert "  " not in kind.says.format(value="x")


@pytest.fixture
def some(tmp_path: Path) -> tuple[Path, Period]:
    facts: list[Fact] = [
        *(done(MONDAY + n, model="base") for n in range(8)),
        *(failed(MONDAY + 20 + n, "engine_failed", model="base") for n in range(2)),
        *(done(MONDAY + 40 + n, model="tiny") for n in range(1)),
        *(failed(MONDAY + 60 + n, "out_of_memory", model="tiny") for n in range(3)),
        done(MONDAY + 80, model="tiny", outcome="cancelled"),
    ]
    history_of(tmp_path, facts)
    return tmp_path, Period(MONDAY, MONDAY + 100)


def test_failures_are_told_by_cause_with_rate_example_and_remedy(some: tuple[Path, Period]) -> None:
    memory, engine = failures(history_of(some[0]), some[1])
    assert (memory.group, memory.failures, memory.of) == ({"error": "out_of_memory"}, 3, 14)
    assert memory.rate.value == pytest.approx(3 / 14)
    assert (memory.first_at, memory.last_at, memory.stage) == (MONDAY + 60, MONDAY + 62, "transcribe")
    assert memory.example == f"job-{MONDAY + 62}"
    assert memory.remedy == REMEDIES["out_of_memory"].do
    assert (engine.failures, engine.of) == (2, 14)


def test_failures_of_a_model_are_of_its_own_jobs_and_cancelled_ones_are_none(some: tuple[Path, Period]) -> None:
    tiny, base = failures(history_of(some[0]), some[1], ("model", "error"))
    assert (tiny.group, tiny.failures, tiny.of) == ({"model": "tiny", "error": "out_of_memory"}, 3, 4)
    assert (base.failures, base.of) == (2, 10)
    [everything] = failures(history_of(some[0]), some[1], ())
    assert (everything.group, everything.failures, everything.of) == ({}, 5, 14)


@pytest.mark.parametrize("name", ["stage", "duration", "file_type", "device", "client", "origin", "version"])
def test_failures_are_told_apart_by_all_there_is(some: tuple[Path, Period], name: str) -> None:
    assert sum(group.failures for group in failures(history_of(some[0]), some[1], (name,))) == 5


def test_exports_fail_by_format(tmp_path: Path) -> None:
    facts = [ExportFact(at=MONDAY + n, format="srt") for n in range(3)]
    facts += [ExportFact(at=MONDAY + 10 + n, format="aaf", error="export_failed" if n else "") for n in range(4)]
    [aaf] = failures(history_of(tmp_path, facts), Period(MONDAY, MONDAY + 100), ("format",))
    assert (aaf.group, aaf.failures, aaf.of, aaf.error) == ({"format": "aaf"}, 3, 4, "export_failed")
    with pytest.raises(UnknownName, match="Unknown dimension 'model'"):
        failures(history_of(tmp_path), Period(MONDAY, MONDAY + 1), ("format", "model"))


def test_fallbacks_are_counted_apart(tmp_path: Path) -> None:
    facts: list[Fact] = [
        FallbackFact(
            at=MONDAY + n, job_id=f"{n // 2}", stage="transcribe", wanted="cuda:0", used="cpu", reason="memory"
        )
        for n in range(4)
    ]
    facts += [FallbackFact(at=MONDAY, wanted="pyannote", used="acoustic", reason="missing"), done(MONDAY + 5)]
    history, period = history_of(tmp_path, facts), Period(MONDAY, MONDAY + 100)
    device, diarizer = fallbacks(history, period)
    assert (device.wanted, device.used, device.reason, device.count, device.jobs) == ("cuda:0", "cpu", "memory", 4, 2)
    assert (diarizer.count, diarizer.jobs, diarizer.stage) == (1, 0, "")
    assert failures(history, period) == ()
