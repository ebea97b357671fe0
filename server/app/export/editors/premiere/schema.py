"""Premiere Pro's transcript file, as `https://schemas.adobe.com/transcript/v1.0.0` describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field

Language = Literal[
    "en-us", "en-gb", "zh-hk", "cmn-hans", "cmn-hant", "es-es", "de-de", "fr-fr", "ja-jp", "pt-pt", "pt-br", "ko-kr",
    "it-it", "ru-ru", "hi-in", "nb-no", "sv-se", "nl-nl", "da-dk", "id-id", "th-th", "vi-vn", "ms-my", "tr-tr",
    "pl-pl", "fil-ph", "te-in", "ml-in", "pa-in", "??-??",
]  # fmt: skip
"""All languages it takes; the last stands for any other."""
LANGUAGES: tuple[Language, ...] = get_args(Language)
UNKNOWN: Language = "??-??"

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
SpeakerId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
"""A UUID of version 4."""
Tag = Literal["profanity", "filler"]


@dataclass(frozen=True, slots=True)
class Item:
    """A word, or punctuation after it. `eos`: a sentence ends here."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    confidence: Annotated[float, Field(ge=0, le=1)]
    duration: Seconds
    eos: bool
    start: Seconds
    tags: tuple[Tag, ...]
    text: Annotated[str, Field(min_length=1)]
    type: Literal["word", "punctuation"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """What one speaker says, up to the end of a sentence."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    duration: Seconds
    language: Language
    speaker: SpeakerId
    start: Seconds
    words: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """A speaker."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    id: SpeakerId
    name: str


@dataclass(frozen=True, slots=True)
class PremiereTranscript:
    """The whole file."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    language: Language
    segments: tuple[Sentence, ...]
    speakers: tuple[Voice, ...]
