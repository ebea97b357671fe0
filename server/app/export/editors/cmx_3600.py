"""CMX 3600 edit decision list: one event for each clip, the program starting at 01:00:00:00.

Reels are numbered because a reel has only eight letters; comments name file and speaker.
"""

from __future__ import annotations

from .model import Clip, EditedSequence

_PROGRAM_START = "01:00:00:00"


def write(sequence: EditedSequence) -> bytes:
    """The list. Events beyond 999 keep counting; most programs read that."""
    timebase = sequence.timebase
    begin = timebase.parse(_PROGRAM_START)
    mode = "DROP FRAME" if timebase.drop_frame else "NON-DROP FRAME"
    lines = [f"TITLE: {sequence.name}", f"FCM: {mode}", ""]
    for number, clip in enumerate(sequence.clips, start=1):
        times = (clip.source_start, clip.source_end, begin + clip.start, begin + clip.end)
        lines.append(
            f"{number:03d}  {_reel(clip):<8} {_channels(clip):<5} C        {' '.join(map(timebase.format, times))}"
        )
        lines.append(f"* FROM CLIP NAME: {clip.media.url}")
        if clip.speaker:
            lines.append(f"* COMMENT: SPEAKER {clip.speaker}")
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _reel(clip: Clip) -> str:
    return f"REEL{clip.media.index:04d}"


def _channels(clip: Clip) -> str:
    return "B" if clip.media.has_video else "A"
