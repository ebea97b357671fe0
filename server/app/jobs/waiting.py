"""Waits for a job's end: woken by events, and by a look now and then in case one was missed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..domain.events import Emit, JobEvent
from .record import Job

LOOK_S = 0.5


def wait_for_end(
    job_id: str, timeout_s: float, get: Callable[[str], Job], subscribe: Callable[[Emit], Callable[[], None]]
) -> Job:
    """Wait until a job has ended, or for `timeout_s`; the job as it is then.

    Args:
        job_id: Which.
        timeout_s: How long at most.
        get: Looks at it.
        subscribe: Has events told from now on; what it returns ends that.

    Raises:
        NotFound: No such job.
    """
    until = time.monotonic() + timeout_s
    news = threading.Event()

    def listen(event: object) -> None:
        if isinstance(event, JobEvent) and event.job_id == job_id:
            news.set()

    unsubscribe = subscribe(listen)
    try:
        while True:
            job = get(job_id)
            left_s = until - time.monotonic()
            if job.state.ended or left_s <= 0:
                return job
            news.wait(min(LOOK_S, left_s))
            news.clear()
    finally:
        unsubscribe()
