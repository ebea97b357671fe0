"""What is known of webhooks: who wants what, what is to be sent, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EVENTS = (
    "task.done",
    "task.failed",
    "task.cancelled",
    "export.done",
    "export.failed",
    "export.cancelled",
)
"""What webhooks tell of."""

PING = "ping"
"""Sent when somebody wants to try an endpoint."""

DeliveryState = Literal["pending", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One receiver of webhooks.

    Attributes:
        events: What it is told of; all when empty.
        disabled_because: Why it gets nothing; empty while it does.
    """

    id: str
    url: str
    events: tuple[str, ...] = ()
    description: str = ""
    enabled: bool = True
    disabled_because: str = ""
    created_at: float = 0.0

    def wants(self, kind: str) -> bool:
        """Whether it is to be told of such an event."""
        return self.enabled and (kind == PING or not self.events or kind in self.events)


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is to be sent now.

    Attributes:
        secrets: What signs it: the present secret first.
        tried: How often it was tried already, since it was sent first or again.
    """

    delivery: int
    subscription: str
    url: str
    message_id: str
    kind: str
    body: bytes
    tried: int
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Try:
    """One try in the log."""

    at: float
    status: int | None
    said: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and what came of it at one receiver."""

    message_id: str
    kind: str
    created_at: float
    state: DeliveryState
    next_at: float | None
    tries: tuple[Try, ...]
