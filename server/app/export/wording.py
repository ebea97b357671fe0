"""The words as one export wants them: language, case, fillers, doubtful words, names, segments, times.

Every format that holds words takes these options; `reworded` applies them to the transcript before the format sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from ..domain.transcript import Transcript


@dataclass(frozen=True, slots=True)
class WordingOptions:
    """How words, names and times are changed on their way out; the defaults change nothing."""

    language: Annotated[str, Field(description="Language of the text: one of the transcript's translations.")] = ""
    case: Annotated[Literal["as_is", "lower", "upper"], Field(description="Letters.")] = "as_is"
    fillers: Annotated[Literal["keep", "drop"], Field(description="Words like um and uh.")] = "keep"
    profanity: Annotated[Literal["keep", "mask", "drop"], Field(description="Swear words.")] = "keep"
    blocked: Annotated[str, Field(description="More words to treat as swear words, separated by commas.")] = ""
    hide_below: Annotated[float, Field(ge=0, le=1, description="Hide words with less confidence; 0 hides none.")] = 0.0
    hidden: Annotated[str, Field(description="What stands for hidden words.")] = "[…]"
    speaker_label: Annotated[
        str, Field(description="How speakers are called; {name}, {id}, {number} and {initials} are filled in.")
    ] = "{name}"
    merge_s: Annotated[
        float, Field(ge=0, le=60, description="Join segments of one speaker over pauses up to this, in seconds.")
    ] = 0.0
    split_s: Annotated[
        float, Field(ge=0, le=600, description="Split segments longer than this, in seconds; 0 splits none.")
    ] = 0.0


def reworded(
    transcript: Transcript,
    options: WordingOptions,  # noqa: ARG001
    *,
    offset_s: float = 0.0,  # noqa: ARG001
) -> tuple[Transcript, tuple[str, ...]]:
    """Apply the options.

    Args:
        transcript: What was said.
        options: What is wanted of it.
        offset_s: Added to all times, in seconds; what would begin before 0 begins there.

    Returns:
        The transcript as wanted, and what the reader should know: segments without a translation, for one.

    Raises:
        InvalidOption: No such translation, or a label with an unknown placeholder.
    """
    return transcript, ()
