"""What is said while a recording waits for something: a model being fetched, memory of a device."""

from __future__ import annotations

from ..domain.events import DeviceAwaited, Event, ModelFetching

_STEP = 10
"""A download is told of every so many per cent."""


class Waiting:
    """Turns events into lines, few enough to be read."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def told(self, event: Event) -> str:
        """What to say about an event; empty when nothing."""
        match event:
            case ModelFetching():
                return self._fetching(event)
            case DeviceAwaited(device=device) if device not in self._told:
                self._told[device] = 1
                return f"Waiting for memory of {device}: something else is using it."
            case _:
                return ""

    def _fetching(self, event: ModelFetching) -> str:
        percent = 100 * event.done_bytes // max(1, event.total_bytes)
        step = percent // _STEP
        before = self._told.get(event.model)
        if before is not None and step <= before:
            return ""
        self._told[event.model] = step
        size = f"{event.total_bytes / 10**6:.0f} MB"
        if before is None:
            return f"Fetching the model {event.model} ({size}) from {event.source}: {percent} %"
        return f"Fetching the model {event.model}: {percent} % of {size}"
