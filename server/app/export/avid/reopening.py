"""The check of an AAF file: opened again with pyaaf2 and gone through from the header to the last clip."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from ..material import Material


def whole_structure(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Whether one sequence is there, every slot is as long as its parts, and every reference leads somewhere."""
    content = _opened(file)
    mobs = {bytes(mob.mob_id.bytes_le): mob for mob in content.mobs}
    sequences = [mob for mob in mobs.values() if mob.usage == "Usage_TopLevel"]
    if len(sequences) != 1:
        yield f"There are {len(sequences)} sequences instead of one."
    slots = {key: {slot.slot_id: slot for slot in mob.slots} for key, mob in mobs.items()}
    for mob in sequences:
        yield from _sequence_problems(mob, slots)
    for key, mob in mobs.items():
        if mob not in sequences:
            for slot in slots[key].values():
                yield from _reference_problems(mob.name, slot.segment, slots)


class _View:
    """A file to read from. pyaaf2 takes everything in memory for new and would empty it."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell

    def readinto(self, buffer: bytearray) -> int:
        """Fill a buffer."""
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _opened(file: BinaryIO) -> Any:
    """The content of an AAF file that is open already: pyaaf2 itself only takes paths."""
    from aaf2 import cfb, metadict
    from aaf2.file import AAFFactory, AAFFile, AAFObjectManager

    opened = AAFFile.__new__(AAFFile)
    opened.mode, opened.f, opened.is_open = "rb", _View(file), True
    opened.cfb = cfb.CompoundFileBinary(opened.f, "rb")
    opened.weakref_table = []
    opened.manager, opened.create = AAFObjectManager(opened), AAFFactory(opened)
    opened.read_reference_properties()
    opened.metadict = metadict.MetaDictionary(opened)
    opened.metadict.dir = opened.cfb.find("/MetaDictionary-1")
    opened.manager["/MetaDictionary-1"] = opened.metadict
    opened.root = opened.manager.read_object("/")
    opened.metadict.read_properties()
    return opened.content


def _sequence_problems(mob: Any, slots: dict[bytes, dict[int, Any]]) -> Iterator[str]:
    length = _timecode_length(mob)
    own = slots[bytes(mob.mob_id.bytes_le)]
    for slot in own.values():
        segment = slot.segment
        if segment.media_kind == "DescriptiveMetadata":
            yield from _marker_problems(segment, own, length)
        elif segment.media_kind != "Timecode":
            parts = 0
            for component in segment.components:
                parts += component.length
                yield from _reference_problems(slot.name, component, slots)
            if not parts == segment.length == length:
                yield f"Track '{slot.name}' is {segment.length} long, its parts {parts}, the sequence {length}."


def _timecode_length(mob: Any) -> int:
    return next((slot.segment.length for slot in mob.slots if slot.segment.media_kind == "Timecode"), -1)


def _marker_problems(sequence: Any, slots: dict[int, Any], length: int) -> Iterator[str]:
    for marker in sequence.components:
        place = marker["Position"].value
        if not 0 <= place < max(1, length):
            yield f"A marker lies outside of the sequence, at frame {place}."
        if not all(slot in slots for slot in marker["DescribedSlots"].value):
            yield f"The marker at frame {place} belongs to a track that is not there."


def _reference_problems(where: str, clip: Any, slots: dict[bytes, dict[int, Any]]) -> Iterator[str]:
    if "SourceID" not in clip or not clip.mob_id.int:
        return
    target = slots.get(bytes(clip.mob_id.bytes_le), {}).get(clip.slot_id)
    if target is None:
        yield f"A clip in '{where}' refers to a recording that is not in the file."
