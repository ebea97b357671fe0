"""How captions are wished, and the limits that follow for one transcript."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import Field

from ...domain.languages import primary_language
from ...domain.timecode import parse_rate
from ...domain.transcript import Transcript
from ..base import WordedFileOptions
from ..prose import SecondLanguageOption
from .grid import Grid
from .profiles import PROFILES, ProfileName

_SHORTEST_GAP_FRAMES = 2
N = TypeVar("N", int, float)
ByProfile = Literal["profile"]
_BY_PROFILE: ByProfile = "profile"


@dataclass(frozen=True, slots=True)
class CaptionOptions(WordedFileOptions):
    """How captions look: a house style, and single limits that win over it.

    Attributes:
        widest: Most characters in a line that the format can show, whatever is wished.
    """

    widest: ClassVar[int] = 200

    profile: Annotated[
        ProfileName, Field(description="House style that gives the limits not set below, by language where it differs.")
    ] = "custom"
    max_chars: Annotated[
        ByProfile | Annotated[int, Field(ge=8, le=200)], Field(description="Most characters in a line.")
    ] = _BY_PROFILE
    max_lines: Annotated[
        ByProfile | Annotated[int, Field(ge=1, le=4)], Field(description="Most lines in a caption.")
    ] = _BY_PROFILE
    min_s: Annotated[
        ByProfile | Annotated[float, Field(ge=0, le=5)],
        Field(description="Shortest caption where possible, in seconds."),
    ] = _BY_PROFILE
    max_s: Annotated[
        ByProfile | Annotated[float, Field(ge=1, le=60)], Field(description="Longest caption, in seconds.")
    ] = _BY_PROFILE
    max_cps: Annotated[
        ByProfile | Annotated[float, Field(ge=1, le=60)],
        Field(description="Most characters a second where possible."),
    ] = _BY_PROFILE
    gap_s: Annotated[
        ByProfile | Annotated[float, Field(ge=0, le=1)],
        Field(description="Time between two captions, in seconds; two frames at least where times are on frames."),
    ] = _BY_PROFILE
    frame_rate: Annotated[
        str,
        Field(
            description="Begin and end captions on frames: of the picture, if there is one (auto), or of a rate such "
            "as 25 or 29.97; ms for milliseconds."
        ),
    ] = "auto"
    second_language: SecondLanguageOption = ""

    def limits(self, transcript: Transcript, language: str = "") -> Limits:
        """The limits of a transcript's captions.

        Args:
            transcript: Its language and picture count.
            language: Of the text, where it is not the transcript's.

        Raises:
            InvalidOption: The frame rate is none.
        """
        return limits_of(self, transcript, language)


@dataclass(frozen=True, slots=True)
class Limits:
    """What captions of one transcript must keep. `_ticks` are those of the grid: frames or milliseconds."""

    grid: Grid
    max_chars: int
    max_lines: int
    min_s: float
    max_s: float
    max_cps: float
    word_s: float
    gap_ticks: int
    closing_ticks: int

    def reading_s(self, characters: int, words: int) -> float:
        """How long it takes to read so much."""
        return max(characters / self.max_cps, words * self.word_s)

    @property
    def min_ticks(self) -> int:
        """Shortest caption where there is room."""
        return self.grid.at_least(self.min_s)

    @property
    def max_ticks(self) -> int:
        """Longest caption."""
        return self.grid.at_most(self.max_s)


def limits_of(options: CaptionOptions, transcript: Transcript, language: str = "") -> Limits:
    """The limits of a transcript's captions.

    Args:
        options: The wish.
        transcript: Its language and picture count.
        language: Limits of text in another language.

    Raises:
        InvalidOption: The frame rate is none.
    """
    profile = PROFILES[options.profile]
    tongue = primary_language(language or transcript.language)
    grid = Grid(_rate(options, transcript))
    gap_s = _chosen(options.gap_s, profile.gap_s)
    closes_below_s = profile.closes_below_s
    if options.profile == "custom":
        closes_below_s += gap_s - profile.gap_s
    gap_ticks = grid.nearest(gap_s)
    if grid.rate:
        gap_ticks = max(_SHORTEST_GAP_FRAMES, grid.at_least(0.0 if options.gap_s == _BY_PROFILE else gap_s))
    return Limits(
        grid=grid,
        max_chars=min(
            options.widest, _chosen(options.max_chars, profile.chars_by_language.get(tongue, profile.max_chars))
        ),
        max_lines=_chosen(options.max_lines, profile.max_lines),
        min_s=_chosen(options.min_s, profile.min_s),
        max_s=_chosen(options.max_s, profile.max_s),
        max_cps=_chosen(options.max_cps, profile.cps_by_language.get(tongue, profile.max_cps)),
        word_s=profile.word_s if options.max_cps == _BY_PROFILE else 0.0,
        gap_ticks=gap_ticks,
        closing_ticks=max(gap_ticks, grid.nearest(closes_below_s) - 1),
    )


def _chosen(wish: ByProfile | N, given: N) -> N:
    """A limit of the user's own, or the profile's."""
    return given if wish == _BY_PROFILE else wish


def _rate(options: CaptionOptions, transcript: Transcript) -> Fraction | None:
    if options.frame_rate == "ms":
        return None
    if options.frame_rate != "auto":
        return parse_rate(options.frame_rate)
    video = transcript.recording.video
    return parse_rate(video.frame_rate) if video else None
