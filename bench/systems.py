"""What is measured: Audapolis itself, and a plain recogniser to compare it with."""

from __future__ import annotations

import multiprocessing
import signal
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from audapolis.audio.decoding import decode
from audapolis.audio.pcm import PcmAudio
from audapolis.config import Settings
from audapolis.domain.options import TranscribeOptions
from audapolis.domain.transcript import Turn, Word
from audapolis.errors import AudapolisError, WorkerCrashed
from audapolis.modern_pipeline import ModernPipeline
from audapolis.stages.base import StageContext

from .meter import Cost, metered


@dataclass(frozen=True, slots=True)
class Heard:
    """What a system made of a recording. `turns` is None where it does not tell speakers apart."""

    words: tuple[Word, ...]
    turns: tuple[Turn, ...] | None = None

    @property
    def text(self) -> str:
        """All words."""
        return " ".join(word.text for word in self.words)


class System(Protocol):
    """Something that turns recordings into words."""

    name: str

    def hear(self, path: Path, *, speakers: int | None = None) -> Heard:
        """Transcribe a file; `speakers` is how many talk, or None to find out."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Audapolis:
    """The whole pipeline, warm, in this process and its children."""

    def __init__(self, settings: Settings, *, engine: str, diarize: bool) -> None:
        self.name = f"audapolis ({engine})"
        self._engine, self._diarize = engine, diarize
        self._pipeline = ModernPipeline(settings)

    def hear(self, path: Path, *, speakers: int | None = None) -> Heard:
        """Transcribe a file with default options."""
        options = TranscribeOptions(
            engine=self._engine,
            diarize=self._diarize,
            min_speakers=speakers or 1,
            max_speakers=speakers,
        )
        with tempfile.TemporaryDirectory() as folder:
            transcript = self._pipeline.run(path, options, context=StageContext(Path(folder)))
        return Heard(transcript.words, transcript.turns if options.diarize else None)

    def __enter__(self) -> Audapolis:
        return self

    def __exit__(self, *_: object) -> None:
        self._pipeline.close()


class PlainPocketSphinx:
    """PocketSphinx as it comes: default settings, the whole file as one utterance, 16 kHz mono."""

    name = "pocketsphinx-plain"

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(loglevel="FATAL")

    def hear(self, path: Path, *, speakers: int | None = None) -> Heard:  # noqa: ARG002
        """Transcribe a file; several channels are averaged."""
        with tempfile.TemporaryDirectory() as folder:
            audio = PcmAudio(decode(path, Path(folder, "sound.pcm"), split_channels="never"))
            samples = audio.read(0.0, audio.duration_s)
        sound = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        self._decoder.start_utt()
        self._decoder.process_raw(sound, full_utt=True)
        self._decoder.end_utt()
        return Heard(tuple(self._words()))

    def _words(self) -> list[Word]:
        frame_s = 1 / int(self._decoder.config["frate"])
        math = self._decoder.get_logmath()
        return [
            Word(
                start_s=segment.start_frame * frame_s,
                end_s=(segment.end_frame + 1) * frame_s,
                text=segment.word.split("(", maxsplit=1)[0],
                confidence=min(1.0, math.exp(segment.prob)),
            )
            for segment in self._decoder.seg() or ()
            if not segment.word.startswith(("<", "["))
        ]

    def __enter__(self) -> PlainPocketSphinx:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing outlives the object."""


BASELINES: dict[str, Callable[[], System]] = {"pocketsphinx-plain": PlainPocketSphinx}


class Isolated:
    """A system in a process of its own, so that what it costs can be told from what others cost.

    Args:
        make: Builds the system in that process; can be pickled.
    """

    def __init__(self, make: Callable[[], System]) -> None:
        self._make = make
        self._start()

    def hear(self, path: Path, *, speakers: int | None = None) -> tuple[Heard, Cost]:
        """Transcribe a file and measure it.

        Raises:
            AudapolisError: What the system raised; `WorkerCrashed` if it died, and then a new one is ready.
        """
        with metered(self._process.pid) as cost:
            self._pipe.send((path, speakers))
            try:
                heard: Heard = self._receive()
            except WorkerCrashed:
                self.close()
                self._start()
                raise
        return heard, cost

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):
            self._pipe.send(None)
        self._process.join()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._make, theirs))
        self._process.start()
        theirs.close()
        self.name: str = self._receive()

    def _receive(self) -> Any:
        try:
            answer = self._pipe.recv()
        except (EOFError, ConnectionError):
            raise WorkerCrashed("The process of a measured system ended by itself.") from None
        if isinstance(answer, AudapolisError):
            raise answer
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _serve(make: Callable[[], System], pipe: Connection) -> None:
    """Answer one request after the other until told to end, or until whoever asks is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the benchmark, which then ends this process
    with make() as system, suppress(EOFError, ConnectionError):
        pipe.send(system.name)
        while (task := pipe.recv()) is not None:
            path, speakers = task
            try:
                pipe.send(system.hear(path, speakers=speakers))
            except AudapolisError as error:
                pipe.send(error)
