"""What a user may ask of a transcription. Frozen with a job when it is submitted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ..errors import InvalidOption

Mode = Literal["fast", "balanced", "accurate"]
Denoise = Literal["auto", "off", "light", "strong"]
Task = Literal["transcribe", "translate"]


def vocabulary_terms(text: str) -> tuple[str, ...]:
    """The words and names in a list: separated by commas or line ends, each once, in order."""
    terms = (" ".join(term.split()) for term in text.replace(",", "\n").splitlines())
    return tuple(dict.fromkeys(term for term in terms if term))


@dataclass(frozen=True, slots=True)
class TranscribeOptions:
    """Options of one transcription; every field has a working default.

    Attributes:
        engine: Speech engine by name, or `auto`.
        model: Model of that engine; None lets the engine choose.
        language: BCP-47 code; None lets the engine detect it.
        mode: Trade of speed for accuracy.
        diarize: Whether to tell speakers apart.
        diarizer: Speaker engine by name, or `auto`.
        min_speakers: At least so many speakers (≥ 1).
        max_speakers: At most so many speakers; None for no limit.
        recognise_speakers: Whether speakers whose voices are enrolled get their names.
        denoise: Clean-up of the audio before words are recognised in it: `auto` mends defects where that helps,
            `light` and `strong` reduce noise besides, `off` leaves the sound as it is.
        audio_track: Which audio stream, counted from 0; None takes the file's default.
        device: Where engines run: `auto`, `cpu`, `cuda`, or `cuda:N` for the N-th GPU.
        precision: Numbers the speech engine computes with, such as `int8` or `float16`; `auto` takes what the
            device does best.
        offline: Fetch no model for this transcription, even where the settings allow it.
        split_channels: Use each channel as one speaker: `auto` decides by listening.
        task: Write what was said in its own language, or `translate` it to English.
        prompt: A text as it might stand before the recording, for style and spelling.
        vocabulary: Words and names to expect, most important first.
        per_segment_language: Detect the language anew for every stretch of speech.
        min_turn_s: Shorter turns do not give words a speaker, in seconds; every speaker keeps the longest.
        merge_gap_s: Turns of one speaker with a shorter pause between them are one, in seconds.
        min_run_words: Fewer words in a row between words of one other speaker are that speaker's (≥ 1).
        reuse: Use what earlier jobs found out about the same recording, and keep what this one does.
    """

    engine: str = "auto"
    model: str | None = None
    language: str | None = None
    mode: Mode = "balanced"
    diarize: bool = True
    diarizer: str = "auto"
    min_speakers: int = 1
    max_speakers: int | None = None
    recognise_speakers: bool = True
    denoise: Denoise = "auto"
    audio_track: int | None = None
    device: str = "auto"
    precision: str = "auto"
    offline: bool = False
    split_channels: Literal["auto", "always", "never"] = "auto"
    task: Task = "transcribe"
    prompt: str | None = None
    vocabulary: tuple[str, ...] = ()
    per_segment_language: bool = False
    min_turn_s: float = 0.0
    merge_gap_s: float = 0.0
    min_run_words: int = 1
    reuse: bool = True

    def __post_init__(self) -> None:
        if self.min_speakers < 1:
            raise InvalidOption("The number of speakers must be at least 1.")
        if self.max_speakers is not None and self.max_speakers < self.min_speakers:
            raise InvalidOption(
                f"At most {self.max_speakers} but at least {self.min_speakers} speakers can't both hold.",
                hint="Swap the two numbers, or give just one.",
            )
        if not (0 <= self.min_turn_s < math.inf and 0 <= self.merge_gap_s < math.inf and self.min_run_words >= 1):
            raise InvalidOption("The smoothing of speakers takes times of 0 s or more, and at least 1 word in a row.")
        if self.audio_track is not None and self.audio_track < 0:
            raise InvalidOption("Audio tracks are counted from 0.")
        if self.per_segment_language and self.language is not None:
            raise InvalidOption(
                f"The language can't be '{self.language}' and be detected for every segment.",
                hint="Give one or the other.",
            )
