"""Final Cut Pro X XML (FCPXML 1.10, the newest that DaVinci Resolve 18.5 accepts too).

After Apple's FCPXML reference. Every clip stands in the primary storyline; speakers are dialogue sub-roles. Times
are rational seconds that are whole frames. The output follows the 1.10 document type definition.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element

from ...domain.timecode import Timebase
from .model import Clip, EditedSequence, Media
from .xml import child, document, root, url

_VERSION = "1.10"
_FORMAT = "r1"


def write(sequence: EditedSequence) -> bytes:
    """The document."""
    timebase = sequence.timebase
    tree = root("fcpxml", version=_VERSION)
    resources = child(tree, "resources")
    child(resources, "format", id=_FORMAT, frameDuration=_rational(timebase.frame_s), width=1920, height=1080)
    for media in sequence.media:
        _asset(resources, media, timebase)
    event = child(child(tree, "library"), "event", name=sequence.name or "audapolis")
    project = child(event, "project", name=sequence.name or "audapolis")
    timeline = child(
        project,
        "sequence",
        format=_FORMAT,
        duration=_time(sequence.frames, timebase),
        tcStart="0s",
        tcFormat="DF" if timebase.drop_frame else "NDF",
        audioLayout="stereo",
        audioRate="48k",
    )
    spine = child(timeline, "spine")
    for clip in sequence.clips:
        _clip(spine, clip, timebase)
    return document(tree, "fcpxml")


def _asset(resources: Element, media: Media, timebase: Timebase) -> None:
    asset = child(
        resources,
        "asset",
        id=_asset_id(media),
        name=PurePosixPath(media.url).name or "media",
        start="0s",
        duration=_time(media.frames, timebase),
        hasAudio=1,
        audioSources=1,
        audioChannels=1,
    )
    if media.has_video:
        asset.attrib.update(hasVideo="1", format=_FORMAT, videoSources="1")
    child(asset, "media-rep", kind="original-media", src=url(media.url))


def _clip(spine: Element, clip: Clip, timebase: Timebase) -> None:
    child(
        spine,
        "asset-clip",
        ref=_asset_id(clip.media),
        offset=_time(clip.start, timebase),
        name=clip.speaker or "clip",
        start=_time(clip.source_start, timebase),
        duration=_time(clip.frames, timebase),
        audioRole=_role(clip.speaker),
    )


def _asset_id(media: Media) -> str:
    return f"r{media.index + 1}"


def _role(speaker: str) -> str:
    """A sub-role of dialogue; dots and question marks have a meaning in roles."""
    name = re.sub(r"[.?]+", " ", speaker).strip()
    return f"dialogue.{name}" if name else "dialogue"


def _time(frames: int, timebase: Timebase) -> str:
    return _rational(timebase.seconds(frames))


def _rational(seconds: Fraction) -> str:
    return f"{seconds.numerator}s" if seconds.denominator == 1 else f"{seconds.numerator}/{seconds.denominator}s"
