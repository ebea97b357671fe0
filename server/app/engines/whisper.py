"""Whisper on CTranslate2, through faster-whisper. Needs weights: a folder, or a name that can be downloaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..domain.audio import AudioReader, Chunk
from ..domain.cancellation import CancelToken
from ..domain.transcript import Word
from ..errors import EngineFailed, ModelMissing
from .base import EngineInfo, RecognisedChunk, RecogniseOptions

SIZES = (
    "tiny", "tiny.en", "base", "base.en", "small", "small.en", "medium", "medium.en",
    "large-v1", "large-v2", "large-v3", "large-v3-turbo", "distil-small.en", "distil-medium.en", "distil-large-v3",
)  # fmt: skip
"""Models that can be named; anything else must be a folder with a CTranslate2 model."""

BEAMS = {"fast": 1, "balanced": 3, "accurate": 5}


def is_model_folder(path: Path) -> bool:
    """Whether a folder holds a Whisper model in CTranslate2's format."""
    return (path / "model.bin").is_file() and (path / "config.json").is_file()


class WhisperEngine:
    """A `SpeechEngine` that decodes one chunk after the other with all cores.

    Each chunk is decoded on its own, without the text before it, so that a chunk's words do not depend on
    what else was decoded and no error feeds itself.
    """

    def __init__(self, model: str, *, threads: int, cache_dir: Path) -> None:
        """Load a model.

        Args:
            model: One of `SIZES`, or the path of a folder.
            threads: CPU threads to use.
            cache_dir: Where downloaded models are kept.

        Raises:
            ModelMissing: It is neither on disk nor can it be downloaded.
        """
        self._name = model
        self._model = _load(model, threads, cache_dir)

    @property
    def info(self) -> EngineInfo:
        """What runs."""
        return EngineInfo("whisper", Path(self._name).name, "cpu", "int8", "good")

    def recognise(
        self, audio: AudioReader, chunks: Iterable[Chunk], options: RecogniseOptions, cancel: CancelToken
    ) -> Iterator[RecognisedChunk]:
        """Recognise the chunks in order; see `SpeechEngine.recognise`."""
        for chunk in chunks:
            cancel.check()
            yield self._recognise_one(audio, chunk, options, cancel)

    def _recognise_one(
        self, audio: AudioReader, chunk: Chunk, options: RecogniseOptions, cancel: CancelToken
    ) -> RecognisedChunk:
        samples = audio.read(chunk.start_s, chunk.end_s, chunk.channel)
        words: list[Word] = []
        try:
            segments, info = self._model.transcribe(
                samples,
                language=options.language,
                beam_size=BEAMS[options.mode],
                word_timestamps=True,
                condition_on_previous_text=False,
            )
            for segment in segments:  # decoding happens here, lazily
                cancel.check()
                words.extend(_words(segment, chunk))
        except (RuntimeError, ValueError) as error:
            raise EngineFailed(
                f"Whisper failed between {chunk.start_s:.1f} s and {chunk.end_s:.1f} s: {error}",
                hint="Try another model, or `--engine pocketsphinx`.",
            ) from error
        return RecognisedChunk(chunk, tuple(words), info.language)

    def close(self) -> None:
        """Free the model's memory."""
        self._model.model.unload_model()


def _words(segment: Any, chunk: Chunk) -> Iterator[Word]:
    for word in segment.words or ():
        text = word.word.strip()
        start_s = min(chunk.start_s + word.start, chunk.end_s)
        end_s = min(max(chunk.start_s + word.end, start_s), chunk.end_s)
        if text:
            yield Word(round(start_s, 3), round(end_s, 3), text, round(float(word.probability), 4))


def _load(model: str, threads: int, cache_dir: Path) -> Any:
    import os

    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from faster_whisper import WhisperModel

    try:
        return WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=threads, download_root=str(cache_dir))
    except Exception as error:  # the hub client raises many unrelated types
        raise ModelMissing(
            f"The Whisper model '{model}' is not on this machine and could not be downloaded.",
            hint="Connect to the internet once, or copy a CTranslate2 model folder here and pass its path "
            "with --model; without either, `--engine pocketsphinx` works offline.",
            model=model,
        ) from error
