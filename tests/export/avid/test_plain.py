"""Text for programs that know nothing but ASCII."""

from __future__ import annotations

import pytest
from audapolis.export.avid.plain import lost_in_ascii, to_ascii
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Söhne & “quotes” – dash…", 'Sohne & "quotes" - dash...'),
        ("Straße, Łódź, smörgås, ﬁn", "Strasse, Lodz, smorgas, fin"),
        ("3 → 4 €", "3 -> 4 EUR"),
        ("plain", "plain"),
    ],
)
def test_accents_and_typography_are_spelt_out(text: str, plain: str) -> None:
    assert to_ascii(text) == plain
    assert lost_in_ascii(text) == 0


@given(st.text())
def test_everything_becomes_ascii_and_ascii_stays(text: str) -> None:
    plain = to_ascii(text)
    assert plain.isascii()
    assert to_ascii(plain) == plain


def test_what_has_no_form_is_counted() -> None:
    assert to_ascii("שלום?") == "?????"
    assert lost_in_ascii("שלום?") == 4
