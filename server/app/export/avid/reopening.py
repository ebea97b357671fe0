"""The check of an AAF file: opened again with pyaaf2 and gone through from the header to the last clip.

pyaaf2 reads the container, the object model, mobs and slots. Of clips and markers, which come by the ten thousand, only
the few properties that matter are looked at, without making objects of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from ..material import Material

_LENGTH, _SOURCE_MOB, _SOURCE_SLOT, _POSITION, _DESCRIBED = 0x0202, 0x1101, 0x1102, 0x0601, 0x6102
"""Numbers of properties in the AAF object model."""

Slots = Mapping[bytes, Mapping[int, Any]]
"""The slots of all mobs by their numbers, by the bytes of the mobs' ids."""
Properties = Mapping[int, bytes]


def whole_structure(file: BinaryIO, material: Material) -> Iterator[str]:  # noqa: ARG001
    """Whether one sequence is there, every slot is as long as its parts, and every reference leads somewhere."""
    content = _opened(file)
    mobs = {bytes(mob.mob_id.bytes_le): mob for mob in content.mobs}
    slots: Slots = {key: {slot.slot_id: slot for slot in mob.slots} for key, mob in mobs.items()}
    sequences = [key for key, mob in mobs.items() if mob.usage == "Usage_TopLevel"]
    if len(sequences) != 1:
        yield f"There are {len(sequences)} sequences instead of one."
    for key, mob in mobs.items():
        if key in sequences:
            yield from _sequence_problems(slots[key], slots)
        else:
            for slot in slots[key].values():
                yield from _reference_problems(mob.name, _stored(slot.segment.dir), slots)


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


def _sequence_problems(own: Mapping[int, Any], slots: Slots) -> Iterator[str]:
    kinds = {number: slot.segment.media_kind for number, slot in own.items()}
    length = next((own[number].segment.length for number, kind in kinds.items() if kind == "Timecode"), -1)
    for number, slot in own.items():
        if kinds[number] == "DescriptiveMetadata":
            yield from _marker_problems(slot.segment, own, length)
        elif kinds[number] != "Timecode":
            yield from _track_problems(slot, slots, length)


def _track_problems(slot: Any, slots: Slots, length: int) -> Iterator[str]:
    parts = 0
    for component in _components(slot.segment):
        parts += _number(component.get(_LENGTH, b""))
        yield from _reference_problems(slot.name, component, slots)
    if not parts == slot.segment.length == length:
        yield f"Track '{slot.name}' is {slot.segment.length} long, its parts {parts}, the sequence {length}."


def _marker_problems(sequence: Any, own: Mapping[int, Any], length: int) -> Iterator[str]:
    for marker in _components(sequence):
        place = _number(marker.get(_POSITION, b""))
        if not 0 <= place < max(1, length):
            yield f"A marker lies outside of the sequence, at frame {place}."
        if _number(marker.get(_DESCRIBED, b"")) not in own:
            yield f"The marker at frame {place} belongs to a track that is not there."


def _reference_problems(where: str, clip: Properties, slots: Slots) -> Iterator[str]:
    mob = clip.get(_SOURCE_MOB, b"")
    if any(mob) and _number(clip.get(_SOURCE_SLOT, b"")) not in slots.get(mob, {}):
        yield f"A clip in '{where}' refers to a recording that is not in the file."


def _components(sequence: Any) -> Iterator[Properties]:
    """The parts of a sequence."""
    parts = sequence.components
    folder = sequence.dir.storage.listdir_dict(sequence.dir)
    for index in range(len(parts)):
        yield _stored(folder[parts.index_ref_name(index)])


def _stored(entry: Any) -> Properties:
    """An object's properties by their numbers, as they are stored."""
    data = bytes(entry.get("properties").open("r").read())
    (count,) = struct.unpack_from("<H", data, 2)
    rows = struct.unpack_from(f"<{count * 3}H", data, 4)
    found, place = {}, 4 + count * 6
    for number, size in zip(rows[::3], rows[2::3], strict=True):
        found[number] = data[place : place + size]
        place += size
    return found


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)
