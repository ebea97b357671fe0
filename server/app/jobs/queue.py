"""Policy: which job goes first, and what becomes of one whose worker died. Pure functions."""

from __future__ import annotations

from enum import StrEnum

from .record import JobError, JobState

AGEING_S = 600.0
"""Waiting so long is worth one step of priority, so nothing starves."""

INTERRUPTIONS_PER_ATTEMPT = 4
"""How many deaths of the whole server weigh as much as one death of a worker."""


class Blame(StrEnum):
    """Who is thought to be at fault when a job's work stopped before its end."""

    JOB = "job"
    """Its worker died or fell silent while the server lived: the job may be the cause."""

    SERVER = "server"
    """The whole server died: most likely a restart or a power cut, but a greedy job can do that too."""

    NOBODY = "nobody"
    """We stopped the worker ourselves, for another reason."""


def rank(priority: int, queued_at: float, ageing_s: float = AGEING_S) -> float:
    """The order of the queue: smaller goes first.

    A job's urgency is its priority plus its waiting time over `ageing_s`. The difference of two jobs' urgencies does
    not change while both wait, so this constant orders them once and for all and can be indexed.
    """
    return queued_at - priority * ageing_s


def after_loss(crashes: int, interruptions: int, max_attempts: int) -> JobState:
    """Whether a job whose worker was lost is tried again or quarantined.

    Both counts start again whenever the job saved a new checkpoint: a job that gets further each time is not stuck.
    A job that dies at the same place each time is quarantined after `max_attempts` attempts.

    Args:
        crashes: Losses since the last new checkpoint that are blamed on the job, with the present one.
        interruptions: Those blamed on the server's own death.
        max_attempts: Crashes after which a job is given up.
    """
    weight = crashes + interruptions / INTERRUPTIONS_PER_ATTEMPT
    return JobState.QUARANTINED if weight >= max_attempts else JobState.QUEUED


def quarantine_error(attempts: int, reason: str) -> JobError:
    """What people read about a quarantined job."""
    return JobError(
        "worker_crashed",
        f"The worker died {attempts} times in a row at the same place of this recording: {reason}.",
        "The recording may be damaged or need more memory than there is. Retry it when that has changed.",
    )
