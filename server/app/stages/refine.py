"""Last stage: words become readable sentences, and everything known becomes the transcript."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from .. import __version__
from ..domain.codec import to_plain
from ..domain.recording import Recording
from ..domain.transcript import Fallback, Provenance, Segment, Speaker, Transcript
from ..engines.base import EngineInfo
from .base import Stage, StageContext
from .readable import readable
from .segmentation import segments
from .work import WordStreams, Work

Recognise = Callable[[Sequence[Speaker]], tuple[Speaker, ...]]
"""Gives speakers whose voices are known their names."""


class RefineStage(Stage[Transcript]):
    """Punctuates where the engine did not, cuts segments, and gathers the facts."""

    name = "refine"
    after = ("merge",)
    leaves = "transcript"

    def __init__(self, recognise: Recognise = tuple) -> None:
        self._recognise = recognise

    def run(self, work: Work, context: StageContext) -> Transcript:
        """Make the transcript."""
        context.cancel.check()
        lines = segments(spelled(work.streams, work.recognised.engine))
        return Transcript(
            id=str(uuid.uuid4()),
            created_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            language="en" if work.options.task == "translate" else work.recognised.language,
            recording=_recording(work),
            provenance=_provenance(work),
            speakers=self._speakers(work),
            segments=lines,
            turns=work.diarized.diarization.turns,
            quality=_quality(work, lines),
        )

    def _speakers(self, work: Work) -> tuple[Speaker, ...]:
        """Those who are known by their names. Not earlier: who is enrolled may change while all else is kept."""
        speakers = work.diarized.diarization.speakers
        return self._recognise(speakers) if work.options.recognise_speakers else speakers


def spelled(streams: WordStreams, engine: EngineInfo) -> WordStreams:
    """Words as they are written: punctuated and cased here where the engine knows neither."""
    return tuple(readable(stream) for stream in streams) if not engine.punctuates else streams


def _recording(work: Work) -> Recording:
    return Recording(
        name=work.name,
        sha256=work.probed.sha256,
        duration_s=round(work.duration_s, 3),
        audio=work.pcm.facts,
        video=work.probed.media.video,
    )


def _provenance(work: Work) -> Provenance:
    engine, diarizer = work.recognised.engine, work.diarized.engine
    fallbacks: tuple[Fallback, ...] = (*work.recognised.fallbacks, *work.diarized.fallbacks)
    return Provenance(
        engine=engine.name,
        model=engine.model,
        device=engine.device,
        precision=engine.precision,
        diarizer=diarizer.name if diarizer else None,
        options=to_plain(work.options),
        fallbacks=fallbacks,
        version=__version__,
        warnings=work.recognised.warnings,
    )


def _quality(work: Work, lines: tuple[Segment, ...]) -> dict[str, object]:
    """What a reader should know before trusting the text."""
    words = [word for line in lines for word in line.words]
    mean = sum(word.confidence for word in words) / len(words) if words else None
    damage = {"damage": work.pcm.damage} if work.pcm.damage else {}
    spoken = {"spoken_language": work.recognised.language} if work.options.task == "translate" else {}
    return {
        **damage,
        **spoken,
        "audio": _sound(work),
        "grade": work.recognised.engine.quality,
        "words": len(words),
        "confidence": None if mean is None else round(mean, 4),
        "speech_s": round(sum(span.duration_s for chunk in work.chunks for span in chunk.speech), 3),
    }


def _sound(work: Work) -> dict[str, object]:
    """How good the sound is, and what was done about it, channel by channel."""
    return {
        "denoise": work.options.denoise,
        "cleaned": work.enhanced.pcm is not None,
        "channels": [to_plain(channel) for channel in work.enhanced.channels],
    }
