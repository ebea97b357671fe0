"""Names that machines use: the same content has the same ids in every export, so Media Composer knows it again."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

_NAMESPACE = uuid.UUID("2d1f5a52-8a52-5b51-9b0e-55a9f2d7c6a3")
_UMID_LABEL = bytes.fromhex("060a2b340101010501010f2013000000")
"""SMPTE 330M: a basic UMID whose material number is a UUID."""
_LONG_AGO = datetime(2000, 1, 1)


def unique(*facts: object) -> uuid.UUID:
    """An id made of facts."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(map(str, facts)))


def mob_id(*facts: object) -> Any:
    """A mob's id, made of what tells it apart."""
    from aaf2.mobid import MobID

    return MobID(bytes_le=_UMID_LABEL + unique(*facts).bytes_le)


def auid(value: str | uuid.UUID) -> Any:
    """An id as AAF keeps it."""
    from aaf2.auid import AUID

    return AUID(str(value))


def moment(timestamp: str) -> datetime:
    """A time as AAF keeps it: UTC, without saying so."""
    try:
        parsed = datetime.fromisoformat(timestamp)
        return (parsed.astimezone(UTC) if parsed.tzinfo else parsed).replace(tzinfo=None, microsecond=0)
    except (ValueError, OverflowError):
        return _LONG_AGO
