"""The words as one export wants them: language, case, fillers, doubtful words, names, segments, times.

Every format that holds words takes these options; `reworded` applies them to the transcript before the format sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from ..domain.transcript import Transcript
from .rewording.cutting import merge, split
from .rewording.editing import hide_doubtful
from .rewording.filters import in_case, without_fillers, without_profanity
from .rewording.labels import label
from .rewording.shifting import shift
from .rewording.tracks import in_language

_NAME = "{name}"


@dataclass(frozen=True, slots=True)
class WordingOptions:
    """How words, names and times are changed on their way out; the defaults change nothing."""

    language: Annotated[str, Field(description="Language of the text: one of the transcript's translations.")] = ""
    case: Annotated[Literal["as_is", "lower", "upper"], Field(description="Letters.")] = "as_is"
    fillers: Annotated[Literal["keep", "drop"], Field(description="Words like um and uh.")] = "keep"
    profanity: Annotated[Literal["keep", "mask", "drop"], Field(description="Swear words.")] = "keep"
    blocked: Annotated[
        str, Field(description="More words and phrases to treat as swear words, separated by commas.")
    ] = ""
    hide_below: Annotated[float, Field(ge=0, le=1, description="Hide words with less confidence; 0 hides none.")] = 0.0
    hidden: Annotated[str, Field(description="What stands for hidden words; with no text they are left out.")] = "[…]"
    speaker_label: Annotated[
        str, Field(description="How speakers are called; {name}, {id}, {number} and {initials} are filled in.")
    ] = _NAME
    merge_s: Annotated[
        float, Field(ge=0, le=60, description="Join segments of one speaker over pauses up to this, in seconds.")
    ] = 0.0
    split_s: Annotated[
        float, Field(ge=0, le=600, description="Split segments longer than this, in seconds; 0 splits none.")
    ] = 0.0


Told = tuple[Transcript, tuple[str, ...]]
"""A transcript, and what its reader should know."""


def reworded(transcript: Transcript, options: WordingOptions, *, offset_s: float = 0.0) -> Told:
    """Apply the options.

    Args:
        transcript: What was said.
        options: What is wanted of it.
        offset_s: Added to all times, in seconds; what would begin before 0 begins there, what would end there goes.

    Returns:
        The transcript as wanted, and what the reader should know: segments without a translation, for one. The
        same transcript where nothing is wanted.

    Raises:
        InvalidOption: No such translation, or a label with an unknown placeholder.
    """
    warnings: tuple[str, ...] = ()
    for step in _steps(options, offset_s):
        transcript, told = step(transcript)
        warnings += told
    return transcript, warnings


def _steps(options: WordingOptions, offset_s: float) -> Iterator[Callable[[Transcript], Told]]:
    """What has to be done, in the order in which it makes sense: lists of words know no capitals, splits no gaps."""
    if options.language:
        yield partial(in_language, wanted=options.language)
    if options.fillers == "drop":
        yield without_fillers
    if options.profanity != "keep":
        yield partial(without_profanity, treatment=options.profanity, blocked=options.blocked)
    elif options.blocked:
        yield lambda transcript: (transcript, ("Blocked words are kept: set profanity to mask or drop.",))
    if options.hide_below:
        yield lambda transcript: (hide_doubtful(transcript, options.hide_below, options.hidden.strip()), ())
    if options.merge_s:
        yield lambda transcript: (merge(transcript, options.merge_s), ())
    if options.split_s:
        yield lambda transcript: (split(transcript, options.split_s), ())
    if options.case != "as_is":
        case = options.case
        yield lambda transcript: (in_case(transcript, case), ())
    if options.speaker_label != _NAME:
        yield partial(label, pattern=options.speaker_label)
    if offset_s:
        yield partial(shift, offset_s=offset_s)
