"""The characters of CEA-608, and how text becomes pairs of bytes.

Basic characters take one byte. Special ones are a control code. Extended ones are a control code that replaces the
character before it, so that old decoders, which ignore them, show that one: an `A` for an `Á`.
"""

from __future__ import annotations

import re

from .codes import ODD_BYTES, control

_BASIC = {chr(code): code for code in range(0x20, 0x7F)} | {
    "á": 0x2A, "é": 0x5C, "í": 0x5E, "ó": 0x5F, "ú": 0x60, "ç": 0x7B, "÷": 0x7C, "Ñ": 0x7D, "ñ": 0x7E, "█": 0x7F,
}  # fmt: skip
for _replaced in "*\\^_`{|}~":  # Where ASCII has these, CEA-608 has letters; most are extended characters.
    del _BASIC[_replaced]

# The codes of a row count up; beside each extended character what old decoders show instead.
_SPECIAL = (((0x11, 0x30), "®°½¿™¢£♪à"), ((0x11, 0x3A), "èâêîôû"))
_EXTENDED = (
    ((0x12, 0x20), "ÁÉÓÚÜü‘¡", "AEOUUu'!"),
    ((0x12, 0x28), "*", "."),
    ((0x12, 0x2A), "—©℠•“”", '-cs.""'),
    ((0x12, 0x30), "ÀÂÇÈÊËëÎÏïÔÙùÛ«»", 'AACEEEeIIiOUuU""'),
    ((0x13, 0x20), "ÃãÍÌìÒòÕõ{}\\^_|~", "AaIIiOoOo()/'-!-"),
    ((0x13, 0x30), "ÄäÖöß¥¤¦ÅåØø┌┐└┘", "AaOosYo!AaOo++++"),
)


def _codes(first: tuple[int, int], characters: str) -> dict[str, str]:
    return {character: control(first[0], first[1] + n) for n, character in enumerate(characters)}


_SPECIAL_CODES = {character: code for first, row in _SPECIAL for character, code in _codes(first, row).items()}
_EXTENDED_CODES = {character: code for first, row, _ in _EXTENDED for character, code in _codes(first, row).items()}
_STANDS_BEFORE = {
    character: simple for _, row, plain in _EXTENDED for character, simple in zip(row, plain, strict=True)
}

CHARACTERS = frozenset(_BASIC) | frozenset(_SPECIAL_CODES) | frozenset(_EXTENDED_CODES)
"""All that can be written."""

_TO_BYTES = {ord(character): ODD_BYTES[code] for character, code in _BASIC.items()}
_NOTHING = ODD_BYTES[:1]
_BY_CODE = re.compile(f"([{re.escape(''.join([*_SPECIAL_CODES, *_EXTENDED_CODES]))}])")


def text_words(text: str) -> list[str]:
    """The pairs of bytes of a text that holds nothing but `CHARACTERS`; codes that are sent twice stand together."""
    pieces = _BY_CODE.split(text)
    words: list[str] = []
    for plain, coded in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        words += _pairs(plain + _STANDS_BEFORE.get(coded, ""))
        if coded:
            words.append(_SPECIAL_CODES.get(coded) or _EXTENDED_CODES[coded])
    return words


def _pairs(text: str) -> list[str]:
    """Basic characters two by two, the last one with an empty byte if need be."""
    data = text.translate(_TO_BYTES).encode("latin-1")
    return (data + _NOTHING * (len(data) % 2)).hex(" ", 2).split()
