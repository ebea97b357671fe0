"""`/api/knobs`: what may be turned while the server runs; within bounds, on record, and back again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from ...tuning.turns import Lock, Turn
from ..deps import AUTHORISED, AddressDep, KnobDeskDep
from ..knob_shapes import (
    LOCK_ANSWER,
    LOCK_EXAMPLE,
    TURN_ANSWER,
    WISH_EXAMPLE,
    KnobList,
    LockWish,
    TurnList,
    TurnWish,
)
from ..schemas import ProblemView

router = APIRouter(
    prefix="/api/knobs", tags=["knobs"], dependencies=AUTHORISED, responses={"default": {"model": ProblemView}}
)


@router.get("")
def list_knobs(desk: KnobDeskDep) -> KnobList:
    """List the knobs: where each stands, its default and bounds, who moved it last, which turn can be undone."""
    return KnobList(knobs=desk.knobs(), lock=desk.locked)


@router.put("/lock", responses=LOCK_ANSWER)
def lock_knobs(
    desk: KnobDeskDep, address: AddressDep, wish: Annotated[LockWish, Body(examples=[LOCK_EXAMPLE])]
) -> Lock:
    """Keep programs from turning anything, restarts included, or let them again. People may turn all the same."""
    if wish.locked:
        return desk.lock(by=address, reason=wish.reason)
    return desk.unlock(by=address, reason=wish.reason)


@router.get("/turns")
def list_turns(
    desk: KnobDeskDep,
    knob: Annotated[str | None, Query(description="Only of this one.", examples=["workers"])] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> TurnList:
    """List what was turned, the newest first: from where to where, by whom, and why."""
    return TurnList(turns=desk.history(knob, limit))


@router.post("/turns/{turn_id}/undo", responses=TURN_ANSWER)
def undo_turn(
    turn_id: Annotated[str, Path(description="Id of the turn.", examples=["0b7e0a52-6d0b-4f0e-8f8f-4a2b8a0f6f6e"])],
    desk: KnobDeskDep,
    address: AddressDep,
) -> Turn:
    """Put a knob back where it stood before a turn. 412 where it stands elsewhere by now."""
    return desk.undo(turn_id, by=address)


@router.put("/{name}", responses=TURN_ANSWER)
def turn_knob(
    name: Annotated[str, Path(description="Name of the knob.", examples=["workers"])],
    desk: KnobDeskDep,
    address: AddressDep,
    wish: Annotated[TurnWish, Body(examples=[WISH_EXAMPLE])],
) -> Turn:
    """Turn a knob. It is kept for the next start, and on record.

    422 out of bounds: the hint tells them. 409 where it stands there already or can't be turned while the server runs.
    """
    return desk.turn(name, wish.value, by=address, reason=wish.reason)
