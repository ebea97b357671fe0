"""What is said. Every chunk is checkpointed as soon as its words are known. Runs beside `diarize`."""

from __future__ import annotations

from collections.abc import Callable

from ..domain.audio import Chunk
from ..domain.codec import from_json, to_json
from ..domain.events import ChunkTranscribed, FellBack
from ..domain.options import TranscribeOptions
from ..engines.base import Chosen, RecognisedChunk, RecogniseOptions, SpeechEngine
from .base import ProgressReporter, Stage, StageContext
from .work import Recognised, Work

ENGINE_KEY = "transcribe/engine"
"""Checkpoint that tells which engine is at work, for those who read its chunks before the stage has finished."""


class TranscribeStage(Stage[Recognised]):
    """Hands the chunks that are not checkpointed yet to a speech engine."""

    name = "transcribe"
    after = ("speech",)
    leaves = "recognised"
    result_type = Recognised

    def __init__(self, choose: Callable[[TranscribeOptions], Chosen[SpeechEngine]]) -> None:
        self._choose = choose

    def run(self, work: Work, context: StageContext) -> Recognised:
        """Recognise all chunks."""
        chosen = self._choose(work.options)
        for fallback in chosen.fallbacks:
            context.emit(FellBack(wanted=fallback.wanted, used=fallback.used, reason=fallback.reason))
        context.checkpoints.save(ENGINE_KEY, to_json(chosen.engine.info))
        done = _checkpointed(work.chunks, context)
        for result in done.values():
            _tell(result, context, resumed=True)
        todo = [chunk for chunk in work.chunks if chunk.index not in done]
        report = ProgressReporter(self.name, context, sum(chunk.duration_s for chunk in work.chunks))
        options = RecogniseOptions(work.options.language, work.options.mode)
        for result in chosen.engine.recognise(work.audio, todo, options, context.cancel):
            context.checkpoints.save(chunk_key(result.chunk.index), to_json(result))
            done[result.chunk.index] = result
            _tell(result, context, resumed=False)
            report(sum(r.chunk.duration_s for r in done.values()))
        chunks = tuple(done[index] for index in sorted(done))
        return Recognised(chunks, chosen.engine.info, chosen.fallbacks)


def chunk_key(index: int) -> str:
    """Checkpoint of one chunk's words."""
    return f"transcribe/{index}"


def _checkpointed(chunks: tuple[Chunk, ...], context: StageContext) -> dict[int, RecognisedChunk]:
    saved = {chunk.index: context.checkpoints.load(chunk_key(chunk.index)) for chunk in chunks}
    return {index: from_json(RecognisedChunk, data) for index, data in saved.items() if data is not None}


def _tell(result: RecognisedChunk, context: StageContext, *, resumed: bool) -> None:
    chunk = result.chunk
    context.emit(
        ChunkTranscribed(
            index=chunk.index,
            start_s=chunk.start_s,
            end_s=chunk.end_s,
            words=len(result.words),
            resumed=resumed,
        )
    )
