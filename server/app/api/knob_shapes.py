"""Knobs on the wire, with an example each."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..tuning.standing import KnobState
from ..tuning.turns import Lock, Turn

_TURN: dict[str, Any] = {
    "id": "0b7e0a52-6d0b-4f0e-8f8f-4a2b8a0f6f6e",
    "at": 1769861400.25,
    "knob": "workers",
    "setting": "jobs.workers",
    "old": 1,
    "new": 2,
    "by": "127.0.0.1",
    "reason": "Jobs wait in the mornings.",
    "evidence": None,
    "expect": None,
    "was_set": False,
    "undoes": "",
    "undone_by": "",
    "state": "9f86d081884c7d65",
    "recovered": False,
}
_KNOB: dict[str, Any] = {
    "name": "workers",
    "setting": "jobs.workers",
    "kind": "int",
    "unit": "",
    "does": "More recordings are worked on at the same time, so jobs wait less.",
    "costs": "Each worker holds models of its own in memory and shares the cores, so each job takes longer.",
    "risk": "medium",
    "effect": "next job",
    "value": 2,
    "default": 1,
    "bounds": {"lowest": 1, "highest": 8, "step": 1, "choices": []},
    "layer": "api",
    "fixed_because": "",
    "moved": {"at": 1769861400.25, "by": "127.0.0.1"},
    "turn_id": "0b7e0a52-6d0b-4f0e-8f8f-4a2b8a0f6f6e",
}
_LOCK: dict[str, Any] = {"locked": True, "by": "127.0.0.1", "reason": "Measurements until noon.", "at": 1769861400.25}
TURN_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": _TURN}}}}
LOCK_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": _LOCK}}}}
WISH_EXAMPLE: dict[str, Any] = {"value": 2, "reason": "Jobs wait in the mornings."}
LOCK_EXAMPLE: dict[str, Any] = {"locked": True, "reason": "Measurements until noon."}


class TurnWish(BaseModel):
    """Where a knob is to be turned, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Annotated[Any, Field(description="A number, a name, true or false: the knob says which.")]
    reason: Annotated[str, Field(max_length=2000, description="For whoever reads the record.")]


class LockWish(BaseModel):
    """Whether programs may turn knobs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    locked: Annotated[bool, Field(strict=True)]
    reason: Annotated[str, Field(max_length=2000)] = ""


class KnobList(BaseModel):
    """Every knob as it stands."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"knobs": [_KNOB], "lock": _LOCK}})

    knobs: list[KnobState]
    lock: Annotated[Lock, Field(description="Whether programs may turn them.")]


class TurnList(BaseModel):
    """What was turned, the newest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"turns": [_TURN]}})

    turns: list[Turn]
