"""The AAF object model (AAF Object Specification 1.1 with Avid's extensions), as pyaaf2 knows it.

pyaaf2 says which classes and properties there are and how values are encoded. Its own objects are built for editing
files in place and cost too much by the ten thousand, so here an object is turned into its stored form at once:

    model().object("SourceClip", Length=25, StartTime=100, …)
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

from . import compound
from .compound import Storage

_DATA, _STREAM, _OBJECT, _VECTOR, _SET, _WEAK = 0x82, 0x42, 0x22, 0x32, 0x3A, 0x02
"""How a property is stored: its value, or where to find a stream, an object, several, or a definition."""
_LITTLE_ENDIAN, _VERSION = 0x4C, 0x20
_HEAD, _ROW = struct.Struct("<BBH"), struct.Struct("<HHH")
_VECTOR_INDEX, _SET_INDEX, _SET_ROW = struct.Struct("<III"), struct.Struct("<IIIHB"), struct.Struct("<II")
_WEAK_REFERENCE = struct.Struct("<HHB")
_NO_KEY = 0xFFFFFFFF
_WEAK_PATHS = (("SourceClip", "DataDefinition"), ("PCMDescriptor", "ContainerFormat"))
"""References to definitions that are in use; the file lists their paths in this order."""

Value = Any
"""What pyaaf2 encodes; a `Storage`, a sequence of them, or a mapping from keys to them; a `Blob` for a stream."""


@dataclass(frozen=True, slots=True)
class _Property:
    pid: int
    format: int
    encode: Callable[[Any], bytes]
    link: str
    """What the stream, object or objects are called in the container."""
    key: tuple[int, int]
    """Number and size of the property that tells the objects of a set apart."""
    weak_index: int


class Model:
    """Turns objects into storages."""

    def __init__(self) -> None:
        import aaf2

        self._file = aaf2.open()
        self._properties: dict[str, dict[str, _Property]] = {}
        self._class_ids: dict[str, bytes] = {}
        self._media_kinds: dict[str, Any] = {}
        for kind, name in _WEAK_PATHS:
            self._file.weakref_index(self._definition(kind, name).typedef.pid_path)
        self._file.save()
        self._frame = _tree(self._file.cfb, "/")
        self._dictionary = _child(_child(self._frame, "Header-"), "Dictionary-")

    def object(self, kind: str, /, **values: Value) -> Storage:
        """One object of a class with the properties that are given, None being left out."""
        known = self._properties.get(kind) or self._learn(kind)
        rows: list[bytes] = []
        data: list[bytes] = []
        storage = Storage(self._class_ids[kind])
        for name, value in values.items():
            if value is None:
                continue
            prop = known.get(name) or self._learn_property(kind, name)
            encoded = prop.encode(value) if prop.format == _DATA else self._linked(prop, value, storage)
            rows.append(_ROW.pack(prop.pid, prop.format, len(encoded)))
            data.append(encoded)
        head = _HEAD.pack(_LITTLE_ENDIAN, _VERSION, len(rows))
        storage.children["properties"] = b"".join((head, *rows, *data))
        return storage

    def tags(self, **values: str | int | None) -> list[Storage]:
        """Tagged values: attributes by name, those without a value left out."""
        return [
            self.object("TaggedValue", Name=name, Value=value) for name, value in values.items() if value is not None
        ]

    def media_kind(self, name: str) -> Any:
        """The definition of `picture`, `sound`, `timecode` or `descriptivemetadata`."""
        if name not in self._media_kinds:
            self._media_kinds[name] = self._file.dictionary.lookup_datadef(name)
        return self._media_kinds[name]

    def container(self, name: str) -> Any:
        """The definition of a kind of container."""
        return self._file.dictionary.lookup_containerdef(name)

    def write(self, header: Mapping[str, Value], out: BinaryIO) -> None:
        """Write a file around its header."""
        root = Storage(self._frame.class_id, dict(self._frame.children))
        name = next(name for name in root.children if name.startswith("Header-"))
        root.children[name] = self.object("Header", **header, Dictionary=self._dictionary)
        compound.write(root, out, class_id=self._file.cfb.class_id.bytes_le)

    def _learn(self, kind: str) -> dict[str, _Property]:
        self._class_ids[kind] = bytes(self._file.metadict.lookup_classdef(kind).auid.bytes_le)
        return self._properties.setdefault(kind, {})

    def _learn_property(self, kind: str, name: str) -> _Property:
        from aaf2.utils import mangle_name

        definition = self._definition(kind, name)
        how, typedef = definition.store_format, definition.typedef
        key = (0, 0)
        if how == _SET:
            key = (typedef.ref_classdef.unique_key_pid, typedef.ref_classdef.unique_key_size)
        weak = -1
        if how == _WEAK:
            key = (typedef.ref_classdef.unique_key_pid, typedef.ref_classdef.unique_key_size)
            weak = self._file.weakref_table.index(typedef.pid_path)
        room = 22 if how in (_VECTOR, _SET) else 32
        link = mangle_name(definition.property_name, definition.pid, room)
        encode = typedef.encode if how == _DATA else bytes
        prop = _Property(definition.pid, how, encode, link, key, weak)
        self._properties[kind][name] = prop
        return prop

    def _definition(self, kind: str, name: str) -> Any:
        """What pyaaf2 knows of a property."""
        classdef = self._file.metadict.lookup_classdef(kind)
        return next(one for one in classdef.all_propertydefs() if one.property_name == name)

    def _linked(self, prop: _Property, value: Value, storage: Storage) -> bytes:
        """Put what a property points to beside it; the property itself then only says where."""
        children, link = storage.children, prop.link
        if prop.format == _WEAK:
            return _WEAK_REFERENCE.pack(prop.weak_index, *prop.key) + bytes(value.auid.bytes_le)
        if prop.format == _STREAM:
            children[link] = value
            return b"\x55" + _utf16(link)
        if prop.format == _OBJECT:
            children[link] = value
        elif prop.format == _VECTOR:
            children.update((f"{link}{{{number:x}}}", one) for number, one in enumerate(value))
            count = len(value)
            children[f"{link} index"] = _VECTOR_INDEX.pack(count, count, _NO_KEY) + struct.pack(
                f"<{count}I", *range(count)
            )
        else:
            children.update((f"{link}{{{number:x}}}", one) for number, one in enumerate(value.values()))
            head = _SET_INDEX.pack(len(value), len(value), _NO_KEY, *prop.key)
            children[f"{link} index"] = head + b"".join(
                _SET_ROW.pack(number, 1) + key for number, key in enumerate(value)
            )
        return _utf16(link)


def _tree(cfb: Any, path: str) -> Storage:
    """What pyaaf2 wrote, read back."""
    entry = cfb.find(path)
    storage = Storage(bytes(entry.class_id.bytes_le) if entry.class_id else bytes(16))
    for name, child in cfb.listdir_dict(entry).items():
        below = f"{path.rstrip('/')}/{name}"
        storage.children[name] = _tree(cfb, below) if child.isdir() else bytes(cfb.open(below).read())
    return storage


def _child(storage: Storage, prefix: str) -> Storage:
    """The object whose name begins so; the rest of it is a property's number."""
    return next(
        child for name, child in storage.children.items() if name.startswith(prefix) and isinstance(child, Storage)
    )


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\0\0"


@cache
def model() -> Model:
    """The model; made once, since that takes a moment."""
    return Model()
