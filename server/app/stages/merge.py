"""Brings the two branches together: words get their speakers."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.transcript import Turn
from ..engines.base import RecognisedChunk
from .attribution import attribute
from .base import Stage, StageContext
from .diarize import CHANNELS
from .smoothing import Smoothing, smooth_turns, smooth_words
from .work import Diarized, WordStreams, Work


class MergeStage(Stage[WordStreams]):
    """One stream of words per channel, each word with its speaker."""

    name = "merge"
    after = ("diarize", "transcribe")
    leaves = "streams"
    heeds = ("min_turn_s", "merge_gap_s", "min_run_words")

    def run(self, work: Work, context: StageContext) -> WordStreams:
        """Attribute every word."""
        context.cancel.check()
        return merged(work.recognised.chunks, work.diarized, Smoothing.of(work.options))


def merged(chunks: Sequence[RecognisedChunk], diarized: Diarized, wish: Smoothing) -> WordStreams:
    """Give the words of recognised chunks their speakers: one stream per channel, by number.

    Args:
        chunks: In order; all of a recording's, or the first ones.
        diarized: Who speaks when.
        wish: How speakers are smoothed.
    """
    turns = smooth_turns(diarized.diarization.turns, wish)
    streams = []
    for channel in sorted({result.chunk.channel for result in chunks}):
        results = [result for result in chunks if result.chunk.channel == channel]
        words = [word for result in results for word in result.words]
        own = _turns_of(results, turns) if diarized.engine == CHANNELS else turns
        streams.append(smooth_words(attribute(words, own), wish) if turns else tuple(words))
    return tuple(streams)


def _turns_of(results: list[RecognisedChunk], turns: tuple[Turn, ...]) -> list[Turn]:
    """The turns of the one speaker who has this channel: those that are its speech."""
    starts = {span.start_s for result in results for span in result.chunk.speech}
    speakers = [turn.speaker for turn in turns if turn.start_s in starts]
    speaker = max(set(speakers), key=speakers.count, default="")
    return [turn for turn in turns if turn.speaker == speaker]
