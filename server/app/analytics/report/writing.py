"""The report as a page for people, and as JSON for programs."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from ..plain import plain
from .findings import Findings
from .page import page
from .sections import SECTIONS
from .words import lead, period_in_words, tiles

SCHEMA = "audapolis.analytics/1"


def as_html(found: Findings) -> bytes:
    """One HTML file that loads nothing."""
    made = datetime.fromtimestamp(found.generated_at, found.zone).strftime("%d %B %Y %H:%M")
    return page(
        title="How Audapolis is doing",
        period=period_in_words(found.period, found.zone),
        lead=lead(found),
        tiles=tiles(found),
        sections=[section(found) for section in SECTIONS],
        footer=f"Made by Audapolis {found.version} on {made}. It holds no words, file names or people's names.",
    )


def as_plain(found: Findings) -> dict[str, Any]:
    """All findings as dicts, lists and scalars."""
    left_out = {"asked", "generated_at", "period"}
    told = {field.name: plain(getattr(found, field.name)) for field in fields(found) if field.name not in left_out}
    return {
        "schema": SCHEMA,
        "generated_at": datetime.fromtimestamp(found.generated_at, UTC).isoformat(timespec="seconds"),
        "period": plain(found.period),
        "zone": str(found.zone),
        "site": plain(found.asked.site),
        **told,
    }
