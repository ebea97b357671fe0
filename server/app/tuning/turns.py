"""The record of what was turned: JSON lines in a file, each intent before the act, so that no crash leaves a riddle.

A turn is written down three times at most: `intent` before anything changes, then `done`, or `dropped` where it came to
nothing. An intent without an end is one that a crash interrupted; whoever opens the record next finds out which it was.
"""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..errors import AudapolisError, InvalidOption, NotFound, StorageFull
from .knobs import Value

log = logging.getLogger(__name__)

FILE = "knob-turns.jsonl"
SCHEMA = "audapolis.knob-turns/1"


@dataclass(frozen=True, slots=True)
class Turn:
    """A knob was turned.

    Attributes:
        at: When, Unix time in seconds.
        knob: Its name, with the entry where it is not the usual one.
        setting: The setting it turned.
        old, new: Where it stood and stands; None where a table has no such entry.
        by: Who turned it. Programs are called `advice…` and `optimizer…`.
        reason: Why, in words.
        evidence: Figures that spoke for it; None where there are none.
        expect: What it is to bring about; None where nobody said.
        was_set: Whether its setting had been changed over HTTP before, and was not from a layer below.
        undoes: Id of the turn this one takes back; empty otherwise.
        undone_by: Id of the turn that took this one back; empty otherwise.
        state: Tag of the settings afterwards.
        recovered: Whether a crash came between turning and writing that down.
    """

    id: str
    at: float
    knob: str
    setting: str
    old: Value | None
    new: Value | None
    by: str
    reason: str
    evidence: Mapping[str, Any] | None = None
    expect: Mapping[str, Any] | None = None
    was_set: bool = False
    undoes: str = ""
    undone_by: str = ""
    state: str = ""
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """Whether programs may turn knobs.

    Attributes:
        locked: They may not.
        by: Who said so last; empty where nobody ever did.
        at: When, Unix time; 0 where nobody ever did.
    """

    locked: bool = False
    by: str = ""
    reason: str = ""
    at: float = 0.0


class TurnRecord:
    """What was turned, and whether programs may turn. Not thread-safe.

    Args:
        folder: Where the file is kept.

    Attributes:
        turns: What was done, by id, the oldest first.
        pending: What was meant to be done and has no end yet, by id.
        lock: Whether programs may turn.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.turns: dict[str, Turn] = {}
        self.pending: dict[str, Turn] = {}
        self.lock = Lock()
        for entry in _read(self.path):
            self._take(entry)

    def intend(self, turn: Turn) -> None:
        """Write down what is about to be done.

        Raises:
            StorageFull, AudapolisError: It can't be written: then nothing may be turned.
        """
        plain = asdict(turn)
        self._append({"what": "intent", "turn": {name: value for name, value in plain.items() if value is not None}})
        self.pending[turn.id] = turn

    def done(self, turn_id: str, *, state: str, recovered: bool = False) -> Turn:
        """Write down that it was done. Where that can't be written, it is found out at the next start."""
        self._note({"what": "done", "id": turn_id, "state": state, "recovered": recovered})
        return self._end(turn_id, state, recovered=recovered)

    def dropped(self, turn_id: str, why: str) -> None:
        """Write down that it came to nothing."""
        self._note({"what": "dropped", "id": turn_id, "why": why})
        self.pending.pop(turn_id, None)

    def set_lock(self, lock: Lock) -> None:
        """Write down whether programs may turn.

        Raises:
            StorageFull, AudapolisError: It can't be written. A lock counts nevertheless, until the next start.
        """
        if lock.locked:
            self.lock = lock
        self._append({"what": "lock", **asdict(lock)})
        self.lock = lock

    def get(self, turn_id: str) -> Turn:
        """A turn that was done.

        Raises:
            NotFound: There is none.
        """
        if turn_id not in self.turns:
            raise NotFound(f"There is no turn '{turn_id}'.", hint="GET /api/knobs/turns lists them.")
        return self.turns[turn_id]

    def standing(self, knob: str) -> list[Turn]:
        """The turns of a knob that were not taken back, the oldest first."""
        return [turn for turn in self.turns.values() if turn.knob == knob and not turn.undoes and not turn.undone_by]

    def _end(self, turn_id: str, state: str, *, recovered: bool) -> Turn:
        turn = replace(self.pending.pop(turn_id), state=state, recovered=recovered)
        self.turns[turn_id] = turn
        if turn.undoes in self.turns:
            self.turns[turn.undoes] = replace(self.turns[turn.undoes], undone_by=turn_id)
        return turn

    def _take(self, entry: Mapping[str, Any]) -> None:
        """One line of the file; what is no line of ours is passed over."""
        with suppress(KeyError, TypeError, ValueError):
            if entry["what"] == "intent":
                known = {field.name for field in fields(Turn)}
                given = {name: value for name, value in entry["turn"].items() if name in known}
                turn = Turn(**{"old": None, "new": None, **given})
                self.pending[turn.id] = turn
            elif entry["what"] == "done" and entry["id"] in self.pending:
                self._end(entry["id"], str(entry["state"]), recovered=bool(entry["recovered"]))
            elif entry["what"] == "dropped":
                self.pending.pop(entry["id"], None)
            elif entry["what"] == "lock":
                self.lock = Lock(bool(entry["locked"]), entry["by"], entry["reason"], float(entry["at"]))

    def _note(self, entry: Mapping[str, Any]) -> None:
        try:
            self._append(entry)
        except AudapolisError as error:
            log.warning("The record of turned knobs lacks a line, which is found out at the next start: %s", error)

    def _append(self, entry: Mapping[str, Any]) -> None:
        try:
            line = json.dumps({"schema": SCHEMA, **entry}, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError):
            raise InvalidOption("Evidence and expectations are JSON: texts, numbers, lists and tables.") from None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "ab+", buffering=0) as file:
                file.write(_new_line(descriptor) + line.encode() + b"\n")
                os.fsync(descriptor)
        except OSError as error:
            kind = StorageFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else AudapolisError
            reason = (error.strerror or str(error)).lower()
            raise kind(
                f"The record of turned knobs can't be written: {reason}.", hint=f"Nothing was done. See {self.path}."
            ) from None


def _new_line(descriptor: int) -> bytes:
    """What ends a line that a crash cut short, if there is one."""
    size = os.fstat(descriptor).st_size
    return b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""


def _read(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise AudapolisError(f"The record of turned knobs can't be read: {reason}.", hint=f"See {path}.") from None
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except ValueError:
            log.warning("Line %d of %s is damaged and passed over", number, path)
            continue
        if isinstance(entry, dict) and entry.get("schema") == SCHEMA:
            yield entry
