"""Which speech model serves best here: how fast, how accurate, how sure one can be of that.

Every figure is of the jobs that ended in the period, whenever people said something about them. What recordings have
in common with their model is a trap: who uses the large model for the hard recordings only would think it the worst.
So models are compared on the same recordings where enough were done by both, otherwise language by language on the
same mix of languages (direct standardisation), and not at all where they have no language in common. What else makes
recordings hard, their sound and their kind of speech, is only kept apart by `by=("domain",)` where people named it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np

from ..errors import UnknownName
from .calibration import Calibration, calibration
from .feedback import Said, feedback_on_jobs, followed_jobs, read_bins
from .frame import Frame
from .history.store import History
from .intervals import (
    Estimate,
    lesser_by,
    lesser_of,
    mean,
    median,
    ratio,
    ratio_difference,
    share,
    stratified_ratio,
)
from .quantiles import known
from .span import DAY_S, HOUR_S, Period

ENOUGH = 10
"""So many recordings at least are behind a judgement; with fewer, figures are shown and nothing is said of them."""
CLOSE = 0.1
"""A model that can't be told apart from another, and is at most a tenth behind, counts as equally good."""
DIMENSIONS = ("language", "domain")

_FEEDBACK_S = 365 * DAY_S
_MODEL = ("engine", "model", "precision", "device")

Outcome = Literal["first", "second", "not_told_apart", "not_enough", "nothing_in_common"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFigures:
    """What was seen of one model, in one precision on one device.

    Attributes:
        name: For people: `whisper small (int8 on cpu)`.
        group: The values of what was asked for by `by`.
        jobs: How many jobs ended, each once, by how it ended last.
        audio_h: Hours of sound of those that were done.
        speed: Seconds of recognition for a second of sound, the median of jobs; loading the model, and results that
            were there already, not counted.
        job_speed: The same of whole jobs, with everything else that a job does.
        word_error: Edits for a word, from corrections; n is recordings.
        words: Words of those corrected texts.
        speaker_error: The share of words that were given to another speaker; n is recordings.
        rating: Mean stars, 1..5.
        calibration: How far the words' confidences can be believed.
        rerun: Share of done jobs whose recording was given to another model within 7 days.
        abandoned: Share of jobs that were cancelled, or done and for 7 days neither exported, rated nor corrected;
            only those whose result has to be fetched. By language or domain, which cancelled jobs have none of, of
            done jobs only.
        failed: Share of jobs that failed, of those that failed or were done. None by language or domain.
        load_s: How long loading the model took, median; None where it never had to be.
        peak_rss_bytes: Most memory of a process while it recognised.
        on_front: Whether no other is as good in one of speed and accuracy and better in the other; None where either
            is not known well `ENOUGH`.
        beaten_by: Names of those that are.
        sentence: All that in words.
    """

    name: str
    engine: str
    model: str
    precision: str
    device: str
    group: dict[str, str]
    jobs: int
    audio_h: float
    speed: Estimate | None
    job_speed: Estimate | None
    word_error: Estimate | None
    words: int
    speaker_error: Estimate | None
    rating: Estimate | None
    calibration: Calibration | None
    rerun: Estimate | None
    abandoned: Estimate | None
    failed: Estimate | None
    load_s: float | None
    peak_rss_bytes: int | None
    on_front: bool | None = None
    beaten_by: tuple[str, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two models of the same group, in one respect.

    Attributes:
        first, second: Their names.
        respect: `word_error` or `speed`; less is better in both.
        paired: Whether they were compared on the same recordings.
        first_value, second_value: On the same recordings, or the same mix of languages.
        difference: Only where paired: of word errors first - second, of speeds the median of first / second.
        outcome: Which is better. Unpaired, they are told apart where their intervals don't overlap.
    """

    first: str
    second: str
    group: dict[str, str]
    respect: Literal["word_error", "speed"]
    paired: bool
    first_value: Estimate | None
    second_value: Estimate | None
    difference: Estimate | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ModelsCompared:
    """All models of a period, and what can be said of each two; most jobs first."""

    models: tuple[ModelFigures, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class _Corrected:
    """Sums over the corrected jobs of one recording."""

    language: str
    words: int
    errors: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """A model's figures and, by recording, what they were made of."""

    figures: ModelFigures
    corrected: dict[str, _Corrected]
    speeds: dict[str, float]


def compare_models(
    history: History, period: Period, by: Sequence[str] = (), *, now: float | None = None
) -> ModelsCompared:
    """Compare the speech models that were used.

    Args:
        history: What happened here.
        period: Of jobs that ended in it.
        by: `language`, `domain` or both: models are then compared for each value alone. Jobs of which it is not
            known are left out.
        now: Unix time; jobs that ended less than 7 days before are not asked what became of them. The clock's if
            None.

    Raises:
        UnknownName: There is no such dimension.
    """
    for name in by:
        if name not in DIMENSIONS:
            raise UnknownName("dimension", name, DIMENSIONS)
    said = feedback_on_jobs(history, Period(period.since, period.until + _FEEDBACK_S))
    jobs = followed_jobs(history, period, said, time.time() if now is None else now)
    named = jobs["model"] != ""
    for name in by:
        named &= jobs[name] != ""
    groups: dict[tuple[str, ...], list[_Seen]] = {}
    for key, rows in jobs.where(named).by(*_MODEL, *by):
        groups.setdefault(key[4:], []).append(_seen(key, dict(zip(by, key[4:], strict=True)), rows, said))
    models: list[ModelFigures] = []
    comparisons: list[Comparison] = []
    for seen in groups.values():
        pairs = [each for one, two in combinations(seen, 2) for each in (_errors(one, two), _speeds(one, two))]
        models += [_placed(each.figures, pairs) for each in seen]
        comparisons += pairs
    return ModelsCompared(tuple(sorted(models, key=lambda each: -each.jobs)), tuple(comparisons))


def _seen(key: tuple[str, ...], group: dict[str, str], jobs: Frame, said: dict[str, Said]) -> _Seen:
    engine, model, precision, device = key[:4]
    done = jobs.having(outcome="done")
    failed = int((jobs["outcome"] == "failed").sum())
    sayings = [(row, said[job_id]) for row, job_id in enumerate(done["job_id"].tolist()) if job_id in said]
    corrected = _corrected(done, [(row, each) for row, each in sayings if each.words is not None])
    spoken = [each for _, each in sayings if each.speaker_words]
    bins = [found for _, each in sayings if (found := read_bins(each.bins))]
    asked = jobs.where(jobs["fetched"] & jobs["followed"] & (jobs["outcome"] != "failed"))
    watched = done.where(done["followed"] & (done["recording"] != ""))
    fresh = done.where(~np.isnan(done["speed"]))  # words that were kept from an earlier job say nothing about speed
    loads, peaks = known(jobs["load_s"]), known(jobs["peak"])
    figures = ModelFigures(
        name=f"{engine} {model} ({' on '.join(part for part in (precision, device) if part)})".removesuffix(" ()"),
        engine=engine,
        model=model,
        precision=precision,
        device=device,
        group=group,
        jobs=len(jobs),
        audio_h=float(np.nansum(done["audio_s"])) / HOUR_S,
        speed=median(fresh["speed"]),
        job_speed=median(known(fresh["run_s"] / np.where(fresh["audio_s"] > 0, fresh["audio_s"], np.nan))),
        word_error=ratio([each.errors for each in corrected.values()], [each.words for each in corrected.values()]),
        words=sum(each.words for each in corrected.values()),
        speaker_error=ratio([each.speaker_changes for each in spoken], [each.speaker_words for each in spoken]),
        rating=mean([each.stars for _, each in sayings if each.stars is not None]),
        calibration=calibration(bins),
        rerun=share(int(watched["again"].sum()), len(watched)),
        abandoned=share(int((~asked["used"]).sum()), len(asked)),
        failed=None if group else share(failed, failed + len(done)),
        load_s=float(np.median(loads)) if len(loads) else None,
        peak_rss_bytes=int(peaks.max()) if len(peaks) else None,
    )
    return _Seen(figures, corrected, dict(zip(_recordings(fresh), fresh["speed"].tolist(), strict=True)))


def _corrected(jobs: Frame, sayings: Sequence[tuple[int, Said]]) -> dict[str, _Corrected]:
    found: dict[str, _Corrected] = {}
    recordings = _recordings(jobs)
    for row, each in sayings:
        before = found.get(recordings[row], _Corrected("", 0, 0))
        words, errors = before.words + (each.words or 0), before.errors + (each.errors or 0)
        found[recordings[row]] = _Corrected(jobs["language"][row], words, errors)
    return found


def _recordings(jobs: Frame) -> list[str]:
    """Which recording each job was of; one of its own where that is not known."""
    return [recording or job_id for recording, job_id in zip(jobs["recording"], jobs["job_id"], strict=True)]


def _errors(one: _Seen, two: _Seen) -> Comparison:
    outcome: Outcome
    both = [recording for recording in one.corrected if recording in two.corrected]
    if len(both) >= ENOUGH:
        sums = _sums(one, both), _sums(two, both)
        values, difference = (ratio(*sums[0]), ratio(*sums[1])), ratio_difference(*sums)
        outcome = lesser_by(difference)
        return _comparison(one, two, values, difference=difference, respect="word_error", outcome=outcome)
    values = _on_the_same_mix(one, two)
    if min(len(one.corrected), len(two.corrected)) < ENOUGH:
        outcome = "not_enough"
    elif min(0 if value is None else value.n for value in values) < ENOUGH:
        outcome = "nothing_in_common"
    else:
        outcome = lesser_of(*values)
    return _comparison(one, two, values, respect="word_error", outcome=outcome)


def _on_the_same_mix(one: _Seen, two: _Seen) -> tuple[Estimate | None, Estimate | None]:
    """Both word errors over the languages that both have two recordings of, weighted by all their words."""
    by_language = [_by_language(one), _by_language(two)]
    common = [name for name, own in by_language[0].items() if min(len(own), len(by_language[1].get(name, ()))) > 1]
    strata = [[_sums(seen, own[name]) for name in common] for seen, own in zip((one, two), by_language, strict=True)]
    weights = [sum(sum(words) for _, words in pair) for pair in zip(*strata, strict=True)]
    first, second = (stratified_ratio(each, weights) for each in strata)
    return first, second


def _by_language(seen: _Seen) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for recording, each in seen.corrected.items():
        found.setdefault(each.language, []).append(recording)
    return found


def _sums(seen: _Seen, recordings: Sequence[str]) -> tuple[list[float], list[float]]:
    rows = [seen.corrected[recording] for recording in recordings]
    return [row.errors for row in rows], [row.words for row in rows]


def _speeds(one: _Seen, two: _Seen) -> Comparison:
    both = [recording for recording in one.speeds if two.speeds.get(recording, 0.0) > 0]
    if len(both) >= ENOUGH:
        first, second = np.array([(one.speeds[each], two.speeds[each]) for each in both]).T
        times, values = median(first / second), (median(first), median(second))
        outcome: Outcome = lesser_by(times, same=1.0)
        return _comparison(one, two, values, difference=times, respect="speed", outcome=outcome)
    values = one.figures.speed, two.figures.speed
    enough = all(value is not None and value.n >= ENOUGH for value in values)
    outcome = lesser_of(*values) if enough else "not_enough"
    return _comparison(one, two, values, respect="speed", outcome=outcome)


def _comparison(
    one: _Seen,
    two: _Seen,
    values: tuple[Estimate | None, Estimate | None],
    *,
    difference: Estimate | None = None,
    **told: Any,
) -> Comparison:
    first, second = values
    return Comparison(
        first=one.figures.name,
        second=two.figures.name,
        group=one.figures.group,
        paired=difference is not None,
        first_value=first,
        second_value=second,
        difference=difference,
        **told,
    )


def _placed(figures: ModelFigures, comparisons: Sequence[Comparison]) -> ModelFigures:
    """A model with its place among the others."""
    own = [each for each in comparisons if figures.name in (each.first, each.second)]
    by_rival: dict[str, list[Comparison]] = {}
    for each in own:
        by_rival.setdefault(each.second if each.first == figures.name else each.first, []).append(each)
    beaten_by = tuple(rival for rival, both in by_rival.items() if _beaten(figures.name, both))
    if all(each is not None and each.n >= ENOUGH for each in (figures.speed, figures.word_error)):
        figures = replace(figures, on_front=not beaten_by, beaten_by=beaten_by)
    return replace(figures, sentence=" ".join(_sentences(figures, by_rival)))


def _beaten(name: str, comparisons: Sequence[Comparison]) -> bool:
    """Whether the rival is better in one respect, and as good in the other as far as anybody can tell."""
    worse = False
    for each in comparisons:
        if each.outcome in ("not_enough", "nothing_in_common") or each.first_value is None or each.second_value is None:
            return False
        ours, theirs = each.first_value.value, each.second_value.value
        if name == each.second:
            ours, theirs = theirs, ours
        if each.outcome == "not_told_apart":
            if theirs > ours * (1 + CLOSE):
                return False
        elif (each.outcome == "first") == (name == each.first):
            return False
        else:
            worse = True
    return worse


def _sentences(figures: ModelFigures, by_rival: dict[str, list[Comparison]]) -> list[str]:
    told = [_of_accuracy(figures), _of_speed(figures)]
    if figures.on_front and by_rival:
        told.append("No other model seen here is as good and better in speed or accuracy.")
    if figures.beaten_by:
        told.append(f"Better in one of the two, and no worse in the other: {', '.join(figures.beaten_by)}.")
    for outcome, words in _REMARKS.items():
        rivals = [
            r for r, both in by_rival.items() if any(e.outcome == outcome for e in both if e.respect == "word_error")
        ]
        if rivals:
            told.append(f"{words} {', '.join(rivals)}.")
    return told


_REMARKS: dict[Outcome, str] = {
    "not_told_apart": "Not told apart in accuracy from",
    "nothing_in_common": "Accuracy can't be compared, for want of a common language, with",
}


def _of_accuracy(figures: ModelFigures) -> str:
    found = figures.word_error
    if found is None:
        return f"{figures.name}: nobody has corrected it yet."
    if found.n < ENOUGH or found.low is None or found.high is None:
        return f"{figures.name}: not enough corrections to judge by, {found.n} of {ENOUGH} recordings."
    value, low, high = (f"{100 * number:.1f}" for number in (found.value, found.low, found.high))
    return f"{figures.name}: {value} % of the words had to be corrected ({low} to {high} %; {found.n} recordings)."


def _of_speed(figures: ModelFigures) -> str:
    found = figures.speed
    if found is None or found.n < ENOUGH or found.low is None or found.high is None:
        return f"Not enough jobs to judge its speed, {found.n if found else 0} of {ENOUGH}."
    value, low, high = (f"{60 * number:.1f}" for number in (found.value, found.low, found.high))
    return f"An hour is recognised in {value} minutes ({low} to {high}; {found.n} jobs)."
