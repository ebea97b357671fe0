"""Namespaces, profiles and ids of the documents."""

from __future__ import annotations

TT = "http://www.w3.org/ns/ttml"
PARAMETER = "http://www.w3.org/ns/ttml#parameter"
STYLING = "http://www.w3.org/ns/ttml#styling"
METADATA = "http://www.w3.org/ns/ttml#metadata"
IMSC_STYLING = "http://www.w3.org/ns/ttml/profile/imsc1#styling"
EBU_STYLING = "urn:ebu:tt:style"
EBU_METADATA = "urn:ebu:tt:metadata"
XML = "http://www.w3.org/XML/1998/namespace"

EBU_TT_D = "urn:ebu:tt:distribution:2018-04"
IMSC_1_TEXT = "http://www.w3.org/ns/ttml/profile/imsc1/text"
IMSC_1_1_TEXT = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"

BASE = "base"
"""Style of all text."""
PLAIN = "plain"
"""Style of speech by nobody in particular."""
RIGHT_TO_LEFT = "rtl"
DOUBTFUL = "doubtful"


def speaker_style(number: int) -> str:
    """Id of a speaker's style; they count from 1."""
    return f"speaker{number}"


def agent(number: int) -> str:
    """Id of a speaker as a person."""
    return f"agent{number}"
