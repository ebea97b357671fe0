"""How far a whole job is, and when it will be done, told from its events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..domain.events import Event, StageFinished, StageName, StageProgress, StageStarted

SHARES: dict[StageName, float] = {
    "probe": 0.01,
    "decode": 0.02,
    "enhance": 0.01,
    "speech": 0.04,
    "diarize": 0.04,
    "transcribe": 0.86,
    "merge": 0.01,
    "refine": 0.005,
    "assess": 0.005,
}
"""Typical share of each stage in the whole wall time with the embedded engines; they sum to 1."""

SETTLED_FRACTION = 0.02
"""Below this much real progress nothing can be predicted."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job is. `stage` is the one that holds things up most; `fraction` is 0..1 and never falls."""

    stage: StageName
    fraction: float
    eta_s: float | None


class ProgressEstimator:
    """Adds the stages' shares up. What came from checkpoints counts as done but not for speed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_at = clock()
        self._done: dict[StageName, float] = dict.fromkeys(SHARES, 0.0)
        self._given = 0.0
        self._fraction = 0.0
        self._running: list[StageName] = []

    def update(self, event: Event) -> Progress:
        """Take an event of the job and say where it is now. Events that say nothing of progress are fine."""
        match event:
            case StageStarted(stage=stage, resumed=resumed) if stage in SHARES:
                self._running.append(stage)
                self._given += SHARES[stage] if resumed else 0.0
            case StageProgress(stage=stage, done_s=done_s, total_s=total_s) if stage in SHARES and total_s:
                self._done[stage] = max(self._done[stage], min(1.0, done_s / total_s))
            case StageFinished(stage=stage) if stage in SHARES:
                self._done[stage] = 1.0
                self._running = [name for name in self._running if name != stage]
            case _:
                pass
        return self._progress()

    def _progress(self) -> Progress:
        total = sum(SHARES[stage] * share for stage, share in self._done.items())
        self._fraction = max(self._fraction, min(1.0, total))
        stage = max(self._running, key=lambda name: SHARES[name], default="probe")
        return Progress(stage, self._fraction, self._eta_s())

    def _eta_s(self) -> float | None:
        earned = self._fraction - self._given
        if earned < SETTLED_FRACTION:
            return None
        return (self._clock() - self._began_at) / earned * (1.0 - self._fraction)
