"""Reads FCPXML as an editor would, sharing no code with the writer: everything in frames, and they must be whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from lxml import etree

_TIME = re.compile(r"(-?\d+)(?:/(\d+))?s")


@dataclass(frozen=True, slots=True)
class Note:
    """A marker, keyword or caption: where in the sequence, how long, what it says and its other half."""

    start: int
    frames: int
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A clip or gap of the storyline. Source frames count from the recording's first, in the recording's own."""

    start: int
    frames: int
    src: str
    source_start: int
    role: str
    note: str
    drop_frame: bool
    conformed: str
    markers: tuple[Note, ...]
    keywords: tuple[Note, ...]
    captions: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """An asset: its place, the timecode it begins at and its length, in its own frames."""

    src: str
    start_frame: int
    frames: int
    frame_s: Fraction
    has_video: bool
    channels: int
    sample_rate_hz: int
    keywords: tuple[tuple[Fraction, Fraction, str, str], ...]


@dataclass(frozen=True, slots=True)
class Project:
    """All that a reader cares for."""

    version: str
    name: str
    frame_s: Fraction
    size: tuple[int, int]
    format_name: str
    start_frame: int
    frames: int
    drop_frame: bool
    items: tuple[Item, ...]
    recordings: dict[str, Recording]
    collections: tuple[str, ...]

    def all(self, kind: str) -> list[Note]:
        """All markers, keywords or captions, in the order of the file."""
        return [note for item in self.items for note in getattr(item, kind)]


def seconds(text: str | None) -> Fraction:
    """A time, which must be written as one."""
    match = _TIME.fullmatch(text or "0s")
    assert match, text
    return Fraction(int(match[1]), int(match[2] or 1))


def whole(time_s: Fraction, frame_s: Fraction) -> int:
    """A number of frames; a fraction of one is an error."""
    frames = time_s / frame_s
    assert frames.denominator == 1, f"{time_s} is {float(frames)} frames"
    return frames.numerator


def read(content: bytes) -> Project:
    """Read a document."""
    return _Reader(etree.fromstring(content)).project()


class _Reader:
    def __init__(self, root: etree._Element) -> None:
        self._root = root
        self._resources = {one.get("id"): one for one in root.find("resources")}
        self._sequence = root.find(".//project/sequence")
        self._format = self._resources[self._sequence.get("format")]
        self._frame_s = seconds(self._format.get("frameDuration"))
        self._begin_s = seconds(self._sequence.get("tcStart"))

    def project(self) -> Project:
        sequence, root = self._sequence, self._root
        return Project(
            version=root.get("version"),
            name=root.find(".//project").get("name"),
            frame_s=self._frame_s,
            size=(int(self._format.get("width")), int(self._format.get("height"))),
            format_name=self._format.get("name") or "",
            start_frame=whole(self._begin_s, self._frame_s),
            frames=whole(seconds(sequence.get("duration")), self._frame_s),
            drop_frame=sequence.get("tcFormat") == "DF",
            items=tuple(self._item(one) for one in sequence.find("spine")),
            recordings={key: self._recording(one) for key, one in self._resources.items() if one.tag == "asset"},
            collections=tuple(one.get("name") for one in root.iter("keyword-collection")),
        )

    def _asset_frame_s(self, asset: etree._Element) -> Fraction:
        """Sound has no frames of its own: it is cut on the sequence's."""
        own = self._resources[asset.get("format")].get("frameDuration") if asset.get("format") else None
        return seconds(own) if own else self._frame_s

    def _recording(self, asset: etree._Element) -> Recording:
        frame_s = self._asset_frame_s(asset)
        own = [c for c in self._root.findall(".//event/asset-clip") if c.get("ref") == asset.get("id")]
        return Recording(
            src=asset.find("media-rep").get("src"),
            start_frame=whole(seconds(asset.get("start")), frame_s),
            frames=whole(seconds(asset.get("duration")), frame_s),
            frame_s=frame_s,
            has_video=asset.get("hasVideo") == "1",
            channels=int(asset.get("audioChannels")),
            sample_rate_hz=int(asset.get("audioRate")),
            keywords=tuple(
                (seconds(k.get("start")), seconds(k.get("duration")), k.get("value"), k.get("note") or "")
                for clip in own
                for k in clip.findall("keyword")
            ),
        )

    def _item(self, item: etree._Element) -> Item:
        src, source_start = "", 0
        if item.tag == "asset-clip":
            asset = self._resources[item.get("ref")]
            src = asset.find("media-rep").get("src")
            into_s = seconds(item.get("start")) - seconds(asset.get("start"))
            source_start = whole(into_s, self._asset_frame_s(asset))
        conform = item.find("conform-rate")
        return Item(
            start=whole(seconds(item.get("offset")) - self._begin_s, self._frame_s),
            frames=whole(seconds(item.get("duration")), self._frame_s),
            src=src,
            source_start=source_start,
            role=item.get("audioRole") or "",
            note=item.findtext("note") or "",
            drop_frame=item.get("tcFormat") == "DF",
            conformed=conform.get("srcFrameRate") if conform is not None else "",
            markers=tuple(
                self._note(item, one, one.get("start"), one.get("note"), one.get("completed"))
                for one in item.findall("marker")
            ),
            keywords=tuple(
                self._note(item, one, one.get("start"), one.get("note"), one.get("value"))
                for one in item.findall("keyword")
            ),
            captions=tuple(self._caption(item, one) for one in item.findall("caption")),
        )

    def _caption(self, item: etree._Element, caption: etree._Element) -> Note:
        styles = {one.get("id") for one in caption.findall("text-style-def")}
        spans = caption.findall("text/text-style")
        assert {one.get("ref") for one in spans} <= styles
        assert caption.get("start") == "3600s"
        text = "".join(one.text for one in spans)
        return self._note(item, caption, caption.get("offset"), text, caption.get("role"))

    def _note(self, item: etree._Element, one: etree._Element, start: str, text: str | None, kind: str | None) -> Note:
        """What stands in an item counts in the item's own time."""
        into_s = seconds(start) - seconds(item.get("start"))
        on_sequence_s = seconds(item.get("offset")) - self._begin_s + into_s
        return Note(
            whole(on_sequence_s, self._frame_s),
            whole(seconds(one.get("duration")), self._frame_s),
            text or "",
            kind or "",
        )
