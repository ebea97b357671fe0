"""Whose work a log line is about: bound where the work begins, told by every line until it ends."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import ParamSpec, TypeVar
from uuid import UUID

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Work:
    """What is being worked on; "" where it is nobody's job, or no stage of one."""

    job_id: str = ""
    stage: str = ""


_NOTHING = Work()
_work: ContextVar[Work] = ContextVar("audapolis_work", default=_NOTHING)


@contextmanager
def bound(*, job_id: str | None = None, stage: str | None = None) -> Iterator[Work]:
    """Tell in every log line of this thread or task, until the end of the block, what it is about.

    Blocks nest: what is not given stays as it is around the block. New threads begin without; see `carry`.

    Args:
        job_id: The job that is worked on.
        stage: The stage of the pipeline that runs.
    """
    around = _work.get()
    work = Work(around.job_id if job_id is None else job_id, around.stage if stage is None else stage)
    token = _work.set(work)
    try:
        yield work
    finally:
        _work.reset(token)


def carry(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """The same function, for one call in another thread, with what is bound here and now.

    A pool's threads know nothing of who submitted their work: `pool.submit(carry(function), …)`.
    """
    context = copy_context()

    def carried(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return context.run(function, *args, **kwargs)

    return carried


def trace_id_of(job_id: str) -> str:
    """The id of a job's trace, 32 hexadecimal digits; "" for no job.

    It is the job's UUID without the hyphens, so that log lines, traces and jobs are found by one another. Ids of
    another form are digested.
    """
    if not job_id:
        return ""
    try:
        return UUID(job_id).hex
    except ValueError:
        return hashlib.sha256(job_id.encode()).hexdigest()[:32]


class WorkFilter(logging.Filter):
    """Lets every record pass and puts `job_id`, `stage` and `trace_id` on it. It belongs on a handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Note what is bound where the record was made."""
        work = _work.get()
        record.job_id = work.job_id
        record.stage = work.stage
        record.trace_id = trace_id_of(work.job_id)
        return True
