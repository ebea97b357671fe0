"""The parts of an Avid Log Exchange table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from ..timeline.model import Timeline

COLUMNS = ("Name", "Tracks", "Start", "End", "Speaker", "Transcript", "Confidence", "Source File")
_RASTERS = {480: "NTSC", 486: "NTSC", 576: "PAL", 720: "720", 1080: "1080"}
_RATES = {
    Fraction(24000, 1001): "23.976",
    Fraction(30000, 1001): "29.97",
    Fraction(48000, 1001): "47.95",
    Fraction(60000, 1001): "59.94",
}
_TIMECODE = re.compile(r"\d\d:\d\d:\d\d[:;]\d\d\d?")
_MOST_NAME_CHARACTERS = 32


def heading(timeline: Timeline) -> list[str]:
    """What holds for all clips."""
    _, height = timeline.size
    rate_hz = max((medium.sample_rate_hz for medium in timeline.media), default=48_000)
    return [
        "Heading",
        "FIELD_DELIM\tTABS",
        f"VIDEO_FORMAT\t{_RASTERS.get(height, 'CUSTOM')}",
        f"AUDIO_FORMAT\t{rate_hz // 1000}khz",
        f"FPS\t{_rate(timeline.timebase.rate)}",
    ]


def table_problems(text: str) -> Iterator[str]:
    """What is wrong with a table: its sections, the number of fields, names and timecodes."""
    sections = text.split("\n\n")
    if len(sections) != 3 or not (
        sections[0].startswith("Heading\n") and sections[1].startswith("Column\n") and sections[2].startswith("Data\n")
    ):
        yield "Heading, columns and data don't follow one another."
        return
    columns = sections[1].split("\n")[1].split("\t")
    for number, row in enumerate(sections[2].split("\n")[1:-1], start=1):
        fields = dict(zip(columns, row.split("\t"), strict=False))
        if row.count("\t") != len(columns) - 1:
            yield f"Row {number} has {row.count(chr(9)) + 1} fields instead of {len(columns)}."
        elif not fields["Name"] or len(fields["Name"]) > _MOST_NAME_CHARACTERS or not fields["Tracks"]:
            yield f"Row {number} has no name and tracks that Media Composer takes."
        elif not all(_TIMECODE.fullmatch(fields[name]) for name in ("Start", "End")):
            yield f"Row {number} has no timecodes."


def _rate(rate: Fraction) -> str:
    return _RATES.get(rate) or (str(rate.numerator) if rate.denominator == 1 else f"{float(rate):.3f}")
