"""Options of formats: typed, checked, described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from audapolis.errors import InvalidOption, UnknownName
from audapolis.export.formats import FORMATS
from audapolis.export.options import describe_options, parse_assignments, parse_options
from pydantic import Field


@dataclass(frozen=True, slots=True)
class Options:
    chars: Annotated[int, Field(ge=1, le=9, description="How many.")] = 5
    speed: Annotated[float, Field(gt=0, description="How fast.")] = 1.5
    names: Annotated[bool, Field(description="Whether.")] = True
    ends: Annotated[Literal["lf", "crlf"], Field(description="Which.")] = "lf"


def test_strings_become_values() -> None:
    given = {"chars": "7", "speed": "0.5", "names": "no", "ends": "crlf"}
    assert parse_options(Options, given) == Options(7, 0.5, False, "crlf")
    assert parse_options(Options, {"names": True, "chars": 2}) == Options(chars=2)
    assert parse_options(Options, {}) == Options()


def test_hyphens_count_as_underscores() -> None:
    assert parse_options(FORMATS["srt"].options_type, {"max-chars": "30"}).max_chars == 30


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"chars": "many"}, "chars can't be 'many'. Allowed: 1 to 9."),
        ({"chars": "10"}, "chars can't be '10'"),
        ({"chars": "1.5"}, "chars can't be '1.5'"),
        ({"names": "perhaps"}, "Allowed: true or false."),
        ({"ends": "cr"}, "Allowed: lf or crlf."),
        ({"speed": "0"}, "speed can't be '0'"),
        ({"speed": ""}, "speed can't be ''"),
    ],
)
def test_wrong_values_are_refused_with_what_is_allowed(values: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        parse_options(Options, values)
    assert message in str(caught.value)


def test_unknown_options_are_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'chars'"):
        parse_options(Options, {"char": "5"})


def test_assignments_are_split_at_the_first_equals_sign() -> None:
    assert parse_assignments(["a=1", "b-c = x=y "]) == {"a": "1", "b_c": "x=y"}


@pytest.mark.parametrize("assignments", [["a"], ["=1"], ["a=1", "a=2"], [""]])
def test_what_is_no_assignment_is_refused(assignments: list[str]) -> None:
    with pytest.raises(InvalidOption):
        parse_assignments(assignments)


@pytest.mark.parametrize("kind", [format_type.options_type for format_type in FORMATS.values()])
def test_every_option_of_every_format_is_described_and_has_a_default(kind: type[Any]) -> None:
    assert parse_options(kind, {}) == kind()
    for info in describe_options(kind):
        assert info.description.endswith("."), info
        assert info.values != "any text" or isinstance(info.default, str)
        assert getattr(kind(), info.name) == info.default
        assert parse_options(kind, {info.name: str(info.default)}) == kind()
