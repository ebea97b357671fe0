"""The parts of the report, one function each, in one table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from markupsafe import Markup

from ..advice import Advice
from ..failures import Pattern
from ..intervals import Estimate
from ..series import SERIES
from ..span import DAY_S
from . import plots
from .findings import Findings
from .page import Head, Section, heading, join, paragraph, table
from .scales import duration, figure, percent, size
from .words import capacity_in_words

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SAYS: dict[str, Callable[[float], str]] = {
    "fraction": percent,
    "bytes": size,
    "bytes/s": lambda speed: f"{size(speed)}/s",
    "s": duration,
}


def said(unit: str) -> Callable[[float], str]:
    """How figures of a unit are written."""
    return _SAYS.get(unit, figure)


def advice(found: Findings) -> Section:
    """What to change, first of all."""
    given = found.advice.advice
    body = join(*(_advised(each) for each in given))
    lead = "" if given else "Nothing has to be changed, as far as can be told."
    if found.advice.missing:
        known = "; ".join(f"{each.rule.replace('_', ' ')}: {each.what}" for each in found.advice.missing)
        body = join(body, paragraph(f"Not enough is known for some advice. {known}", "note"))
    return Section("advice", "What to change", lead, body)


def time_goes(found: Findings) -> Section:
    """Where the time of jobs goes, and what is in the way."""
    rows = [
        plots.Bar(each.group["stage"], {"": each.total_wall_s}, f"{percent(each.share)}, {_rtf(each.real_time_factor)}")
        for each in found.stages
    ]
    causes = [
        (
            each.kind.replace("_", " "),
            each.subject,
            each.sentence,
            percent(each.gain),
            each.consequence_of.replace("_", " "),
        )
        for each in found.bottlenecks
    ]
    heads = (
        Head("bottleneck", text=True),
        Head("where", text=True),
        Head("what was seen", text=True),
        Head("would save"),
        Head("because of", text=True),
    )
    stages = table(
        (
            Head("stage", text=True),
            Head("runs", figure),
            Head("median", duration),
            Head("95 %", duration),
            Head("cores busy", figure),
            Head("most memory", size),
            Head("reused", percent),
        ),
        [
            (
                each.group["stage"],
                each.runs,
                each.wall_s and each.wall_s.p50,
                each.wall_s and each.wall_s.p95,
                each.cpu_utilisation,
                each.peak_rss_bytes and each.peak_rss_bytes.most,
                each.cache_hit_share,
            )
            for each in found.stages
        ],
    )
    return Section(
        "time",
        "Where the time goes",
        "Wall time of all stages together, and seconds of work for a second of sound.",
        join(plots.bars("Time by stage", rows, say=duration), table(heads, causes) if causes else "", stages),
    )


def over_time(found: Findings) -> Section:
    """How much was done, and how long it waited."""
    did = found.throughput
    form = "%H:%M" if found.period.duration_s <= 2 * DAY_S else "%d %b"
    names = [datetime.fromtimestamp(at, found.zone).strftime(form) for at in did.at]
    waits = plots.Line("median wait", did.at, [float("nan") if wait is None else wait for wait in did.queue_s])
    target_s = found.asked.site.target_wait_s
    return Section(
        "throughput",
        "Work over time",
        f"In steps of {duration(did.step_s)}.",
        join(
            heading("Jobs done"),
            plots.columns("Jobs that ended", list(zip(names, map(float, did.jobs), strict=True))),
            heading("How long they waited"),
            plots.lines("Median wait", [waits], say=duration, zone=found.zone, rule=_rule(waits, target_s)),
        ),
    )


def machine(found: Findings) -> Section:
    """How busy the machine was."""
    parts: list[Markup | str] = []
    for name, curves in found.curves.items():
        series = SERIES[name]
        lines = [
            plots.Line(
                ", ".join(each.labels.values()) or name, list(each.at), list(each.mean), list(each.low), list(each.high)
            )
            for each in curves
        ]
        parts.append(heading(series.tells.rstrip(".")))
        parts.append(
            plots.lines(
                series.tells,
                lines,
                say=said(series.unit),
                zone=found.zone,
                height=140,
                top=1.0 if series.unit == "fraction" else None,
            )
        )
    lead = (
        "Means, and in the band the least and the greatest of each step."
        if parts
        else "Nothing was sampled in this time."
    )
    return Section("machine", "The machine", lead, join(*parts))


def models(found: Findings) -> Section:
    """Which model serves people how well."""
    seen = found.models.models
    points = [
        plots.Point(
            each.model or each.name,
            each.speed.value,
            each.word_error.value,
            each.word_error.low,
            each.word_error.high,
            each.on_front is True,
        )
        for each in seen
        if each.speed is not None and each.word_error is not None
    ]
    rows = [
        (
            each.name,
            each.jobs,
            each.audio_h,
            each.speed and each.speed.value,
            _interval(each.word_error),
            each.words or None,
            each.rating and each.rating.value,
            each.load_s,
            each.peak_rss_bytes,
        )
        for each in seen
    ]
    heads = (
        Head("model", text=True),
        Head("jobs", figure),
        Head("hours of sound", figure),
        Head("work per second of sound", _rtf),
        Head("word error (95 %)"),
        Head("words corrected", figure),
        Head("stars", figure),
        Head("load", duration),
        Head("memory", size),
    )
    body: list[Markup | str] = [table(heads, rows), *(paragraph(each.sentence, "note") for each in seen)]
    if points:
        body.insert(
            0,
            plots.scatter(
                "Speed and accuracy",
                points,
                x_says=_rtf,
                y_says=percent,
                x_name="seconds of work for a second of sound: less is faster",
                y_name="words that people corrected: less is better",
            ),
        )
    return Section("models", "Models compared", "", join(*body))


def failed(found: Findings) -> Section:
    """What failed, what that has in common, and what to do."""
    rows = [
        (
            each.group["error"],
            each.failures,
            each.rate and each.rate.value,
            _when(each.last_at, found.zone),
            each.remedy,
        )
        for each in found.failures
    ]
    heads = (
        Head("error", text=True),
        Head("jobs", figure),
        Head("share", percent),
        Head("last", text=True),
        Head("what to do", text=True),
    )
    parts: list[Markup | str] = [_pattern(each, found.zone) for each in found.patterns]
    parts.append(table(heads, rows))
    if found.fallbacks:
        parts.append(heading("What stood in for something better"))
        parts.append(
            table(
                (Head("wanted", text=True), Head("used", text=True), Head("because", text=True), Head("times", figure)),
                [(each.wanted, each.used, each.reason, each.count) for each in found.fallbacks],
            )
        )
    return Section("failures", "Failures", "", join(*parts))


def capacity(found: Findings) -> Section:
    """How much more can be taken."""
    plan = found.capacity
    options = [each for each in (plan.now, plan.one_more_worker) if each is not None]
    rows = [
        (
            each.workers,
            each.saturation_jobs_per_h,
            each.saturation_audio_h_per_h,
            each.limit_jobs_per_h,
            each.wait and each.wait.p95_s,
        )
        for each in options
    ]
    heads = (
        Head("workers", figure),
        Head("most jobs an hour", figure),
        Head("hours of sound an hour", figure),
        Head("jobs an hour with waits in bounds", figure),
        Head("95 % wait less than, at the peak", duration),
    )
    return Section("capacity", "Capacity", " ".join(capacity_in_words(found)), table(heads, rows) if rows else Markup())


def used(found: Findings) -> Section:
    """Who uses it, when and for what."""
    usage = found.usage
    tallies = {
        "Doors": usage.origins,
        "File types": usage.file_types,
        "Lengths": usage.durations,
        "Languages": usage.languages,
        "Formats exported": usage.formats,
        "Clients": usage.top_clients,
    }
    heat = plots.heat("Jobs by weekday and hour", _DAYS, [str(hour) for hour in range(24)], usage.by_weekday_hour)
    parts: list[Markup | str] = [heading("When jobs come in"), heat]
    for name, tally in tallies.items():
        if tally:
            bars = [plots.Bar(each.name or "unknown", {"": float(each.count)}) for each in tally]
            parts += [heading(name), plots.bars(name, bars)]
    return Section("usage", "Usage", "", join(*parts))


def changed(found: Findings) -> Section:
    """What changed for good."""
    rows = [
        (
            f"{each.figure} {' '.join(each.labels.values())}".strip(),
            {"level": "step", "drift": "drift"}[each.change.kind],
            _when(each.change.at, found.zone),
            said(each.unit)(each.change.before),
            said(each.unit)(each.change.after),
        )
        for each in found.trends
    ]
    heads = (Head("what", text=True), Head("how", text=True), Head("since", text=True), Head("before"), Head("after"))
    lead = "" if rows else "Nothing changed for good, as far as can be told from chance."
    return Section("trends", "What changed", lead, table(heads, rows) if rows else Markup())


def slowest(found: Findings) -> Section:
    """Where the time of the slowest jobs went."""
    parts: list[Markup | str] = []
    for job in found.slowest:
        steps = [
            plots.Step(
                bar.name, bar.starts_s, bar.starts_s + bar.duration_s, bar.critical, _beside(bar.cores, bar.engine)
            )
            for bar in job.bars
        ]
        parts.append(heading(f"{duration(job.latency_s)} for {duration(job.audio_s)} of sound"))
        parts.append(plots.waterfall("What ran when", steps, say=duration))
        parts.append(paragraph(f"Task {job.job_id}", "note"))
    return Section(
        "slowest", "The slowest jobs", "Strong: what the end waited for. Pale: what ran beside it.", join(*parts)
    )


SECTIONS: tuple[Callable[[Findings], Section], ...] = (
    advice,
    time_goes,
    over_time,
    failed,
    models,
    capacity,
    used,
    changed,
    machine,
    slowest,
)
"""The report from top to bottom."""


def _advised(given: Advice) -> Markup:
    why = Markup().join(
        Markup("<li>{}: {}{}</li>").format(each.what, said(each.unit)(each.value), _samples(each.samples))
        for each in given.why
    )
    say = said(given.expect.unit)
    low, high = say(given.expect.low), say(given.expect.high)
    expect = f"{given.expect.what}: {say(given.expect.before)} now, {low} to {high} then."
    how = (
        Markup(" Apply: <code>POST /api/analytics/advice/{}/apply</code>").format(given.id) if given.turn else Markup()
    )
    return Markup(
        '<div class="advice {}"><h3>{}</h3><p>Expected: {} Confidence: {}.{}</p><p class="note">{}</p><ul>{}</ul></div>'
    ).format(given.confidence, given.do, expect, given.confidence, how, given.costs, why)


def _samples(samples: int) -> str:
    return f" ({figure(samples)} samples)" if samples else ""


def _pattern(pattern: Pattern, zone: tzinfo) -> Markup:
    seen = f"{pattern.failures} of {pattern.of} ({percent(pattern.rate)}; {percent(pattern.rate_outside)} elsewhere), "
    seen += f"first {_when(pattern.first_at, zone)}, last {_when(pattern.last_at, zone)}."
    return Markup(
        '<div class="advice high"><h3>{}</h3><p>{} {}</p><p>{}</p><p class="note">For example task {}.</p></div>'
    ).format(pattern.what, seen, pattern.memory, pattern.remedy, pattern.example)


def _interval(estimate: Estimate | None) -> str | None:
    if estimate is None:
        return None
    if estimate.low is None or estimate.high is None:
        return percent(estimate.value)
    return f"{percent(estimate.value)} ({percent(estimate.low)} – {percent(estimate.high)})"


def _rtf(factor: float | None) -> str:
    return "–" if factor is None else f"{figure(factor)} s/s"


def _when(at: float | None, zone: tzinfo) -> str:
    return "–" if at is None else datetime.fromtimestamp(at, zone).strftime("%d %b %H:%M")


def _beside(cores: float | None, engine: str) -> str:
    return ", ".join(filter(None, (engine, "" if cores is None else f"{figure(cores)} cores")))


def _rule(waits: plots.Line, target_s: float) -> tuple[float, str] | None:
    """The target, where waits come near it; else it would flatten them."""
    peak = max((value for value in waits.values if value == value), default=0.0)  # noqa: PLR0124 - NaN
    return (target_s, f"target {duration(target_s)}") if peak > target_s / 4 else None
