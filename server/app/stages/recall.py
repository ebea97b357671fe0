"""Takes results of earlier jobs from the cache, and leaves new ones there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..domain.audio import Chunk
from ..domain.codec import from_json, to_json, to_plain
from ..domain.events import CacheLooked
from ..engines.base import EngineInfo, RecognisedChunk
from ..errors import InvalidDocument
from .base import Stage, StageContext
from .cache import NoCache, StageCache, key_of
from .work import Work

_SOUND = ".pcm"


def cache_for(work: Work, context: StageContext) -> StageCache:
    """What is remembered of the recording at hand; nothing before its digest is known."""
    if context.cache is None or not hasattr(work, "probed"):
        return NoCache()
    return context.cache.of(work.probed.sha256)


def key_for(stage: Stage[Any], work: Work) -> str:
    """The key of a stage's result: all that it depends on, including the version of this program."""
    heeded = {name: getattr(work.options, name) for name in stage.heeds}
    before = [work.keys[name] for name in stage.needs(work) if name in work.keys]
    return key_of(stage.name, __version__, stage.basis(work), heeded, before)


def recall(stage: Stage[Any], key: str, work: Work, context: StageContext) -> Any:
    """The stage's result from an earlier job, or None. A sound file that belongs to it is put in the work folder."""
    cache = cache_for(work, context)
    if not stage.cached or isinstance(cache, NoCache):
        return None
    result = _found(stage, key, cache, context)
    context.emit(CacheLooked(stage=stage.name, looks=1, hits=int(result is not None)))
    return result


def _found(stage: Stage[Any], key: str, cache: StageCache, context: StageContext) -> Any:
    data = cache.load(key)
    if data is None:
        return None
    try:
        result = from_json(stage.result_type, data)
    except InvalidDocument:
        return None
    sound = stage.sound_of(result)
    if sound is not None:
        path = context.workdir / Path(sound).name
        if not cache.fetch(key + _SOUND, path):
            return None
        result = stage.with_sound(result, path)
    return result if stage.still_valid(result) else None


def remember(stage: Stage[Any], key: str, result: Any, work: Work, context: StageContext) -> None:
    """Keep a stage's result, and the sound file that belongs to it, for later jobs."""
    if not stage.cached or not stage.worth_keeping(result, work):
        return
    cache = cache_for(work, context)
    sound = stage.sound_of(result)
    if sound is not None:
        cache.keep(key + _SOUND, Path(sound))
    cache.save(key, to_json(result, kind=stage.result_type))


class ChunkMemory:
    """Chunks that earlier jobs recognised in the same sound, with the same engine and the same options.

    Where speech is cut differently this time, the chunks that are alike still count.

    Args:
        stage: The stage that recognises; says which options it heeds.
        work: The recording at hand.
        context: Holds the cache.
    """

    def __init__(self, stage: Stage[Any], work: Work, context: StageContext) -> None:
        self._stage, self._emit = stage.name, context.emit
        self._cache = cache_for(work, context)
        heeded = {name: getattr(work.options, name) for name in stage.heeds}
        self._same = (__version__, stage.basis(work), heeded, work.keys.get("enhance"))

    def find(self, chunks: Sequence[Chunk], engine: EngineInfo) -> dict[int, RecognisedChunk]:
        """The words of those chunks that this engine has recognised before, by the chunks' indices."""
        if not chunks or isinstance(self._cache, NoCache):
            return {}
        known = {chunk.index: self.load(chunk, engine) for chunk in chunks}
        found = {index: result for index, result in known.items() if result is not None}
        self._emit(CacheLooked(stage=self._stage, looks=len(known), hits=len(found)))
        return found

    def load(self, chunk: Chunk, engine: EngineInfo) -> RecognisedChunk | None:
        """The chunk's words, if that engine has recognised it before."""
        data = self._cache.load(self._key(chunk, engine))
        if data is None:
            return None
        try:
            return replace(from_json(RecognisedChunk, data), chunk=chunk)
        except InvalidDocument:
            return None

    def save(self, result: RecognisedChunk, engine: EngineInfo) -> None:
        """Keep a chunk's words for later jobs."""
        self._cache.save(self._key(result.chunk, engine), to_json(result))

    def _key(self, chunk: Chunk, engine: EngineInfo) -> str:
        anywhere = replace(chunk, index=0)
        return key_of("words", *self._same, to_plain(engine), to_plain(anywhere))
