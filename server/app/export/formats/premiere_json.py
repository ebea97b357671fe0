"""A transcript for Premiere Pro's text-based editing, following Adobe's published description of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ...domain.codec import to_json
from ..editors.premiere.checking import schema
from ..editors.premiere.schema import UNKNOWN
from ..editors.premiere.transcript import premiere_language, transcript_of
from ..losses import Loss
from ..report import Check
from ..timeline.building import TimelineOptions
from ..timeline.format import TimelineFormat
from ..timeline.model import Timeline


@dataclass(frozen=True, slots=True)
class PremiereJsonOptions(TimelineOptions):
    """How words are divided."""

    punctuation: Annotated[
        Literal["separate", "attached"],
        Field(description="Punctuation after words as items of its own, as Premiere writes it, or with the word."),
    ] = "separate"


class PremiereJson(TimelineFormat[PremiereJsonOptions]):
    """A segment for each sentence, with every word, its time, confidence and speaker."""

    id = "premiere_json"
    name = "Premiere Pro transcript"
    points_to_media = False
    extension = "premiere.json"
    media_type = "application/json"
    description = "Every word with time, speaker and confidence for Premiere Pro's text-based editing."
    losses = (Loss.TRANSLATIONS, Loss.EMBEDDINGS, Loss.PROVENANCE, Loss.VIDEO_FACTS)
    checks: ClassVar[Mapping[str, Check]] = {"schema": schema}
    options_type = PremiereJsonOptions

    def file(self, timeline: Timeline) -> bytes:
        """The transcript."""
        return to_json(transcript_of(timeline, separate=self.options.punctuation == "separate")) + b"\n"

    def warnings(self, timeline: Timeline) -> tuple[str, ...]:
        """Languages that Premiere doesn't have, and what cuts mean for times."""
        found = []
        language = timeline.transcript.language
        if premiere_language(language) == UNKNOWN:
            found.append(f"Premiere Pro has no language '{language}': the transcript is marked as of unknown language.")
        if _is_cut(timeline):
            found.append(
                "Times count in the cut: attach the transcript to a rendered file of the sequence, not to a recording."
            )
        return tuple(found)


def _is_cut(timeline: Timeline) -> bool:
    """Whether what plays is anything but one recording from its beginning."""
    base = timeline.timebase
    for clip in timeline.clips:
        if clip.media is None or len(timeline.media) > 1:
            return True
        own = clip.media.timebase
        if abs(own.seconds(clip.source_start) - base.seconds(clip.start)) > max(own.frame_s, base.frame_s):
            return True
    return False
