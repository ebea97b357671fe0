"""Leases on the memory of devices: whoever loads something first leases the room for it.

One small file per device in a folder that all processes of this machine share: server workers, one-shot commands,
several servers. The rules, in full:

* Requests are served in the order they came. A request that waits is never overtaken on its device, so nobody starves.
* Granted leases together with what other programs use never exceed the device's memory less what is kept spare.
* What a dead holder held is free, by itself: see `holders`.
* Whoever holds a lease and works runs to an end without needing another one, so nobody waits in a circle. A holder
  that only keeps something warm marks its lease idle, and gives it up as soon as somebody waits (`wanted`).
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..domain.cancellation import CancelToken
from ..errors import EngineUnavailable, OutOfDeviceMemory
from .devices import Device, DeviceProbe
from .holders import Holder, is_alive
from .shared_file import SharedFile

LOOK_S = 0.1
"""How often somebody who waits looks again."""

ABSENT_S = 10.0
"""A request whose owner has not looked for so long (a stopped process) is passed over until it looks again."""

_Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody's lease as others see it: `for_s` is how long it is expected to last, None when idle or unknown."""

    size_bytes: int
    for_s: float | None
    idle: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """What happens on a device: room for more now, leases held, and requests ahead (bytes, seconds of work)."""

    free_bytes: int
    held: tuple[Held, ...]
    waiting: tuple[tuple[int, float], ...]


class DeviceLeases:
    """The leases of this machine's devices. Thread-safe; one per process is enough.

    Args:
        folder: Shared by all processes; on a local disk.
        probe: Knows the devices.
        spare_bytes: Left unused on every GPU, for what nobody accounts for.
        patience_s: How long memory taken by other programs is waited for when nobody here holds a lease.
        now: Unix time; every process reads the same clock.
    """

    def __init__(
        self,
        folder: Path,
        probe: DeviceProbe,
        *,
        spare_bytes: int = 256 * 2**20,
        patience_s: float = 3.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._probe = probe
        self._spare_bytes = spare_bytes
        self._patience_s = patience_s
        self._now = now
        self._holder: Holder | None = None

    def request(self, device: Device, size_bytes: int, what: str, for_s: float | None = None) -> Lease:
        """Stand in line for memory of a device; `Lease.poll` says when it is granted.

        Args:
            device: Where.
            size_bytes: How much.
            what: What for, to be shown to people.
            for_s: How long the work is expected to take, for others to plan by.

        Raises:
            OutOfDeviceMemory: The device will never have so much.
        """
        room = self._room(device)
        if size_bytes > room:
            raise OutOfDeviceMemory(
                f"{what} needs about {size_bytes // 2**20} MiB and {device.label} has {room // 2**20} MiB.",
                hint="Take a smaller model, or --device cpu.",
            )
        name = uuid.uuid4().hex
        with self._changing(device) as entries:
            entries.append(
                {
                    "id": name,
                    "holder": self._name(),
                    "what": what,
                    "bytes": size_bytes,
                    "loaded": 0,
                    "state": "waiting",
                    "for_s": for_s,
                    "until": None,
                    "seen": self._now(),
                }
            )
        return Lease(self, device, name)

    def acquire(
        self, device: Device, size_bytes: int, what: str, cancel: CancelToken, for_s: float | None = None
    ) -> Lease:
        """Wait for memory of a device.

        Raises:
            OutOfDeviceMemory: The device will never have so much, or other programs keep it.
            Cancelled: While waiting.
        """
        lease = self.request(device, size_bytes, what, for_s)
        try:
            while not lease.poll():
                cancel.check()
                time.sleep(LOOK_S)
        except BaseException:
            lease.release()
            raise
        return lease

    def queue(self, device: Device) -> Queue:
        """What happens on a device now.

        Raises:
            DeviceLost: It has vanished.
        """
        with self._changing(device) as entries:
            now = self._now()
            held = tuple(
                Held(e["bytes"], None if e["until"] is None else max(0.0, e["until"] - now), e["state"] == "idle")
                for e in entries
                if e["state"] != "waiting"
            )
            waiting = tuple((e["bytes"], e["for_s"] or 0.0) for e in self._line(entries))
            return Queue(self._free(device, entries), held, waiting)

    def close(self) -> None:
        """Give up everything that is held or waited for."""
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    def poll(self, device: Device, name: str) -> bool:
        """Whether a request is granted; grants it if its turn has come. See `Lease.poll`."""
        with self._changing(device) as entries:
            entry = _find(entries, name)
            if entry["state"] != "waiting":
                return True
            now = self._now()
            if now - entry["seen"] > 1.0:
                entry["seen"] = now
            if self._line(entries, besides=entry)[0] is not entry:
                entry["alone"] = None
                return False
            if entry["bytes"] <= self._free(device, entries):
                entry["state"] = "held"
                entry["until"] = None if entry["for_s"] is None else now + entry["for_s"]
                return True
            self._give_up_on_strangers(device, entries, entry)
            return False

    def change(self, device: Device, name: str, **values: Any) -> None:
        """Note something about a lease; used by `Lease`."""
        with self._changing(device) as entries:
            for entry in entries:
                if entry["id"] == name:
                    entry.update(values)

    def wanted(self, device: Device) -> bool:
        """Whether somebody waits for memory of a device."""
        return any(e["state"] == "waiting" for e in self._file(device).read().get("entries", ()))

    def release(self, device: Device, name: str) -> None:
        """Forget a lease or a request."""
        with self._changing(device) as entries:
            entries[:] = [e for e in entries if e["id"] != name]

    def now(self) -> float:
        """Unix time by this object's clock."""
        return self._now()

    def _give_up_on_strangers(self, device: Device, entries: list[_Entry], entry: _Entry) -> None:
        """Refuse the first in line when only other programs are in its way, and stay there."""
        if any(e["state"] != "waiting" for e in entries):
            entry["alone"] = None
            return
        since = entry.get("alone") or self._now()
        entry["alone"] = since
        if self._now() - since < self._patience_s:
            return
        free = max(0, self._free(device, entries))
        raise OutOfDeviceMemory(
            f"{entry['what']} needs about {entry['bytes'] // 2**20} MiB; other programs leave {free // 2**20} MiB "
            f"of {device.label}.",
            hint="Close them, take a smaller model, or --device cpu.",
        )

    def _line(self, entries: list[_Entry], besides: _Entry | None = None) -> list[_Entry]:
        """The requests in order of arrival, without those whose owners have long not looked."""
        now = self._now()
        return [e for e in entries if e["state"] == "waiting" and (e is besides or now - e["seen"] <= ABSENT_S)]

    def _room(self, device: Device) -> int:
        return device.memory_bytes - (self._spare_bytes if device.kind == "cuda" else 0)

    def _free(self, device: Device, entries: list[_Entry]) -> int:
        """Room for one more lease: all, less what others use, less what is leased whether loaded already or not."""
        leased: int = sum(e["bytes"] for e in entries if e["state"] != "waiting")
        loaded: int = sum(e["loaded"] for e in entries if e["state"] != "waiting")
        used = self._probe.reading(device).memory_used_bytes
        strangers = 0 if used is None else max(0, used - loaded)
        return self._room(device) - strangers - leased

    @contextmanager
    def _changing(self, device: Device) -> Iterator[list[_Entry]]:
        self._prepare()
        with self._file(device).change() as state:
            entries: list[_Entry] = state.setdefault("entries", [])
            holders = {e["holder"] for e in entries}
            dead = {name for name in holders if not is_alive(self._folder / "holders", name)}
            entries[:] = [e for e in entries if e["holder"] not in dead]
            yield entries

    def _prepare(self) -> None:
        """Make the folder, for nobody but us.

        Raises:
            EngineUnavailable: That can't be.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            ours = self._folder.stat().st_uid == os.getuid() and os.access(self._folder, os.W_OK)
        except OSError:
            ours = False
        if not ours:
            raise EngineUnavailable(
                f"Device memory can't be leased: {self._folder} can't be written by this user.",
                hint="Name another folder with AUDAPOLIS_DEVICES__RUN_DIR.",
            )

    def _file(self, device: Device) -> SharedFile:
        return SharedFile(self._folder / f"{device.key}.json")

    def _name(self) -> str:
        if self._holder is None or not self._holder.is_known():
            self._holder = Holder(self._folder / "holders")
        return self._holder.name


class Lease:
    """Memory of a device that was asked for, and is held once granted. A context manager that gives it back."""

    def __init__(self, leases: DeviceLeases, device: Device, name: str) -> None:
        self.device = device
        self._leases = leases
        self._name = name

    def poll(self) -> bool:
        """Whether it is granted.

        Raises:
            OutOfDeviceMemory: Other programs keep the memory, and nobody here could give any back.
        """
        return self._leases.poll(self.device, self._name)

    def loaded(self, size_bytes: int) -> None:
        """Say how much of it is in use by now, so that it is not taken for some other program's."""
        self._leases.change(self.device, self._name, loaded=size_bytes)

    def idle(self) -> None:
        """Say that it only keeps something warm now."""
        self._leases.change(self.device, self._name, state="idle", until=None)

    def busy(self, for_s: float | None = None) -> None:
        """Say that it is at work again, for about so long."""
        until = None if for_s is None else self._leases.now() + for_s
        self._leases.change(self.device, self._name, state="held", until=until)

    def wanted(self) -> bool:
        """Whether somebody waits for this device: who holds it idle should give it back."""
        return self._leases.wanted(self.device)

    def release(self) -> None:
        """Give it back, or stop waiting. May be called more than once."""
        self._leases.release(self.device, self._name)

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _find(entries: list[_Entry], name: str) -> _Entry:
    """A lease by its name.

    Raises:
        OutOfDeviceMemory: It is gone: somebody emptied the folder.
    """
    for entry in entries:
        if entry["id"] == name:
            return entry
    raise OutOfDeviceMemory("The lease on device memory is gone.", hint="Was the folder for leases emptied?")
