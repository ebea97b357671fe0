"""The table of knobs, and what values they take."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from audapolis.config import LEAVES, Settings, values_of
from audapolis.errors import InvalidOption, UnknownName
from audapolis.tuning.knobs import KNOBS, Bounds, Handle, Knob, Room, checked, handle, told
from hypothesis import given
from hypothesis import strategies as st

PAGE = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text("utf-8")
GIB = 2**30
ROOM = Room(cores=8, memory_bytes=16 * GIB, cache_room_bytes=100 * GIB, models=("base", "small"))


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
def test_a_knob_turns_a_setting_that_can_be_changed_while_the_server_runs(knob: Knob) -> None:
    assert LEAVES[knob.setting].effect in {"at once", "next job"}
    assert not LEAVES[knob.setting].secret


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
def test_every_knob_is_documented_with_its_setting_risk_and_effect(knob: Knob) -> None:
    row = next((line for line in PAGE.splitlines() if line.startswith(f"| `{knob.name}` |")), "")
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == f"`AUDAPOLIS_{knob.setting.replace('.', '__').upper()}`"
    assert knob.risk in cells
    assert LEAVES[knob.setting].effect in cells
    assert knob.does in row
    assert knob.costs in row


def test_the_documentation_names_no_knob_that_is_gone() -> None:
    table = PAGE.split("## Knobs")[1].split("\n## ")[0]
    assert [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")] == list(KNOBS)


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
def test_the_defaults_are_within_bounds_and_every_bound_makes_settings_that_hold(knob: Knob) -> None:
    bounds = knob.bounds(ROOM)
    turned = Handle(knob, knob.entry)
    standard = turned.of(values_of(Settings())[knob.setting])
    values = [*bounds.choices, *(bound for bound in (bounds.lowest, bounds.highest) if bound is not None)]
    assert len(values) >= 2
    for value in [*values, *([] if standard is None else [standard])]:
        assert json.loads(json.dumps(turned.patch(checked(knob, value, bounds))))
        Settings.model_validate(turned.patch(checked(knob, value, bounds)))


def test_workers_are_bounded_by_cores_and_by_memory() -> None:
    def most(**room: Any) -> float | None:
        return KNOBS["workers"].bounds(Room(**room)).highest

    assert most(cores=8) == 8
    assert most(cores=200) == 64
    assert most(cores=8, memory_bytes=4 * GIB, worker_bytes=GIB) == 4
    assert most(cores=8, memory_bytes=GIB // 4, worker_bytes=GIB) == 1
    assert KNOBS["threads_per_worker"].bounds(Room(cores=6)).highest == 6
    assert KNOBS["cache_size"].bounds(Room(cores=6, cache_room_bytes=10 * GIB)).highest == 8 * GIB


@given(cores=st.integers(1, 512), memory=st.none() | st.integers(0, 2**42), worker=st.integers(0, 2**40))
def test_there_is_always_some_worker_and_never_more_than_cores(cores: int, memory: int | None, worker: int) -> None:
    bounds = KNOBS["workers"].bounds(Room(cores=cores, memory_bytes=memory, worker_bytes=worker))
    assert bounds.highest is not None
    assert 1 <= bounds.highest <= min(64, cores)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", 0),
        ("workers", 9),
        ("workers", 2.5),
        ("workers", True),
        ("workers", "2"),
        ("workers", None),
        ("workers", [2]),
        ("model_keep_alive", math.nan),
        ("model_keep_alive", math.inf),
        ("model_keep_alive", -1),
        ("cache_size", 2**50),
        ("warm_up", 1),
        ("warm_up", "true"),
        ("default_model", "large-v3"),
        ("default_model", True),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_bounds(name: str, value: object) -> None:
    knob = KNOBS[name]
    with pytest.raises(InvalidOption) as caught:
        checked(knob, value, knob.bounds(ROOM))
    assert told(knob.bounds(ROOM), knob.unit) in caught.value.hint


def test_numbers_become_what_the_setting_is_made_of() -> None:
    assert repr(checked(KNOBS["workers"], 3.0, Bounds(1, 8))) == "3"
    assert repr(checked(KNOBS["model_keep_alive"], 60, Bounds(0, 100))) == "60.0"
    assert checked(KNOBS["warm_up"], True, KNOBS["warm_up"].bounds(ROOM)) is True


@pytest.mark.parametrize("path", ["/models/x", "../x", "~/x", ".", "a/../b", " ", "C\\..\\x"])
def test_where_the_models_are_not_known_a_path_is_no_name(path: str) -> None:
    bounds = KNOBS["default_model"].bounds(Room(cores=1))
    assert checked(KNOBS["default_model"], "small", bounds) == "small"
    assert checked(KNOBS["default_model"], "owner/repository", bounds) == "owner/repository"
    with pytest.raises(InvalidOption, match="not a name"):
        checked(KNOBS["default_model"], path, bounds)


def test_a_knob_of_a_table_is_turned_for_one_entry() -> None:
    german = handle("default_model:de")
    assert (german.name, handle("default_model").name, handle("default_model:*").name) == (
        "default_model:de",
        "default_model",
        "default_model",
    )
    assert german.patch("small") == {"models": {"defaults": {"de": "small"}}}
    assert german.of({"*": "base", "de": "small"}) == "small"
    assert german.of({"*": "base"}) is None
    assert german.release() == {"models": {"defaults": None}}
    assert handle("workers").patch(2) == {"jobs": {"workers": 2}}


def test_what_is_no_knob_is_told() -> None:
    with pytest.raises(UnknownName, match="workers"):
        handle("worker")
    with pytest.raises(InvalidOption, match="one value"):
        handle("workers:de")
    with pytest.raises(InvalidOption, match="no language code"):
        handle("default_model:German")


def test_bounds_are_told_in_words() -> None:
    assert told(Bounds(0, 604800, 30), "s") == "0 to 604800 s"
    assert told(Bounds(choices=(False, True))) == "false, true"
    assert told(Bounds()) == "the name of a model"
