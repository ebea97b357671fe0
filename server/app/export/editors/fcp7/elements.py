"""Parts that occur all over an xmeml document."""

from __future__ import annotations

from fractions import Fraction

from ....domain.timecode import Timebase
from ...timeline.model import Colour, Marker
from ..writing import XmlLines

_NTSC = Fraction(1000, 1001)
LABELS: dict[Colour, str] = {
    "blue": "Cerulean",
    "green": "Forest",
    "yellow": "Yellow",
    "cyan": "Caribbean",
    "purple": "Violet",
    "orange": "Mango",
    "pink": "Rose",
    "red": "Magenta",
}
"""Labels of clips by the names that Premiere Pro has for them."""
SPEAKER_COLOURS: tuple[Colour, ...] = ("blue", "green", "yellow", "cyan", "purple", "orange", "pink")
_PREMIERE: dict[Colour, int] = {
    "blue": 4294741314,
    "yellow": 4281049552,
    "cyan": 4292277273,
    "purple": 4289825711,
    "orange": 4280578025,
    "pink": 4294967295,
    "red": 4281740498,
}
"""Colours of markers as Premiere Pro numbers them. Green needs no number; it has no pink, white is left for it."""
_RGB: dict[Colour, tuple[int, int, int]] = {
    "blue": (66, 138, 252),
    "green": (113, 134, 62),
    "yellow": (208, 160, 43),
    "cyan": (25, 191, 214),
    "purple": (175, 139, 177),
    "orange": (233, 147, 35),
    "pink": (255, 255, 255),
    "red": (210, 54, 53),
}


def is_ntsc(rate: Fraction) -> bool:
    """Whether a rate is a whole number times 1000/1001."""
    return rate == -(-rate // 1) * _NTSC


def is_expressible(rate: Fraction) -> bool:
    """Whether xmeml can say this rate exactly."""
    return rate.denominator == 1 or is_ntsc(rate)


def rate_of(xml: XmlLines, timebase: Timebase) -> None:
    """The rate as a whole number and whether it runs slower by 1000/1001."""
    with xml.inside("rate"):
        xml.add("timebase", timebase.nominal)
        xml.add("ntsc", "TRUE" if is_ntsc(timebase.rate) else "FALSE")


def timecode(xml: XmlLines, timebase: Timebase, frame: int) -> None:
    """The label of a first frame."""
    with xml.inside("timecode"):
        rate_of(xml, timebase)
        xml.add("string", timebase.format(frame))
        xml.add("frame", frame)
        xml.add("displayformat", "DF" if timebase.drop_frame else "NDF")


def picture(xml: XmlLines, timebase: Timebase, size: tuple[int, int]) -> None:
    """What a picture is like."""
    with xml.inside("samplecharacteristics"):
        rate_of(xml, timebase)
        xml.add("width", size[0])
        xml.add("height", size[1])
        xml.add("anamorphic", "FALSE")
        xml.add("pixelaspectratio", "square")
        xml.add("fielddominance", "none")


def sound(xml: XmlLines, sample_rate_hz: int) -> None:
    """What sound is like."""
    with xml.inside("samplecharacteristics"):
        xml.add("depth", 16)
        xml.add("samplerate", sample_rate_hz)


def marker(xml: XmlLines, one: Marker, start: int, frames: int) -> None:
    """A marker; one of a single frame is a point without an end."""
    with xml.inside("marker"):
        xml.add("comment", one.note)
        xml.add("name", one.name)
        xml.add("in", start)
        xml.add("out", start + frames if frames > 1 else -1)
        if one.colour in _PREMIERE:
            xml.add("pproColor", _PREMIERE[one.colour])
        with xml.inside("color"):
            xml.add("alpha", 0)
            for name, value in zip(("red", "green", "blue"), _RGB[one.colour], strict=True):
                xml.add(name, value)


def label(xml: XmlLines, colour: Colour) -> None:
    """The colour of a clip."""
    with xml.inside("labels"):
        xml.add("label2", LABELS[colour])
