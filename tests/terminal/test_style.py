"""Colours go where they are wanted."""

from __future__ import annotations

import io
import os
import pty

import pytest
from audapolis.terminal.style import style_of


def test_a_pipe_gets_eighty_columns_and_no_colours() -> None:
    style = style_of(io.TextIOWrapper(io.BytesIO(), "utf-8"), {})
    assert (style.columns, style.colour, style.signs) == (80, False, True)
    assert style.paint("text", "good") == "text"


def test_a_stream_without_unicode_gets_ascii_signs() -> None:
    style = style_of(io.TextIOWrapper(io.BytesIO(), "ascii"), {})
    assert style.sign("●") == "*"


@pytest.mark.parametrize(
    ("environment", "colour"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_a_terminal_gets_colours_unless_they_are_unwanted(environment: dict[str, str], colour: bool) -> None:
    ours, theirs = pty.openpty()
    try:
        with os.fdopen(theirs, "w") as terminal:
            assert style_of(terminal, environment).colour is colour
    finally:
        os.close(ours)
