"""Builds a timeline in DaVinci Resolve: the cut, subtitles and markers. Made by Audapolis.

How to run it: open a project in Resolve, then Workspace > Console > Py3, and there

    exec(open(r"/where/this/file/is.py", encoding="utf-8").read())

or copy it to Resolve's folder for scripts (Fusion/Scripts/Edit) and choose it under Workspace > Scripts. Outside of
Resolve it runs with Resolve Studio, when external scripting is allowed in Preferences > System > General.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

MEDIA_FOLDERS: list[str] = []
"""Where to look for recordings that are no longer where they were; write your folders here."""

PLAN_JSON = '{"name":"talk","rate":"30","drop_frame":false,"start_timecode":"01:00:00:00","width":1920,"height":1080,"media":[{"name":"talk.wav","location":"talk.wav"}],"tracks":["Anna & S\\u00f6hne","Bob <b>"],"clips":[[0,1,0,191,0],[0,2,192,425,192],[0,1,426,487,426]],"captions":"1\\n00:00:00,500 --> 00:00:03,517\\nAnna & S\\u00f6hne: Good morning,\\nand welcome to the show about trains.\\n\\n2\\n00:00:03,600 --> 00:00:06,317\\nToday we ask: is 3 < 4 & 5 > 4?\\n\\n3\\n00:00:06,400 --> 00:00:07,233\\nBob <\\u200bb>: Yes.\\n\\n4\\n00:00:09,500 --> 00:00:14,117\\nI would say so --\\u200b> and I would also\\nsay that \\u00fcn\\u00efcode \\u2192 \\ud83d\\ude00 works in captions.\\n\\n5\\n00:00:14,200 --> 00:00:15,400\\nAnna & S\\u00f6hne: Thank you.\\n","markers":[[15,"Blue","Anna & S\\u00f6hne","Good morning, and welcome to the show about trains.",81],[108,"Blue","Anna & S\\u00f6hne","Today we ask: is 3 < 4 & 5 > 4?",72],[192,"Green","Bob <b>","Yes.",18],[285,"Green","Bob <b>","I would say so --> and I would also say that \\u00fcn\\u00efcode \\u2192 \\ud83d\\ude00 works in captions.",135],[426,"Blue","Anna & S\\u00f6hne","Thank you.",24]]}'

_BATCH = 200
_MODULES = (
    "/Library/Application Support/Blackmagic Design/DaVinci Resolve/Developer/Scripting/Modules",
    "/opt/resolve/Developer/Scripting/Modules",
    os.environ.get("PROGRAMDATA", "") + "/Blackmagic Design/DaVinci Resolve/Support/Developer/Scripting/Modules",
)


class Stopped(Exception):
    """It can't go on; the message says why and what to do."""


def say(text: str) -> None:
    """Show a line in the console."""
    sys.stdout.write(text + "\n")


def connect() -> Any:
    """The running Resolve.

    Raises:
        Stopped: It does not run, or does not let scripts in.
    """
    given = globals().get("resolve") or (globals()["app"].GetResolve() if "app" in globals() else None)
    if given:
        return given
    sys.path.extend(_MODULES)
    try:
        import DaVinciResolveScript as script  # type: ignore[import-not-found]  # noqa: N813
    except ImportError:
        raise Stopped("Resolve's scripting module was not found; run this inside Resolve's console.") from None
    found = script.scriptapp("Resolve")
    if not found:
        raise Stopped("Resolve does not answer: start it, and allow external scripting in its preferences.")
    return found


def build(resolve: Any, plan: dict[str, Any], folders: list[str]) -> dict[str, int]:
    """Build everything, and count what was made.

    Raises:
        Stopped: There is no project, or its frame rate is another.
    """
    project = resolve.GetProjectManager().GetCurrentProject()
    if not project:
        raise Stopped("Open a project first.")
    pool = project.GetMediaPool()
    if project.GetTimelineCount() == 0:
        adopt_settings(project, plan)
    timeline = new_timeline(project, pool, plan)
    media = imported(pool, plan["media"], folders)
    return {
        "clips": place_clips(pool, timeline, plan, media),
        "captions": place_captions(pool, timeline, plan),
        "markers": place_markers(timeline, plan["markers"]),
    }


def adopt_settings(project: Any, plan: dict[str, Any]) -> None:
    """Give an empty project the recording's settings; Resolve lets nobody change them later."""
    project.SetSetting("timelineFrameRate", plan["rate"])
    project.SetSetting("timelineDropFrameTimecode", "1" if plan["drop_frame"] else "0")
    project.SetSetting("timelineResolutionWidth", str(plan["width"]))
    project.SetSetting("timelineResolutionHeight", str(plan["height"]))


def new_timeline(project: Any, pool: Any, plan: dict[str, Any]) -> Any:
    """An empty timeline with the right rate and a name that is free.

    Raises:
        Stopped: The project's frame rate is another.
    """
    taken = {project.GetTimelineByIndex(n + 1).GetName() for n in range(project.GetTimelineCount())}
    name, number = plan["name"], 1
    while name in taken:
        number += 1
        name = "{} ({})".format(plan["name"], number)
    timeline = pool.CreateEmptyTimeline(name)
    if not timeline:
        raise Stopped(f"Resolve could not make the timeline '{name}'.")
    project.SetCurrentTimeline(timeline)
    if not has_rate(timeline, plan):
        timeline.SetSetting("useCustomSettings", "1")
        timeline.SetSetting("timelineFrameRate", plan["rate"])
        timeline.SetSetting("timelineDropFrameTimecode", "1" if plan["drop_frame"] else "0")
    if not has_rate(timeline, plan):
        pool.DeleteTimelines([timeline])
        raise Stopped("Make a new project with {} frames per second, and run this again.".format(plan["rate"]))
    timeline.SetStartTimecode(plan["start_timecode"])
    return timeline


def has_rate(timeline: Any, plan: dict[str, Any]) -> bool:
    """Whether a timeline counts the plan's frames; Resolve writes `29.97 DF` in some versions."""
    found = str(timeline.GetSetting("timelineFrameRate") or "0").split()[0]
    return abs(float(found) - float(plan["rate"])) < 0.01


def imported(pool: Any, media: list[dict[str, Any]], folders: list[str]) -> list[Any]:
    """The recordings in the media pool; None for those that were not found."""
    items = []
    for medium in media:
        places = [medium["location"], *(str(Path(folder, medium["name"])) for folder in folders)]
        path = next((place for place in places if Path(place).is_file()), None)
        found = pool.ImportMedia([path]) if path else None
        if not found:
            say("'{}' was not found: add its folder to MEDIA_FOLDERS in this script.".format(medium["name"]))
        items.append(found[0] if found else None)
    return items


def place_clips(pool: Any, timeline: Any, plan: dict[str, Any], media: list[Any]) -> int:
    """Put every clip on its speaker's tracks, at its very frame."""
    for kind in ("video", "audio"):
        while timeline.GetTrackCount(kind) < len(plan["tracks"]):
            if not timeline.AddTrack(kind):
                break
        for number, name in enumerate(plan["tracks"], start=1):
            timeline.SetTrackName(kind, number, name)
    begin = timeline.GetStartFrame()
    wanted = [
        {
            "mediaPoolItem": media[medium],
            "startFrame": first,
            "endFrame": last,
            "recordFrame": begin + position,
            "trackIndex": track,
        }
        for medium, track, first, last, position in plan["clips"]
        if media[medium]
    ]
    placed = 0
    for number in range(0, len(wanted), _BATCH):
        placed += len(pool.AppendToTimeline(wanted[number : number + _BATCH]) or [])
    if placed < len(plan["clips"]):
        say("{} of {} clips were placed.".format(placed, len(plan["clips"])))
    return placed


def place_captions(pool: Any, timeline: Any, plan: dict[str, Any]) -> int:
    """Import the subtitles as a file, since Resolve has no other way; they begin at the playhead."""
    if not plan["captions"]:
        return 0
    path = str(Path(tempfile.mkdtemp(prefix="audapolis-"), "captions.srt"))
    Path(path).write_text(plan["captions"], encoding="utf-8")
    timeline.AddTrack("subtitle")
    timeline.SetCurrentTimecode(plan["start_timecode"])
    items = pool.ImportMedia([path])
    if not items or not pool.AppendToTimeline([items[0]]):
        say(f"This Resolve takes no subtitles from scripts: import {path} yourself.")
        return 0
    return len(timeline.GetItemListInTrack("subtitle", timeline.GetTrackCount("subtitle")) or [])


def place_markers(timeline: Any, markers: list[list[Any]]) -> int:
    """Put the markers on the timeline; their frames count from its beginning."""
    placed = sum(1 for marker in markers if timeline.AddMarker(*marker))
    if placed < len(markers):
        say(f"{placed} of {len(markers)} markers were placed.")
    return placed


def main() -> None:
    """Build, and say what was made."""
    here = [str(Path(__file__).resolve().parent)] if "__file__" in globals() else []
    try:
        made = build(connect(), json.loads(PLAN_JSON), [*MEDIA_FOLDERS, *here])
    except Stopped as stopped:
        say(str(stopped))
        return
    say("Made {clips} clips, {captions} subtitles and {markers} markers.".format(**made))


if __name__ in ("__main__", "builtins"):
    main()
