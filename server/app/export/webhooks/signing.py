"""Secrets and signatures of webhooks (https://www.standardwebhooks.com, symmetric)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from ...errors import InvalidOption

PREFIX = "whsec_"
_SECRET_BYTES = 32
_LEAST_BYTES, _MOST_BYTES = 24, 64


def new_secret() -> str:
    """A fresh secret, 256 bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def checked_secret(secret: str) -> str:
    """A secret that somebody brought along.

    Raises:
        InvalidOption: It is none; the message does not repeat it.
    """
    try:
        size = len(_key(secret)) if secret.startswith(PREFIX) else 0
    except binascii.Error:
        size = 0
    if not _LEAST_BYTES <= size <= _MOST_BYTES:
        raise InvalidOption(
            "The secret is none.",
            hint=f"It is to be '{PREFIX}' and {_LEAST_BYTES} to {_MOST_BYTES} bytes in base64.",
            field="secret",
        )
    return secret


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of one message by one secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def headers(message_id: str, timestamp: int, body: bytes, secrets_in_use: Iterable[str]) -> Mapping[str, str]:
    """The headers of one message; one signature for each secret, while one replaces another."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(each, message_id, timestamp, body) for each in secrets_in_use),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
