"""What text formats of captions have in common: one layout, which is then held against its profile."""

from __future__ import annotations

from typing import Generic, TypeVar

from ...domain.transcript import Transcript
from ..base import TextFormat
from ..losses import Loss
from ..prose import second_track, untranslated
from .layout import lay_out
from .lint import lint, summarised
from .model import Caption
from .options import CaptionOptions

T = TypeVar("T", bound=CaptionOptions)


class CaptionFormat(TextFormat[T], Generic[T]):
    """A text format of captions. `text` asks for them once, by `captions`."""

    family = "captions"

    def __init__(self, options: T) -> None:
        super().__init__(options)
        self._laid_out: tuple[Caption, ...] = ()

    def captions(self, transcript: Transcript, *, labels: bool = False) -> tuple[Caption, ...]:
        """The captions; kept, so that what is warned of is what was written."""
        self._laid_out = lay_out(transcript, self.options, labels=labels)
        return self._laid_out

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """A translation that is shown is not lost; others may be."""
        losses = super().left_out(transcript)
        alone = bool(self.options.second_language) and len(transcript.translations) == 1
        return tuple(loss for loss in losses if not (alone and loss == Loss.TRANSLATIONS))

    def warnings(self, transcript: Transcript) -> tuple[str, ...]:
        """Where a house style could not be kept, and where a translation is missing."""
        told: tuple[str, ...] = ()
        track = second_track(transcript, self.options.second_language)
        if self.options.profile != "custom":
            second = self.options.limits(transcript, track) if track else None
            told = summarised(lint(self._laid_out, self.options.limits(transcript), second))
        return (*told, *untranslated(transcript, track))
