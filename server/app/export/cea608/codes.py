"""The bytes of CEA-608: pairs of seven bits with odd parity, one pair a frame; controls are sent twice.

Rows count from 1 at the top, columns from 0 at the left.
"""

from __future__ import annotations

ROWS = 15
COLUMNS = 32
_SEVEN_BITS = 128
_PARITY_BIT = 0x80
_INDENT_COLUMNS = 4
_TAB = 0x17
_ROW_CODES = (  # What the two bytes of a preamble address code begin with, by row.
    (0x11, 0x40), (0x11, 0x60), (0x12, 0x40), (0x12, 0x60), (0x15, 0x40),
    (0x15, 0x60), (0x16, 0x40), (0x16, 0x60), (0x17, 0x40), (0x17, 0x60),
    (0x10, 0x40), (0x13, 0x40), (0x13, 0x60), (0x14, 0x40), (0x14, 0x60),
)  # fmt: skip


def with_odd_parity(byte: int) -> int:
    """A byte of seven bits whose eighth makes the number of ones odd."""
    return byte if byte.bit_count() % 2 else byte | _PARITY_BIT


ODD_BYTES = bytes(with_odd_parity(byte) for byte in range(_SEVEN_BITS))
"""All bytes that may be sent, by their lower seven bits."""


def control(first: int, second: int) -> str:
    """A control code as it stands in a file: two bytes in hexadecimal, twice, since a bad pair is ignored."""
    word = bytes((ODD_BYTES[first], ODD_BYTES[second])).hex()
    return f"{word} {word}"


RESUME_LOADING = control(0x14, 0x20)
"""Text that follows goes to the hidden memory (pop-on)."""
ERASE_HIDDEN = control(0x14, 0x2E)
ERASE_SHOWN = control(0x14, 0x2C)
SHOW = control(0x14, 0x2F)
"""End of caption: hidden and shown memory change places."""


def position(row: int, column: int) -> str:
    """Put the cursor somewhere: a preamble address code, and tabs for columns between its indents. White text."""
    first, second = _ROW_CODES[row - 1]
    indent, tab = divmod(column, _INDENT_COLUMNS)
    address = control(first, second | 0x10 | indent << 1)
    return f"{address} {control(_TAB, 0x20 | tab)}" if tab else address


def word_count(words: str) -> int:
    """How many pairs of bytes, and so frames, a string of them takes."""
    return (len(words) + 1) // 5
