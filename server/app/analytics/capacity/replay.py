"""What would have happened: the jobs that came, once more, with other workers or other durations.

A discrete-event simulation. All jobs that run go equally fast, so a clock of work done stands for each of them.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from ..frame import Column
from .contention import INDEPENDENT, Contention


@dataclass(frozen=True, slots=True)
class Replayed:
    """How each job fared, in the order they were given.

    Attributes:
        wait_s: For a worker.
        run_s: With one.
    """

    wait_s: Column
    run_s: Column

    @property
    def latency_s(self) -> Column:
        """From submission to the end."""
        return np.asarray(self.wait_s + self.run_s)


def replay(
    arrived: Column, work_s: Column, workers: int, contention: Contention = INDEPENDENT, *, order: Column | None = None
) -> Replayed:
    """Let workers do jobs.

    Args:
        arrived: When each was submitted, in any order.
        work_s: How long each takes alone.
        workers: How many there are.
        contention: How they slow each other down.
        order: Of those that wait the smallest goes first; by arrival when not given.
    """
    count = len(arrived)
    order = arrived if order is None else order
    slowdown = [1.0, *(contention.slowdown(n) for n in range(1, workers + 1))]
    wait_s, run_s = np.zeros(count), np.zeros(count)
    began = np.zeros(count)
    coming = [int(job) for job in np.argsort(arrived, kind="stable")]
    waiting: list[tuple[float, int]] = []
    running: list[tuple[float, int]] = []
    now, done_s, following = (float(arrived[coming[0]]) if count else 0.0), 0.0, 0
    while following < count or running:
        slow = slowdown[len(running)]
        ends = now + (running[0][0] - done_s) * slow if running else np.inf
        comes = float(arrived[coming[following]]) if following < count else np.inf
        at = min(ends, comes)
        done_s, now = done_s + (at - now) / slow, at
        if ends <= comes:
            _, job = heapq.heappop(running)
            run_s[job] = now - began[job]
        else:
            job = coming[following]
            heapq.heappush(waiting, (float(order[job]), job))
            following += 1
        while waiting and len(running) < workers:
            _, job = heapq.heappop(waiting)
            began[job] = now
            wait_s[job] = now - arrived[job]
            heapq.heappush(running, (done_s + float(work_s[job]), job))
    return Replayed(wait_s, run_s)
