"""A timeline as an AAF file (Edit Protocol): one sequence, and the recordings it is cut from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import InvalidOption
from ..timeline.model import Media, Timeline
from .composition import Composing, tracks_of
from .compound import MOST_BYTES, Storage
from .identity import auid, mob_id, moment, unique
from .media import describe
from .model import Model, model
from .waves import Wave, open_wave

_EDIT_PROTOCOL = "0d011201-0100-0000-060e-2b3404010105"
_LITTLE_ENDIAN = 0x4949
_ROOM_BYTES = 64 << 20
"""Left for everything but sound in a file with embedded sound."""


@dataclass(frozen=True, slots=True)
class AafStyle:
    """What is wanted of a file.

    Attributes:
        embed: Put the sound into it; otherwise it names the recordings' files.
        all_channels: A track for every channel; otherwise only for the first.
        spans: Markers last as long as what is said; otherwise one frame.
    """

    embed: bool = False
    all_channels: bool = True
    spans: bool = True


def write_aaf(timeline: Timeline, out: BinaryIO, style: AafStyle) -> None:
    """Write a timeline, from front to back.

    Raises:
        InvalidOption: The sound is to be embedded and can't be.
    """
    objects = model()
    created = moment(timeline.transcript.created_at)
    waves = _embeddable(timeline) if style.embed else {}
    media = {medium.id: describe(objects, medium, created, wave=waves.get(medium.id)) for medium in timeline.media}
    tracks = tracks_of(timeline, all_channels=style.all_channels)
    composing = Composing(objects, timeline, tracks, media, created, style.spans)
    identity = _identity(timeline, style)
    mobs = _composition(composing, identity)
    for one in media.values():
        mobs.update(one.mobs)
    essence = {key: value for one in media.values() for key, value in one.essence.items()}
    content = objects.object("ContentStorage", Mobs=mobs, EssenceData=essence or None)
    objects.write(_header(objects, created, identity, content), out)


def _embeddable(timeline: Timeline) -> Mapping[str, Wave]:
    """The samples of all recordings in use."""
    waves = {medium.id: _wave(medium) for medium in timeline.media}
    if sum(wave.size_bytes for wave in waves.values()) > MOST_BYTES - _ROOM_BYTES:
        raise InvalidOption(
            "The recordings are too large to embed: an AAF file holds at most 2 GiB.",
            hint="Link the media (media=link).",
        )
    return waves


def _wave(medium: Media) -> Wave:
    if medium.offline:
        raise InvalidOption(
            f"The recording '{medium.name}' can't be embedded: it is not at hand.",
            hint="Give the recording too, or link it later in the editor (media=link).",
        )
    return open_wave(Path(medium.location))


def _identity(timeline: Timeline, style: AafStyle) -> str:
    """Tells this sequence from all others: the same content is the same sequence."""
    clips = [(c.start, c.end, c.media and c.media.id, c.source_start, c.speaker, c.text) for c in timeline.clips]
    markers = [(m.start, m.frames, m.note, m.colour) for m in timeline.markers]
    facts = (timeline.name, timeline.timebase, timeline.start_frame, style, clips, markers)
    return unique("sequence", facts, timeline.transcript.id).hex


def _composition(composing: Composing, identity: str) -> dict[bytes, Storage]:
    """The sequence, by the bytes of its id."""
    mob = mob_id("composition", identity)
    sequence = composing.model.object(
        "CompositionMob",
        MobID=mob,
        Name=composing.timeline.name,
        CreationTime=composing.created,
        LastModified=composing.created,
        Slots=composing.slots(),
        UsageCode="Usage_TopLevel",
    )
    return {bytes(mob.bytes_le): sequence}


def _header(objects: Model, created: datetime, identity: str, content: Storage) -> dict[str, Any]:
    program = objects.object(
        "Identification",
        CompanyName="Audapolis",
        ProductName="Audapolis",
        ProductVersionString="1",
        ProductID=auid(unique("product")),
        Date=created,
        Platform="any",
        GenerationAUID=auid(unique("generation", identity)),
    )
    return {
        "ByteOrder": _LITTLE_ENDIAN,
        "LastModified": created,
        "Content": content,
        "Version": {"major": 1, "minor": 1},
        "IdentificationList": [program],
        "ObjectModelVersion": 1,
        "OperationalPattern": auid(_EDIT_PROTOCOL),
    }
