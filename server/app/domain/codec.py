"""Records to JSON and back, validated. The one place that knows how dataclasses become bytes."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from ..errors import InvalidDocument

T = TypeVar("T")


_adapters: dict[Any, TypeAdapter[Any]] = {}
"""Building an adapter costs milliseconds, so each is built once; what is kept depends on the type alone."""


def _adapter(kind: Any) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(record: Any, *, indent: int | None = None, kind: Any = None) -> bytes:
    """Write a record as UTF-8 JSON, in field order. `kind` is needed where `type(record)` says too little."""
    return _adapter(kind or type(record)).dump_json(record, by_alias=True, indent=indent)


def to_plain(record: Any, *, kind: Any = None) -> Any:
    """Turn a record into dicts, lists and scalars."""
    return _adapter(kind or type(record)).dump_python(record, by_alias=True, mode="json")


def from_json(kind: type[T], data: bytes | str) -> T:
    """Read a record back.

    Raises:
        InvalidDocument: The bytes are not JSON or not such a record; the message names the first wrong place.
    """
    try:
        return cast(T, _adapter(kind).validate_json(data))
    except ValidationError as error:
        raise _invalid(kind, error) from None


def from_plain(kind: type[T], data: Any) -> T:
    """Build a record from dicts, lists and scalars.

    Raises:
        InvalidDocument: They do not make such a record.
    """
    try:
        return cast(T, _adapter(kind).validate_python(data))
    except ValidationError as error:
        raise _invalid(kind, error) from None


def _invalid(kind: Any, error: ValidationError) -> InvalidDocument:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the top"
    name = getattr(kind, "__name__", str(kind))
    return InvalidDocument(f"This is not a valid {name}: {first['msg']} (at {where}).")
