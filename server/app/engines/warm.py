"""Keeps engines loaded between jobs. Lets go of them after a while, when others need the memory, or when broken."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ..domain.cancellation import CancelToken
from ..domain.events import Emit, ModelLoaded, ModelReleased, ignore
from ..errors import AudapolisError, DeviceLost
from .base import Telling
from .devices import Device, DeviceProbe
from .leases import LOOK_S, DeviceLeases, Lease

log = logging.getLogger(__name__)

WAIT_TOLD_S = 10.0
"""How often it is told that memory is waited for."""

_KEEPER_LOOK_S = 0.5


class Closable(Protocol):
    """Anything that can be let go of."""

    def close(self) -> None:
        """Free what it holds."""
        ...


E = TypeVar("E", bound=Closable)


@dataclass(frozen=True, slots=True)
class Place(Generic[E]):
    """An engine that could be opened.

    Attributes:
        key: Engines with the same key are the same.
        what: How people call it.
        size_bytes: Device memory to lease for it; 0 for what is too small to ask.
        apart: Whether it has a process of its own, which ends with it.
        model: Name of its model, for events; `what` when not given.
        lazy: Whether it loads its model when it is first used, and tells of that itself.
    """

    key: Hashable
    what: str
    device: Device
    size_bytes: int
    open: Callable[[], E] = field(compare=False)
    apart: bool = False
    model: str = ""
    lazy: bool = False


@dataclass(slots=True)
class Loaded(Generic[E]):
    """An engine in memory.

    Attributes:
        before_bytes: What this process used of the device before.
        peak_bytes: The most it was seen to take itself; None where that can't be told.
        opened_at: Monotonic time since when it is in memory.
        open_s: How long opening it took.
    """

    engine: E
    place: Place[E]
    lease: Lease | None
    before_bytes: int = 0
    peak_bytes: int | None = None
    idle_since: float = 0.0
    opened_at: float = field(default_factory=time.monotonic)
    open_s: float = 0.0


class WarmEngines(Generic[E]):
    """The engines of one process. Thread-safe.

    Args:
        leases: Asked before anything is loaded.
        probe: Knows the devices.
        keep_alive_s: How long an unused engine stays.
        most: How many unused ones stay.

    Attributes:
        spent: Whether this process has used a GPU and given it up: what is left of it only the end of the process
            frees (github.com/SYSTRAN/faster-whisper, issue 680).
        lost: Keys of devices that vanished.
        tell: Told of every model that is let go of, from any thread.
    """

    def __init__(self, leases: DeviceLeases, probe: DeviceProbe, *, keep_alive_s: float, most: int = 2) -> None:
        self._leases = leases
        self._probe = probe
        self._keep_alive_s = keep_alive_s
        self._most = most
        self._idle: list[Loaded[E]] = []
        self._changed = threading.Condition()
        self._keeper: threading.Thread | None = None
        self._closed = False
        self.spent = False
        self.lost: set[str] = set()
        self.tell: Emit = ignore

    def is_warm(self, key: Hashable) -> bool:
        """Whether an engine is loaded and unused."""
        with self._changed:
            return any(loaded.place.key == key for loaded in self._idle)

    def take(
        self,
        place: Place[E],
        cancel: CancelToken,
        for_s: float | None = None,
        on_wait: Callable[[Device], None] = lambda _device: None,
        tell: Emit = ignore,
    ) -> Loaded[E]:
        """Get an engine, warm or newly opened, with the memory it needs leased.

        Args:
            place: Which.
            cancel: Stops waiting for memory.
            for_s: How long it will be used, for others to plan by.
            on_wait: Told when memory has to be waited for, and every `WAIT_TOLD_S` while that goes on.
            tell: Told that the engine is loaded, and by the engine itself what it does until it is given back.

        Raises:
            OutOfDeviceMemory: There is no room for it.
            Cancelled: While waiting.
            AudapolisError: Whatever opening it raises.
        """
        if (warm := self._take_warm(place, for_s)) is not None:
            return _told(warm, tell, warm=True)
        lease = self._lease(place, cancel, for_s, on_wait)
        try:
            return _told(self._open(place, lease), tell, warm=False)
        except BaseException as error:
            self._note(place, error)
            if lease is not None:
                lease.release()
            raise

    def give_back(self, loaded: Loaded[E], error: BaseException | None = None) -> None:
        """Stop using an engine; one that failed is let go of at once."""
        _tell_it(loaded, ignore)
        if error is not None:
            self._note(loaded.place, error)
        if error is not None or self._closed or self._keep_alive_s == 0:
            self._let_go(loaded)
            return
        if loaded.lease is not None:
            loaded.lease.idle()
        with self._changed:
            loaded.idle_since = time.monotonic()
            self._idle.append(loaded)
            surplus, self._idle = self._idle[: -self._most], self._idle[-self._most :]
            self._keep()
            self._changed.notify()
        for each in surplus:
            self._let_go(each)

    def look(self, loaded: Loaded[E]) -> None:
        """See how much an engine takes by now."""
        if loaded.lease is None or (own := self._probe.own_bytes(loaded.place.device)) is None:
            return
        took = max(0, own - loaded.before_bytes)
        if loaded.peak_bytes is None or took > loaded.peak_bytes:
            loaded.peak_bytes = took
            loaded.lease.loaded(min(took, loaded.place.size_bytes))

    def close(self) -> None:
        """Let go of everything unused; what is in use follows when it is given back."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._changed.notify()
        for loaded in idle:
            self._let_go(loaded)

    def _take_warm(self, place: Place[E], for_s: float | None) -> Loaded[E] | None:
        with self._changed:
            for loaded in self._idle:
                if loaded.place.key == place.key:
                    self._idle.remove(loaded)
                    if loaded.lease is not None:
                        loaded.lease.busy(for_s)
                    return loaded
        return None

    def _lease(
        self, place: Place[E], cancel: CancelToken, for_s: float | None, on_wait: Callable[[Device], None]
    ) -> Lease | None:
        if place.size_bytes == 0:
            return None
        lease = self._leases.request(place.device, place.size_bytes, place.what, for_s)
        try:
            if not lease.poll():
                self._let_go_on(place.device)
                log.info("%s waits for memory of %s", place.what, place.device.label)
            told_at = -WAIT_TOLD_S
            while not lease.poll():
                cancel.check()
                if time.monotonic() - told_at >= WAIT_TOLD_S:
                    told_at = time.monotonic()
                    on_wait(place.device)
                time.sleep(LOOK_S)
        except BaseException:
            lease.release()
            raise
        return lease

    def _open(self, place: Place[E], lease: Lease | None) -> Loaded[E]:
        before = self._probe.own_bytes(place.device) if lease else None
        began_at = time.monotonic()
        loaded = Loaded(place.open(), place, lease, before or 0)
        loaded.open_s = loaded.opened_at - began_at
        self.look(loaded)
        return loaded

    def _note(self, place: Place[E], error: BaseException) -> None:
        self._note_spent(place)
        if isinstance(error, DeviceLost):
            self.lost.add(place.device.key)

    def _note_spent(self, place: Place[E]) -> None:
        self.spent = self.spent or (place.device.kind == "cuda" and not place.apart)

    def _let_go(self, loaded: Loaded[E]) -> None:
        log.info("Letting go of %s", loaded.place.what)
        try:
            loaded.engine.close()
        except Exception:  # it is broken; its memory goes with the process
            log.exception("%s did not close", loaded.place.what)
        place, held_s = loaded.place, time.monotonic() - loaded.opened_at
        self.tell(ModelReleased(model=place.model or place.what, device=place.device.label, held_s=held_s))
        self._note_spent(place)
        if loaded.lease is not None:
            with suppress(AudapolisError, OSError):
                loaded.lease.release()

    def _let_go_on(self, device: Device) -> None:
        """Free what this process keeps warm on a device: it is needed for something else."""
        with self._changed:
            there = [loaded for loaded in self._idle if loaded.lease is not None and loaded.place.device == device]
            self._idle = [loaded for loaded in self._idle if loaded not in there]
        for loaded in there:
            self._let_go(loaded)

    def _keep(self) -> None:
        if self._keeper is None or not self._keeper.is_alive():
            self._keeper = threading.Thread(target=self._watch, name="warm-engines", daemon=True)
            self._keeper.start()

    def _watch(self) -> None:
        """Let go of engines that are old or in somebody's way; ends when there are none."""
        while True:
            with self._changed:
                if not self._idle or self._closed:
                    self._keeper = None
                    return
                self._changed.wait(self._nap_s())
                gone = [loaded for loaded in self._idle if self._is_over(loaded)]
                self._idle = [loaded for loaded in self._idle if loaded not in gone]
            for loaded in gone:
                self._let_go(loaded)

    def _nap_s(self) -> float:
        if any(loaded.lease is not None for loaded in self._idle):
            return min(_KEEPER_LOOK_S, max(0.01, self._keep_alive_s))
        oldest = min(loaded.idle_since for loaded in self._idle)
        return max(0.01, oldest + self._keep_alive_s - time.monotonic())

    def _is_over(self, loaded: Loaded[E]) -> bool:
        if time.monotonic() - loaded.idle_since >= self._keep_alive_s:
            return True
        return loaded.lease is not None and loaded.lease.wanted()


def _told(loaded: Loaded[E], tell: Emit, *, warm: bool) -> Loaded[E]:
    """The engine, once it is told that it is loaded and whom it is to tell what it does."""
    place = loaded.place
    if warm or not place.lazy:
        model, device, wall_s = place.model or place.what, place.device.label, 0.0 if warm else loaded.open_s
        tell(ModelLoaded(model=model, device=device, wall_s=wall_s, warm=warm, size_bytes=loaded.peak_bytes))
    _tell_it(loaded, tell)
    return loaded


def _tell_it(loaded: Loaded[E], emit: Emit) -> None:
    """Say whom an engine is to tell what it does, if it is one that tells."""
    engine: object = loaded.engine
    if isinstance(engine, Telling):
        engine.tell(emit)
