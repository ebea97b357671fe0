"""KnobDesk: turning knobs, within bounds, on record, and back again."""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from .analytics.facts import ChangeFact
from .config import LEAVES, Configuration, Settings, values_of
from .errors import Conflict, InvalidInput, InvalidOption, Stale
from .settings import stored
from .tuning.knobs import KNOBS, Handle, Room, Value, checked, handle
from .tuning.moves import last_move
from .tuning.policy import (
    COOLDOWN_S,
    Moved,
    is_program,
    refuse_hasty,
    refuse_locked,
    refuse_meddling,
    refuse_petty,
)
from .tuning.standing import KnobState, handles_of, with_turned
from .tuning.surroundings import look_around
from .tuning.turns import Lock, Turn, TurnRecord

log = logging.getLogger(__name__)

_LONGEST_NAME = 200
_LONGEST_REASON = 2000


class _ElsewhereNow(Exception):
    """The layers below do not give the value that is to come back."""


class KnobDesk:
    """Turns knobs for people and programs. Thread-safe; must not be called by who listens to the configuration."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        room: Callable[[Settings], Room] = lambda settings: look_around(settings.cache_dir),
        check: Callable[[Settings], None] = lambda _: None,
        on_change: Callable[[ChangeFact], None] = lambda _: None,
        now: Callable[[], float] = time.time,
        cooldown_s: float = COOLDOWN_S,
        recover: bool = True,
    ) -> None:
        """Open the record, and find out what became of turns that a crash interrupted.

        Args:
            configuration: The settings.
            room: Tells what the machine has, which bounds depend on.
            check: Raises an `AudapolisError` where settings can't work here.
            on_change: Told of each turn once it is on record; must return at once.
            now: Unix time.
            cooldown_s: How long programs leave a knob alone after it was turned.
            recover: Whether turns that are not on record as done are a crash's. Not for who only looks, while a
                server may be turning.

        Raises:
            AudapolisError: The record can't be read.
        """
        self._configuration, self._room, self._check = configuration, room, check
        self._on_change, self._now, self._cooldown_s = on_change, now, cooldown_s
        self._lock = threading.RLock()
        self._record = TurnRecord(configuration.settings.data_dir)
        for turn in list(self._record.pending.values()) if recover else ():
            self._recover(turn)

    @property
    def locked(self) -> Lock:
        """Whether programs may turn, and who said so."""
        return self._record.lock

    def lock(self, *, by: str, reason: str = "") -> Lock:
        """Let no program turn anything from now on, restarts included; people still may.

        Raises:
            StorageFull, AudapolisError: It can't be kept for the next start; until then it counts.
        """
        with self._lock:
            self._record.set_lock(Lock(True, _named(by), reason[:_LONGEST_REASON], self._now()))
            return self._record.lock

    def unlock(self, *, by: str, reason: str = "") -> Lock:
        """Let programs turn again.

        Raises:
            Conflict: A program wants it.
            StorageFull, AudapolisError: It can't be kept; the lock stays.
        """
        if is_program(by):
            raise Conflict("A program does not unlock the knobs.", hint="A person may.")
        with self._lock:
            self._record.set_lock(Lock(False, _named(by), reason[:_LONGEST_REASON], self._now()))
            return self._record.lock

    def knobs(self) -> list[KnobState]:
        """Every knob as it stands; those of tables once more for each entry there is."""
        settings = self._configuration.settings
        room, values = self._room(settings), values_of(settings)
        return [self._state(each, room) for knob in KNOBS for each in handles_of(knob, values)]

    def knob(self, name: str) -> KnobState:
        """One knob as it stands.

        Raises:
            UnknownName, InvalidOption: There is none.
        """
        return self._state(handle(name), self._room(self._configuration.settings))

    def history(self, knob: str | None = None, limit: int = 100) -> list[Turn]:
        """What was turned, the newest first.

        Args:
            knob: Only this one; all when None.
            limit: At most so many.

        Raises:
            UnknownName, InvalidOption: There is no such knob.
        """
        name = None if knob is None else handle(knob).name
        with self._lock:
            turns = [turn for turn in reversed(self._record.turns.values()) if name in (None, turn.knob)]
        return turns[:limit]

    def turn(
        self,
        name: str,
        value: object,
        *,
        by: str,
        reason: str,
        evidence: Mapping[str, Any] | None = None,
        expect: Mapping[str, Any] | None = None,
    ) -> Turn:
        """Turn a knob. Its setting is changed as over HTTP and kept for the next start.

        Args:
            name: Which, such as `workers` or `default_model:de`.
            value: Where to.
            by: Who turns it. Programs are called `advice…` and `optimizer…`; less is allowed to them.
            reason: Why, for the record.
            evidence: Figures that speak for it, for the record; JSON.
            expect: What it is to bring about, for the record; JSON.

        Raises:
            UnknownName: There is no such knob.
            InvalidOption: The value is out of bounds; the hint tells them. Or it can't work here.
            Conflict: It stands there already, can't be turned while the server runs, or a program may not turn now.
            Stale: Somebody else changed it at this moment.
            StorageFull, AudapolisError: It can't be put on record, or not kept: then nothing was turned.
        """
        turned, by = handle(name), _named(by)
        if not reason.strip():
            raise InvalidOption("A turn has a reason.", hint="Say why, for whoever reads the record.", field="reason")
        with self._lock:
            refuse_locked(by, self._record.lock)
            settings = self._configuration.settings
            bounds, old = turned.knob.bounds(self._room(settings)), _stands(turned, settings)
            new = checked(turned.knob, value, bounds)
            if new == old:
                raise Conflict(f"The knob '{turned.name}' stands at {new!r} already.", hint="Nothing was turned.")
            refuse_petty(by, turned, old, new, bounds)
            refuse_hasty(by, turned, self._moved(turned), self._now(), self._cooldown_s)
            done = self._carry_out(
                Turn(
                    id=str(uuid.uuid4()),
                    at=self._now(),
                    knob=turned.name,
                    setting=turned.knob.setting,
                    old=old,
                    new=new,
                    by=by,
                    reason=reason.strip()[:_LONGEST_REASON],
                    evidence=evidence,
                    expect=expect,
                    was_set=self._layer(turned) == "api",
                ),
                [turned.patch(new)],
            )
        self._tell(done)
        return done

    def undo(self, turn_id: str, *, by: str, reason: str = "") -> Turn:
        """Put a knob back where it stood before a turn.

        Where its setting had not been changed over HTTP before, it is left to the layers below again, if these still
        give the same. Bounds and the cooldown do not count: what there was comes back.

        Returns:
            The turn that takes the other back.

        Raises:
            NotFound: There was no such turn.
            Conflict: It was undone already or is an undo itself, or a program may not.
            Stale: The knob stands elsewhere by now, or was turned again since.
            InvalidOption: What there was can't work here any more.
            StorageFull, AudapolisError: It can't be put on record, or not kept: then nothing was turned.
        """
        by = _named(by)
        with self._lock:
            refuse_locked(by, self._record.lock)
            turn = self._record.get(turn_id)
            refuse_meddling(by, turn)
            turned = self._undoable(turn)
            patches = [turned.patch(turn.old)]
            if not turn.was_set:
                patches.insert(0, turned.release())
            done = self._carry_out(
                Turn(
                    id=str(uuid.uuid4()),
                    at=self._now(),
                    knob=turn.knob,
                    setting=turn.setting,
                    old=turn.new,
                    new=turn.old,
                    by=by,
                    reason=reason.strip()[:_LONGEST_REASON] or f"Undo of {turn.id}",
                    was_set=True,
                    undoes=turn.id,
                ),
                patches,
            )
        self._tell(done)
        return done

    def _undoable(self, turn: Turn) -> Handle:
        """The knob of a turn that can be undone."""
        if turn.undoes:
            raise Conflict("That turn is an undo itself.", hint="Turn the knob again instead.")
        if turn.undone_by:
            raise Conflict("That turn was undone already.", hint=f"By the turn {turn.undone_by}.")
        last = self._record.standing(turn.knob)[-1]
        if last.id != turn.id:
            raise Stale(f"The knob '{turn.knob}' was turned again since, by {last.by}.", hint=f"Undo {last.id} first.")
        turned = handle(turn.knob)
        stands = _stands(turned, self._configuration.settings)
        if stands != turn.new:
            raise Stale(
                f"The knob '{turn.knob}' stands at {stands!r}, not at {turn.new!r} any more.",
                hint="Somebody changed it otherwise. Turn it to where you want it.",
            )
        return turned

    def _carry_out(self, turn: Turn, patches: Sequence[Mapping[str, object]]) -> Turn:
        """Turn with the first patch that does it, on record before and after."""
        turned, allowed = handle(turn.knob), False

        def check(settings: Settings) -> None:  # within the configuration's own lock, so nobody comes between
            nonlocal allowed
            before = values_of(self._configuration.settings)[turn.setting]
            if turned.of(before) != turn.old:
                raise _meanwhile(turn)
            if values_of(settings)[turn.setting] != with_turned(before, turned, turn.new):
                raise _ElsewhereNow
            self._check(settings)
            allowed = True

        self._record.intend(turn)
        try:
            self._change(turn, patches, check)
        except Exception as error:
            if allowed and _stands(turned, self._configuration.settings) == turn.new:  # who listens to it failed
                self._record.done(turn.id, state=self._configuration.tag)
            else:
                self._record.dropped(turn.id, str(error))
            raise
        return self._record.done(turn.id, state=self._configuration.tag)

    def _change(self, turn: Turn, patches: Sequence[Mapping[str, object]], check: Callable[[Settings], None]) -> None:
        for patch in patches:
            with suppress(_ElsewhereNow):
                self._configuration.change(patch, by=turn.by, check=check)
                return
        raise _meanwhile(turn)

    def _recover(self, turn: Turn) -> None:
        """Find out whether a turn was done that a crash interrupted."""
        try:
            turned = handle(turn.knob)
        except InvalidInput:  # another version had it
            self._record.dropped(turn.id, "there is no such knob any more")
            return
        kept, _ = stored.read(self._configuration.settings.data_dir)
        value: Any = kept
        for name in turn.setting.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        stands = _stands(turned, self._configuration.settings) if value is None else turned.of(value)
        if stands != turn.new:
            self._record.dropped(turn.id, "a crash came before it")
            return
        log.warning("A crash came when %s had turned the knob %s: it is on record now", turn.by, turn.knob)
        self._tell(self._record.done(turn.id, state=self._configuration.tag, recovered=True))

    def _state(self, turned: Handle, room: Room) -> KnobState:
        knob, settings = turned.knob, self._configuration.settings
        layer = self._layer(turned)
        with self._lock:
            standing = self._record.standing(turned.name)
        value = _stands(turned, settings)
        return KnobState(
            name=turned.name,
            setting=knob.setting,
            kind=knob.kind,
            unit=knob.unit,
            does=knob.does,
            costs=knob.costs,
            risk=knob.risk,
            effect=LEAVES[knob.setting].effect,
            value=value,
            default=_stands(turned, Settings(data_dir=settings.data_dir)),
            bounds=knob.bounds(room),
            layer=layer,
            fixed_because="It is set where the server was started." if layer == "command line" else "",
            moved=self._moved(turned),
            turn_id=standing[-1].id if standing and standing[-1].new == value else "",
        )

    def _layer(self, turned: Handle) -> str:
        return next(each.layer for each in self._configuration.describe() if each.key == turned.knob.setting)

    def _moved(self, turned: Handle) -> Moved | None:
        """Who moved it last: by the desk's record, or by that of all settings where somebody went past the desk."""
        with self._lock:
            turns = [turn for turn in self._record.turns.values() if turn.knob == turned.name]
        moves = [Moved(turn.at, turn.by) for turn in turns[-1:]]
        elsewhere = last_move(self._configuration.settings.data_dir / stored.AUDIT, turned)
        return max([*moves, *([elsewhere] if elsewhere else [])], key=lambda move: move.at, default=None)

    def _tell(self, turn: Turn) -> None:
        fact = ChangeFact(
            at=turn.at,
            what="knob",
            key=turn.knob,
            old=json.dumps(turn.old),
            new=json.dumps(turn.new),
            by=turn.by,
            reason=turn.reason,
        )
        try:
            self._on_change(fact)
        except Exception:
            log.exception("Who listens to knobs failed; the turn is on record all the same")


def _stands(turned: Handle, settings: Settings) -> Value | None:
    return turned.of(values_of(settings)[turned.knob.setting])


def _meanwhile(turn: Turn) -> Stale:
    return Stale(f"The setting {turn.setting} was changed meanwhile.", hint="Look again, then turn again.")


def _named(by: str) -> str:
    if not by.strip():
        raise InvalidOption("A turn is somebody's.", hint="Say who turns, for the record.", field="by")
    return by.strip()[:_LONGEST_NAME]
