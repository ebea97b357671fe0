"""Processor time: none is lost and none counted twice, whoever is born, works, dies and is buried between two looks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from audapolis.analytics.sampler.proc import ProcessStat
from audapolis.analytics.sampler.process_tree import Member
from audapolis.analytics.sampler.processor_time import spent_between
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

SERVER = 1


def member(
    pid: int, role: str, *, cpu_s: float = 0.0, reaped_s: float = 0.0, began_s: float = 0.0, parent: int = SERVER
) -> Member:
    stat = ProcessStat(pid, parent, False, began_s, cpu_s, reaped_s, 1, 0)
    return Member(stat, role, pid if role == "worker" else None)


@dataclass
class Living:
    parent: int
    began_s: float
    role: str
    worker: int | None
    cpu_s: float = 0.0
    reaped_s: float = 0.0


class Families(RuleBasedStateMachine):
    """A server whose workers and helpers come and go; everybody waits for children that end. Times are whole seconds,
    so sums are exact.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1.0
        self.living = {SERVER: Living(0, 0.0, "server", None)}
        self.freed: list[int] = []
        self.before, self.before_s = self.seen(), self.now_s
        self.burned = 0.0
        self.burned_for: dict[int, float] = {}

    def seen(self) -> dict[int, Member]:
        return {
            pid: Member(
                ProcessStat(pid, one.parent, False, one.began_s, one.cpu_s, one.reaped_s, 1, 0), one.role, one.worker
            )
            for pid, one in self.living.items()
        }

    @rule(data=st.data(), again=st.booleans(), works=st.booleans())
    def begin(self, data: st.DataObject, again: bool, works: bool) -> None:
        self.now_s += 1
        parent = data.draw(st.sampled_from(sorted(self.living)))
        pid = self.freed.pop(0) if again and self.freed else max([*self.living, *self.freed]) + 1
        role = "worker" if works and parent == SERVER else "helper"
        worker = pid if role == "worker" else self.living[parent].worker
        self.living[pid] = Living(parent, self.now_s, role, worker)

    @rule(data=st.data(), seconds=st.integers(1, 9))
    def burn(self, data: st.DataObject, seconds: int) -> None:
        one = self.living[data.draw(st.sampled_from(sorted(self.living)))]
        one.cpu_s += seconds
        self.burned += seconds
        if one.worker is not None:
            self.burned_for[one.worker] = self.burned_for.get(one.worker, 0.0) + seconds

    @precondition(lambda self: len(self.living) > 1)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        parents = {one.parent for one in self.living.values()}
        pid = data.draw(st.sampled_from(sorted(self.living.keys() - parents - {SERVER})))
        gone = self.living.pop(pid)
        self.living[gone.parent].reaped_s += gone.cpu_s + gone.reaped_s
        self.freed.append(pid)
        self.burned_for.pop(pid, None)

    @rule()
    def look(self) -> None:
        self.now_s += 1
        after = self.seen()
        spent = spent_between(self.before, after, self.before_s)
        assert not spent.unknown
        assert sum(spent.by_role.values()) == self.burned
        for pid, one in self.living.items():
            if one.role == "worker":
                assert spent.by_worker.get(pid, 0.0) == self.burned_for.get(pid, 0.0)
        self.before, self.before_s, self.burned, self.burned_for = after, self.now_s, 0.0, {}

    @invariant()
    def nothing_is_negative(self) -> None:
        spent = spent_between(self.before, self.seen(), self.before_s)
        assert min([0.0, *spent.by_role.values(), *spent.by_worker.values()]) >= 0.0


TestFamilies = Families.TestCase
TestFamilies.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_roles_are_told_apart() -> None:
    before = {1: member(1, "server", cpu_s=10), 2: member(2, "worker", cpu_s=20)}
    after = {
        1: member(1, "server", cpu_s=11, reaped_s=4),
        2: member(2, "worker", cpu_s=22),
        3: member(3, "helper", cpu_s=8, began_s=5),
    }
    assert spent_between(before, after, 1.0).by_role == {"server": 1, "worker": 2, "helper": 12}


def test_what_a_worker_used_before_its_death_is_the_workers_and_not_all_it_ever_used() -> None:
    before = {1: member(1, "server"), 2: member(2, "worker", cpu_s=1000, reaped_s=500)}
    after = {1: member(1, "server", reaped_s=1503)}
    assert spent_between(before, after, 1.0).by_role == {"server": 0, "worker": 3}


def test_time_of_a_process_older_than_the_first_look_is_unknown_and_not_all_it_ever_used() -> None:
    before = {1: member(1, "server", cpu_s=5)}
    after = {1: member(1, "server", cpu_s=6), 2: member(2, "worker", cpu_s=1000, began_s=3)}
    spent = spent_between(before, after, 10.0)
    assert spent.unknown == {"worker", 2}
    assert spent.by_role["server"] == 1


def test_one_that_was_never_waited_for_makes_nothing_negative() -> None:
    before = {1: member(1, "server"), 2: member(2, "helper", cpu_s=50), 3: member(3, "helper", cpu_s=9, parent=2)}
    after = {1: member(1, "server", cpu_s=1)}
    assert spent_between(before, after, 1.0).by_role == pytest.approx({"server": 1, "helper": 0})


def test_a_number_that_is_used_again_is_another_process() -> None:
    before = {1: member(1, "server"), 2: member(2, "helper", cpu_s=50)}
    reused = member(2, "helper", cpu_s=3, began_s=7)
    after = {1: member(1, "server", reaped_s=51), 2: replace(reused)}
    assert spent_between(before, after, 1.0).by_role == {"server": 0, "helper": 4}
