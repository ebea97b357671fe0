"""All rules in one table, and what keeps them from contradicting each other."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..history.store import History
from ..span import Period
from . import caching, growth, loading, memory, models, workers
from .looking import Look
from .records import Advice, Counsel, Draft, Kind, Lacking, Missing, Site, confidence_in


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that may be advised.

    Attributes:
        name: What it is called here, and what ids of its advice begin with.
        kind: Of advice it is.
        knob: It turns; empty where a person has to act.
        ask: Looks at a site.
        needless: Rules whose advice makes this rule's needless, or contrary to theirs: it is not given with theirs.
    """

    name: str
    kind: Kind
    knob: str
    ask: Callable[[Look], Iterator[Draft | Lacking]]
    needless: Collection[str] = ()

    @property
    def when(self) -> str:
        """What it is advised for, a sentence."""
        return (self.ask.__doc__ or "").strip()


_FREES_MEMORY = ("shorter_keep_alive", "fewer_workers_for_memory", "more_memory")

_ALL: Sequence[Rule] = (
    # What keeps a site working comes before what makes it faster: of two that turn one knob the first one counts.
    Rule("leak", "resource", "", memory.leak),
    Rule("shorter_keep_alive", "tuning", "model_keep_alive", memory.shorter_keep_alive, ("leak",)),
    Rule(
        "fewer_workers_for_memory",
        "tuning",
        "workers",
        memory.fewer_workers_for_memory,
        ("leak", "shorter_keep_alive"),
    ),
    Rule(
        "more_memory",
        "resource",
        "",
        memory.more_memory,
        ("leak", "shorter_keep_alive", "fewer_workers_for_memory"),
    ),
    Rule("gpu_memory", "resource", "workers", memory.bigger_gpu),
    Rule("smaller_cache", "tuning", "cache_size", caching.smaller_cache),
    Rule("more_disk", "resource", "", caching.more_disk, ("smaller_cache",)),
    Rule("fewer_threads", "tuning", "threads_per_worker", workers.fewer_threads),
    Rule("fewer_workers", "tuning", "workers", workers.fewer_workers),
    Rule("flooding_client", "capacity", "", workers.flooding_client),
    Rule("more_workers", "tuning", "workers", workers.more_workers, (*_FREES_MEMORY, "fewer_threads")),
    Rule("more_threads", "tuning", "threads_per_worker", workers.more_threads, ("more_workers",)),
    Rule("fewer_models", "model", "", loading.fewer_models),
    Rule("longer_keep_alive", "tuning", "model_keep_alive", loading.longer_keep_alive, _FREES_MEMORY),
    Rule("warm_up", "tuning", "warm_up", loading.warm_up, _FREES_MEMORY),
    Rule("bigger_cache", "tuning", "cache_size", caching.bigger_cache, ("more_disk",)),
    Rule("older_cache", "tuning", "cache_age", caching.older_cache, ("smaller_cache", "more_disk")),
    Rule("default_model", "model", "default_model", models.default_model),
    Rule("faster_model", "model", "default_model", models.faster_model, ("more_workers", "default_model")),
    Rule("faster_disk", "resource", "", caching.faster_disk),
    Rule("add_gpu", "resource", "", growth.add_gpu, ("more_workers",)),
    Rule("another_gpu", "resource", "", growth.another_gpu, ("more_workers", "gpu_memory")),
    Rule("near_the_limit", "capacity", "", growth.near_the_limit, _FREES_MEMORY),
)

RULES: Mapping[str, Rule] = {rule.name: rule for rule in _ALL}
"""Every rule by name; of two that turn the same knob, the first one counts."""

_ORDER = {"high": 0, "medium": 1, "low": 2}


def advise(history: History, period: Period, site: Site, *, now: float | None = None) -> list[Advice]:
    """What would make things better here, the surest first; nothing where nothing is wrong, or too little is known.

    No two of them contradict each other, and each that has a turn can be applied as it is.

    Args:
        history: What happened.
        period: What it is to be judged by.
        site: The machine, and where its knobs stand.
        now: Unix time; the clock's when None.
    """
    return list(counsel(history, period, site, now=now).advice)


def counsel(history: History, period: Period, site: Site, *, now: float | None = None) -> Counsel:
    """All that is advised, and what could not be told for want of data; see `advise`."""
    look = Look(history, period, site, time.time() if now is None else now)
    given: dict[str, list[Advice]] = {}
    missing: list[Missing] = []
    turned: set[str] = set()
    for rule in RULES.values():
        if any(other in given for other in rule.needless):
            continue
        for said in rule.ask(look):
            if isinstance(said, Lacking):
                missing.append(Missing(rule.name, said.what))
            elif said.turn is None or said.turn.knob not in turned:
                given.setdefault(rule.name, []).append(_advice(rule, said))
                turned |= {said.turn.knob} if said.turn else set()
    advice = sorted((each for found in given.values() for each in found), key=lambda each: _ORDER[each.confidence])
    return Counsel(tuple(advice), tuple(missing))


def _advice(rule: Rule, draft: Draft) -> Advice:
    return Advice(
        id="-".join(filter(None, (rule.name, re.sub(r"[^A-Za-z0-9._]+", "_", draft.about)))),
        rule=rule.name,
        kind=rule.kind,
        do=draft.do,
        why=draft.why,
        expect=draft.expect,
        confidence=confidence_in(draft.samples, draft.expect, presumed=draft.presumed),
        turn=draft.turn,
        costs=draft.costs,
    )
