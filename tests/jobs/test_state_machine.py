"""The store against a model of what may happen to jobs, in any order, with stale workers that wake up."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from audapolis.errors import Conflict
from audapolis.jobs.database import Database
from audapolis.jobs.leases import Leases
from audapolis.jobs.queue import Blame, after_loss, rank
from audapolis.jobs.record import Claim, JobError, JobState, LeaseLost
from audapolis.jobs.store import JobStore
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from .conftest import HOME, FakeClock, make_job
from .runners import transcript_of

LEASE_S = 10.0


@dataclass
class Model:
    """What a job should be like."""

    number: int
    priority: int
    queued_at: float
    state: JobState = JobState.QUEUED
    attempt: int = 0
    token: int = 0
    crashes: int = 0
    interruptions: int = 0
    worker: str | None = None
    lease_until: float = 0.0
    cancel: bool = False
    keys: set[str] = field(default_factory=set)


class StoreMachine(RuleBasedStateMachine):
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(f"sqlite:///{Path(self.folder.name) / 'jobs.sqlite'}")
        self.database.migrate()
        self.clock = FakeClock()
        self.store = JobStore(self.database, home=HOME, now=self.clock)
        self.leases = Leases(self.database, home=HOME, lease_s=LEASE_S, max_attempts=3, now=self.clock)
        self.model: dict[str, Model] = {}

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    def valid(self, claim: Claim) -> bool:
        job = self.model.get(claim.job.id)
        return job is not None and job.state is JobState.RUNNING and job.token == claim.token

    def release(self, job: Model, blame: Blame) -> None:
        job.crashes += blame is Blame.JOB
        job.interruptions += blame is Blame.SERVER
        job.state = JobState.CANCELLED if job.cancel else after_loss(job.crashes, job.interruptions, 3)
        job.worker, job.cancel = None, False

    def running(self) -> list[Model]:
        return [job for job in self.model.values() if job.state is JobState.RUNNING]

    @rule(priority=st.integers(-2, 2))
    def submit(self, priority: int) -> None:
        job = make_job(priority=priority, created_at=self.clock.now)
        self.store.add(job)
        self.model[job.id] = Model(len(self.model), priority, self.clock.now)

    @rule(seconds=st.sampled_from([0.5, 5.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(target=claims, worker=st.sampled_from(["a", "b", "c"]))
    def claim(self, worker: str) -> object:
        claim = self.leases.claim(worker)
        waiting = {i: job for i, job in self.model.items() if job.state is JobState.QUEUED}
        if not waiting:
            assert claim is None
            return multiple()
        first = min(waiting, key=lambda i: (rank(waiting[i].priority, waiting[i].queued_at), waiting[i].number))
        assert claim is not None
        assert claim.job.id == first
        job = self.model[first]
        job.state, job.worker, job.cancel = JobState.RUNNING, worker, False
        job.attempt += 1
        job.token += 1
        job.lease_until = self.clock.now + LEASE_S
        assert claim.token == job.token
        return claim

    @rule(claim=claims)
    def heartbeat(self, claim: Claim) -> None:
        try:
            wanted = self.leases.renew(claim)
        except LeaseLost:
            assert not self.valid(claim)
            return
        assert self.valid(claim)
        job = self.model[claim.job.id]
        job.lease_until = self.clock.now + LEASE_S
        assert wanted == job.cancel

    @rule(claim=claims, key=st.sampled_from(["probe", "decode", "transcribe/0"]))
    def checkpoint(self, claim: Claim, key: str) -> None:
        try:
            self.leases.save_checkpoint(claim, key, f"{claim.token}".encode())
        except LeaseLost:
            assert not self.valid(claim)
            return
        assert self.valid(claim)
        job = self.model[claim.job.id]
        if key not in job.keys:
            job.crashes = job.interruptions = 0
        job.keys.add(key)

    @rule(claim=consumes(claims), how=st.sampled_from(["finish", "fail", "give_back", "crash"]))
    def end(self, claim: Claim, how: str) -> None:
        try:
            if how == "finish":
                self.leases.finish(claim, transcript_of(claim.job, ["x"]))
            elif how == "fail":
                self.leases.fail(claim, JobError("x", "y"))
            elif how == "give_back":
                self.leases.give_back(claim)
            else:
                self.leases.give_back(claim, "a helper died", Blame.JOB)
        except LeaseLost:
            assert not self.valid(claim)
            return
        assert self.valid(claim)
        job = self.model[claim.job.id]
        if how in {"finish", "fail"}:
            job.state, job.worker, job.cancel = JobState("done" if how == "finish" else "failed"), None, False
            job.keys = set() if how == "finish" else job.keys
        else:
            self.release(job, Blame.NOBODY if how == "give_back" else Blame.JOB)

    @rule(worker=st.sampled_from(["a", "b", "c"]), blame=st.sampled_from([Blame.JOB, Blame.NOBODY]))
    def worker_dies(self, worker: str, blame: Blame) -> None:
        held = [job for job in self.running() if job.worker == worker]
        assert len(self.leases.take_from(worker, "killed", blame)) == len(held)
        for job in held:
            self.release(job, blame)

    @rule()
    def server_restarts(self) -> None:
        held = self.running()
        assert len(self.leases.take_all("restart")) == len(held)
        for job in held:
            self.release(job, Blame.SERVER)

    @rule(worker=st.sampled_from(["a", "b", "c"]))
    def silence_is_punished(self, worker: str) -> None:
        late = [job for job in self.running() if job.lease_until < self.clock.now]
        assert sorted(self.leases.overdue()) == sorted(str(job.worker) for job in late)
        mine = [job for job in late if job.worker == worker]
        assert len(self.leases.take_expired(worker, "silent")) == len(mine)
        for job in mine:
            self.release(job, Blame.JOB)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if not self.model:
            return
        job_id = data.draw(st.sampled_from(list(self.model)))
        job = self.model[job_id]
        try:
            self.store.cancel(job_id)
        except Conflict:
            assert job.state in {JobState.DONE, JobState.FAILED, JobState.QUARANTINED}
            return
        if job.state is JobState.QUEUED:
            job.state = JobState.CANCELLED
        elif job.state is JobState.RUNNING:
            job.cancel = True

    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        if not self.model:
            return
        job_id = data.draw(st.sampled_from(list(self.model)))
        job = self.model[job_id]
        try:
            self.store.retry(job_id)
        except Conflict:
            assert job.state in {JobState.DONE, JobState.QUEUED, JobState.RUNNING}
            return
        job.state, job.queued_at = JobState.QUEUED, self.clock.now
        job.crashes = job.interruptions = 0

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if not self.model:
            return
        job_id = data.draw(st.sampled_from(list(self.model)))
        try:
            self.store.delete(job_id)
        except Conflict:
            assert self.model[job_id].state is JobState.RUNNING
            return
        del self.model[job_id]

    @invariant()
    def the_store_is_as_the_model(self) -> None:
        stored = {job.id: job for job in self.store.list()}
        assert set(stored) == set(self.model)
        for job_id, expected in self.model.items():
            job = stored[job_id]
            assert (job.state, job.attempt) == (expected.state, expected.attempt)
            assert (job.error is not None) == (job.state in {JobState.FAILED, JobState.QUARANTINED})
            assert (job.finished_at is not None) == job.state.ended
            assert self.store.worker_of(job_id) == expected.worker


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=15, stateful_step_count=40, deadline=None)
