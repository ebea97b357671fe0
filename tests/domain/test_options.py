from __future__ import annotations

from typing import Any

import pytest
from audapolis.domain.options import TranscribeOptions, vocabulary_terms
from audapolis.errors import InvalidOption


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"min_speakers": 0}, "at least 1"),
        ({"min_speakers": 3, "max_speakers": 2}, "can't both hold"),
        ({"audio_track": -1}, "counted from 0"),
    ],
)
def test_options_that_make_no_sense_are_refused_with_the_reason(options: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOption, match=says):
        TranscribeOptions(**options)


def test_the_defaults_ask_for_speakers_and_leave_the_engine_to_us() -> None:
    options = TranscribeOptions()
    assert (options.engine, options.diarize, options.max_speakers) == ("auto", True, None)


def test_a_vocabulary_is_separated_by_commas_or_lines_and_each_term_kept_once() -> None:
    assert vocabulary_terms("Ann  Lee, Zürich\n\nBob,Zürich,\r\n") == ("Ann Lee", "Zürich", "Bob")
