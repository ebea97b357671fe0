"""Diarization error: how much time goes to the wrong speaker, to nobody, or to a speaker who is silent.

The measure of the NIST Rich Transcription evaluations (md-eval): a collar on *each side* of every reference
boundary is left out (0.25 s by convention), overlapped speech counts once per speaker, speakers are mapped one to
one so that the error is least. Interval borders are exact; no frames. (pyannote.metrics calls the whole width
of the collar `collar`: its 0.5 is our 0.25.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from audapolis.domain.transcript import Span, Turn

from .assignment import best_assignment


@dataclass(frozen=True, slots=True)
class DiarizationError:
    """Seconds of each kind of error, of one comparison or summed over several.

    Attributes:
        missed_s: Somebody spoke and nobody was found.
        false_alarm_s: Somebody was found and nobody spoke.
        confused_s: Somebody spoke and somebody else was found.
        speech_s: Reference speech scored; overlapping speakers count each.
    """

    missed_s: float
    false_alarm_s: float
    confused_s: float
    speech_s: float

    @property
    def error_s(self) -> float:
        """All wrong time."""
        return self.missed_s + self.false_alarm_s + self.confused_s

    @property
    def rate(self) -> float:
        """Wrong time per second of reference speech; may exceed 1. Infinite for false alarms without any speech."""
        if self.speech_s == 0:
            return 0.0 if self.error_s == 0 else float("inf")
        return self.error_s / self.speech_s

    def __add__(self, other: DiarizationError) -> DiarizationError:
        return DiarizationError(
            self.missed_s + other.missed_s,
            self.false_alarm_s + other.false_alarm_s,
            self.confused_s + other.confused_s,
            self.speech_s + other.speech_s,
        )


NO_SPEECH = DiarizationError(0.0, 0.0, 0.0, 0.0)

Activity = npt.NDArray[np.bool_]
"""Shape (speakers, slices): who sounds in which slice of time."""


def diarization_error(
    reference: Iterable[Turn],
    hypothesis: Iterable[Turn],
    *,
    collar_s: float = 0.25,
    score_overlap: bool = True,
    uem: Sequence[Span] | None = None,
) -> DiarizationError:
    """Compare two accounts of who spoke when.

    Args:
        reference: The truth. Turns of one speaker that touch or overlap are joined first.
        hypothesis: What was found; its speakers may have any names.
        collar_s: Left out before and after each start and end of a reference turn, in seconds.
        score_overlap: Whether stretches where several reference speakers talk at once count.
        uem: The stretches that are scored; None scores the whole file.
    """
    truth, found = _by_speaker(reference), _by_speaker(hypothesis)
    edges = [edge for spans in truth.values() for span in spans for edge in (span.start_s, span.end_s)]
    collars = [Span(edge - collar_s, edge + collar_s) for edge in edges] if collar_s > 0 else []
    slices = _slices([*truth.values(), *found.values(), collars, list(uem or ())])
    durations = np.diff(slices)
    said, heard = _activity(truth.values(), slices), _activity(found.values(), slices)
    scored = ~_activity([collars], slices)[0]
    if uem is not None:
        scored &= _activity([uem], slices)[0]
    if not score_overlap:
        scored &= said.sum(axis=0) < 2
    return _count(said, heard, np.where(scored, durations, 0.0))


def _count(said: Activity, heard: Activity, weights: npt.NDArray[np.float64]) -> DiarizationError:
    shared_s = (said * weights) @ heard.T.astype(np.float64)
    correct_s = sum(float(shared_s[i, j]) for i, j in best_assignment(shared_s))
    n_said, n_heard = said.sum(axis=0), heard.sum(axis=0)
    both_s = float(np.minimum(n_said, n_heard) @ weights)
    return DiarizationError(
        missed_s=float(np.maximum(n_said - n_heard, 0) @ weights),
        false_alarm_s=float(np.maximum(n_heard - n_said, 0) @ weights),
        confused_s=max(0.0, both_s - correct_s),
        speech_s=float(n_said @ weights),
    )


def _by_speaker(turns: Iterable[Turn]) -> dict[str, list[Span]]:
    """Each speaker's stretches, joined where they touch or overlap; empty ones are dropped."""
    joined: dict[str, list[Span]] = {}
    for turn in sorted(turns, key=lambda turn: turn.start_s):
        if turn.end_s <= turn.start_s:
            continue
        spans = joined.setdefault(turn.speaker, [])
        if spans and turn.start_s <= spans[-1].end_s:
            spans[-1] = Span(spans[-1].start_s, max(spans[-1].end_s, turn.end_s))
        else:
            spans.append(Span(turn.start_s, turn.end_s))
    return joined


def _slices(groups: Iterable[Sequence[Span]]) -> npt.NDArray[np.float64]:
    """All borders, sorted, each once: between two neighbours nothing changes."""
    borders = [edge for spans in groups for span in spans for edge in (span.start_s, span.end_s)]
    return np.unique(np.array(borders, dtype=np.float64))


def _activity(groups: Iterable[Sequence[Span]], borders: npt.NDArray[np.float64]) -> Activity:
    rows = list(groups)
    active = np.zeros((len(rows), max(0, len(borders) - 1)), dtype=np.bool_)
    for row, spans in zip(active, rows, strict=True):
        for span in spans:
            row[np.searchsorted(borders, span.start_s) : np.searchsorted(borders, span.end_s)] = True
    return active
