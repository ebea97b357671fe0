"""Who speaks when. Runs beside `transcribe`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..domain.audio import Chunk
from ..domain.cancellation import CancelToken
from ..domain.events import Emit, FellBack
from ..domain.options import TranscribeOptions
from ..domain.transcript import Fallback, Speaker, Turn
from ..engines.base import Chosen, Diarization, Diarizer, EngineInfo, SpeakerCount
from ..errors import EngineFailed, EngineUnavailable
from .base import ProgressReporter, Stage, StageContext
from .speech import speech_of
from .work import Diarized, Work

CHANNELS = EngineInfo("channels", "one speaker per channel", "cpu", "float32", "best")
NOBODY = Diarized(Diarization((), ()), None)

Choose = Callable[[TranscribeOptions, CancelToken, Emit], Chosen[Diarizer]]
"""Opens a diarizer; a model may have to be fetched for it, which can be cancelled and is told."""


class DiarizeStage(Stage[Diarized]):
    """Feeds the sound to a diarizer; where each speaker has a channel, the channels already tell.

    Args:
        choose: Opens the diarizer for the options.
        identify: Names the one that would be chosen, and its model.
    """

    name = "diarize"
    after = ("speech",)
    leaves = "diarized"
    result_type = Diarized
    heeds = ("diarize", "diarizer", "min_speakers", "max_speakers")
    cached = True

    def __init__(self, choose: Choose, identify: Callable[[TranscribeOptions], str] = lambda _: "") -> None:
        self._choose = choose
        self._identify = identify

    def basis(self, work: Work) -> str:
        """The engine that will be chosen."""
        return self._identify(work.options) if work.options.diarize else ""

    def worth_keeping(self, result: Diarized, work: Work) -> bool:
        """Not when another engine than the chosen one had to do it."""
        engine = result.engine
        return engine is None or engine == CHANNELS or self.basis(work).split(" ")[0] in ("", engine.name)

    def run(self, work: Work, context: StageContext) -> Diarized:
        """Find the turns; none when speakers were not asked for."""
        if not work.options.diarize:
            return NOBODY
        if work.audio.channels > 1:
            context.emit(CHANNELS.chosen_for(self.name))
            return Diarized(by_channel(work.chunks, work.audio.channels), CHANNELS)
        chosen = self._choose(work.options, context.cancel, context.emit)
        told = 0
        while True:
            told = _tell(chosen.fallbacks, told, context)
            context.emit(chosen.engine.info.chosen_for(self.name))
            try:
                return Diarized(self._heard(chosen.engine, work, context), chosen.engine.info, chosen.fallbacks)
            except (EngineFailed, EngineUnavailable) as error:
                if chosen.instead is None:
                    raise
                chosen = chosen.instead(error)

    def _heard(self, engine: Diarizer, work: Work, context: StageContext) -> Diarization:
        session = engine.open(context.cancel)
        report = ProgressReporter(self.name, context, work.duration_s)
        for window in work.original.windows():
            context.cancel.check()
            session.feed(window)
            report(window.end_s)
        count = SpeakerCount(work.options.min_speakers, work.options.max_speakers)
        return session.flush(speech_of(work.chunks), count)


def _tell(fallbacks: Sequence[Fallback], told: int, context: StageContext) -> int:
    """Emit the fallbacks that are new; returns how many have been told in all."""
    for fallback in fallbacks[told:]:
        context.emit(FellBack(wanted=fallback.wanted, used=fallback.used, reason=fallback.reason))
    return len(fallbacks)


def by_channel(chunks: tuple[Chunk, ...], channels: int) -> Diarization:
    """One speaker per channel that holds speech, numbered by first appearance."""
    speech = {channel: speech_of(chunks, channel) for channel in range(channels)}
    order = sorted((c for c in speech if speech[c]), key=lambda channel: speech[channel][0].start_s)
    ids = {channel: f"S{number}" for number, channel in enumerate(order, start=1)}
    turns = [Turn(span.start_s, span.end_s, ids[c]) for c in order for span in speech[c]]
    speakers = tuple(
        Speaker(ids[c], f"Speaker {ids[c][1:]}", round(sum(s.duration_s for s in speech[c]), 3)) for c in order
    )
    return Diarization(tuple(sorted(turns, key=lambda turn: (turn.start_s, turn.end_s))), speakers)
