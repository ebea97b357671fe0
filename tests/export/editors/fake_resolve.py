"""A DaVinci Resolve that keeps the rules of its scripting interface and remembers what was done to it."""

# ruff: noqa: N802 - the names are Resolve's
from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from audapolis.export.material import Material


@dataclass
class FakeClip:
    source: str
    first: int
    frames: int
    record: int
    track: int


@dataclass
class FakeTimeline:
    name: str
    rate: float
    start_frame: int = 0
    start_timecode: str = ""
    playhead: str = ""
    tracks: dict[str, list[str]] = field(default_factory=lambda: {"video": ["V1"], "audio": ["A1"], "subtitle": []})
    clips: list[FakeClip] = field(default_factory=list)
    captions: int = 0
    markers: dict[int, tuple[str, str, str, str, int]] = field(default_factory=dict)

    def GetName(self) -> str:
        return self.name

    def GetSetting(self, key: str) -> str:
        return f"{self.rate:.3f}" if key == "timelineFrameRate" else ""

    def SetSetting(self, key: str, value: str) -> bool:
        return False

    def SetStartTimecode(self, timecode: str) -> bool:
        self.start_timecode, self.start_frame = timecode, 86_400
        return True

    def GetStartFrame(self) -> int:
        return self.start_frame

    def SetCurrentTimecode(self, timecode: str) -> bool:
        self.playhead = timecode
        return True

    def GetTrackCount(self, kind: str) -> int:
        return len(self.tracks[kind])

    def AddTrack(self, kind: str) -> bool:
        self.tracks[kind].append("")
        return True

    def SetTrackName(self, kind: str, number: int, name: str) -> bool:
        self.tracks[kind][number - 1] = name
        return True

    def GetItemListInTrack(self, kind: str, number: int) -> list[int]:
        assert kind == "subtitle"
        assert number == len(self.tracks["subtitle"])
        return list(range(self.captions))

    def AddMarker(self, frame: int, colour: str, name: str, note: str, duration: int) -> bool:
        assert colour in "Blue Cyan Green Yellow Red Pink Purple Fuchsia Rose Lavender Sky Mint Lemon Sand Cocoa Cream"
        if frame in self.markers or frame < 0 or duration < 1:
            return False
        self.markers[frame] = (colour, name, "", note, duration)
        return True


@dataclass
class FakePool:
    project: FakeProject
    missing: set[str] = field(default_factory=set)

    def ImportMedia(self, paths: list[str]) -> list[str]:
        return list(paths)

    def CreateEmptyTimeline(self, name: str) -> FakeTimeline:
        timeline = FakeTimeline(name, self.project.rate)
        self.project.timelines.append(timeline)
        return timeline

    def DeleteTimelines(self, timelines: list[FakeTimeline]) -> bool:
        for timeline in timelines:
            self.project.timelines.remove(timeline)
        return True

    def AppendToTimeline(self, items: list[Any]) -> list[object]:
        timeline = self.project.timelines[-1]
        if isinstance(items[0], str):
            text = Path(items[0]).read_text("utf-8")
            timeline.captions = len(re.findall(r"^\d+:\d\d:\d\d,\d{3} --> ", text, re.MULTILINE))
            assert timeline.playhead == timeline.start_timecode
            return [object()]
        for item in items:
            frames = item["endFrame"] - item["startFrame"] + 1
            assert item["trackIndex"] <= len(timeline.tracks["audio"])
            record = item["recordFrame"] - timeline.start_frame
            source = Path(item["mediaPoolItem"]).name
            timeline.clips.append(FakeClip(source, item["startFrame"], frames, record, item["trackIndex"]))
        return [object() for _ in items]


@dataclass
class FakeProject:
    rate: float
    adopts: bool = True
    timelines: list[FakeTimeline] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pool = FakePool(self)

    def GetMediaPool(self) -> FakePool:
        return self.pool

    def GetTimelineCount(self) -> int:
        return len(self.timelines)

    def GetTimelineByIndex(self, number: int) -> FakeTimeline:
        return self.timelines[number - 1]

    def SetCurrentTimeline(self, timeline: FakeTimeline) -> bool:
        return timeline in self.timelines

    def SetSetting(self, key: str, value: str) -> bool:
        self.settings[key] = value
        if key == "timelineFrameRate" and self.adopts:
            self.rate = float(value)
        return True


class FakeResolve:
    """The application, its only project open."""

    def __init__(self, rate: float = 24.0, *, adopts: bool = True) -> None:
        self.project = FakeProject(rate, adopts)

    def GetProjectManager(self) -> FakeResolve:
        return self

    def GetCurrentProject(self) -> FakeProject:
        return self.project

    @property
    def timeline(self) -> FakeTimeline:
        return self.project.timelines[-1]


def run(script: str, resolve: FakeResolve, material: Material) -> dict[str, int]:
    """Run a script as Resolve's console does, where the media of the material is in its place."""
    out = io.StringIO()
    here = {str(source.path) for source in material.sources if source.path}
    with redirect_stdout(out), patch.object(Path, "is_file", lambda self: str(self) in here):
        exec(compile(script, "script", "exec"), {"resolve": resolve, "__name__": "__main__"})
    made = re.search(r"Made (\d+) clips, (\d+) subtitles and (\d+) markers", out.getvalue())
    assert made, out.getvalue()
    return {"clips": int(made[1]), "captions": int(made[2]), "markers": int(made[3])}
