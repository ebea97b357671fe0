"""Names and tables that can't garble a terminal."""

import unicodedata

import pytest
from audapolis.terminal.text import clipped, duration, shown, table, width
from hypothesis import given
from hypothesis import strategies as st


@given(st.text())
def test_a_shown_name_has_no_control_characters(name: str) -> None:
    printed = shown(name.replace("\0", "").replace("\ud800", "") or "x") if name.isprintable() else shown("a\nb")
    assert not any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in printed)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain name.wav", "plain name.wav"),
        ("two\nlines.wav", "two\\nlines.wav"),
        ("\x1b[31mred.wav", "\\x1b[31mred.wav"),
        ("gpj.\u202eevil.wav", "gpj.\\u202eevil.wav"),
        ("\u05e9\u05dc\u05d5\u05dd.wav", "\u05e9\u05dc\u05d5\u05dd.wav"),
        ("\U0001f468\u200d\U0001f467.wav", "\U0001f468\u200d\U0001f467.wav"),
        (b"\xff\xfe.wav".decode("utf-8", "surrogateescape"), "\\xff\\xfe.wav"),
    ],
)
def test_names_are_shown_on_one_line_and_in_order(name: str, expected: str) -> None:
    assert shown(name) == expected


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"])), st.integers(3, 40))
def test_clipped_text_fits(text: str, columns: int) -> None:
    assert width(clipped(text, columns)) <= columns


def test_columns_line_up_whatever_the_script() -> None:
    lines = table(("file", "n"), [("\u4f1a\u8b70.wav", "1"), ("e\u0301.wav", "22")]).splitlines()
    assert [width(line[: line.rindex(" ")]) for line in lines] == [len("\u4f1a\u8b70.wav") + 3] * 3


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0.4, "0:00"), (59.6, "1:00"), (3599, "59:59"), (3723, "1:02:03")]
)
def test_durations_are_readable(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text
