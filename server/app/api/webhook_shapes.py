"""Webhooks on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..export.webhooks.records import Delivery, Subscription

_WEBHOOK: dict[str, Any] = {
    "id": "7d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5",
    "url": "https://example.org/hooks/audapolis",
    "events": ["task.done", "export.done"],
    "description": "The newsroom's archive.",
    "enabled": True,
    "disabled_because": "",
    "created_at": "2026-01-31T12:00:00Z",
}
_DELIVERY: dict[str, Any] = {
    "message_id": "msg_2b6c6d1fd0b84b8f9a370d7bb7b1f3a5",
    "event": "task.done",
    "created_at": "2026-01-31T12:00:30Z",
    "state": "delivered",
    "next_at": None,
    "tries": [{"at": "2026-01-31T12:00:30Z", "status": 204, "said": "", "took_s": 0.12}],
}
WISH_EXAMPLE: dict[str, Any] = {"url": "https://example.org/hooks/audapolis", "events": ["task.done", "export.done"]}
CHANGE_EXAMPLE: dict[str, Any] = {"enabled": True}


class WebhookWish(BaseModel):
    """A receiver as it is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    events: Annotated[list[str], Field(max_length=100, description="What it is told of; all when empty.")] = []
    description: Annotated[str, Field(max_length=1000)] = ""
    secret: Annotated[str, Field(description="A secret of your own (`whsec_…`); one is made when empty.")] = ""


class WebhookChange(BaseModel):
    """What of a receiver is to be another; what is not given stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    events: Annotated[list[str] | None, Field(max_length=100)] = None
    description: Annotated[str | None, Field(max_length=1000)] = None
    enabled: bool | None = None

    def given(self) -> dict[str, Any]:
        """The fields that were given."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class WebhookView(BaseModel):
    """A receiver, without its secret."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _WEBHOOK})

    id: str
    url: str
    events: list[str]
    description: str
    enabled: bool
    disabled_because: str
    created_at: datetime

    @classmethod
    def of(cls, subscription: Subscription) -> WebhookView:
        """A receiver as clients see it."""
        return cls(**_shown(subscription))


class WebhookAdded(WebhookView):
    """A receiver that was just taken, or given another secret, which is never shown again."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {**_WEBHOOK, "secret": "whsec_…"}})

    secret: str

    @classmethod
    def with_secret(cls, subscription: Subscription, secret: str) -> WebhookAdded:
        """A receiver and its secret."""
        return cls(**_shown(subscription), secret=secret)


class WebhookList(BaseModel):
    """Receivers, the oldest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"webhooks": [_WEBHOOK]}})

    webhooks: list[WebhookView]


class TryView(BaseModel):
    """One try to deliver a message."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    status: Annotated[int | None, Field(description="HTTP status; null where there was no answer.")]
    said: Annotated[str, Field(description="The answer's beginning, or why there was none.")]
    took_s: float


class DeliveryView(BaseModel):
    """A message to a receiver and what came of it."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _DELIVERY})

    message_id: Annotated[str, Field(description="The header `webhook-id`.")]
    event: str
    created_at: datetime
    state: Literal["pending", "delivered", "failed"]
    next_at: Annotated[datetime | None, Field(description="When it is tried next.")]
    tries: list[TryView]

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryView:
        """A delivery as clients see it."""
        return cls(
            message_id=delivery.message_id,
            event=delivery.kind,
            created_at=_moment(delivery.created_at),
            state=delivery.state,
            next_at=None if delivery.next_at is None else _moment(delivery.next_at),
            tries=[TryView(at=_moment(t.at), status=t.status, said=t.said, took_s=t.took_s) for t in delivery.tries],
        )


class DeliveryList(BaseModel):
    """Messages to a receiver, the newest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"deliveries": [_DELIVERY]}})

    deliveries: list[DeliveryView]


class Queued(BaseModel):
    """A message that waits to be sent."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"example": {"message_id": "msg_2b6c6d1fd0b84b8f9a370d7bb7b1f3a5"}}
    )

    message_id: str


def _shown(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "url": subscription.url,
        "events": list(subscription.events),
        "description": subscription.description,
        "enabled": subscription.enabled,
        "disabled_because": subscription.disabled_because,
        "created_at": _moment(subscription.created_at),
    }


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
