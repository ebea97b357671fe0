"""What an engine is. Doors choose engines; pipeline stages use them only through these Protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar, runtime_checkable

from ..domain.audio import AudioReader, Chunk, Window
from ..domain.cancellation import CancelToken
from ..domain.events import Emit, EngineChosen, StageName
from ..domain.transcript import Fallback, Span, Speaker, Turn, Word
from ..errors import AudapolisError

E = TypeVar("E")

Quality = Literal["draft", "good", "best"]


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What runs: goes into a transcript's provenance.

    Attributes:
        quality: `draft` engines say so to the user, with the way to a better one.
        embedding_model: Name of the speaker-vector space; "" for speech engines.
        punctuates: Whether words come with case and punctuation; where not, they are spelled later.
        window_s: For engines that take as long for a short chunk as for one of this length, in seconds; 0 for
            others. Short chunks are put together for them.
    """

    name: str
    model: str
    device: str
    precision: str
    quality: Quality
    embedding_model: str = ""
    punctuates: bool = True
    window_s: float = 0.0

    def chosen_for(self, stage: StageName) -> EngineChosen:
        """The event that tells that a stage works with this engine."""
        return EngineChosen(
            stage=stage, engine=self.name, model=self.model, device=self.device, precision=self.precision
        )


@dataclass(frozen=True, slots=True)
class RecogniseOptions:
    """What every speech engine is told.

    Attributes:
        language: BCP-47 code or English name; None means: detect, once per call.
        task: Write what was said in its own language, or in English.
        prompt: Text before the recording, for style and spelling; engines that can't use it ignore it.
        vocabulary: Words and names to expect; engines that can't use them ignore them.
        per_segment_language: Detect the language anew in every chunk; `language` must be None.
    """

    language: str | None = None
    mode: Literal["fast", "balanced", "accurate"] = "balanced"
    task: Literal["transcribe", "translate"] = "transcribe"
    prompt: str | None = None
    vocabulary: tuple[str, ...] = ()
    per_segment_language: bool = False


@dataclass(frozen=True, slots=True)
class RecognisedChunk:
    """The words of one chunk, absolute times, in order.

    Attributes:
        language: What was heard or assumed, whatever language the words are in.
        warnings: What a reader should know that is no error; the same in many chunks is said once.
    """

    chunk: Chunk
    words: tuple[Word, ...]
    language: str
    warnings: tuple[str, ...] = ()


@runtime_checkable
class FallsBack(Protocol):
    """An engine that may become another one while it works."""

    @property
    def fallbacks(self) -> tuple[Fallback, ...]:
        """What was used instead of what, so far, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen(Generic[E]):
    """An engine picked by a bridge, and what had been wanted instead, if anything.

    Attributes:
        instead: What may take over when the engine fails with the given error; None where nothing may.
    """

    engine: E
    fallbacks: tuple[Fallback, ...] = ()
    instead: Callable[[AudapolisError], Chosen[E]] | None = None

    @property
    def all_fallbacks(self) -> tuple[Fallback, ...]:
        """Those of the choice, and those taken since, while the engine worked."""
        return (*self.fallbacks, *(self.engine.fallbacks if isinstance(self.engine, FallsBack) else ()))


@runtime_checkable
class Telling(Protocol):
    """An engine that tells of what it does while it works: models it loads late, windows it decodes together."""

    def tell(self, emit: Emit) -> None:
        """Tell `emit`, and nobody else, from now on."""
        ...


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
        """Take the next window. Memory grows by at most 10 kB per second: features are kept, or sound on disk."""
        ...

    def flush(self, speech: Sequence[Span], count: SpeakerCount) -> Diarization:
        """Decide on turns, after the last window. None lies wholly outside the given speech.

        Raises:
            Cancelled: Within 2 s of the session's token being set.
            EngineFailed: The engine broke; another one may be tried.
            EngineUnavailable: It turned out that it can't run here.
        """
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

    def close(self) -> None:
        """Free what is kept warm. The engine may be used again; it starts anew then."""
        ...


class SpeechDetector(Protocol):
    """Finds speech in one channel: fed its windows in order, flushed once."""

    def feed(self, window: Window) -> list[Span]:
        """Speech spans that this window completed, absolute times, padded and merged."""
        ...

    def flush(self) -> list[Span]:
        """Speech still open at the end."""
        ...
