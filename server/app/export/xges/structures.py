r"""GStreamer's structures as text: `name, key=(type)value, …;`.

Strings are quoted; all but letters, digits and a few signs is escaped in them, what is not ASCII byte by byte in octal,
as `gst_value_serialize_string` does.
"""

from __future__ import annotations

import re

_PLAIN = re.compile(rb"[A-Za-z0-9_+\-/:.]")


def structure(kind: str, /, **fields: str) -> str:
    """A structure; hyphens of keys are written as underscores here."""
    return ", ".join([kind, *(f"{key.replace('_', '-')}={value}" for key, value in fields.items())])


def string(text: str) -> str:
    """A string value."""
    return f'(string)"{"".join(_escaped(byte) for byte in text.encode("utf-8"))}"'


def number(value: int, kind: str = "guint64") -> str:
    """A whole number."""
    return f"({kind}){value}"


def nested(kind: str, text: str) -> str:
    """A value that is made of structures itself."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'({kind})"{escaped}"'


def _escaped(byte: int) -> str:
    one = bytes([byte])
    if _PLAIN.fullmatch(one):
        return one.decode("ascii")
    return f"\\{chr(byte)}" if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
