"""Script info and styles."""

from __future__ import annotations

from ...domain.transcript import Transcript
from ..shading import SPEAKER_COLOURS, speaker_colours
from ..text import clean

_WIDTH, _HEIGHT = 1920, 1080
_FIELDS = (
    "Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, "
    "StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, "
    "MarginL, MarginR, MarginV, Encoding"
)
_UNSPOKEN = "#A0A0A0"
"""Karaoke: what has not been said yet."""
DEFAULT = "Default"


def header(transcript: Transcript, font: str, font_size: int) -> str:
    """Everything before the events. The picture is taken to be 1920 by 1080; players scale to the real one."""
    name = clean(font).replace(",", " ") or "Arial"
    colours = {DEFAULT: SPEAKER_COLOURS[0]} | {
        style_name(number): colour for number, colour in enumerate(speaker_colours(transcript).values())
    }
    styles = [
        f"Style: {style},{name},{font_size},{colour_of(colour)},{colour_of(_UNSPOKEN)},&H00000000,&H80000000,"
        "0,0,0,0,100,100,0,0,1,3,1,2,60,60,50,1"
        for style, colour in colours.items()
    ]
    return "\n".join(
        (
            "[Script Info]",
            f"Title: {clean(transcript.recording.name)}",
            "ScriptType: v4.00+",
            "WrapStyle: 2",
            "ScaledBorderAndShadow: yes",
            "YCbCr Matrix: TV.709",
            f"PlayResX: {_WIDTH}",
            f"PlayResY: {_HEIGHT}",
            "",
            "[V4+ Styles]",
            f"Format: {_FIELDS}",
            *styles,
            "",
            "[Events]",
            "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
            "",
        )
    )


def style_name(number: int) -> str:
    """The style of a speaker, by place in the transcript's list."""
    return f"Speaker {number + 1}"


def colour_of(rgb: str) -> str:
    """`#RRGGBB` as ASS writes it: alpha, blue, green, red."""
    return f"&H00{rgb[5:7]}{rgb[3:5]}{rgb[1:3]}"
