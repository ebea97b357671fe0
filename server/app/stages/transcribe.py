"""What is said. Every chunk is checkpointed as soon as its words are known.

Runs beside `diarize`, or after it for an engine that adapts to the voice it hears. Chunks are cut or put together as
suits the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..domain.audio import Chunk
from ..domain.cancellation import CancelToken
from ..domain.codec import from_json, to_json
from ..domain.events import ChunkTranscribed, Emit, FellBack, StageName
from ..domain.options import TranscribeOptions
from ..domain.transcript import Fallback
from ..engines.base import Chosen, RecognisedChunk, RecogniseOptions, SpeechEngine
from ..engines.gathering import gathered
from .base import ProgressReporter, Stage, StageContext
from .recall import ChunkMemory
from .recutting import one_voice_chunks
from .work import Recognised, Work

ENGINE_KEY = "transcribe/engine"
"""Checkpoint that tells which engine is at work, for those who read its chunks before the stage has finished."""


FALLBACKS_KEY = "transcribe/fallbacks"


@dataclass(frozen=True, slots=True)
class Fallbacks:
    """What was used instead of what while chunks were recognised; checkpointed beside them."""

    all: tuple[Fallback, ...]


class TranscribeStage(Stage[Recognised]):
    """Hands the chunks that are not checkpointed yet to a speech engine.

    Args:
        choose: The engine for the options; it tells of what it does, and can be stopped while it fetches a model.
        adapts: Whether that engine does better with one voice per chunk; then chunks are cut where speakers change.
        max_chunk_s: Longest chunk, in seconds.
        identify: Tells which model will be used; another word for one that was replaced under the same name.
    """

    name = "transcribe"
    after = ("speech",)
    leaves = "recognised"
    result_type = Recognised
    heeds = ("language", "mode", "task", "prompt", "vocabulary", "per_segment_language")

    def __init__(
        self,
        choose: Callable[[TranscribeOptions, Emit, CancelToken], Chosen[SpeechEngine]],
        adapts: Callable[[TranscribeOptions], bool] = lambda _: False,
        max_chunk_s: float = 30.0,
        identify: Callable[[TranscribeOptions], str] = lambda _: "",
    ) -> None:
        self._choose = choose
        self._adapts = adapts
        self._max_chunk_s = max_chunk_s
        self._identify = identify

    def basis(self, work: Work) -> str:
        """The model that is used, as it is now."""
        return self._identify(work.options)

    def needs(self, work: Work) -> tuple[StageName, ...]:
        """The speakers, too, where chunks are cut by them."""
        return (*self.after, "diarize") if self._one_voice(work) else self.after

    def _one_voice(self, work: Work) -> bool:
        return work.options.diarize and self._adapts(work.options)

    def _chunks(self, work: Work, window_s: float) -> tuple[Chunk, ...]:
        if window_s:
            return gathered(work.chunks, min(window_s, self._max_chunk_s))
        if not self._one_voice(work) or work.audio.channels > 1:
            return work.chunks
        return one_voice_chunks(work.chunks, work.diarized.diarization.turns, self._max_chunk_s)

    def run(self, work: Work, context: StageContext) -> Recognised:
        """Recognise all chunks."""
        chosen = self._choose(work.options, context.emit, context.cancel)
        for fallback in chosen.fallbacks:
            context.emit(FellBack(wanted=fallback.wanted, used=fallback.used, reason=fallback.reason))
        context.emit(chosen.engine.info.chosen_for(self.name))
        context.checkpoints.save(ENGINE_KEY, to_json(chosen.engine.info))
        chunks = self._chunks(work, chosen.engine.info.window_s)
        done = _checkpointed(chunks, context)
        fallbacks = _earlier_fallbacks(context) if done else ()
        memory = ChunkMemory(self, work, context)
        done |= _remembered([chunk for chunk in chunks if chunk.index not in done], memory, chosen, context)
        for result in done.values():
            _tell(result, context, resumed=True)
        todo = [chunk for chunk in chunks if chunk.index not in done]
        report = ProgressReporter(self.name, context, sum(chunk.duration_s for chunk in chunks))
        options = _recognise_options(work.options, done)
        for result in chosen.engine.recognise(work.audio, todo, options, context.cancel):
            context.checkpoints.save(chunk_key(result.chunk.index), to_json(result))
            memory.save(result, chosen.engine.info)
            done[result.chunk.index] = result
            _tell(result, context, resumed=False)
            fallbacks = _keep_fallbacks(fallbacks, chosen, context)
            report(sum(r.chunk.duration_s for r in done.values()))
        recognised = tuple(done[index] for index in sorted(done))
        fallbacks = _keep_fallbacks(fallbacks, chosen, context)
        return Recognised(recognised, chosen.engine.info, fallbacks)


def _recognise_options(wanted: TranscribeOptions, done: dict[int, RecognisedChunk]) -> RecogniseOptions:
    """What the engine is told. A language that an earlier attempt detected stands for the rest of the recording."""
    language = wanted.language
    if language is None and done and not wanted.per_segment_language:
        language = done[min(done)].language
    return RecogniseOptions(
        language=language,
        mode=wanted.mode,
        task=wanted.task,
        prompt=wanted.prompt,
        vocabulary=wanted.vocabulary,
        per_segment_language=wanted.per_segment_language,
    )


def _earlier_fallbacks(context: StageContext) -> tuple[Fallback, ...]:
    """Those of an attempt that was broken off: some of the chunks are its work."""
    saved = context.checkpoints.load(FALLBACKS_KEY)
    return () if saved is None else from_json(Fallbacks, saved).all


def _keep_fallbacks(
    known: tuple[Fallback, ...], chosen: Chosen[SpeechEngine], context: StageContext
) -> tuple[Fallback, ...]:
    """All fallbacks so far, each once; new ones are checkpointed, and so is the engine that took over."""
    now = tuple(dict.fromkeys((*known, *chosen.all_fallbacks)))
    if now != known:
        context.checkpoints.save(FALLBACKS_KEY, to_json(Fallbacks(now)))
        context.checkpoints.save(ENGINE_KEY, to_json(chosen.engine.info))
    return now


def chunk_key(index: int) -> str:
    """Checkpoint of one chunk's words."""
    return f"transcribe/{index}"


def _checkpointed(chunks: tuple[Chunk, ...], context: StageContext) -> dict[int, RecognisedChunk]:
    """Results of an earlier attempt, as far as it cut the speech in the same way."""
    saved = {chunk: context.checkpoints.load(chunk_key(chunk.index)) for chunk in chunks}
    results = {chunk: from_json(RecognisedChunk, data) for chunk, data in saved.items() if data is not None}
    return {chunk.index: result for chunk, result in results.items() if result.chunk == chunk}


def _remembered(
    chunks: list[Chunk], memory: ChunkMemory, chosen: Chosen[SpeechEngine], context: StageContext
) -> dict[int, RecognisedChunk]:
    """Results of earlier jobs, checkpointed for this one."""
    found = memory.find(chunks, chosen.engine.info)
    for index, result in found.items():
        context.checkpoints.save(chunk_key(index), to_json(result))
    return found


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
