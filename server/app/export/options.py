"""Options of a format: a frozen dataclass whose fields say their range and meaning, read from `key=value` strings.

    @dataclass(frozen=True, slots=True)
    class SrtOptions:
        max_chars: Annotated[int, Field(ge=10, le=200, description="Most characters in a line.")] = 42

Every field has a default. One declaration gives parsing, checking, `audapolis formats` and the documentation.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from ..errors import InvalidOption, UnknownName

O = TypeVar("O")  # noqa: E741 - reads well as "options"
OptionValue = str | int | float | bool


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """What a user may set: its name, kind of value, default and meaning.

    Attributes:
        values: What is allowed, in words: `true or false`, `10 to 200`, `lf or crlf`.
    """

    name: str
    values: str
    default: OptionValue
    description: str


@dataclass(frozen=True, slots=True)
class NoOptions:
    """For formats that have nothing to choose."""


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))


def parse_assignments(assignments: Iterable[str]) -> dict[str, str]:
    """Split `key=value` strings as the command line takes them.

    Raises:
        InvalidOption: One has no `=`, or a key comes twice.
    """
    values: dict[str, str] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        name = _canonical(key)
        if not equals or not name:
            raise InvalidOption(f"'{assignment}' is not an option.", hint="Write it as NAME=VALUE.")
        if name in values:
            raise InvalidOption(f"The option '{name}' is given twice.", hint="Give it once.")
        values[name] = value.strip()
    return values


def parse_options(kind: type[O], values: Mapping[str, OptionValue]) -> O:
    """Build a format's options. Hyphens in names count as underscores.

    Raises:
        UnknownName: No such option; the nearest that exists is named.
        InvalidOption: A value is not allowed; the message says what is.
    """
    known = {info.name: info for info in describe_options(kind)}
    named = {_canonical(name): value for name, value in values.items()}
    for name in named:
        if name not in known:
            raise UnknownName("option", name, known)
    try:
        return cast(O, _adapter(cast(Hashable, kind)).validate_python(named))
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise InvalidOption(
            f"The option {name} can't be '{named[name]}'.", hint=f"Allowed: {known[name].values}."
        ) from None


def describe_options(kind: type[Any]) -> tuple[OptionInfo, ...]:
    """What can be set, in order of declaration."""
    properties = _adapter(cast(Hashable, kind)).json_schema().get("properties", {})
    order = [field.name for field in fields(kind)]
    return tuple(
        OptionInfo(
            name, _allowed(properties[name]), properties[name]["default"], properties[name].get("description", "")
        )
        for name in order
    )


def _canonical(name: str) -> str:
    return name.strip().replace("-", "_")


def _allowed(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_allowed(each) for each in schema["anyOf"])
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return " or ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "boolean":
        return "true or false"
    if schema.get("type") in ("integer", "number"):
        return f"{schema.get('minimum', 'any')} to {schema.get('maximum', 'any')}"
    return "any text"
