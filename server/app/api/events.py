"""Progress as server-sent events (WHATWG HTML, section 9.2).

Every event carries the whole state of a task, so a client needs no memory of earlier ones. An event's id names that
state: a client that reconnects with `Last-Event-ID` gets nothing twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator

from ..domain.events import Event, JobEvent
from ..errors import NotFound
from .schemas import TaskView

HEARTBEAT_S = 15.0
PACE_S = 0.1
HEARTBEAT = b": still here\n\n"

Look = Callable[[str], TaskView]
"""Reads the present state of a task; blocking. Raises NotFound when it is gone."""

LookAll = Callable[[], list[TaskView]]
"""Reads the present state of all tasks; blocking."""


class Watcher:
    """Collects the ids of tasks that something happened to, until somebody asks. Bounded by the number of tasks.

    Args:
        only: The one task it cares about; None for all.
    """

    def __init__(self, only: str | None = None) -> None:
        self._only = only
        self._changed: dict[str, None] = {}
        self._woken = asyncio.Event()

    def tell(self, task_id: str) -> None:
        """Note that something happened to a task."""
        if self._only in {None, task_id}:
            self._changed[task_id] = None
            self._woken.set()

    def wake(self) -> None:
        """End the present wait."""
        self._woken.set()

    async def wait(self, timeout_s: float) -> list[str]:
        """The tasks something happened to, in order; empty after `timeout_s` without news."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        self._woken.clear()
        changed, self._changed = list(self._changed), {}
        return changed


class Live:
    """Hands events that happen in any thread to the streams of the event loop it was made in.

    Args:
        heartbeat_s: A comment is sent after so many quiet seconds, so that nobody takes the line for dead.
        pace_s: Shortest time between two looks at changed tasks.
    """

    def __init__(self, heartbeat_s: float = HEARTBEAT_S, pace_s: float = PACE_S) -> None:
        self._loop = asyncio.get_running_loop()
        self._watchers: set[Watcher] = set()
        self.heartbeat_s = heartbeat_s
        self.pace_s = pace_s
        self.closed = False

    def notify(self, event: Event) -> None:
        """Take an event; for `TaskManager.subscribe`. Safe in any thread, returns at once."""
        if isinstance(event, JobEvent):
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self._tell, event.job_id)

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self.closed = True
        for watcher in self._watchers:
            watcher.wake()

    @contextlib.contextmanager
    def watch(self, only: str | None = None) -> Iterator[Watcher]:
        """Listen in, to one task or to all."""
        watcher = Watcher(only)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def _tell(self, task_id: str) -> None:
        for watcher in self._watchers:
            watcher.tell(task_id)


def event_id(task: TaskView) -> str:
    """Names the state of a task."""
    return hashlib.sha256(task.model_dump_json().encode()).hexdigest()[:16]


def encode(task: TaskView) -> bytes:
    """The state of a task on the wire: event `end` when it is final, else `task`."""
    kind = "end" if task.ended else "task"
    return f"id: {event_id(task)}\nevent: {kind}\ndata: {task.model_dump_json()}\n\n".encode()


def encode_deleted(task_id: str) -> bytes:
    """The last event of a task that is gone."""
    return f'event: deleted\ndata: {{"id": "{task_id}"}}\n\n'.encode()


async def task_stream(live: Live, look: Look, task_id: str, last_id: str | None) -> AsyncIterator[bytes]:
    """Events of one task: its present state, every change, and nothing after the final one.

    Args:
        live: Tells when to look again.
        look: Reads the task.
        task_id: Which.
        last_id: Id of the last event the client saw.
    """
    with live.watch(task_id) as watcher:
        while not live.closed:
            try:
                task = await asyncio.to_thread(look, task_id)
            except NotFound:
                yield encode_deleted(task_id)
                return
            yield HEARTBEAT if event_id(task) == last_id else encode(task)
            last_id = event_id(task)
            if task.ended:
                return
            await asyncio.sleep(live.pace_s)
            await watcher.wait(live.heartbeat_s)


async def all_stream(live: Live, look: Look, look_all: LookAll) -> AsyncIterator[bytes]:
    """Events of all tasks: the present state of those that have not ended, then every change of any."""
    with live.watch() as watcher:
        yield HEARTBEAT
        for task in await asyncio.to_thread(look_all):
            if not task.ended:
                yield encode(task)
        while not live.closed:
            changed = await watcher.wait(live.heartbeat_s)
            for task_id in changed:
                try:
                    yield encode(await asyncio.to_thread(look, task_id))
                except NotFound:
                    yield encode_deleted(task_id)
            if not changed:
                yield HEARTBEAT
            await asyncio.sleep(live.pace_s)
