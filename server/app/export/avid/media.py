"""A recording as AAF describes it: three mobs that refer to one another, shared by all clips.

Master mob (what the bin shows) → file mob (which file, how it is coded) → import mob (which timecode its first frame
has). Slots of the first and last count in the recording's frames, those of the file's sound in samples; all of them
begin at 0, so nothing is rounded on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from ..timeline.model import Media
from .compound import Blob, Storage
from .identity import auid, mob_id
from .model import Model
from .waves import Wave

_LINKED_WAVE = "3711d3cc-62d0-49d7-b0ae-c118101d1a16"
_LINKED_OTHER = "b22697a2-3442-44e8-bb8f-7a1cd290ebf1"
"""How Avid calls its readers of linked files."""
_WAVES = {".wav", ".wave", ".bwf", ".aif", ".aiff", ".aifc"}
_LINKED_BITS = 16
"""Media Composer reads the true number from the linked file; the property must be there."""


@dataclass(frozen=True, slots=True)
class Mobs:
    """What one recording adds to a file.

    Attributes:
        master: Id of the master mob, for clips to refer to.
        picture: Slot of the picture; 0 where there is none.
        sound: Slots of the sound, channel by channel.
        mobs: All its mobs by the bytes of their ids.
        essence: Embedded sound by the bytes of the ids of the mobs it belongs to.
    """

    master: Any
    picture: int
    sound: tuple[int, ...]
    mobs: Mapping[bytes, Storage]
    essence: Mapping[bytes, Storage]


def describe(model: Model, medium: Media, created: datetime, *, wave: Wave | None = None) -> Mobs:
    """Write a recording's mobs.

    Args:
        model: The object model.
        medium: The recording.
        created: When; for the mobs' dates.
        wave: Its samples, to embed them; None links to the file.
    """
    return _Describing(model, medium, created, wave).mobs()


class _Describing:
    def __init__(self, model: Model, medium: Media, created: datetime, wave: Wave | None) -> None:
        self._model, self._medium, self._wave = model, medium, wave
        self._dates = {"CreationTime": created, "LastModified": created}
        self._rate = str(medium.timebase.rate)
        self._channels = wave.channels if wave else medium.channels
        self._sample_rate_hz = wave.sample_rate_hz if wave else medium.sample_rate_hz
        self._kinds = ["picture"] * medium.has_video + ["sound"] * self._channels
        self._facts = (medium.id, medium.location, medium.frames, medium.start_frame, medium.timebase, self._kinds)

    def mobs(self) -> Mobs:
        picture = 1 if self._medium.has_video else 0
        sound = tuple(range(picture + 1, picture + self._channels + 1))
        mobs: dict[bytes, Storage] = {}
        essence: dict[bytes, Storage] = {}
        origin = self._put(mobs, "import", self._import_slots(), EssenceDescription=self._import_descriptor())
        if self._wave:
            files = [self._embedded(self._wave, channel, origin, mobs, essence) for channel in range(self._channels)]
        else:
            slots = [self._slot(n, kind, origin, n, in_file=True) for n, kind in enumerate(self._kinds, start=1)]
            video = self._model.tags(Video="video") if picture else None
            descriptor = self._file_descriptor()
            linked = self._put(mobs, "file", slots, EssenceDescription=descriptor, UserComments=video)
            files = [(linked, n) for n in range(1, len(self._kinds) + 1)]
        masters = [
            self._slot(number, kind, *file)
            for number, (kind, file) in enumerate(zip(self._kinds, files, strict=True), start=1)
        ]
        master = self._put(mobs, "master", masters)
        return Mobs(master, picture, sound, mobs, essence)

    def _put(self, mobs: dict[bytes, Storage], role: str, slots: list[Storage], **properties: Any) -> Any:
        """Add a mob; its id."""
        kind = "MasterMob" if role == "master" else "SourceMob"
        mob = mob_id(role, *self._facts, bool(self._wave))
        mobs[bytes(mob.bytes_le)] = self._model.object(
            kind, MobID=mob, Name=self._medium.name, **self._dates, Slots=slots, **properties
        )
        return mob

    def _slot(self, number: int, kind: str, mob: Any, slot: int, *, in_file: bool = False) -> Storage:
        """A slot that plays all of a slot of another mob."""
        in_samples = in_file and kind == "sound"
        length = self._samples if in_samples else self._medium.frames
        clip = self._model.object(
            "SourceClip",
            DataDefinition=self._model.media_kind(kind),
            Length=length,
            SourceID=mob,
            SourceMobSlotID=slot,
            StartTime=0,
        )
        return self._model.object(
            "TimelineMobSlot",
            SlotID=number,
            SlotName="",
            Segment=clip,
            EditRate=str(self._sample_rate_hz) if in_samples else self._rate,
            Origin=0,
            PhysicalTrackNumber=1 if kind == "picture" else number - (1 if self._medium.has_video else 0),
        )

    def _import_slots(self) -> list[Storage]:
        """What the recording was before it was a file: nothing but its timecode."""
        medium = self._medium
        nothing = _nothing()
        slots = [self._slot(number, kind, nothing, 0) for number, kind in enumerate(self._kinds, start=1)]
        timecode = self._model.object(
            "Timecode",
            DataDefinition=self._model.media_kind("timecode"),
            Length=medium.frames,
            Start=medium.start_frame,
            FPS=medium.timebase.nominal,
            Drop=medium.timebase.drop_frame,
        )
        slot = self._model.object(
            "TimelineMobSlot",
            SlotID=len(slots) + 1,
            SlotName="TC1",
            Segment=timecode,
            EditRate=self._rate,
            Origin=0,
            PhysicalTrackNumber=1,
        )
        return [*slots, slot]

    def _import_descriptor(self) -> Storage:
        return self._model.object("ImportDescriptor", Locator=self._locators())

    def _locators(self) -> list[Storage]:
        return [self._model.object("NetworkLocator", URLString=file_url(self._medium.location))]

    def _file_descriptor(self) -> Storage:
        suffix = PurePosixPath(self._medium.name).suffix.lower()
        reader = auid(_LINKED_WAVE if suffix in _WAVES else _LINKED_OTHER)
        sound = {"Locator": self._locators(), "MediaContainerGUID": reader}
        if not self._medium.has_video:
            return self._pcm(self._channels, _LINKED_BITS, **sound)
        return self._model.object(
            "MultipleDescriptor",
            SampleRate=self._rate,
            Length=self._medium.frames,
            ContainerFormat=self._model.container("AAF"),
            FileDescriptors=[
                self._picture_descriptor(),
                self._pcm(self._channels, _LINKED_BITS, Locator=self._locators()),
            ],
            **sound,
        )

    def _picture_descriptor(self) -> Storage:
        width, height = max(1, self._medium.width), max(1, self._medium.height)
        return self._model.object(
            "CDCIDescriptor",
            Locator=self._locators(),
            SampleRate=self._rate,
            Length=self._medium.frames,
            StoredWidth=width,
            StoredHeight=height,
            FrameLayout="FullFrame",
            VideoLineMap=[0, 0],
            ImageAspectRatio=f"{width}/{height}",
            ComponentWidth=8,
            HorizontalSubsampling=2,
            VerticalSubsampling=2,
        )

    def _pcm(self, channels: int, bits: int, **more: Any) -> Storage:
        block_bytes = channels * bits // 8
        return self._model.object(
            "PCMDescriptor",
            SampleRate=str(self._sample_rate_hz),
            AudioSamplingRate=str(self._sample_rate_hz),
            Length=self._samples,
            Channels=channels,
            QuantizationBits=bits,
            BlockAlign=block_bytes,
            AverageBPS=block_bytes * self._sample_rate_hz,
            ContainerFormat=self._model.container("AAF"),
            **more,
        )

    @property
    def _samples(self) -> int:
        """How many samples the sound has: enough for all frames."""
        if self._wave:
            return self._wave.frames
        medium = self._medium
        lengths_s = medium.duration_s, medium.timebase.seconds(medium.frames)
        return -(-max(lengths_s) * self._sample_rate_hz // 1)

    def _embedded(
        self, wave: Wave, channel: int, origin: Any, mobs: dict[bytes, Storage], essence: dict[bytes, Storage]
    ) -> tuple[Any, int]:
        """One channel of the sound, inside the file: its mob's id and slot."""
        slot = self._slot(1, "sound", origin, channel + 1, in_file=True)
        descriptor = self._pcm(1, wave.width * 8)
        mob = self._put(mobs, f"channel {channel}", [slot], EssenceDescription=descriptor)
        samples = Blob(wave.frames * wave.width, lambda: wave.channel(channel))
        essence[bytes(mob.bytes_le)] = self._model.object("EssenceData", MobID=mob, Data=samples)
        return mob, 1


def file_url(location: str) -> str:
    """A file's URL; URLs stay as they are, and names of files that nobody has stay names."""
    if "://" in location:
        return location
    for path in (Path(location), PureWindowsPath(location)):
        if path.is_absolute():
            return path.as_uri()
    return quote(location.replace("\\", "/"))


def _nothing() -> Any:
    from aaf2.mobid import MobID

    return MobID()
