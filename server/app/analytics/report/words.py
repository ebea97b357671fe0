"""What the report says in sentences, and its large figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from ..span import DAY_S, Period
from .findings import Findings
from .page import Mood, Tile
from .scales import duration, figure, percent

_AT_ONCE_S = 0.5
"""Nobody calls so little a wait."""

_FINE, _BAD = 0.02, 0.1
"""Shares of failed jobs up to which all is well, and from which it is bad."""


def period_in_words(period: Period, zone: tzinfo) -> str:
    """From when to when, in a time zone."""
    since, until = (datetime.fromtimestamp(at, zone) for at in (period.since, period.until))
    form = "%d %B %Y %H:%M" if period.duration_s < 3 * DAY_S else "%d %B %Y"
    return f"{since.strftime(form)} – {until.strftime(form)} ({zone})"


def lead(found: Findings) -> str:
    """What somebody should know who reads one paragraph."""
    work = found.overall
    if work is None or work.jobs == 0:
        return "No job ended in this time."
    parts = [
        f"{_count(work.jobs, 'job')} ended, with {figure(work.audio_h)} h of sound; {_failed(work.failed, work.jobs)}."
    ]
    if work.real_time_factor is not None:
        parts.append(f"A minute of sound took {duration(60 * work.real_time_factor)} of work.")
    if work.queue_s is not None:
        half, nearly_all = duration(work.queue_s.p50), duration(work.queue_s.p95)
        if work.queue_s.p50 < _AT_ONCE_S:
            parts.append(f"Half of the jobs began at once, 95 % waited less than {nearly_all}.")
        else:
            parts.append(f"Half of the jobs waited less than {half}, 95 % less than {nearly_all}.")
    causes = [each for each in found.bottlenecks if not each.consequence_of]
    parts.append(causes[0].sentence if causes else "Nothing stands out that would keep jobs from being done sooner.")
    if found.patterns:
        parts.append(f"Failures have something in common: {found.patterns[0].what}")
    return " ".join(parts)


def tiles(found: Findings) -> list[Tile]:
    """The large figures, the most asked for first."""
    work, plan = found.overall, found.capacity
    if work is None or work.jobs == 0:
        return []
    ended = work.done + work.failed
    failed = work.failed / ended if ended else 0.0
    target_s = found.asked.site.target_wait_s
    made = [
        Tile("jobs done", figure(work.done)),
        Tile("failed", percent(failed), _mood(failed, _FINE, _BAD)),
        Tile("hours of sound", figure(work.audio_h)),
    ]
    if work.real_time_factor is not None:
        made.append(Tile("of work for a minute of sound", duration(60 * work.real_time_factor)))
    if work.queue_s is not None:
        made.append(
            Tile("95 % waited less than", duration(work.queue_s.p95), _mood(work.queue_s.p95, target_s / 2, target_s))
        )
    if work.latency_s is not None:
        made.append(Tile("median from queue to end", duration(work.latency_s.p50)))
    if plan.peak_utilisation is not None:
        made.append(
            Tile("busy in the busiest hour", percent(plan.peak_utilisation), _mood(plan.peak_utilisation, 0.7, 0.95))
        )
    rating = found.satisfaction.rating
    if rating is not None:
        made.append(Tile(f"stars, from {_count(rating.n, 'rating')}", f"{rating.value:.1f}"))
    return made


def capacity_in_words(found: Findings) -> Sequence[str]:
    """What the workers can take, and what more of them would do."""
    plan, now = found.capacity, found.capacity.now
    if now is None:
        return [plan.unknown.get("now", "There is not enough data to tell.")]
    wait = duration(plan.target_wait_s)
    said = [
        f"{_count(plan.workers, 'worker')} can do {figure(now.saturation_jobs_per_h)} jobs an hour"
        + (f", {figure(now.saturation_audio_h_per_h)} h of sound." if now.saturation_audio_h_per_h else "."),
    ]
    if plan.headroom is not None and plan.headroom >= 1:
        said.append(
            f"With {figure(plan.headroom)} times the load of the busiest hour, 95 % would still wait less than {wait}."
        )
    elif plan.headroom is not None:
        said.append(f"In the busiest hour more than 5 % wait longer than {wait} already.")
    more = plan.one_more_worker
    if more is not None:
        said.append(f"One more worker would get {percent(more.more)} more done.")
    said += [
        f"{figure(each.factor)} times the load takes {_count(each.workers, 'worker')}."
        if each.workers is not None
        else f"{figure(each.factor)} times the load: {each.reason}"
        for each in plan.growth
    ]
    said.append(f"Confidence: {plan.confidence}.")
    return said


def _count(number: int, what: str) -> str:
    return f"{figure(number)} {what}{'' if number == 1 else 's'}"


def _failed(failed: int, jobs: int) -> str:
    return "none failed" if failed == 0 else f"{_count(failed, 'job')} failed ({percent(failed / jobs)})"


def _mood(value: float, fine: float, bad: float) -> Mood:
    if value <= fine:
        return "good"
    return "bad" if value >= bad else "warn"
