"""Gives made-up conversations to diarizers that have models."""

from __future__ import annotations

from audapolis.domain.audio import SAMPLE_RATE_HZ, Samples, Window
from audapolis.domain.cancellation import CancelToken
from audapolis.domain.transcript import Span
from audapolis.engines.base import Diarization, Diarizer, SpeakerCount

from .acoustic.voices import HIGH, LOW, FormantVoice, conversation

TWO: list[tuple[FormantVoice, float]] = [(LOW, 4.0), (HIGH, 4.0), (LOW, 4.0), (HIGH, 4.0)]


def listen(
    diarizer: Diarizer,
    turns: list[tuple[FormantVoice, float]] = TWO,
    *,
    count: SpeakerCount | None = None,
    cancel: CancelToken | None = None,
    start_s: float = 0.0,
) -> tuple[Diarization, list[Span]]:
    """What the diarizer says of a conversation, and where the turns really are."""
    sound, speech = conversation(turns)
    return hear(diarizer, sound, speech, count=count, cancel=cancel, start_s=start_s), speech


def hear(
    diarizer: Diarizer,
    sound: Samples,
    speech: list[Span],
    *,
    count: SpeakerCount | None = None,
    cancel: CancelToken | None = None,
    start_s: float = 0.0,
) -> Diarization:
    session = diarizer.open(cancel or CancelToken())
    for at in range(0, len(sound), 100_000):
        session.feed(Window(start_s + at / SAMPLE_RATE_HZ, sound[at : at + 100_000]))
    return session.flush([Span(s.start_s + start_s, s.end_s + start_s) for s in speech], count or SpeakerCount())


def heard(result: Diarization, span: Span) -> str:
    """Who is heard most within a span."""
    seconds = {s.id: sum(t.overlap_s(span) for t in result.turns if t.speaker == s.id) for s in result.speakers}
    return max(seconds, key=lambda name: seconds[name])


class StopAfter(CancelToken):
    """Set once it has been looked at a number of times: cancelling in the middle, without a clock."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    @property
    def cancelled(self) -> bool:
        self._looks -= 1
        return self._looks < 0
