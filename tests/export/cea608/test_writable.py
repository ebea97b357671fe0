"""Text made writable in CEA-608."""

from __future__ import annotations

import unicodedata

import pytest
from audapolis.errors import InvalidOption
from audapolis.export.cea608.characters import CHARACTERS
from audapolis.export.cea608.writable import writable
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import make_transcript
from tests.strategies import names

PLENTY = "plenty of plain letters around it so that nobody minds "


def written(text: str) -> str:
    return writable(make_transcript(("S1", 0, 9, text))).transcript.segments[0].text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ærø, cœur, Łódź, ĳ", "AErø, coeur, Lódz, ij"),
        ("don’t ‘quote’ „so“ — or – …", "don't ‘quote' “so“ — or - ..."),
        ("5 € × ½ → ¼", "5 EUR x ½ -> 1/4"),
        ("e\u0301te\u0301 nin\u0303o", "été niño"),
        ("Việt Nam", "Viet Nam"),
        ("ｗｉｄｅ ﬁne", "wide fine"),
        ("a\u200bb\ufe0f", "ab"),
    ],
)
def test_readers_know_the_substitutes(text: str, expected: str) -> None:
    assert written(text) == expected


@given(names)
def test_whatever_comes_in_only_characters_of_cea_608_come_out(name: str) -> None:
    try:
        found = writable(make_transcript(("S1", 0, 9, PLENTY * 20), names=(name,)))
    except InvalidOption:
        assert sum(c.isalpha() for c in unicodedata.normalize("NFC", name)) > 9
        return
    assert set("".join(found.transcript.speakers[0].name.split())) <= CHARACTERS


def test_plain_text_loses_nothing() -> None:
    found = writable(make_transcript(("S1", 0, 9, PLENTY)))
    assert not found.similar
    assert not found.unwritable
    assert not found.warnings


@given(st.integers(0, 30))
def test_a_tenth_of_foreign_letters_is_too_much(count: int) -> None:
    transcript = make_transcript(("S1", 0, 9, "x" * 180 + "ж" * count))
    if count > 20:
        with pytest.raises(InvalidOption, match="Cyrillic"):
            writable(transcript)
    else:
        assert sum(writable(transcript).unwritable.values()) == count
