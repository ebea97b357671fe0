"""What stands before the cues: a note, the style sheet, regions."""

from __future__ import annotations

from collections.abc import Iterator

from ...domain.transcript import Transcript
from ..shading import LEVEL_COLOURS, speaker_colours
from .text import comment

SIDES = ("left", "right")


def note(transcript: Transcript) -> str:
    """Which recording this is, and how the text was made."""
    recording, made = transcript.recording, transcript.provenance
    lines = [
        f"Recording: {comment(recording.name)}",
        f"Length: {recording.duration_s:.3f} s",
        f"Language: {comment(transcript.language)}",
        f"Recogniser: {comment(f'{made.engine} {made.model}'.strip())}",
        f"Speakers: {comment(', '.join(speaker.name for speaker in transcript.speakers))}",
        f"Transcript: {comment(transcript.id)}, {comment(transcript.created_at)}",
    ]
    return "\n".join(("NOTE", *lines, ""))


def style(transcript: Transcript, *, confidence: bool, speakers: bool) -> str:
    """The style sheet: a colour for each level of doubt and each speaker."""
    rules = []
    if speakers:
        colours = speaker_colours(transcript)
        rules += [
            f"::cue(.{speaker_class(number)}) {{ color: {colours[speaker.id]}; }}"
            for number, speaker in enumerate(transcript.speakers)
        ]
    if confidence:
        rules += [
            f"::cue(.conf-{level}) {{ color: {colour}; text-decoration: underline; }}"
            for level, colour in LEVEL_COLOURS.items()
        ]
    return "\n".join(("STYLE", *rules, ""))


def regions(transcript: Transcript) -> Iterator[str]:
    """A region for each side that is used: speakers sit left and right in turns."""
    for side in SIDES[: max(1, len(transcript.speakers))]:
        anchor = 5 if side == "left" else 52
        yield "\n".join(
            (
                "REGION",
                f"id:{side}",
                "width:43%",
                "lines:3",
                "regionanchor:0%,100%",
                f"viewportanchor:{anchor}%,92%",
                "",
            )
        )


def speaker_class(number: int) -> str:
    """The class of a speaker, by place in the list."""
    return f"speaker-{number + 1}"
