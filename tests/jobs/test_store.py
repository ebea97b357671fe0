"""The contract of the job store, on every database it supports."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import pytest
from audapolis.domain import codec
from audapolis.domain.events import JobQueued
from audapolis.errors import Conflict, NotFound, UnsupportedMedia
from audapolis.jobs.attempt import outcome
from audapolis.jobs.checkpoints import StoredCheckpoints
from audapolis.jobs.database import Database
from audapolis.jobs.leases import Leases, Sign
from audapolis.jobs.queue import Blame
from audapolis.jobs.record import Claim, Job, JobError, JobState, LeaseLost
from audapolis.jobs.store import JobStore

from .conftest import HOME, FakeClock, make_job
from .runners import transcript_of


def claimed(leases: Leases, worker: str = "w1") -> Claim:
    claim = leases.claim(worker)
    assert claim is not None
    return claim


def test_a_job_comes_back_as_it_was_submitted(store: JobStore) -> None:
    job = store.add(make_job(name="Interview – Ünïcode 🎙.wav", priority=-2))
    assert store.get(job.id) == job
    assert store.list() == [job]
    assert codec.from_json(Job, codec.to_json(job)) == job


def test_an_unknown_id_is_not_found(store: JobStore) -> None:
    for ask in (store.get, store.cancel, store.retry, store.delete, store.transcript):
        with pytest.raises(NotFound, match="no task 'nobody'"):
            ask("nobody")


def test_jobs_are_listed_oldest_first_and_by_state(store: JobStore, leases: Leases) -> None:
    jobs = [store.add(make_job(priority=n)) for n in range(3)]
    assert [job.id for job in store.list()] == [job.id for job in jobs]
    claimed(leases)
    assert [job.id for job in store.list(JobState.RUNNING)] == [jobs[2].id]


def test_a_claim_counts_the_attempt_and_takes_the_job_off_the_queue(store: JobStore, leases: Leases) -> None:
    job = store.add(make_job())
    claim = claimed(leases)
    assert claim.job == store.get(job.id)
    assert (claim.job.state, claim.job.attempt, claim.token) == (JobState.RUNNING, 1, 1)
    assert leases.claim("w2") is None


def test_higher_priority_goes_first_then_the_oldest(store: JobStore, leases: Leases) -> None:
    for priority, age_s in ((0, 30), (0, 60), (5, 0), (5, 10)):
        store.add(make_job(priority=priority, created_at=1_700_000_000.0 - age_s, name=f"{priority}/{age_s}"))
    order = [claimed(leases).job.name for _ in range(4)]
    assert order == ["5/10", "5/0", "0/60", "0/30"]


def test_nothing_starves_because_waiting_raises_urgency(store: JobStore, leases: Leases) -> None:
    store.add(make_job(priority=1, created_at=1_700_000_000.0, name="fresh and urgent"))
    store.add(make_job(priority=0, created_at=1_700_000_000.0 - 601, name="waited ten minutes"))
    assert claimed(leases).job.name == "waited ten minutes"


def test_jobs_of_another_data_folder_are_seen_but_never_run(
    store: JobStore, leases: Leases, database: Database
) -> None:
    elsewhere = JobStore(database, home="elsewhere").add(make_job())
    assert store.get(elsewhere.id) == elsewhere
    assert leases.claim("w1") is None
    assert leases.take_all("restart") == []


def test_finishing_stores_the_result_and_forgets_checkpoints(store: JobStore, leases: Leases) -> None:
    store.add(make_job())
    claim = claimed(leases)
    leases.save_checkpoint(claim, "probe", b"{}")
    result = transcript_of(claim.job, ["hello", "world"])
    done = leases.finish(claim, result)
    assert (done.state, done.progress, done.duration_s) == (JobState.DONE, 1.0, 2.0)
    assert done == store.get(done.id)
    assert store.transcript(done.id) == result
    assert store.find_transcript(result.id) == done
    assert leases.load_checkpoint(done.id, "probe") is None


def test_a_transcript_is_amended_and_changes_at_the_same_time_are_all_kept(store: JobStore, leases: Leases) -> None:
    job = store.add(make_job())
    with pytest.raises(Conflict, match="no transcript"):
        store.amend(job.id, lambda transcript: transcript)
    leases.finish(claimed(leases), transcript_of(job, ["one"]))

    def add(language: str) -> None:
        store.amend(job.id, lambda t: replace(t, translations={**t.translations, language: ()}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, ("de", "fr", "it", "es")))
    assert set(store.transcript(job.id).translations) == {"de", "fr", "it", "es"}
    with pytest.raises(ZeroDivisionError):
        store.amend(job.id, lambda _: 1 / 0)  # type: ignore[arg-type, return-value]
    assert store.find_transcript(store.transcript(job.id).id) == store.get(job.id)


def test_there_is_no_transcript_before_the_end_and_the_error_says_why(store: JobStore, leases: Leases) -> None:
    job = store.add(make_job())
    with pytest.raises(Conflict, match="is queued"):
        store.transcript(job.id)
    leases.fail(claimed(leases), JobError.of(UnsupportedMedia("No sound in it.", hint="Check the file.")))
    with pytest.raises(Conflict, match=r"is failed.*No sound in it"):
        store.transcript(job.id)


def test_an_ordinary_error_fails_the_job_at_once_and_is_kept(store: JobStore, leases: Leases) -> None:
    store.add(make_job())
    failed = leases.fail(claimed(leases), JobError.of(UnsupportedMedia("No sound.", hint="Check the file.")))
    assert failed.error == JobError("unsupported_media", "No sound.", "Check the file.")
    assert leases.claim("w1") is None


def test_every_write_of_a_worker_that_lost_its_job_is_refused(
    store: JobStore, leases: Leases, clock: FakeClock
) -> None:
    job = store.add(make_job())
    stale = claimed(leases, "stale")
    leases.take_from("stale", "it fell silent", Blame.JOB)
    fresh = claimed(leases, "fresh")
    assert fresh.token > stale.token
    for write in (
        lambda: leases.renew(stale),
        lambda: leases.finish(stale, transcript_of(job, ["wrong"])),
        lambda: leases.fail(stale, JobError("x", "x")),
        lambda: leases.give_back(stale),
        lambda: leases.note(stale, "probe", "started"),
        lambda: StoredCheckpoints(leases, stale).save("probe", b"wrong"),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert StoredCheckpoints(leases, fresh).load("probe") is None
    assert store.get(job.id).state is JobState.RUNNING
    assert leases.finish(fresh, transcript_of(job, ["right"])).state is JobState.DONE


def test_a_released_job_refuses_its_old_worker_even_before_anybody_claims_it(store: JobStore, leases: Leases) -> None:
    store.add(make_job())
    stale = claimed(leases)
    leases.take_all("restart")
    with pytest.raises(LeaseLost):
        leases.renew(stale)


def test_signs_of_life_prolong_the_lease_and_show_progress(store: JobStore, leases: Leases, clock: FakeClock) -> None:
    job = store.add(make_job())
    claim = claimed(leases)
    clock.now += 9
    assert leases.renew(claim, Sign("transcribe", 0.25, 30.0, 60.0)) is False
    clock.now += 9
    assert leases.overdue() == []
    seen = store.get(job.id)
    assert (seen.stage, seen.progress, seen.eta_s, seen.duration_s) == ("transcribe", 0.25, 30.0, 60.0)
    clock.now += 2
    assert leases.overdue() == ["w1"]
    assert [lost.id for lost in leases.take_expired("w1", "gone")] == [job.id]


def test_three_crashes_at_the_same_place_quarantine_a_job(store: JobStore, leases: Leases) -> None:
    job = store.add(make_job())
    for attempt in (1, 2, 3):
        claim = claimed(leases)
        assert claim.job.attempt == attempt
        if attempt == 1:
            leases.save_checkpoint(claim, "decode", b"1")
        (lost,) = leases.take_from("w1", "its process was ended by SIGKILL", Blame.JOB)
    assert lost.state is JobState.QUARANTINED
    assert lost.error is not None
    assert lost.error.code == "worker_crashed"
    assert "SIGKILL" in lost.error.message
    assert leases.claim("w1") is None
    assert store.retry(job.id).state is JobState.QUEUED
    again = claimed(leases)
    assert (again.job.attempt, again.job.error) == (4, None)
    assert leases.load_checkpoint(job.id, "decode") == b"1"


def test_crashes_between_which_the_job_got_further_do_not_quarantine_it(store: JobStore, leases: Leases) -> None:
    store.add(make_job())
    for index in range(10):
        claim = claimed(leases)
        leases.save_checkpoint(claim, f"transcribe/{index}", b"[]")
        (lost,) = leases.take_from("w1", "killed", Blame.JOB)
        assert lost.state is JobState.QUEUED


def test_server_deaths_weigh_less_than_worker_deaths_but_do_count(store: JobStore, leases: Leases) -> None:
    store.add(make_job())
    deaths = 0
    while leases.claim("w1") is not None:
        leases.take_all("the server died")
        deaths += 1
    assert deaths == 12


def test_a_job_given_back_is_not_blamed(store: JobStore, leases: Leases) -> None:
    store.add(make_job())
    for _ in range(5):
        assert leases.give_back(claimed(leases)).state is JobState.QUEUED


def test_a_waiting_job_is_cancelled_at_once_and_can_be_retried(store: JobStore, leases: Leases) -> None:
    job = store.add(make_job())
    assert store.cancel(job.id).state is JobState.CANCELLED
    assert store.cancel(job.id).state is JobState.CANCELLED
    assert leases.claim("w1") is None
    assert store.retry(job.id).state is JobState.QUEUED
    assert claimed(leases).job.id == job.id


@pytest.mark.parametrize("ending", ["worker", "supervisor"])
def test_a_running_job_is_cancelled_by_whoever_ends_its_work(store: JobStore, leases: Leases, ending: str) -> None:
    job = store.add(make_job())
    claim = claimed(leases)
    assert store.cancel(job.id).state is JobState.RUNNING
    assert store.worker_of(job.id) == "w1"
    assert leases.renew(claim) is True
    ended = leases.give_back(claim) if ending == "worker" else leases.take_from("w1", "killed", Blame.JOB)[0]
    assert ended.state is JobState.CANCELLED
    assert ended.finished_at is not None


def test_a_job_that_finishes_before_it_hears_of_its_cancellation_is_done(store: JobStore, leases: Leases) -> None:
    job = store.add(make_job())
    claim = claimed(leases)
    store.cancel(job.id)
    assert leases.finish(claim, transcript_of(job, ["quick"])).state is JobState.DONE
    with pytest.raises(Conflict, match="already ended"):
        store.cancel(job.id)
    with pytest.raises(Conflict, match="this one is done"):
        store.retry(job.id)


def test_a_running_job_can_not_be_deleted_and_a_deleted_one_leaves_nothing(store: JobStore, leases: Leases) -> None:
    job = store.add(make_job())
    claim = claimed(leases)
    with pytest.raises(Conflict, match="running"):
        store.delete(job.id)
    leases.save_checkpoint(claim, "probe", b"1")
    leases.fail(claim, JobError("x", "y"))
    store.delete(job.id)
    assert store.list() == []
    assert leases.load_checkpoint(job.id, "probe") is None
    assert store.stage_runs(job.id) == []


def test_the_audit_tells_what_was_begun_resumed_and_saved(store: JobStore, leases: Leases) -> None:
    job = store.add(make_job())
    claim = claimed(leases)
    leases.note(claim, "probe", "started")
    leases.save_checkpoint(claim, "probe", b"1")
    leases.give_back(claim)
    leases.note(claimed(leases), "probe", "resumed")
    told = [(run.key, run.what, run.attempt) for run in store.stage_runs(job.id)]
    assert told == [("probe", "started", 1), ("probe", "saved", 1), ("probe", "resumed", 2)]


def test_a_checkpoint_can_be_replaced(store: JobStore, leases: Leases) -> None:
    store.add(make_job())
    claim = claimed(leases)
    leases.save_checkpoint(claim, "decode", b"old")
    leases.save_checkpoint(claim, "decode", b"\x00new")
    assert leases.load_checkpoint(claim.job.id, "decode") == b"\x00new"


def claim_all(url: str, name: str, out: str) -> None:
    database = Database(url)
    leases = Leases(database, home=HOME, lease_s=60, max_attempts=3)
    lines = []
    while (claim := leases.claim(name)) is not None:
        lines.append(f"{claim.job.id} {claim.job.attempt}\n")
        leases.finish(claim, transcript_of(claim.job, ["x"]))
    Path(out).write_text("".join(lines))
    database.close()


@pytest.mark.slow
def test_processes_that_claim_at_the_same_time_never_get_the_same_job(
    store: JobStore, database_url: str, tmp_path: Path
) -> None:
    ids = {store.add(make_job()).id for _ in range(40)}
    spawn = multiprocessing.get_context("spawn")
    outs = [tmp_path / f"claims{n}" for n in range(3)]
    processes = [spawn.Process(target=claim_all, args=(database_url, out.name, str(out))) for out in outs]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    claims = [line for out in outs for line in out.read_text().splitlines()]
    assert sorted(claims) == sorted(f"{job_id} 1" for job_id in ids)
    assert {job.state for job in store.list()} == {JobState.DONE}


def test_who_sent_a_job_and_what_it_waits_as_are_kept_through_its_life(store: JobStore, leases: Leases) -> None:
    job = store.add(replace(make_job(), origin="openai", client="c0ffee", kind="interactive"))
    assert store.get(job.id) == job
    claim = claimed(leases)
    assert (claim.job.origin, claim.job.client, claim.job.kind) == ("openai", "c0ffee", "interactive")
    given_back = leases.give_back(claim)
    assert outcome(given_back) == JobQueued(
        at=ANY, job_id=job.id, origin="openai", client="c0ffee", kind="interactive", priority=job.priority
    )
