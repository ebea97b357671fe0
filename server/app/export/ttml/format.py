"""What the TTML formats have in common: options, layout, and what they leave out."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from ...domain.transcript import Transcript
from ..base import TextFormat
from ..captions import CaptionOptions, lay_out
from ..losses import Loss
from .counting import Counting, Milliseconds
from .document import Dialect, Document, Look
from .speakers import COLOURS


@dataclass(frozen=True, slots=True)
class TtmlOptions(CaptionOptions):
    """Caption style, and how speakers and doubtful words are shown."""

    speakers: Annotated[
        Literal["colour", "name", "both", "none"],
        Field(description="Show who speaks by colour, by name whenever another one speaks, by both, or not at all."),
    ] = "colour"
    doubtful_below: Annotated[
        float, Field(ge=0, le=1, description="Words with less confidence are red; 0 marks none.")
    ] = 0.0


T = TypeVar("T", bound=TtmlOptions)


class TtmlFormat(TextFormat[T], Generic[T]):
    """Captions in a profile of TTML. Speech that overlaps is shown at once, at the bottom and the top."""

    family = "captions"

    @abstractmethod
    def dialect(self, transcript: Transcript) -> Dialect:
        """The profile's own part of the document."""

    def counting(self, transcript: Transcript) -> Counting:  # noqa: ARG002
        """How times are counted."""
        return Milliseconds()

    def text(self, transcript: Transcript) -> str:
        """The document."""
        options = self.options
        look = Look(
            colours=options.speakers in ("colour", "both"),
            people=options.speakers != "none",
            doubtful_below=options.doubtful_below,
        )
        dialect, counting = self.dialect(transcript), self.counting(transcript)
        laid_out = lay_out(transcript, options, labels=options.speakers in ("name", "both"))
        captions = sorted(laid_out, key=lambda caption: (caption.start_ms, caption.end_ms))
        return Document(transcript, captions, dialect, counting, look).text()

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers are there when asked for."""
        kept = {Loss.SPEAKERS} if self.options.speakers != "none" else set()
        return tuple(loss for loss in super().left_out(transcript) if loss not in kept)

    def warnings(self, transcript: Transcript) -> tuple[str, ...]:
        """More speakers than colours."""
        heard = {segment.speaker for segment in transcript.segments if segment.speaker}
        if self.options.speakers != "colour" or len(heard) <= len(COLOURS):
            return ()
        return (
            f"There are {len(heard)} speakers and {len(COLOURS)} colours: some share one. Set speakers to both to name "
            "them too.",
        )
