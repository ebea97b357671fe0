"""The whole document: resources, the event with its recordings, the project with its sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...timeline.model import Timeline
from ..writing import XmlLines
from .resources import Resources
from .story import Captions, Story

Keywords = Literal["both", "browser", "timeline", "none"]
_AUDIO_RATES = {32_000: "32k", 44_100: "44.1k", 48_000: "48k", 88_200: "88.2k", 96_000: "96k", 176_400: "176.4k"}


@dataclass(frozen=True, slots=True)
class Style:
    """What goes into the document."""

    version: str
    captions: Captions
    keywords: Keywords


def write(timeline: Timeline, style: Style) -> bytes:
    """The document."""
    xml = XmlLines("fcpxml")
    with xml.inside("fcpxml", {"version": style.version}):
        story = Story(timeline, Resources(xml, timeline), style.captions, xml)
        with xml.inside("library"), xml.inside("event", {"name": timeline.name}):
            if style.keywords in ("both", "browser"):
                story.browser()
            with xml.inside("project", {"name": timeline.name}):
                story.sequence(_audio_rate(timeline), keywords=style.keywords in ("both", "timeline"))
    return xml.content()


def _audio_rate(timeline: Timeline) -> str:
    """The recordings' sample rate, if they agree on one that a sequence can have."""
    rates = {medium.sample_rate_hz for medium in timeline.media}
    return _AUDIO_RATES.get(rates.pop(), "48k") if len(rates) == 1 else "48k"
