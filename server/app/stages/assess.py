"""Last stage: what a reader should know before trusting the transcript, and what would make it better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..domain.codec import to_plain
from ..domain.events import TranscriptMade
from ..domain.transcript import Span, Transcript
from .base import Stage, StageContext
from .doubts import Doubt, doubts, joined, unspoken
from .measures import boundary_agreement, by_region, by_speaker, overlap_share, speech_share
from .work import Work

MOST_DOUBTS = 100
"""So many are listed; how many there are in all is said beside."""

_SURE = 0.7
_MUCH_OVERLAP = 0.1
_MUCH_UNSPOKEN = 0.2
_GOOD_AGREEMENT = 0.6
_NOISY_DB = 12.0


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do, as a sentence. `code` is for programs."""

    code: str
    text: str


class AssessStage(Stage[Transcript]):
    """Measures, looks for what is suspicious, and gives advice. Adds to `quality`; changes nothing else."""

    name = "assess"
    after = ("refine",)
    leaves = "transcript"

    def run(self, work: Work, context: StageContext) -> Transcript:
        """Assess the transcript."""
        context.cancel.check()
        speech = [span for chunk in work.chunks for span in chunk.speech]
        context.emit(told(work.transcript))
        return replace(work.transcript, quality=assessed(work.transcript, speech))


def told(transcript: Transcript) -> TranscriptMade:
    """The event that tells what a transcript looks like, without any of its words."""
    sure = [word.confidence for word in transcript.words]
    return TranscriptMade(
        transcript_id=transcript.id,
        language=transcript.language,
        words=len(sure),
        speakers=len(transcript.speakers),
        confidence=sum(sure) / len(sure) if sure else None,
    )


def assessed(transcript: Transcript, speech: Sequence[Span]) -> dict[str, Any]:
    """The transcript's `quality` with everything that can be told from words, turns and speech.

    Args:
        transcript: With what is known of its sound in `quality` already.
        speech: What was detected as speech, on all channels.
    """
    words = sorted(transcript.words, key=lambda word: word.start_s)
    found = doubts(transcript.segments, speech)
    heard = joined(speech)
    spoken_s = sum(span.duration_s for span in heard)
    measured = {
        "speech_share": speech_share(speech, transcript.recording.duration_s),
        "unspoken_share": _share(sum(gap.duration_s for gap in unspoken(heard, words)), spoken_s),
        "overlap_share": overlap_share(transcript.turns),
        "boundary_agreement": boundary_agreement(transcript.turns, words),
        "speakers": [to_plain(each) for each in by_speaker(transcript.segments)],
        "regions": [to_plain(each) for each in by_region(words, transcript.recording.duration_s)],
        "doubts": [to_plain(each) for each in found[:MOST_DOUBTS]],
        "doubts_found": len(found),
    }
    quality = {**transcript.quality, **measured}
    return {**quality, "advice": [to_plain(each) for each in advice(quality, found)]}


def advice(quality: Mapping[str, Any], found: Sequence[Doubt]) -> tuple[Advice, ...]:
    """What the reader could do, the most useful first.

    Args:
        quality: Everything else in it.
        found: All doubtful places.
    """
    confidence, agreement = quality.get("confidence"), quality["boundary_agreement"]
    draft = quality.get("grade") == "draft"
    rules = (
        (draft, "draft_engine", "This is a draft: a Whisper model, small or larger, makes far fewer mistakes."),
        (
            _noisy(quality.get("audio", {})),
            "noise",
            "There is much noise: a microphone nearer by helps most; compare with '--denoise light', which may help.",
        ),
        (
            quality["unspoken_share"] > _MUCH_UNSPOKEN,
            "unspoken",
            f"No words were recognised in {quality['unspoken_share']:.0%} of the speech: check the language.",
        ),
        (
            quality["overlap_share"] > _MUCH_OVERLAP,
            "overlap",
            f"Speakers talk at once in {quality['overlap_share']:.0%} of the time, where words are less sure; "
            "a microphone each would help.",
        ),
        (
            agreement is not None and agreement < _GOOD_AGREEMENT,
            "boundaries",
            "Speakers often seem to change in the middle of a word: check who says what, or give --speakers.",
        ),
        (
            confidence is not None and confidence < _SURE and not draft,
            "unsure",
            "Many words are unsure: '--mode accurate' or a larger model may help.",
        ),
        (bool(found), "doubts", _places(found)),
    )
    return tuple(Advice(code, text) for holds, code, text in rules if holds)


def _places(found: Sequence[Doubt]) -> str:
    if not found:
        return ""
    minutes, seconds = divmod(int(found[0].start_s), 60)
    places = "1 place is" if len(found) == 1 else f"{len(found)} places are"
    return f"{places} doubtful, the first at {minutes}:{seconds:02d}; listen there."


def _noisy(audio: Mapping[str, Any]) -> bool:
    """Whether speech stands out of the noise by little on any channel, and nothing was done about it."""
    figures = [channel["figures"] for channel in audio.get("channels", ())]
    ratios = [figure["snr_db"] for figure in figures if figure.get("snr_db") is not None]
    return bool(ratios) and min(ratios) < _NOISY_DB and audio.get("denoise") not in ("light", "strong")


def _share(part_s: float, whole_s: float) -> float:
    return round(min(1.0, part_s / whole_s), 4) if whole_s > 0 else 0.0
