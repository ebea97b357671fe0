"""What programs may not do although people may."""

from __future__ import annotations

import pytest
from audapolis.errors import Conflict, InvalidOption
from audapolis.tuning.knobs import Bounds, handle
from audapolis.tuning.policy import (
    Moved,
    is_program,
    refuse_hasty,
    refuse_locked,
    refuse_meddling,
    refuse_petty,
)
from audapolis.tuning.turns import Lock, Turn

WORKERS = handle("workers")


@pytest.mark.parametrize(
    ("by", "program"),
    [("advice", True), ("advice:workers", True), ("Optimizer/7", True), ("127.0.0.1", False), ("my advice", False)],
)
def test_programs_are_told_by_their_names(by: str, program: bool) -> None:
    assert is_program(by) is program


def test_a_lock_stops_programs_and_no_people() -> None:
    refuse_locked("me", Lock(True, "somebody"))
    refuse_locked("advice", Lock(False, "somebody"))
    with pytest.raises(Conflict, match="locked for programs by somebody: a test"):
        refuse_locked("advice", Lock(True, "somebody", "a test"))


def test_a_program_waits_until_what_was_turned_has_shown_its_effect() -> None:
    moved = Moved(1000.0, "me")
    with pytest.raises(Conflict) as caught:
        refuse_hasty("optimizer", WORKERS, moved, 1100.0, 600.0)
    assert caught.value.data["retry_after_s"] == 500
    for now in (1600.0, 9000.0, 300.0):  # the last: somebody set the clock back
        refuse_hasty("optimizer", WORKERS, moved, now, 600.0)
    refuse_hasty("me", WORKERS, moved, 1100.0, 600.0)
    refuse_hasty("optimizer", WORKERS, None, 1100.0, 600.0)


def test_a_program_turns_no_less_than_a_step_and_guesses_no_names() -> None:
    age, model = handle("cache_age"), handle("default_model")
    with pytest.raises(Conflict, match="too little"):
        refuse_petty("advice", age, 7.0, 7.5, Bounds(0, 365, 1))
    refuse_petty("advice", age, 7.0, 8.0, Bounds(0, 365, 1))
    refuse_petty("me", age, 7.0, 7.5, Bounds(0, 365, 1))
    with pytest.raises(InvalidOption, match="not known here"):
        refuse_petty("advice", model, None, "small", Bounds())
    refuse_petty("advice", model, None, "small", Bounds(choices=("small",)))
    refuse_petty("me", model, None, "small", Bounds())


def test_a_program_does_not_take_back_what_a_person_did() -> None:
    turn = Turn("x", 1.0, "workers", "jobs.workers", 1, 2, "me", "why")
    with pytest.raises(Conflict, match="me turned it"):
        refuse_meddling("optimizer", turn)
    refuse_meddling("somebody", turn)
