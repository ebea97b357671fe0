"""Rules about which speech model is used when nobody names one: by what it did on this site's own recordings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..intervals import Estimate
from ..models_compared import ENOUGH, Comparison, ModelFigures
from ..saying import gib, percent
from .looking import Look
from .records import Draft, Effect, Evidence, KnobTurn, Lacking

SLOWER = 1.05
"""A model counts as no slower up to this many times the time."""

BY_LANGUAGE = 0.9
"""From such a share of all jobs in one language on, its default is everybody's."""

FASTER = 0.7
"""A less accurate model has to bring waiting to this share of what it is, to be worth its mistakes."""

_ERRORS, _SPEED = "Words that have to be corrected", "Time for a second of sound"


@dataclass(frozen=True, slots=True)
class Compared:
    """Two models in one respect, the one that is used by default and its rival.

    Attributes:
        low, high: Where the rival probably is, beside the default.
        samples: Recordings or jobs of the one with fewer.
        told: Whether the two can be told apart.
    """

    default: float
    rival: float
    low: float
    high: float
    samples: int
    told: bool


@dataclass(frozen=True, slots=True)
class Rivals:
    """The model that is used by default for a language, and one that might be."""

    language: str
    jobs: int
    default: ModelFigures
    rival: ModelFigures
    errors: Compared
    speed: Compared


def _compared(one: Comparison, default: str) -> Compared | None:
    """A comparison as seen from the default model; None where too little is known."""
    if one.outcome in {"not_enough", "nothing_in_common"} or one.first_value is None or one.second_value is None:
        return None
    ours, theirs = (one.first_value, one.second_value) if one.first == default else (one.second_value, one.first_value)
    low, high = _interval(one, ours, theirs, ours_first=one.first == default)
    told = one.outcome in {"first", "second"}
    return Compared(ours.value, theirs.value, low, high, min(ours.n, theirs.n), told)


def _interval(one: Comparison, ours: Estimate, theirs: Estimate, *, ours_first: bool) -> tuple[float, float]:
    apart = one.difference
    if apart is None or apart.low is None or apart.high is None:
        return theirs.low or 0.0, theirs.value if theirs.high is None else theirs.high
    if one.respect == "word_error":
        ends = (ours.value - apart.high, ours.value - apart.low) if ours_first else (
            ours.value + apart.low, ours.value + apart.high)  # fmt: skip
    else:
        ends = (ours.value / apart.high, ours.value / apart.low) if ours_first else (
            ours.value * apart.low, ours.value * apart.high)  # fmt: skip
    return max(0.0, ends[0]), ends[1]


def _default_of(look: Look, language: str, models: list[ModelFigures]) -> ModelFigures | None:
    """What a language is recognised with by default: as set, else what most jobs used."""
    named = look.site.knobs.get(f"default_model:{language}") or look.site.knobs.get("default_model")
    return next((each for each in models if not named or each.model == named), None)


def _rivals(look: Look) -> Iterator[Rivals | None]:
    """Each model that might be a default instead; None for one of which too little is known."""
    compared = look.models
    for language in dict.fromkeys(each.group["language"] for each in compared.models):
        models = [each for each in compared.models if each.group["language"] == language]
        default = _default_of(look, language, models)
        if default is None:
            continue
        for rival in models:
            if rival.model == default.model or (look.site.models is not None and rival.model not in look.site.models):
                continue
            pair = {
                each.respect: _compared(each, default.name)
                for each in compared.comparisons
                if each.group == default.group and {each.first, each.second} == {default.name, rival.name}
            }
            errors, speed = pair.get("word_error"), pair.get("speed")
            if errors is None or speed is None:
                yield None
            else:
                yield Rivals(language, sum(each.jobs for each in models), default, rival, errors, speed)


def default_model(look: Look) -> Iterator[Draft | Lacking]:
    """Another model makes fewer mistakes here in no more time, or no more mistakes in less."""
    found: dict[str, list[Rivals]] = {}
    untold = 0
    for pair in _rivals(look):
        if pair is None:
            untold += 1
            continue
        no_slower, no_worse = pair.speed.rival <= pair.speed.default * SLOWER, pair.errors.rival <= pair.errors.default
        better = pair.errors.told and pair.errors.rival < pair.errors.default
        faster = pair.speed.told and pair.speed.rival < pair.speed.default
        if no_slower and no_worse and (better or faster):
            found.setdefault(pair.language, []).append(pair)
    if untold and not found:
        yield Lacking(f"Of {untold} pairs of models one has fewer than {ENOUGH} corrected, or timed, recordings.")
    for pairs in found.values():
        best = min(pairs, key=lambda pair: (pair.errors.rival, pair.speed.rival))
        better = best.errors.told
        yield _advised(look, best, _effect(best, better=better), _price(best, better=better))


def faster_model(look: Look) -> Iterator[Draft | Lacking]:
    """Jobs wait too long, and a faster model would end that, at the price of more mistakes."""
    if not look.waits_too_long or look.queue is None or look.p95_wait_s is None:
        return
    best: tuple[float, Draft] | None = None
    for pair in _rivals(look):
        if pair is None or pair.errors.rival <= pair.errors.default or not pair.speed.told:
            continue
        times = _job_times(pair)
        if times >= 1:
            continue
        jobs = look.queue.jobs
        mine = (jobs["model"] == pair.default.model) & (jobs["device"] == pair.default.device)
        waits = look.waits(look.site.workers, speed=np.where(mine, times, 1.0))
        if waits is None or waits.p95_s > FASTER * look.p95_wait_s or (best and waits.p95_s >= best[0]):
            continue
        what = "What 95 % of jobs wait less than"
        effect = Effect(what, "s", look.p95_wait_s, waits.p95_s, waits.low_s, waits.high_s)
        price = (
            f"Of 100 words {100 * pair.errors.rival:.1f} have to be corrected instead of "
            f"{100 * pair.errors.default:.1f} ({'' if pair.errors.told else 'not '}told apart from chance)."
        )
        best = waits.p95_s, _advised(look, pair, effect, price, presumed=True)
    if best is not None:
        yield best[1]


def _job_times(pair: Rivals) -> float:
    """How many times as long a whole job takes with the rival; all of it, where only recognition was timed."""
    ours, theirs = pair.default.job_speed, pair.rival.job_speed
    if ours is None or theirs is None or not ours.value:
        return pair.speed.rival / pair.speed.default
    return theirs.value / ours.value


def _advised(look: Look, pair: Rivals, effect: Effect, price: str, *, presumed: bool = False) -> Draft:
    knob = _knob(look, pair)
    whose = "recordings" if knob == "default_model" else f"recordings in '{pair.language}'"
    memory = pair.rival.peak_rss_bytes
    return Draft(
        do=f"Recognise {whose} with {pair.rival.model} instead of {pair.default.model}, where nobody names a model.",
        why=(
            Evidence(f"{_ERRORS}, {pair.default.name}", pair.errors.default, "fraction", pair.errors.samples),
            Evidence(f"{_ERRORS}, {pair.rival.name}", pair.errors.rival, "fraction", pair.errors.samples),
            Evidence(f"{_SPEED}, {pair.default.name}", pair.speed.default, "s/s", pair.speed.samples),
            Evidence(f"{_SPEED}, {pair.rival.name}", pair.speed.rival, "s/s", pair.speed.samples),
            Evidence(f"Jobs in '{pair.language}'", pair.jobs, "count", pair.jobs),
        ),
        expect=effect,
        costs=price + (f" It took {gib(memory)} of memory at most." if memory else ""),
        samples=min(pair.errors.samples, pair.speed.samples),
        about=pair.rival.model if knob == "default_model" else f"{pair.language}-{pair.rival.model}",
        turn=KnobTurn(knob, pair.rival.model),
        presumed=presumed,
    )


def _effect(pair: Rivals, *, better: bool) -> Effect:
    one = pair.errors if better else pair.speed
    what, unit = (_ERRORS, "fraction") if better else (_SPEED, "s/s")
    return Effect(what, unit, one.default, one.rival, one.low, one.high)


def _price(pair: Rivals, *, better: bool) -> str:
    change = pair.speed.rival / pair.speed.default - 1
    if better:
        return f"Recognition takes {percent(abs(change))} {'more' if change > 0 else 'less'} time."
    return (
        f"None that was seen: of 100 words {100 * pair.errors.rival:.1f} have to be corrected, with the other model "
        f"{100 * pair.errors.default:.1f}."
    )


def _knob(look: Look, pair: Rivals) -> str:
    """The default of all languages, where nearly all jobs are in this one; otherwise this language's own."""
    own = f"default_model:{pair.language}"
    if look.site.knobs.get(own):
        return own
    whole = sum(each.jobs for each in look.models.models)
    return "default_model" if pair.jobs >= BY_LANGUAGE * whole else own
