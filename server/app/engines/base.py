"""What an engine is. Doors choose engines; pipeline stages use them only through these Protocols."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from ..domain.audio import AudioReader, Chunk, Window
from ..domain.cancellation import CancelToken
from ..domain.transcript import Fallback, Span, Speaker, Turn, Word

E = TypeVar("E")

Quality = Literal["draft", "good", "best"]


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What runs: goes into a transcript's provenance.

    Attributes:
        quality: `draft` engines say so to the user, with the way to a better one.
        embedding_model: Name of the speaker-vector space; "" for speech engines.
    """

    name: str
    model: str
    device: str
    precision: str
    quality: Quality
    embedding_model: str = ""


@dataclass(frozen=True, slots=True)
class RecogniseOptions:
    """What every speech engine is told. `language` None means: detect."""

    language: str | None = None
    mode: Literal["fast", "balanced", "accurate"] = "balanced"


@dataclass(frozen=True, slots=True)
class RecognisedChunk:
    """The words of one chunk, absolute times, in order. `language` is what was heard or assumed."""

    chunk: Chunk
    words: tuple[Word, ...]
    language: str


@dataclass(frozen=True, slots=True)
class Chosen(Generic[E]):
    """An engine picked by a bridge, and what had been wanted instead, if anything."""

    engine: E
    fallbacks: tuple[Fallback, ...] = ()


class SpeechEngine(Protocol):
    """Turns chunks of speech into words."""

    @property
    def info(self) -> EngineInfo:
        """Name, model, device and precision in use."""
        ...

    def recognise(
        self, audio: AudioReader, chunks: Iterable[Chunk], options: RecogniseOptions, cancel: CancelToken
    ) -> Iterator[RecognisedChunk]:
        """Recognise chunks, in parallel or batched as suits the engine; yields each when done, in any order.

        `chunks` is pulled lazily with a bounded number in flight. The same chunk gives the same words whatever
        else is in flight.

        Raises:
            Cancelled: Within 2 s of `cancel` being set.
            EngineFailed: The engine broke; the chunks already yielded stand.
        """
        ...

    def close(self) -> None:
        """End helper processes and free memory. The engine can't be used afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class SpeakerCount:
    """How many speakers to find. `maximum` None means no limit."""

    minimum: int = 1
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who spoke when. Speakers `S1`, `S2` … by first appearance; turns sorted by start; turns may overlap."""

    turns: tuple[Turn, ...]
    speakers: tuple[Speaker, ...]


class DiarizationSession(Protocol):
    """One recording being diarized: fed its windows in order, flushed once."""

    def feed(self, window: Window) -> None:
        """Take the next window; only features are kept, so memory grows by at most 10 kB per second."""
        ...

    def flush(self, speech: Sequence[Span], count: SpeakerCount) -> Diarization:
        """Decide on turns within the given speech, after the last window."""
        ...


class Diarizer(Protocol):
    """Tells speakers apart."""

    @property
    def info(self) -> EngineInfo:
        """Name, model and device in use."""
        ...

    def open(self, cancel: CancelToken) -> DiarizationSession:
        """Begin a recording. The session checks `cancel` at least every half second of work."""
        ...


class SpeechDetector(Protocol):
    """Finds speech in one channel: fed its windows in order, flushed once."""

    def feed(self, window: Window) -> list[Span]:
        """Speech spans that this window completed, absolute times, padded and merged."""
        ...

    def flush(self) -> list[Span]:
        """Speech still open at the end."""
        ...
