"""What is known about one recording while it goes through the stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..audio.filters.chain import Chain
from ..audio.filters.figures import SoundFigures
from ..audio.pcm import PcmAudio, PcmFile
from ..domain.audio import Chunk
from ..domain.options import TranscribeOptions
from ..domain.recording import MediaInfo
from ..domain.transcript import Fallback, Transcript, Word
from ..engines.base import Diarization, EngineInfo, RecognisedChunk


@dataclass(frozen=True, slots=True)
class Probed:
    """Left by `probe`: the file's facts and the SHA-256 of its bytes, in hex."""

    media: MediaInfo
    sha256: str


@dataclass(frozen=True, slots=True)
class ChannelSound:
    """One channel's quality: its figures, what was done about them, and what was found and left alone, with reasons."""

    figures: SoundFigures
    steps: Chain = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Enhanced:
    """Left by `enhance`: each channel's quality, and the cleaned sound; `pcm` is None where nothing was done."""

    channels: tuple[ChannelSound, ...]
    pcm: PcmFile | None = None


@dataclass(frozen=True, slots=True)
class Diarized:
    """Left by `diarize`. `engine` is None when speakers were not asked for."""

    diarization: Diarization
    engine: EngineInfo | None
    fallbacks: tuple[Fallback, ...] = ()


@dataclass(frozen=True, slots=True)
class Recognised:
    """Left by `transcribe`: all chunks, in order."""

    chunks: tuple[RecognisedChunk, ...]
    engine: EngineInfo
    fallbacks: tuple[Fallback, ...] = ()

    @property
    def language(self) -> str:
        """The language most words are in; that of the engine's first chunk where there are none."""
        counts: dict[str, int] = {}
        for chunk in self.chunks:
            counts[chunk.language] = counts.get(chunk.language, 0) + len(chunk.words)
        return max(counts, key=lambda language: counts[language], default="en")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the engine found doubtful, each once."""
        return tuple(dict.fromkeys(warning for chunk in self.chunks for warning in chunk.warnings))


WordStreams = tuple[tuple[Word, ...], ...]
"""Words with their speakers, in order; one stream per channel that is heard alone."""


@dataclass(slots=True)
class Work:
    """Grows from stage to stage; an attribute exists once its stage has finished.

    `keys` tells what each finished stage's result was made from: a digest by the stage's name.
    """

    source: Path
    name: str
    options: TranscribeOptions
    probed: Probed = field(init=False)
    pcm: PcmFile = field(init=False)
    enhanced: Enhanced = field(init=False)
    chunks: tuple[Chunk, ...] = field(init=False)
    diarized: Diarized = field(init=False)
    recognised: Recognised = field(init=False)
    streams: WordStreams = field(init=False)
    transcript: Transcript = field(init=False)
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def audio(self) -> PcmAudio:
        """The sound to recognise words in, cleaned where that helps; opened anew: each stage has its own."""
        cleaned = self.enhanced.pcm if hasattr(self, "enhanced") else None
        return PcmAudio(cleaned or self.pcm)

    @property
    def original(self) -> PcmAudio:
        """The decoded sound as it was, to tell voices apart by; opened anew."""
        return PcmAudio(self.pcm)

    @property
    def duration_s(self) -> float:
        """Length of the decoded sound; 0 before it is decoded."""
        return self.audio.duration_s if hasattr(self, "pcm") else 0.0
