"""WebhookDesk: who is told of what happens here, and what came of telling them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from .config import Settings
from .errors import Conflict, InvalidOption, UnknownName
from .export.webhooks.courier import Courier, body_of
from .export.webhooks.guard import Guard, Refused, Resolve, endpoint_of
from .export.webhooks.records import EVENTS, PING, Delivery, Subscription
from .export.webhooks.sending import TIMEOUT_S
from .export.webhooks.signing import checked_secret, new_secret
from .export.webhooks.store import WebhookStore

ROTATION_S = 86_400.0
"""How long a former secret signs too."""


class WebhookDesk:
    """Receivers of webhooks and the queue of what they are sent. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        *,
        now: Callable[[], float] = time.time,
        resolve: Resolve | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Prepare; nothing is sent before `start`.

        Args:
            settings: `exports` matters here.
            now: Unix time.
            resolve: Gives a name's addresses; the system when not given.
            timeout_s: How long a receiver may take.
        """
        self._now = now
        self._guard = Guard(settings.exports.webhook_networks, resolve)
        self.store = WebhookStore(settings.exports_dir / "webhooks.sqlite", now)
        self.courier = Courier(self.store, self._guard, now, timeout_s=timeout_s)

    def start(self) -> None:
        """Send what waits, and what comes."""
        self.courier.start()

    def stop(self) -> None:
        """Send nothing more; what waits is kept."""
        self.courier.stop()
        self.store.close()

    def add(
        self, url: str, events: Sequence[str] = (), *, description: str = "", secret: str = ""
    ) -> tuple[Subscription, str]:
        """Take a receiver.

        Returns:
            It, and its secret, which is never shown again.

        Raises:
            InvalidOption: Webhooks may not be sent there, or the secret is none.
            UnknownName: There is no such event.
        """
        key = checked_secret(secret) if secret else new_secret()
        subscription = Subscription(
            id=str(uuid.uuid4()),
            url=self._checked_url(url),
            events=_checked_events(events),
            description=description,
            created_at=self._now(),
        )
        self.store.subscribe(subscription, key)
        return subscription, key

    def change(self, subscription_id: str, **changes: Any) -> Subscription:
        """Change a receiver: `url`, `events`, `description`, `enabled`.

        Raises:
            NotFound: There is none.
            InvalidOption, UnknownName: As for `add`.
        """
        if "url" in changes:
            changes["url"] = self._checked_url(changes["url"])
        if "events" in changes:
            changes["events"] = _checked_events(changes["events"])
        if "enabled" in changes:
            changes["disabled_because"] = "" if changes["enabled"] else "Somebody disabled it."
        changed = replace(self.store.subscription(subscription_id), **changes)
        self.store.change(changed)
        self.courier.wake()
        return changed

    def rotate(self, subscription_id: str) -> str:
        """Give a receiver another secret; for a day both sign.

        Returns:
            The secret, which is never shown again.

        Raises:
            NotFound: There is none.
        """
        self.store.subscription(subscription_id)
        secret = new_secret()
        self.store.rotate(subscription_id, secret, self._now() + ROTATION_S)
        return secret

    def remove(self, subscription_id: str) -> None:
        """Forget a receiver with its log.

        Raises:
            NotFound: There is none.
        """
        self.store.subscription(subscription_id)
        self.store.unsubscribe(subscription_id)

    def log(self, subscription_id: str, limit: int = 100, offset: int = 0) -> list[Delivery]:
        """What was and is to be sent to a receiver, the newest first.

        Raises:
            NotFound: There is none.
        """
        self.store.subscription(subscription_id)
        return self.store.deliveries(subscription_id, limit, offset)

    def send_again(self, subscription_id: str, message_id: str) -> None:
        """Send a message once more, under the same id.

        Raises:
            NotFound: There is no such receiver or message.
            Conflict: The receiver is disabled.
        """
        self._check_enabled(subscription_id)
        self.store.send_again(subscription_id, message_id)
        self.courier.wake()

    def ping(self, subscription_id: str) -> str:
        """Send a receiver a message to try it.

        Returns:
            The message's id.

        Raises:
            NotFound: There is no such receiver.
            Conflict: It is disabled.
        """
        self._check_enabled(subscription_id)
        message_id = f"msg_{uuid.uuid4().hex}"
        self.store.publish(message_id, PING, body_of(PING, self._now(), {}), only=subscription_id)
        self.courier.wake()
        return message_id

    def _check_enabled(self, subscription_id: str) -> None:
        found = self.store.subscription(subscription_id)
        if not found.enabled:
            raise Conflict(f"The webhook is disabled. {found.disabled_because}".strip(), hint="Enable it first.")

    def _checked_url(self, url: str) -> str:
        endpoint = endpoint_of(url)
        try:
            self._guard.addresses(endpoint)
        except Refused as error:
            raise InvalidOption(
                f"Webhooks are not sent there: {error}.",
                hint="Private networks are allowed by AUDAPOLIS_EXPORTS__WEBHOOK_NETWORKS.",
                field="url",
            ) from None
        except OSError:
            pass  # it may come to exist; the log tells while it does not
        return url


def _checked_events(events: Sequence[str]) -> tuple[str, ...]:
    for event in events:
        if event not in EVENTS:
            raise UnknownName("event", event, EVENTS)
    return tuple(dict.fromkeys(events))
