"""Runs a list of stages in order of need, side by side where they do not need one another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from ..domain.cancellation import CancelToken
from ..domain.codec import from_json, to_json
from ..domain.events import Origin, StageFailed, StageFinished, StageStarted
from ..errors import AudapolisError, Cancelled, EngineFailed, InvalidDocument
from ..logs.context import bound, carry
from .base import Stage, StageContext
from .metering import Meter
from .recall import key_for, recall, remember
from .work import Work


def run_stages(stages: Sequence[Stage[Any]], work: Work, context: StageContext, meter: Meter | None = None) -> None:
    """Run every stage once, each as soon as those it comes after have finished.

    Args:
        stages: In any order.
        work: Grows from stage to stage.
        context: Their surroundings.
        meter: Measures what they take of the machine; nothing when not given.

    Raises:
        Cancelled: The context's token was set.
        AudapolisError: The first stage that failed; the others are stopped before this returns.
    """
    siblings = CancelToken(parent=context.cancel)
    waiting = list(stages)
    finished: set[str] = set()
    running: dict[Future[None], Stage[Any]] = {}
    meter = meter or Meter()
    with meter.running(), ThreadPoolExecutor(thread_name_prefix="stage") as pool:
        try:
            while waiting or running:
                for stage in [s for s in waiting if finished.issuperset(s.needs(work))]:
                    waiting.remove(stage)
                    future = pool.submit(carry(_run_stage), stage, work, replace(context, cancel=siblings), meter)
                    running[future] = stage
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    stage = running.pop(future)
                    future.result()
                    finished.add(stage.name)
        except BaseException:
            siblings.cancel()
            _let_first_cause_win(running)
            raise


def _let_first_cause_win(running: dict[Future[None], Stage[Any]]) -> None:
    """Wait for the siblings of a failed stage; what they raise while being stopped is of no interest."""
    wait(running)
    for future in running:
        future.exception()


def _run_stage(stage: Stage[Any], work: Work, context: StageContext, meter: Meter) -> None:
    context.cancel.check()
    began = time.monotonic()
    with bound(stage=stage.name), meter.stage() as usage:
        origin = _result(stage, work, context)
    context.emit(
        StageFinished(
            stage=stage.name,
            wall_s=time.monotonic() - began,
            audio_s=work.duration_s,
            origin=origin,
            cpu_s=usage.cpu_s,
            peak_rss_bytes=usage.peak_rss_bytes,
            read_bytes=usage.read_bytes,
            written_bytes=usage.written_bytes,
        )
    )


def _result(stage: Stage[Any], work: Work, context: StageContext) -> Origin:
    """Leave the stage's result in the work, worked out or found again; tells which."""
    key = key_for(stage, work)
    origin: Origin = "checkpoint"
    result = _load(stage, context)
    if result is None:
        origin = "cache"
        result = _reuse(stage, key, work, context)
    context.emit(StageStarted(stage=stage.name, resumed=result is not None))
    if result is None:
        origin = "computed"
        result = _computed(stage, key, work, context)
    setattr(work, stage.leaves, result)
    work.keys[stage.name] = key
    return origin


def _computed(stage: Stage[Any], key: str, work: Work, context: StageContext) -> Any:
    try:
        result = stage.run(work, context)
        _checkpoint(stage, result, context)
        remember(stage, key, result, work, context)
    except Cancelled:
        raise
    except AudapolisError as error:
        context.emit(StageFailed(stage=stage.name, error=error.code, message=error.message))
        raise
    except MemoryError as error:
        context.emit(StageFailed(stage=stage.name, error="out_of_memory", message=str(error)))
        raise EngineFailed(
            f"The {stage.name} stage ran out of memory.", hint="Close other programs or use a smaller model."
        ) from error
    return result


def _reuse(stage: Stage[Any], key: str, work: Work, context: StageContext) -> Any:
    """The result of an earlier job; checkpointed, so that this job no longer depends on the cache."""
    result = recall(stage, key, work, context)
    if result is not None:
        _checkpoint(stage, result, context)
    return result


def _checkpoint(stage: Stage[Any], result: Any, context: StageContext) -> None:
    if stage.result_type is not None:
        context.checkpoints.save(stage.name, to_json(result, kind=stage.result_type))


def _load(stage: Stage[Any], context: StageContext) -> Any:
    if stage.result_type is None:
        return None
    data = context.checkpoints.load(stage.name)
    if data is None:
        return None
    try:
        result = from_json(stage.result_type, data)
    except InvalidDocument:  # written by another version: do the stage again
        return None
    return result if stage.still_valid(result) else None
