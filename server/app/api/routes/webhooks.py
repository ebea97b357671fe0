"""`/api/webhooks`: who is told of what happens here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response

from ..deps import AUTHORISED, WebhooksDep
from ..schemas import ProblemView
from ..webhook_shapes import (
    CHANGE_EXAMPLE,
    WISH_EXAMPLE,
    DeliveryList,
    DeliveryView,
    Queued,
    WebhookAdded,
    WebhookChange,
    WebhookList,
    WebhookView,
    WebhookWish,
)

router = APIRouter(
    prefix="/api/webhooks", tags=["webhooks"], dependencies=AUTHORISED, responses={"default": {"model": ProblemView}}
)
WebhookId = Annotated[str, Path(description="Id of the webhook.", examples=["7d0b3c1e-7c0a-4b63-9a37-0d7bb7b1f3a5"])]
MessageId = Annotated[str, Path(description="Id of the message.", examples=["msg_2b6c6d1fd0b84b8f9a370d7bb7b1f3a5"])]


@router.get("")
def list_webhooks(desk: WebhooksDep) -> WebhookList:
    """List the webhooks, the oldest first; without their secrets."""
    return WebhookList(webhooks=[WebhookView.of(each) for each in desk.store.subscriptions()])


@router.post("", status_code=201)
def add_webhook(
    response: Response, desk: WebhooksDep, wish: Annotated[WebhookWish, Body(examples=[WISH_EXAMPLE])]
) -> WebhookAdded:
    """Add a webhook. The answer holds its secret, which is never shown again. Private addresses are refused (422)."""
    subscription, secret = desk.add(wish.url, wish.events, description=wish.description, secret=wish.secret)
    response.headers["Location"] = f"/api/webhooks/{subscription.id}"
    return WebhookAdded.with_secret(subscription, secret)


@router.get("/{webhook_id}")
def get_webhook(webhook_id: WebhookId, desk: WebhooksDep) -> WebhookView:
    """Show a webhook, without its secret."""
    return WebhookView.of(desk.store.subscription(webhook_id))


@router.patch("/{webhook_id}")
def change_webhook(
    webhook_id: WebhookId, desk: WebhooksDep, change: Annotated[WebhookChange, Body(examples=[CHANGE_EXAMPLE])]
) -> WebhookView:
    """Change a webhook; `enabled` brings one back that was disabled by 410 Gone."""
    return WebhookView.of(desk.change(webhook_id, **change.given()))


@router.delete("/{webhook_id}", status_code=204, responses={204: {"description": "It is gone."}})
def delete_webhook(webhook_id: WebhookId, desk: WebhooksDep) -> None:
    """Delete a webhook with its log."""
    desk.remove(webhook_id)


@router.post("/{webhook_id}/rotate")
def rotate_secret(webhook_id: WebhookId, desk: WebhooksDep) -> WebhookAdded:
    """Give a webhook another secret, never shown again. For a day messages are signed by both."""
    secret = desk.rotate(webhook_id)
    return WebhookAdded.with_secret(desk.store.subscription(webhook_id), secret)


@router.post("/{webhook_id}/ping", status_code=202)
def ping_webhook(webhook_id: WebhookId, desk: WebhooksDep) -> Queued:
    """Send a message of type `ping`, to try a webhook."""
    return Queued(message_id=desk.ping(webhook_id))


@router.get("/{webhook_id}/deliveries")
def list_deliveries(
    webhook_id: WebhookId,
    desk: WebhooksDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> DeliveryList:
    """List the messages to a webhook, the newest first, with every try. They are kept for 30 days."""
    return DeliveryList(deliveries=[DeliveryView.of(each) for each in desk.log(webhook_id, limit, offset)])


@router.post("/{webhook_id}/deliveries/{message_id}/redeliver", status_code=202)
def redeliver(webhook_id: WebhookId, message_id: MessageId, desk: WebhooksDep) -> Queued:
    """Send a message once more, under the same id."""
    desk.send_again(webhook_id, message_id)
    return Queued(message_id=message_id)
