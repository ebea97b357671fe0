"""What a stage is, and its surroundings: somebody to tell, a way to be stopped, a memory and a place to work."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from ..domain.cancellation import CancelToken
from ..domain.events import Emit, StageName, StageProgress, ignore
from .cache import FolderCache

Result = TypeVar("Result")

PROGRESS_EVERY_S = 0.2
"""Stages report progress at most this often."""


class Checkpoints(Protocol):
    """Remembers finished work of one job, so that a restart repeats none of it.

    Keys are a stage's name, `transcribe/<chunk index>`, or `transcribe/engine`. Values are JSON bytes.
    """

    def load(self, key: str) -> bytes | None:
        """What was saved under the key, or None."""
        ...

    def save(self, key: str, data: bytes) -> None:
        """Keep the bytes durably; when this returns they survive `kill -9`."""
        ...


class NoCheckpoints:
    """Remembers nothing: for one-off runs."""

    def load(self, key: str) -> bytes | None:  # noqa: ARG002
        """Nothing is ever there."""
        return None

    def save(self, key: str, data: bytes) -> None:
        """Forget it at once."""


@dataclass(frozen=True, slots=True)
class StageContext:
    """The surroundings of one run of the pipeline.

    Attributes:
        workdir: An existing folder for large intermediate files (decoded sound); belongs to this run alone and
            must survive as long as `checkpoints` do.
        emit: Takes events; returns at once. May be called from several threads.
        cancel: Checked at least every half second.
        checkpoints: Finished work of earlier attempts. May be used from several threads.
        cache: Finished work of earlier jobs; None where nothing is to be reused or kept.
    """

    workdir: Path
    emit: Emit = ignore
    cancel: CancelToken = field(default_factory=CancelToken)
    checkpoints: Checkpoints = field(default_factory=NoCheckpoints)
    cache: FolderCache | None = None


class Stage(ABC, Generic[Result]):
    """One step. Reads from the `Work` what the stages named in `after` left there, and returns its own result.

    The runner loads a finished result from the checkpoints instead of running the stage again, keeps the result
    in the `Work` under `leaves`, and emits the events. Stages that listen to sound are built from parts that
    take windows and have an explicit flush, so that live audio can use the same parts.

    Attributes:
        name: As events and checkpoints call it.
        after: Stages whose results this one reads; those not connected by `after` run at the same time.
        leaves: Attribute of the `Work` that the result is kept in.
        result_type: How the result is checkpointed; None for a stage too cheap to be worth it.
        heeds: Names of the `TranscribeOptions` that the result depends on.
        cached: Whether the result is kept for later jobs; it is found again by `heeds`, `basis` and what came before.
    """

    name: ClassVar[StageName]
    after: ClassVar[tuple[StageName, ...]]
    leaves: ClassVar[str]
    result_type: ClassVar[Any] = None
    heeds: ClassVar[tuple[str, ...]] = ()
    cached: ClassVar[bool] = False

    @abstractmethod
    def run(self, work: Any, context: StageContext) -> Result:
        """Do the step.

        Raises:
            Cancelled: The context's token was set.
            AudapolisError: Whatever went wrong.
        """

    def needs(self, work: Any) -> tuple[StageName, ...]:  # noqa: ARG002
        """Stages that must have finished before this one can run on this work; those in `after` or more."""
        return self.after

    def basis(self, work: Any) -> Any:  # noqa: ARG002
        """What else the result depends on, as JSON: settings, which engine there is."""
        return None

    def worth_keeping(self, result: Result, work: Any) -> bool:  # noqa: ARG002
        """Whether the next job would want just this result, too; false when something stood in."""
        return True

    def sound_of(self, result: Result) -> str | None:  # noqa: ARG002
        """Path of the sound file in the work folder that belongs to the result and is to be kept with it."""
        return None

    def with_sound(self, result: Result, path: Path) -> Result:  # noqa: ARG002
        """The result, its sound file being at `path` now."""
        return result

    def still_valid(self, result: Result) -> bool:  # noqa: ARG002
        """Whether a result loaded from a checkpoint can be used; false when files it points to are gone."""
        return True


class ProgressReporter:
    """Emits a stage's progress, not too often."""

    def __init__(self, stage: StageName, context: StageContext, total_s: float | None) -> None:
        self._stage = stage
        self._emit = context.emit
        self._total_s = total_s
        self._last_at = 0.0

    def __call__(self, done_s: float, total_s: float | None = None) -> None:
        """Report that `done_s` seconds of audio are done; `total_s` overrides the total known so far."""
        now = time.monotonic()
        if now - self._last_at < PROGRESS_EVERY_S:
            return
        self._last_at = now
        self._emit(StageProgress(stage=self._stage, done_s=done_s, total_s=total_s or self._total_s))
