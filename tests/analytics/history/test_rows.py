"""Facts come back as they were written: as rows, and by column once there are many."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from audapolis.analytics.facts import FACTS, Fact, FailureFact, JobFact, StageFact
from audapolis.analytics.frame import Frame
from audapolis.analytics.history.columns import SEGMENT
from audapolis.analytics.history.store import History
from audapolis.analytics.span import Period
from audapolis.errors import UnknownName
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NOW = 1_700_000_000.0


def job(at: float, job_id: str, **facts: object) -> JobFact:
    return JobFact(at=at, job_id=job_id, **({"queued_at": at - 60.5, "outcome": "done"} | facts))  # type: ignore[arg-type]


def stage(at: float, job_id: str, name: str = "transcribe", **facts: object) -> StageFact:
    return StageFact(at=at, job_id=job_id, stage=name, **({"began_at": at - 1.25} | facts))  # type: ignore[arg-type]


def many(count: int, seed: int = 1) -> list[Fact]:
    """Stages of jobs that run side by side, so that they end in another order than they are written."""
    draw = random.Random(seed)
    return [
        stage(
            NOW + n + draw.uniform(-30, 30),
            f"job {n // 9}",
            draw.choice(("decode", "transcribe", "merge")),
            model=draw.choice(("", "tiny", "small")),
            audio_s=draw.choice((None, draw.expovariate(0.01))),
            outcome=draw.choice(("done", "failed")),
            hits=draw.randrange(3),
        )
        for n in range(count)
    ]


def rows(frame: Frame) -> list[tuple[object, ...]]:
    columns = [
        [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in frame[name]] for name in frame.names
    ]
    return list(zip(*columns, strict=True))


def by_hand(facts: Sequence[Fact], names: Sequence[str], period: Period | None, **where: object) -> list[object]:
    chosen = [
        fact
        for fact in facts
        if (period is None or period.since <= fact.at < period.until)
        and all(getattr(fact, name) == value for name, value in where.items())
    ]
    return [tuple(getattr(fact, name) for name in names) for fact in sorted(chosen, key=lambda fact: fact.at)]


@pytest.mark.parametrize("kind", FACTS.values(), ids=str)
def test_a_fact_of_every_kind_comes_back_as_it_was_written(history: History, kind: type[Fact]) -> None:
    names = [field.name for field in dataclasses.fields(kind)]
    needed: dict[str, object] = {
        field.name: NOW if field.type == "float" else "some"
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING
    }
    history.write([kind(**needed)])  # type: ignore[arg-type]
    [row] = rows(history.frame(kind.table, None, names))
    for field, cell in zip(dataclasses.fields(kind), row, strict=True):
        assert cell == needed.get(field.name, field.default)


def test_facts_are_in_order_of_time_and_of_one_period(history: History) -> None:
    history.write([job(NOW + at, f"{at}") for at in (3, 1, 2, 4)])
    assert history.frame("jobs", None, ["job_id"])["job_id"].tolist() == ["1", "2", "3", "4"]
    assert history.frame("jobs", Period(NOW + 2, NOW + 4), ["job_id"])["job_id"].tolist() == ["2", "3"]


def test_what_is_not_known_is_nothing_or_not_a_number(history: History) -> None:
    history.write([job(NOW, "one", audio_s=None, words=0)])
    frame = history.frame("jobs", None, ["audio_s", "words", "language", "video"])
    assert math.isnan(frame["audio_s"][0])
    assert (frame["words"][0], frame["language"][0], frame["video"][0]) == (0.0, "", 0.0)


def test_no_facts_are_a_frame_without_rows(history: History) -> None:
    frame = history.frame("stages", None, ["at", "stage", "jobs.model", "jobs.audio_s"])
    assert (len(frame), frame.names) == (0, ("at", "stage", "jobs.model", "jobs.audio_s"))
    assert (frame["at"].dtype, frame["stage"].dtype) == (float, object)


def test_fields_of_a_stages_job_are_those_of_the_last_fact_about_it(history: History) -> None:
    history.write([stage(NOW + 1, "a"), stage(NOW + 2, "b"), stage(NOW + 3, "nobody's"), stage(NOW + 9, "a")])
    history.write([job(NOW + 5, "a", outcome="failed", model="tiny", audio_s=60)])
    history.write([job(NOW + 10, "a", model="small", audio_s=61.5), job(NOW + 3, "b", model="base")])
    frame = history.frame("stages", None, ["jobs.model", "job_id", "jobs.audio_s", "jobs.outcome"])
    assert rows(frame) == [
        ("small", "a", 61.5, "done"),
        ("base", "b", None, "done"),
        ("", "nobody's", None, ""),
        ("small", "a", 61.5, "done"),
    ]
    assert (
        rows(history.frame("stages", None, ["job_id"], {"jobs.model": "small", "stage": "transcribe"})) == [("a",)] * 2
    )
    assert rows(history.frame("stages", None, ["job_id", "jobs.model"], {"jobs.model": "tiny"})) == []


def test_other_facts_know_their_job_too(history: History) -> None:
    history.write([job(NOW, "a", origin="api"), FailureFact(at=NOW, kind="job", error="engine_failed", job_id="a")])
    assert rows(history.frame("failures", None, ["error", "jobs.origin"])) == [("engine_failed", "api")]


@pytest.mark.parametrize(
    ("table", "columns", "where", "near"),
    [
        ("job", ["at"], {}, "jobs"),
        ("jobs", ["modle"], {}, "model"),
        ("jobs", ["at"], {"modle": 1}, "model"),
        ("stages", ["jobs.modle"], {}, "model"),
        ("stages", ["at"], {"jobs.at; DROP TABLE jobs": 1}, "field of jobs"),
        ("exports", ["jobs.model"], {}, "job_id"),
    ],
)
def test_what_there_is_not_is_refused_by_name(
    history: History, table: str, columns: list[str], where: dict[str, object], near: str
) -> None:
    with pytest.raises(UnknownName, match=near):
        history.frame(table, None, columns, where)


NAMES = ("at", "job_id", "stage", "audio_s", "model", "hits")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("where", [{}, {"stage": "merge"}, {"hits": 1, "model": "small"}, {"model": "none such"}])
def test_many_facts_are_the_same_by_row_and_by_column(history: History, packed: bool, where: dict[str, object]) -> None:
    facts = many(3 * SEGMENT + 100)
    history.write(facts)
    if packed:
        history.thin_out(NOW)
        kept = history._database.read(lambda opened: opened.execute("SELECT count(*) FROM columns").fetchone()[0])
        assert kept == 3 * len(dataclasses.fields(StageFact))
    for period in (None, Period(NOW - 100, NOW + 100_000), Period(NOW + 4000, NOW + 9000), Period(NOW + 50, NOW + 51)):
        expected = by_hand(facts, NAMES, period, **where)
        assert rows(history.frame("stages", period, NAMES, where)) == expected
    assert rows(history.frame("stages", Period(0, 1), NAMES, where)) == []


def test_columns_are_made_anew_when_some_of_their_facts_are_gone(history: History) -> None:
    facts = many(3 * SEGMENT)
    history.write(facts)
    history.thin_out(NOW)
    forgotten = {"job 3", f"job {SEGMENT // 9}"}
    for job_id in forgotten:
        assert history.forget_job(job_id) == 9
    left = [fact for fact in facts if fact.job_id not in forgotten]  # type: ignore[attr-defined]
    for _ in range(2):
        assert rows(history.frame("stages", None, NAMES)) == by_hand(left, NAMES, None)
        history.thin_out(NOW)
    more = many(SEGMENT, seed=2)
    history.write(more)
    history.thin_out(NOW)
    assert rows(history.frame("stages", None, NAMES)) == by_hand([*left, *more], NAMES, None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["", "ä", "b"]), st.none() | st.floats(-1e9, 1e9))))
def test_whatever_is_written_is_read(history: History, some: list[tuple[int, str, float | None]]) -> None:
    history.forget_all()
    facts = [stage(float(at), "x", model=model, audio_s=audio_s) for at, model, audio_s in some]
    history.write(facts)
    names = ("at", "model", "audio_s")
    assert rows(history.frame("stages", None, names)) == by_hand(facts, names, None)


def test_columns_can_be_changed_by_whoever_asked_for_them(history: History) -> None:
    history.write(many(SEGMENT))
    history.thin_out(NOW)
    column = history.frame("stages", None, ["hits"])["hits"]
    column += 1
    assert np.array_equal(history.frame("stages", None, ["hits"])["hits"] + 1, column)
