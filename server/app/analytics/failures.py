"""What fails, how often, and what failures have in common.

A pattern is sought among all jobs that ended, by everything that is known of them, alone and in pairs, for each error
and for all together. What parts failures from successes best is found by likelihood (M. Kulldorff's scan statistic),
less the logarithm of how many alternatives there were, so that a pair or a stretch of time has to earn its freedom.
It is believed if Fisher's exact test, corrected for all that was looked at (Bonferroni among alternatives of a kind,
Benjamini and Hochberg among kinds), leaves chance less than one in a hundred. What it explains is set aside, and the
rest is searched again. Jobs that repeat each other count once, except where the question is whether they repeat.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

import numpy as np

from ..errors import UnknownName
from .frame import Column, Frame
from .history.store import History
from .intervals import Estimate, share
from .processing import DIMENSIONS, duration_classes
from .quantiles import FEWEST_HITS, Clue, TraitScan, corrected, densest, evidence
from .remedies import PATTERNS, SHARED, Condition, Trait, clock, remedy_of, traits_of, worker_ages
from .span import Period
from .trends import drift

BELIEVED = 0.01
"""Patterns are named that chance makes more rarely."""

MEMORY_ERRORS = frozenset({"out_of_memory", "out_of_device_memory", "worker_crashed", "worker_lost"})
"""Errors that tell of memory, or may."""

_SAME = 0.95
_GREW = 1.2
_GROWN = {
    "worker_age": "Memory grows from {:.1f} to {:.1f} GB while a worker lives.",
    "at": "Memory of such jobs grew from {:.1f} to {:.1f} GB meanwhile.",
    "audio_s": "Memory of such jobs grows with their length, from {:.1f} to {:.1f} GB.",
}
_MOST_PATTERNS = 12
_ALONE = frozenset({"hour", "worker_age", "recording", "burst"})
_REPEATED = ("recording", "model", "device", "version", "error")
_FIELDS = ("at", "job_id", "outcome", "error", "failed_stage", "recording", "audio_s", "worker_pid", "peak_rss_bytes")


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failures of a group.

    Attributes:
        group: Its value for each dimension asked for.
        failures, of: How many failed, of how many that were not cancelled.
        rate: The share of these, with its 95 % interval.
        error, stage: The most frequent ones.
        first_at, last_at: When the first and the last were seen, Unix time.
        example: The job that failed last; empty for exports.
        remedy: What to do about the most frequent error.
    """

    group: Mapping[str, str]
    failures: int
    of: int
    rate: Estimate
    error: str
    stage: str
    first_at: float
    last_at: float
    example: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Fallbacks:
    """So often something else ran than was wanted; `jobs` is in how many jobs."""

    wanted: str
    used: str
    reason: str
    stage: str
    count: int
    jobs: int
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """What failures have in common.

    Attributes:
        what: In words.
        conditions: All of these.
        same_as: Others that hold for the same jobs, so that they could be the cause as well.
        error: The error that is more frequent here; empty where errors of any kind are.
        stage: Where most failed.
        failures, of: With that error, of how many.
        rate, rate_outside: Their share here, and among the others.
        explained: Failures that there would not be at the rate outside.
        first_at, last_at: When the first and the last were seen, Unix time.
        example: The job that failed last.
        p_value: How often chance would do so, corrected for all that was looked at.
        memory: What memory tells, where it may be the cause; empty otherwise.
        remedy: What to do.
    """

    what: str
    conditions: tuple[Condition, ...]
    same_as: tuple[Condition, ...]
    error: str
    stage: str
    failures: int
    of: int
    rate: float
    rate_outside: float
    explained: float
    first_at: float
    last_at: float
    example: str
    p_value: float
    memory: str
    remedy: str


def failures(history: History, period: Period, by: Sequence[str] = ("error",)) -> tuple[FailureGroup, ...]:
    """Failures in a period for each group that has some, most first.

    Args:
        history: What is remembered.
        period: When they happened.
        by: `stage`, `error` and names of `DIMENSIONS`; `format` alone, or with `error`, for exports.

    Raises:
        UnknownName: There is no such dimension.
    """
    exports = "format" in by
    fields = {name: _field(name, exports) for name in by}
    known = ("at", "error") if exports else ("at", "job_id", "outcome", "error", "failed_stage")
    ended = history.frame("exports" if exports else "jobs", period, list(dict.fromkeys((*known, *fields.values()))))
    if not exports:
        ended = ended.where(ended["outcome"] != "cancelled")
    columns = {f"by {name}": _values(name, ended[fields[name]]) for name in by}
    ended = Frame({**{name: ended[name] for name in ended.names}, **columns})
    wide = [f"by {name}" for name in by if name not in {"stage", "error"}]
    sizes = {key: len(group) for key, group in ended.by(*wide)} if wide else {(): len(ended)}
    groups = []
    for key, group in ended.where(ended["error"] != "").by(*columns):
        values = dict(zip(by, key, strict=True))
        of = sizes[tuple(values[name.removeprefix("by ")] for name in wide)]
        groups.append(_group(values, group, of))
    return tuple(groups)


def fallbacks(history: History, period: Period) -> tuple[Fallbacks, ...]:
    """What else ran than was wanted, and why; most frequent first. These are no failures."""
    frame = history.frame("fallbacks", period, ["at", "job_id", "stage", "wanted", "used", "reason"])
    names = ("wanted", "used", "reason", "stage")
    return tuple(
        Fallbacks(
            **dict(zip(names, key, strict=True)),
            count=len(group),
            jobs=len(set(group["job_id"]) - {""}),
            first_at=float(group["at"][0]),
            last_at=float(group["at"][-1]),
        )
        for key, group in frame.by(*names)
    )


def patterns(history: History, period: Period, zone: tzinfo = UTC) -> tuple[Pattern, ...]:
    """What the failures of jobs in a period have in common, those that explain most first.

    Args:
        history: What is remembered.
        period: When the jobs ended.
        zone: For hours of the day and times in words.
    """
    jobs = history.frame("jobs", period, [*_FIELDS, *SHARED])
    jobs = jobs.where(jobs["outcome"] != "cancelled")
    failing = jobs["outcome"] == "failed"
    if failing.sum() < FEWEST_HITS:
        return ()
    codes, counts = np.unique(jobs["error"][failing].astype(str), return_counts=True)
    wanted = [str(code) for code, count in zip(codes, counts, strict=True) if count >= FEWEST_HITS]
    outcomes = {code: failing & (jobs["error"] == code) for code in wanted} | {"": failing}
    changes = history.frame("changes", period, ["at", "what", "key", "new"])
    changes = changes.where(changes["what"] != "knob")  # told as a change of its setting, too
    jobs = Frame({**{name: jobs[name] for name in jobs.names}, "worker_age": worker_ages(jobs["worker_pid"])})
    search = _Search(jobs, tuple(traits_of(jobs, failing, changes, zone)), outcomes, zone)
    return tuple(sorted(itertools.islice(search.run(), _MOST_PATTERNS), key=lambda pattern: -pattern.explained))


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """Jobs that may fail for a reason: `rows`, those that have the `conditions`."""

    conditions: tuple[Condition, ...]
    error: str
    rows: Column
    clue: Clue


class _Search:
    """Finds one pattern after the other.

    Args:
        jobs: All that ended, in order of time.
        traits: What they may have in common.
        outcomes: Which jobs failed, by error, and by "" for any.
        zone: For times in words.
    """

    def __init__(self, jobs: Frame, traits: Sequence[Trait], outcomes: Mapping[str, Column], zone: tzinfo) -> None:
        self._jobs, self._traits, self._outcomes, self._zone = jobs, traits, outcomes, zone
        self._live = {error: np.ones(len(jobs), bool) for error in outcomes}
        self._candidates: dict[str, list[_Candidate]] = {}
        self._first = _firsts(jobs)
        self._recordings = np.unique(jobs["recording"].astype(str), return_inverse=True)
        kinds = [trait.condition.kind for trait in traits]
        self._scan = TraitScan(
            np.array([trait.holds for trait in traits]),
            np.array([trait.known for trait in traits]),
            kinds,
            [trait.looks for trait in traits],
            [kind in _ALONE for kind in kinds],
        )

    def run(self) -> Iterator[Pattern]:
        """The patterns, clearest first."""
        while (best := self._best()) is not None:
            candidate, p_value = best
            named, same_as = self._named(candidate)
            yield self._pattern(named, same_as, p_value)
            for error in self._live:
                if "" in {error, candidate.error} or error == candidate.error:
                    self._live[error] = self._live[error] & ~(candidate.rows | named.rows)
                    self._candidates.pop(error, None)

    def _best(self) -> tuple[_Candidate, float] | None:
        for error in self._outcomes.keys() - self._candidates.keys():
            ways = (self._by_traits(error), self._by_recording(error), self._by_time(error))
            self._candidates[error] = [candidate for way in ways for candidate in way]
        found = [candidate for error in self._outcomes for candidate in self._candidates[error]]
        spare = (self._scan.families + 2) * len(self._outcomes) - len(found)
        worth = corrected([candidate.clue.p_value for candidate in found] + [1.0] * spare)
        believed = [pair for pair in zip(found, worth, strict=False) if pair[1] <= BELIEVED]
        return max(believed, key=lambda pair: pair[0].clue.score, default=None)

    def _by_traits(self, error: str) -> Iterator[_Candidate]:
        live = self._live[error] & self._first
        for places, clue in self._scan.clues(live, live & self._outcomes[error]):
            traits = [self._traits[place] for place in places]
            rows = np.logical_and.reduce([trait.holds for trait in traits])
            yield _Candidate(tuple(trait.condition for trait in traits), error, rows, clue)

    def _by_recording(self, error: str) -> Iterator[_Candidate]:
        live, (names, code) = self._live[error], self._recordings
        hits = np.bincount(code[live & self._outcomes[error]], minlength=len(names))
        tries = np.bincount(code[live], minlength=len(names))
        whole = (int(hits.sum()), int(tries.sum()))
        place = int(np.where(names != "", evidence(hits, tries, *whole), 0).argmax())
        clue = Clue(int(hits[place]), max(1, int(tries[place])), *whole, len(names))
        if names[place] and clue.clear:
            yield _Candidate((Condition("recording", str(names[place])),), error, code == place, clue)

    def _by_time(self, error: str) -> Iterator[_Candidate]:
        live = self._live[error] & self._first
        hits, at = self._outcomes[error][live], self._jobs["at"]
        if (stretch := densest(hits)) is None:
            return
        first, last = stretch
        since, until = float(at[live][first]), float(at[live][last])
        tries, many = last - first + 1, len(hits)
        clue = Clue(int(hits[first : last + 1].sum()), tries, int(hits.sum()), many, many * (many + 1) / 2)
        if clue.clear:
            condition = Condition("burst", f"{clock(since, self._zone)} to {clock(until, self._zone)}")
            yield _Candidate((condition,), error, (at >= since) & (at <= until), clue)

    def _named(self, found: _Candidate) -> tuple[_Candidate, tuple[Condition, ...]]:
        """The same under the name that says most, and the other names for it."""
        live = self._live[found.error] & self._first
        rows = found.rows & live
        same = [
            trait
            for trait in self._traits
            if trait.condition not in found.conditions
            and (rows & trait.holds).sum() >= _SAME * (rows | (trait.holds & live)).sum()
        ]
        others = tuple(trait.condition for trait in same)
        if len(found.conditions) == 1 and same:
            order = list(PATTERNS)
            first = min(same, key=lambda trait: order.index(trait.condition.kind))
            if order.index(first.condition.kind) < order.index(found.conditions[0].kind):
                rest = (*found.conditions, *(other for other in others if other != first.condition))
                return replace(found, conditions=(first.condition,), rows=first.holds), rest
        return found, others

    def _pattern(self, found: _Candidate, same_as: tuple[Condition, ...], p_value: float) -> Pattern:
        clue = found.clue
        mine = self._live[found.error] & found.rows
        hits = self._jobs.where(mine & self._outcomes[found.error])
        error = found.error or _most_frequent(hits["error"])
        found_kinds = [condition.kind for condition in found.conditions]
        kinds = [PATTERNS[kind] for kind in found_kinds]
        says = " and ".join(
            kind.says.format(value=condition.value) for kind, condition in zip(kinds, found.conditions, strict=True)
        )
        return Pattern(
            what=says[0].upper() + says[1:],
            conditions=found.conditions,
            same_as=same_as,
            error=found.error,
            stage=_most_frequent(hits["failed_stage"]),
            failures=clue.hits,
            of=clue.tries,
            rate=clue.rate,
            rate_outside=clue.rate_elsewhere,
            explained=clue.hits - clue.rate_elsewhere * clue.tries,
            first_at=float(hits["at"][0]),
            last_at=float(hits["at"][-1]),
            example=str(hits["job_id"][-1]),
            p_value=p_value,
            memory=_memory(self._jobs, mine, "worker_age" in found_kinds) if error in MEMORY_ERRORS else "",
            remedy=" ".join([remedy_of(error).do, *(kind.do for kind in kinds)]),
        )


def _firsts(jobs: Frame) -> Column:
    """Which jobs don't repeat an earlier one: the same recording, done the same way, with the same outcome."""
    seen: set[tuple[str, ...]] = set()
    first = np.ones(len(jobs), bool)
    for row, key in enumerate(zip(*(jobs[name] for name in _REPEATED), strict=True)):
        first[row] = not key[0] or key not in seen
        seen.add(key)
    return first


def _memory(jobs: Frame, mine: Column, worn: bool) -> str:
    """What memory tells of jobs that ran out of it: with what it grew."""
    ways = ((jobs, "worker_age"),) if worn else ((jobs.where(mine), "at"), (jobs.where(mine), "audio_s"))
    for some, name in ways:
        both = np.isfinite(some["peak_rss_bytes"]) & np.isfinite(some[name])
        order = np.argsort(some[name][both], kind="stable")
        grown = drift(some[name][both][order], some["peak_rss_bytes"][both][order])
        if grown is not None and grown.p_value <= BELIEVED and grown.after > _GREW * grown.before > 0:
            return _GROWN[name].format(grown.before / 1e9, grown.after / 1e9)
    return ""


def _group(values: dict[str, str], failed: Frame, of: int) -> FailureGroup:
    error = _most_frequent(failed["error"])
    rate = share(len(failed), of)
    assert rate is not None  # there is a failure
    return FailureGroup(
        group=values,
        failures=len(failed),
        of=of,
        rate=rate,
        error=error,
        stage=_most_frequent(failed["failed_stage"]) if "failed_stage" in failed.names else "",
        first_at=float(failed["at"][0]),
        last_at=float(failed["at"][-1]),
        example=str(failed["job_id"][-1]) if "job_id" in failed.names else "",
        remedy=remedy_of(error).do,
    )


def _field(name: str, exports: bool) -> str:
    fields = {"error": "error", "format": "format"}
    if not exports:
        fields = {"error": "error", "stage": "failed_stage"}
        fields |= {each.name: each.job for each in DIMENSIONS.values() if each.job}
    if name not in fields:
        raise UnknownName("dimension", name, fields)
    return fields[name]


def _values(name: str, column: Column) -> Column:
    return duration_classes(column) if name == "duration" else column


def _most_frequent(texts: Column) -> str:
    return str(Counter(texts).most_common(1)[0][0]) if len(texts) else ""
