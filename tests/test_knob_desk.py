"""The door: knobs are turned within bounds, on record, and back again."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from audapolis.analytics.facts import ChangeFact
from audapolis.config import Configuration, Settings, load_configuration
from audapolis.domain.codec import to_plain
from audapolis.errors import AudapolisError, Conflict, InvalidInput, InvalidOption, NotFound, Stale, UnknownName
from audapolis.knob_desk import KnobDesk
from audapolis.settings.stored import FILE as SETTINGS
from audapolis.tuning.knobs import KNOBS, Room
from audapolis.tuning.policy import is_program
from audapolis.tuning.turns import FILE, Turn
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

GIB = 2**30
ROOM = Room(cores=8, memory_bytes=32 * GIB, cache_room_bytes=100 * GIB, models=("base", "small", "tiny"))


class Clock:
    """Time as tests want it, from now on."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _nothing_from_this_users_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config-home"))


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    return load_configuration(data_dir=tmp_path)


def desk_on(configuration: Configuration, **more: Any) -> KnobDesk:
    return KnobDesk(configuration, **{"room": lambda _settings: ROOM, **more})


def stored(configuration: Configuration) -> Any:
    return json.loads((configuration.settings.data_dir / SETTINGS).read_text())["settings"]


def test_every_knob_is_shown_as_it_stands(configuration: Configuration) -> None:
    desk = desk_on(configuration)
    assert [state.name for state in desk.knobs()] == list(KNOBS)
    configuration.change({"models": {"defaults": {"de": "small"}}}, by="anna")
    turn = desk.turn("workers", 3, by="bert", reason="a try")
    states = {state.name: state for state in desk.knobs()}
    assert set(states) == {*KNOBS, "default_model:de"}
    workers, german = states["workers"], states["default_model:de"]
    assert (workers.value, workers.default, workers.bounds.highest, workers.effect) == (3, 1, 8, "next job")
    assert (workers.layer, workers.turn_id) == ("api", turn.id)
    assert (german.value, german.default, german.turn_id) == ("small", None, "")
    assert [state.moved.by if state.moved else "" for state in (workers, german)] == ["bert", "anna"]
    assert states["warm_up"].moved is None
    assert json.dumps([to_plain(state) for state in states.values()])
    assert json.dumps(to_plain(turn))
    assert desk.knob("workers") == workers


def test_a_turn_changes_the_setting_for_this_run_and_the_next(configuration: Configuration) -> None:
    heard: list[int] = []
    configuration.subscribe(lambda settings, _changes: heard.append(settings.jobs.workers))
    turn = desk_on(configuration).turn(
        "workers", 4.0, by="anna", reason="jobs wait", evidence={"p95_s": 700}, expect={"p95_s": 100}
    )
    assert configuration.settings.jobs.workers == 4
    assert heard == [4]
    again = load_configuration(data_dir=configuration.settings.data_dir)
    assert again.settings.jobs.workers == 4
    assert desk_on(again).history() == [turn]
    assert (turn.old, turn.new, turn.by, turn.state) == (1, 4, "anna", configuration.tag)


@pytest.mark.parametrize("name", [*KNOBS, "default_model:de"])
def test_undo_leaves_everything_as_it_was_before(configuration: Configuration, name: str) -> None:
    desk = desk_on(configuration)
    before, settings = desk.knob(name), configuration.settings
    values = [*before.bounds.choices, before.bounds.highest]
    value = next(each for each in values if each is not None and each != before.value)
    turn = desk.turn(name, value, by="anna", reason="a try")
    assert desk.knob(name).value == value
    undone = desk.undo(turn.id, by="bert")
    assert configuration.settings == settings
    assert stored(configuration) == {}
    assert (undone.undoes, undone.new, undone.by) == (turn.id, before.value, "bert")
    assert [each.undone_by for each in reversed(desk.history())] == [undone.id, ""]
    assert desk.knob(name).turn_id == ""


def test_undo_leaves_what_others_changed_meanwhile(configuration: Configuration) -> None:
    desk = desk_on(configuration)
    turn = desk.turn("default_model:de", "small", by="anna", reason="a try")
    configuration.change({"models": {"defaults": {"fr": "base"}}, "log_level": "debug"}, by="bert")
    desk.undo(turn.id, by="anna")
    assert configuration.settings.models.defaults == {"fr": "base"}
    assert configuration.settings.log_level == "debug"


def test_undo_gives_back_what_was_changed_over_http_before(configuration: Configuration) -> None:
    configuration.change({"jobs": {"workers": 1}}, by="anna")  # the default, but on purpose
    desk = desk_on(configuration)
    turn = desk.turn("workers", 2, by="anna", reason="a try")
    desk.undo(turn.id, by="anna")
    assert stored(configuration) == {"jobs": {"workers": 1}}


def test_undo_gives_back_what_was_even_if_layers_below_say_something_else_now(
    configuration: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = desk_on(configuration).turn("workers", 2, by="anna", reason="a try")
    monkeypatch.setenv("AUDAPOLIS_JOBS__WORKERS", "5")
    again = load_configuration(data_dir=tmp_path)
    desk_on(again).undo(turn.id, by="anna")
    assert again.settings.jobs.workers == 1


def test_undo_is_refused_when_the_knob_stands_elsewhere_by_now(configuration: Configuration) -> None:
    desk = desk_on(configuration)
    first = desk.turn("workers", 2, by="anna", reason="a try")
    second = desk.turn("workers", 3, by="bert", reason="a try")
    with pytest.raises(Stale, match="turned again since, by bert"):
        desk.undo(first.id, by="anna")
    configuration.change({"jobs": {"workers": 4}}, by="carla")
    with pytest.raises(Stale, match="stands at 4, not at 3"):
        desk.undo(second.id, by="bert")
    configuration.change({"jobs": {"workers": 3}}, by="carla")
    desk.undo(second.id, by="bert")
    back = desk.undo(first.id, by="anna")
    assert configuration.settings.jobs.workers == 1
    with pytest.raises(Conflict, match="undone already"):
        desk.undo(first.id, by="anna")
    with pytest.raises(Conflict, match="undo itself"):
        desk.undo(back.id, by="anna")
    with pytest.raises(NotFound):
        desk.undo("nothing", by="anna")


def test_what_there_was_comes_back_although_it_is_out_of_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDAPOLIS_JOBS__WORKERS", "32")
    configuration = load_configuration(data_dir=tmp_path)
    desk = desk_on(configuration)
    turn = desk.turn("workers", 8, by="anna", reason="there are 8 cores")
    desk.undo(turn.id, by="anna")
    assert configuration.settings.jobs.workers == 32


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("worker", 2, UnknownName),
        ("workers", 9, InvalidOption),
        ("workers", 0, InvalidOption),
        ("default_model", "/etc/passwd", InvalidOption),
        ("default_model:xyzzy", "small", InvalidOption),
        ("workers", 1, Conflict),
    ],
)
def test_what_is_refused_changes_nothing_and_is_not_on_record(
    configuration: Configuration, name: str, value: object, error: type[InvalidInput]
) -> None:
    desk = desk_on(configuration)
    with pytest.raises(error) as caught:
        desk.turn(name, value, by="anna", reason="a try")
    assert caught.value.hint
    assert configuration.settings == load_configuration(data_dir=configuration.settings.data_dir).settings
    assert not desk.history()
    assert not (configuration.settings.data_dir / FILE).exists()


def test_a_turn_is_somebodys_and_has_a_reason(configuration: Configuration) -> None:
    desk = desk_on(configuration)
    with pytest.raises(InvalidOption, match="somebody"):
        desk.turn("workers", 2, by=" ", reason="a try")
    with pytest.raises(InvalidOption, match="reason"):
        desk.turn("workers", 2, by="anna", reason="\n")


def test_what_is_fixed_where_the_server_was_started_can_not_be_turned(tmp_path: Path) -> None:
    desk = desk_on(Configuration.of(Settings.model_validate({"data_dir": tmp_path, "jobs": {"workers": 2}})))
    assert desk.knob("workers").fixed_because
    assert not desk.knob("warm_up").fixed_because
    with pytest.raises(Conflict, match="command line"):
        desk.turn("workers", 3, by="anna", reason="a try")
    assert not desk.history()
    assert not desk_on(load_configuration(data_dir=tmp_path)).history()


def test_settings_that_can_not_work_here_are_not_turned_to(configuration: Configuration) -> None:
    def check(settings: Settings) -> None:
        if settings.models.defaults.get("*") == "tiny":
            raise InvalidOption("Not here.")

    desk = desk_on(configuration, check=check)
    with pytest.raises(InvalidOption, match="Not here"):
        desk.turn("default_model", "tiny", by="anna", reason="a try")
    desk.turn("default_model", "small", by="anna", reason="a try")
    assert configuration.settings.models.defaults == {"*": "small"}
    assert len(desk.history()) == 1


def test_programs_are_held_back_and_people_are_not(configuration: Configuration) -> None:
    clock = Clock()
    desk = desk_on(configuration, now=clock, cooldown_s=300.0)
    first = desk.turn("workers", 2, by="anna", reason="a try")
    with pytest.raises(Conflict) as caught:
        desk.turn("workers", 3, by="optimizer", reason="a try")
    assert 0 < caught.value.data["retry_after_s"] <= 300
    desk.turn("threads_per_worker", 4, by="optimizer", reason="another knob")
    with pytest.raises(Conflict, match="does not take that back"):
        desk.undo(first.id, by="optimizer")
    clock.now += 301
    own = desk.turn("workers", 3, by="optimizer", reason="a try")
    desk.undo(own.id, by="optimizer")  # what went wrong is put right at once
    assert configuration.settings.jobs.workers == 2
    clock.now += 301
    configuration.change({"jobs": {"workers": 4}}, by="bert")  # past the desk
    moved = desk.knob("workers").moved
    assert moved is not None
    assert moved.by in {"bert", "optimizer"}  # the clocks differ in this test


def test_a_change_past_the_desk_holds_programs_back_too(configuration: Configuration) -> None:
    desk = desk_on(configuration)
    configuration.change({"jobs": {"workers": 4}}, by="bert")
    with pytest.raises(Conflict, match="by bert"):
        desk.turn("workers", 3, by="advice", reason="a try")


def test_the_kill_switch_stops_programs_over_restarts_and_only_people_turn_it_off(configuration: Configuration) -> None:
    clock = Clock()
    desk = desk_on(configuration, now=clock)
    turn = desk.turn("workers", 2, by="optimizer", reason="a try")
    desk.lock(by="anna", reason="the fair")
    for each in (desk, desk_on(load_configuration(data_dir=configuration.settings.data_dir), now=clock)):
        assert (each.locked.locked, each.locked.by) == (True, "anna")
        with pytest.raises(Conflict, match="locked for programs by anna: the fair"):
            each.turn("warm_up", True, by="advice:warm-up", reason="a try")
        with pytest.raises(Conflict, match="locked"):
            each.undo(turn.id, by="optimizer")
        with pytest.raises(Conflict, match="does not unlock"):
            each.unlock(by="optimizer")
    desk.turn("workers", 3, by="bert", reason="people may")
    assert not desk.unlock(by="anna").locked
    desk.turn("warm_up", True, by="advice", reason="a try")


def test_whoever_listens_is_told_and_can_do_no_harm(configuration: Configuration) -> None:
    told: list[ChangeFact] = []

    def listen(fact: ChangeFact) -> None:
        told.append(fact)
        raise ValueError

    desk = desk_on(configuration, on_change=listen)
    turn = desk.turn("default_model", "small", by="anna", reason="a try")
    desk.undo(turn.id, by="bert")
    assert [(fact.what, fact.key, fact.old, fact.new, fact.by) for fact in told] == [
        ("knob", "default_model", "null", '"small"', "anna"),
        ("knob", "default_model", '"small"', "null", "bert"),
    ]
    assert told[0].at == turn.at


def test_a_listener_to_the_settings_that_fails_leaves_the_turn_on_record(configuration: Configuration) -> None:
    def fail(_settings: Settings, _changes: Sequence[Any]) -> None:
        raise AudapolisError("The workers could not be renewed.")

    configuration.subscribe(fail)
    desk = desk_on(configuration)
    with pytest.raises(AudapolisError, match="renewed"):
        desk.turn("workers", 2, by="anna", reason="a try")
    assert configuration.settings.jobs.workers == 2
    assert [turn.new for turn in desk.history()] == [2]


def test_where_the_record_can_not_be_written_nothing_is_turned(configuration: Configuration) -> None:
    desk = desk_on(configuration)
    (configuration.settings.data_dir / FILE).mkdir()
    with pytest.raises(AudapolisError, match="can't be written"):
        desk.turn("workers", 2, by="anna", reason="a try")
    assert configuration.settings.jobs.workers == 1


def test_where_the_settings_can_not_be_kept_the_turn_is_dropped(configuration: Configuration) -> None:
    desk = desk_on(configuration)
    (configuration.settings.data_dir / SETTINGS).mkdir()
    with pytest.raises(AudapolisError, match="could not be kept"):
        desk.turn("workers", 2, by="anna", reason="a try")
    assert not desk.history()
    (configuration.settings.data_dir / SETTINGS).rmdir()
    assert not desk_on(configuration).history()


KILLED = """
import os, sys
from pathlib import Path
from audapolis.config import Configuration, load_configuration
from audapolis.knob_desk import KnobDesk
from audapolis.tuning.knobs import Room

class Mortal(Configuration):
    def change(self, *given, **named):
        if sys.argv[2] == "after":
            super().change(*given, **named)
        os.kill(os.getpid(), 9)

there = load_configuration(data_dir=Path(sys.argv[1]))
there.__class__ = Mortal
KnobDesk(there, room=lambda _: Room(cores=8)).turn("workers", 3, by="anna", reason="a try")
"""


@pytest.mark.parametrize(("when", "turned"), [("before", 0), ("after", 1)])
def test_a_process_killed_between_turning_and_recording_leaves_no_riddle(
    tmp_path: Path, when: str, turned: int
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), when], check=False, timeout=120)
    assert done.returncode == -9
    told: list[ChangeFact] = []
    configuration = load_configuration(data_dir=tmp_path)
    desk = desk_on(configuration, on_change=told.append)
    assert configuration.settings.jobs.workers == (3 if turned else 1)
    assert [(turn.new, turn.recovered) for turn in desk.history()] == [(3, True)] * turned
    assert len(told) == turned
    assert desk_on(configuration).history() == desk.history()
    if turned:
        desk.undo(desk.history()[0].id, by="anna")
        assert configuration.settings.jobs.workers == 1


def test_a_turn_of_a_knob_that_is_gone_does_not_keep_the_server_from_starting(configuration: Configuration) -> None:
    desk = desk_on(configuration)
    desk.turn("workers", 2, by="anna", reason="a try")
    path = configuration.settings.data_dir / FILE
    intent = path.read_text().splitlines()[0].replace("workers", "beam").replace('"id": "', '"id": "x')
    path.write_text(path.read_text() + intent + "\n")
    assert [turn.knob for turn in desk_on(configuration).history()] == ["workers"]


def test_of_many_who_turn_at_once_each_turn_begins_where_another_ended(configuration: Configuration) -> None:
    desk = desk_on(configuration)
    barrier = threading.Barrier(8)

    def turn(number: int) -> None:
        barrier.wait(60)
        for value in (number, 1 + number % 8):
            try:
                desk.turn("workers", value, by=f"{number}", reason="a race")
            except Conflict:  # it stood there already
                continue

    threads = [threading.Thread(target=turn, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    turns = desk.history()[::-1]
    assert [each.old for each in turns] == [1, *(each.new for each in turns[:-1])]
    assert configuration.settings.jobs.workers == turns[-1].new


def test_who_changes_the_setting_past_the_desk_at_this_moment_wins(configuration: Configuration) -> None:
    """The room is asked for between looking and turning; somebody uses that."""

    def room(_settings: Settings) -> Room:
        if configuration.settings.jobs.workers == 1:
            configuration.change({"jobs": {"workers": 5}}, by="bert")
        return ROOM

    desk = KnobDesk(configuration, room=room)
    with pytest.raises(Stale, match="changed meanwhile"):
        desk.turn("workers", 2, by="anna", reason="a try")
    assert configuration.settings.jobs.workers == 5
    assert not desk.history()


class Crash(BaseException):
    """The process dies here."""


class Mortal(Configuration):
    """A configuration in which a crash can come just before or just after a change."""

    crash = ""

    def change(self, *given: Any, **named: Any) -> Any:
        if self.crash == "before":
            raise Crash
        changes = super().change(*given, **named)
        if self.crash == "after":
            raise Crash
        return changes


NAMES = st.sampled_from(["workers", "warm_up", "default_model", "default_model:de"])
WHO = st.sampled_from(["anna", "optimizer", "advice:x"])
VALUES: dict[str, list[Any]] = {
    "workers": [1, 2, 3],
    "warm_up": [False, True],
    "default_model": ["base", "small"],
    "default_model:de": ["base", "small"],
}
START: dict[str, Any] = {"workers": 1, "warm_up": False, "default_model": None, "default_model:de": None}
COOLDOWN_S = 60.0


class DeskMachine(RuleBasedStateMachine):
    """The desk against a model of it, with crashes, restarts and others who change settings."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.values = dict(START)
        self.moved: dict[str, float] = {}
        self.stacks: dict[str, list[tuple[str, Any, Any, str]]] = {name: [] for name in START}
        self.turns: list[str] = []
        self.locked = False

    @initialize()
    def start(self) -> None:
        self.configuration = load_configuration(data_dir=Path(self.folder.name))
        self.configuration.__class__ = Mortal
        self.desk = desk_on(self.configuration, now=self.clock, cooldown_s=COOLDOWN_S)

    def teardown(self) -> None:
        self.folder.cleanup()

    def crashing(self, crash: str, act: Callable[[], Turn]) -> Turn | None:
        """Act; on a crash start again, and find out what became of it."""
        assert isinstance(self.configuration, Mortal)
        known = {turn.id for turn in self.desk.history(limit=1000)}
        self.configuration.crash = crash
        try:
            return act()
        except Crash:
            self.start()
            found = [turn for turn in self.desk.history(limit=1000) if turn.id not in known]
            assert len(found) == (crash == "after")
            return found[0] if found else None
        finally:
            self.configuration.crash = ""

    @rule(name=NAMES, by=WHO, index=st.integers(0, 2), crash=st.sampled_from(["", "", "", "before", "after"]))
    def turn(self, name: str, by: str, index: int, crash: str) -> None:
        value = VALUES[name][index % len(VALUES[name])]
        hasty = self.clock.now < self.moved.get(name, -1e9) + COOLDOWN_S
        refused = is_program(by) and (self.locked or hasty)
        try:
            done = self.crashing(crash, lambda: self.desk.turn(name, value, by=by, reason="x"))
        except Conflict:
            assert refused or value == self.values[name]
            return
        assert not refused
        assert value != self.values[name]
        if done is not None:
            self.stacks[name].append((done.id, self.values[name], value, by))
            self.turns.append(done.id)
            self.values[name], self.moved[name] = value, self.clock.now

    @rule(data=st.data(), by=WHO, crash=st.sampled_from(["", "", "before", "after"]))
    def undo(self, data: st.DataObject, by: str, crash: str) -> None:
        if not self.turns:
            return
        turn_id = data.draw(st.sampled_from(self.turns))
        name = next((name for name, stack in self.stacks.items() if stack and stack[-1][0] == turn_id), None)
        try:
            done = self.crashing(crash, lambda: self.desk.undo(turn_id, by=by))
        except Conflict:
            if name is not None:
                _, _, new, who = self.stacks[name][-1]
                meddling = is_program(by) and not is_program(who)
                assert meddling or (is_program(by) and self.locked) or self.values[name] != new
            return
        assert name is not None
        _, old, new, _ = self.stacks[name][-1]
        assert self.values[name] == new
        if done is not None:
            self.stacks[name].pop()
            self.values[name], self.moved[name] = old, self.clock.now

    @rule(name=NAMES, index=st.integers(0, 2))
    def somebody_goes_past_the_desk(self, name: str, index: int) -> None:
        value = VALUES[name][index % len(VALUES[name])]
        group, setting, entry = {
            "workers": ("jobs", "workers", ""),
            "warm_up": ("models", "warm_up", ""),
            "default_model": ("models", "defaults", "*"),
            "default_model:de": ("models", "defaults", "de"),
        }[name]
        self.configuration.change({group: {setting: {entry: value} if entry else value}}, by="bert")
        if value != self.values[name]:
            self.values[name] = value
            self.moved[name] = max(self.moved.get(name, -1e9), time.time())

    @rule(locked=st.booleans())
    def lock_or_unlock(self, locked: bool) -> None:
        (self.desk.lock if locked else self.desk.unlock)(by="anna")
        self.locked = locked

    @rule(seconds=st.sampled_from([1.0, 61.0, 4000.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def restart(self) -> None:
        self.start()

    @invariant()
    def the_settings_are_as_the_model(self) -> None:
        if not hasattr(self, "desk"):
            return
        states = {state.name: state for state in self.desk.knobs()}
        for name, value in self.values.items():
            if value is None and name not in states:
                continue
            assert states[name].value == value
            stack = self.stacks[name]
            assert states[name].turn_id == (stack[-1][0] if stack and stack[-1][2] == value else "")
        assert self.desk.locked.locked == self.locked


TestDeskMachine = DeskMachine.TestCase
TestDeskMachine.settings = hypothesis_settings(max_examples=20, stateful_step_count=30, deadline=None)
