"""Bytes of CEA-608, by the tables of ttconv."""

from __future__ import annotations

import pytest
from audapolis.export.cea608.characters import CHARACTERS, text_words
from audapolis.export.cea608.codes import (
    COLUMNS,
    ERASE_HIDDEN,
    ERASE_SHOWN,
    ODD_BYTES,
    RESUME_LOADING,
    ROWS,
    SHOW,
    position,
    word_count,
)
from hypothesis import given
from hypothesis import strategies as st
from ttconv.scc.codes.control_codes import SccControlCode
from ttconv.scc.codes.preambles_address_codes import SccPreambleAddressCode
from ttconv.scc.word import SccWord

texts = st.text(st.sampled_from(sorted(CHARACTERS)), min_size=1, max_size=32)


def test_all_bytes_have_odd_parity_and_keep_their_seven_bits() -> None:
    assert [byte & 0x7F for byte in ODD_BYTES] == list(range(128))
    assert all(byte.bit_count() % 2 for byte in ODD_BYTES)


def test_controls_are_what_ttconv_calls_them() -> None:
    codes = [
        SccWord.from_str(words.split()[0]).get_code() for words in (RESUME_LOADING, ERASE_HIDDEN, ERASE_SHOWN, SHOW)
    ]
    assert codes == [SccControlCode.RCL, SccControlCode.ENM, SccControlCode.EDM, SccControlCode.EOC]


@pytest.mark.parametrize("row", range(1, ROWS + 1))
@pytest.mark.parametrize("column", range(COLUMNS))
def test_every_place_of_the_grid_can_be_reached(row: int, column: int) -> None:
    words = [SccWord.from_str(word) for word in position(row, column).split()]
    assert [word.value for word in words[::2]] == [word.value for word in words[1::2]]
    address = words[0].get_code()
    assert isinstance(address, SccPreambleAddressCode)
    tabs = {None: 0, SccControlCode.TO1: 1, SccControlCode.TO2: 2, SccControlCode.TO3: 3}
    tab = tabs[words[2].get_code() if len(words) > 2 else None]
    assert (address.get_row(), (address.get_indent() or 0) + tab) == (row, column)


@given(texts)
def test_text_takes_whole_pairs_of_odd_bytes_and_sends_codes_twice(text: str) -> None:
    for words in text_words(text):
        pairs = words.split()
        assert word_count(words) == len(pairs)
        assert set(bytes.fromhex("".join(pairs))) <= set(ODD_BYTES)
        control = bytes.fromhex(pairs[0])[0] & 0x7F < 0x20
        assert len(pairs) == (2 if control else 1)
        assert len(set(pairs)) == 1


def test_there_are_174_characters_besides_the_transparent_space() -> None:
    assert len(CHARACTERS) == 174
    assert not set("`’…€œŁ→") & CHARACTERS
