"""When a webhook is tried again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime

WAITS_S = (0.0, 5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""The wait before each try, from the first on; after the last it is given up."""

JITTER = 0.1
"""Share of a wait that chance adds, so that a receiver that comes back is not met by all at once."""

_LONGEST_S = 86_400.0


def wait_s(tried: int, chance: Callable[[], float], asked_s: float | None = None) -> float | None:
    """How long to wait before the next try.

    Args:
        tried: How often it was tried already.
        chance: A number in 0..1.
        asked_s: What the receiver asked for (`Retry-After`); honoured up to a day, never below the schedule.

    Returns:
        Seconds; None when it is to be given up.
    """
    if tried >= len(WAITS_S):
        return None
    usual_s = WAITS_S[tried] * (1 + JITTER * chance())
    return max(usual_s, min(asked_s or 0.0, _LONGEST_S))


def retry_after_s(header: str | None, now: float) -> float | None:
    """What a `Retry-After` header asks for: seconds, or a date (RFC 9110, section 10.2.3)."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now)
