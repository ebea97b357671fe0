"""A page to read, hear, search and proofread a transcript; it needs no network and no server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from ...domain.transcript import Transcript
from ...errors import InvalidOption
from ..base import TextFormat, WordedFileOptions
from ..html.checking import check_html
from ..html.page import Look, Page
from ..losses import Loss
from ..prose import SecondLanguageOption, carried_tracks, passages, second_track, untranslated, without_losses
from ..report import Check
from ..stamps import PrecisionOption, RateOption, stamp_of
from ..text import printable


@dataclass(frozen=True, slots=True)
class HtmlOptions(WordedFileOptions):
    """What the page shows."""

    metadata: Annotated[bool, Field(description="Show facts of the recording and how the transcript was made.")] = True
    speakers: Annotated[bool, Field(description="Say who speaks.")] = True
    timestamps: Annotated[bool, Field(description="Say when paragraphs start.")] = True
    precision: PrecisionOption = "second"
    rate: RateOption = "auto"
    doubtful_below: Annotated[
        float, Field(ge=0, le=0.95, description="Shade words with less confidence, in steps of 0.05; 0 shades none.")
    ] = 0.0
    second_language: SecondLanguageOption = ""
    media: Annotated[
        str,
        Field(description="Path of the recording from the page; auto takes its name; empty lets the reader choose."),
    ] = ""
    theme: Annotated[Literal["auto", "light", "dark"], Field(description="Colours; auto does as the system does.")] = (
        "auto"
    )


class Html(TextFormat[HtmlOptions]):
    """One file: text as plain HTML, its style and script inside, allowed by digest and nothing besides."""

    id = "html"
    family = "text"
    name = "Web page"
    extension = "html"
    media_type = "text/html; charset=utf-8"
    description = "A page to read, hear, search and proofread: a click on a word plays it. Needs no network."
    losses = (
        Loss.SPEAKERS,
        Loss.TRANSLATIONS,
        Loss.EMBEDDINGS,
        Loss.PROVENANCE,
        Loss.VIDEO_FACTS,
        Loss.MILLISECONDS,
    )
    checks: ClassVar[Mapping[str, Check]] = {"page": check_html}
    options_type = HtmlOptions

    def text(self, transcript: Transcript) -> str:
        """The page.

        Raises:
            InvalidOption: `media` is not a path from the page.
        """
        options = self.options
        track = second_track(transcript, options.second_language)
        look = Look(
            metadata=options.metadata,
            speakers=options.speakers,
            stamp=stamp_of(transcript, options.precision, options.rate) if options.timestamps else None,
            track=track,
            doubtful_below=round(options.doubtful_below * 20) * 5,
            media=_address(transcript.recording.name if options.media == "auto" else options.media),
            theme=options.theme,
        )
        return "".join(Page(transcript, passages(transcript, track), look).parts())

    def left_out(self, transcript: Transcript) -> tuple[str, ...]:
        """Speakers, a translation and the facts are there when asked for."""
        options = self.options
        kept = [
            *([Loss.SPEAKERS] if options.speakers else []),
            *([Loss.PROVENANCE, Loss.VIDEO_FACTS] if options.metadata else []),
            *carried_tracks(transcript, second_track(transcript, options.second_language)),
        ]
        return without_losses(super().left_out(transcript), *kept)

    def warnings(self, transcript: Transcript) -> tuple[str, ...]:
        """Paragraphs without a translation."""
        return untranslated(transcript, second_track(transcript, self.options.second_language))


def _address(path: str) -> str:
    """A path from the page as an address: nothing in it can lead to another host."""
    name = printable(path).strip().replace("\\", "/")
    first = name.split("/")[0]
    if name.startswith("/") or (":" in first and path != first):
        raise InvalidOption(
            f"'{path}' is not a path from the page.", hint="Put the recording beside the page and give its name."
        )
    return f"./{quote(name)}" if name else ""
