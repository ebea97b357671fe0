"""What came of each recording: one line each while going, a table at the end."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .problems import BAD_INPUT, DONE, FAILED, INTERRUPTED
from .text import clipped, counted, duration, shown, table

if TYPE_CHECKING:
    from ..domain.transcript import Fallback, Transcript

EMBEDDED = "pocketsphinx"
"""The engine that needs nothing and makes drafts."""


BUILT_IN_DIARIZER = "acoustic"

MOST_ADVICE = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one recording.

    Attributes:
        result: `done`, `done before`, `not finished`, or what went wrong.
        code: The exit code that this recording alone would have given.
        duration_s: Length of the recording.
        took_s: How long the work took.
        fallbacks: What was wanted and could not be had, with what was used instead; and what seems doubtful.
        draft: Whether the embedded engine made it.
        damage: What was wrong with the file although most of it could be read; "" if nothing was.
        advice: What would make the transcript better, at most two sentences.
    """

    source: Path
    result: str
    code: int
    duration_s: float | None = None
    took_s: float | None = None
    words: int | None = None
    speakers: int | None = None
    fallbacks: tuple[str, ...] = ()
    draft: bool = False
    damage: str = ""
    advice: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: Path, transcript: Transcript, took_s: float | None) -> Outcome:
        """The outcome of a recording that was transcribed."""
        provenance = transcript.provenance
        return cls(
            source,
            "done",
            DONE,
            duration_s=transcript.recording.duration_s,
            took_s=took_s,
            words=len(transcript.words),
            speakers=len(transcript.speakers),
            fallbacks=(
                *(
                    f"{fallback.used} was used instead of {fallback.wanted}: {fallback.reason}"
                    for fallback in provenance.fallbacks
                    if not _expected(fallback)
                ),
                *provenance.warnings,
            ),
            draft=bool(transcript.words) and provenance.engine == EMBEDDED,
            damage=str(transcript.quality.get("damage", "")),
            advice=_advice(transcript),
        )

    @property
    def told(self) -> str:
        """One line about it."""
        if not self.words:
            return f"no words were heard in {duration(self.duration_s)}."
        said = f"{counted(self.words, 'word')}, {counted(self.speakers or 0, 'speaker')}, "
        speed = ""
        if self.took_s and self.duration_s:
            speed = f" in {duration(self.took_s)} ({self.duration_s / self.took_s:.1f}× real time)"
        return f"{said}{duration(self.duration_s)}{speed}"


def _advice(transcript: Transcript) -> tuple[str, ...]:
    """The two most useful pieces of advice; of drafts there is a notice of its own."""
    given = transcript.quality.get("advice", ())
    return tuple(str(each["text"]) for each in given if each["code"] != "draft_engine")[:MOST_ADVICE]


def notices(outcomes: Sequence[Outcome], get_better: str) -> list[str]:
    """What is to be said at the end: damaged files, fallbacks, advice, and that the words are a draft.

    Args:
        outcomes: What came of each recording.
        get_better: How to have a better engine.
    """
    said = dict.fromkeys(text for outcome in outcomes for text in outcome.fallbacks)
    lines = [f"Note: {shown(outcome.source.name)}: {outcome.damage}" for outcome in outcomes if outcome.damage]
    lines += [f"Note: {text}" for text in said]
    if len(outcomes) == 1:
        lines += [f"Note: {shown(outcomes[0].source.name)}: {text}" for text in outcomes[0].advice]
    if any(outcome.draft for outcome in outcomes):
        lines.append(
            "Note: this is a draft, made by the embedded recogniser: fit for finding things, not for "
            f"publishing. {get_better}"
        )
    return lines


def to_resume(outcomes: Sequence[Outcome], arguments: Sequence[str], typed: Sequence[str]) -> str:
    """What is done after an interruption, and the command that does the rest.

    Args:
        outcomes: What came of each recording.
        arguments: The whole command line, without the program's name.
        typed: The recordings in it.
    """
    done = ", ".join(shown(outcome.source.name) for outcome in outcomes if outcome.code == DONE)
    left = [str(outcome.source) for outcome in outcomes if outcome.code == INTERRUPTED]
    again = shlex.join(["audapolis", *(each for each in arguments if each not in typed), *left])
    return f"Stopped. Done: {done or 'nothing yet'}.\n" + (f"To go on: {again}" if left else "")


def summary(outcomes: Sequence[Outcome], columns: int = 100) -> str:
    """The table of a batch, and a line that counts."""
    header = ("file", "length", "words", "speakers", "took", "result")
    rows = [
        (
            clipped(shown(outcome.source.name), max(20, columns // 3)),
            duration(outcome.duration_s),
            _number(outcome.words),
            _number(outcome.speakers),
            duration(outcome.took_s),
            shown(outcome.result),
        )
        for outcome in outcomes
    ]
    return f"{table(header, rows)}\n{_counts(outcomes)}\n"


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _counts(outcomes: Sequence[Outcome]) -> str:
    done = sum(outcome.code == DONE for outcome in outcomes)
    before = sum(outcome.result == "done before" for outcome in outcomes)
    failed = sum(outcome.code in {FAILED, BAD_INPUT} for outcome in outcomes)
    left = sum(outcome.code == INTERRUPTED for outcome in outcomes)
    parts = [f"{done} done" + (f" ({before} of them before)" if before else "")]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{left} not finished"] if left else []
    return f"{counted(len(outcomes), 'file')}: {', '.join(parts)}."


def _expected(fallback: Fallback) -> bool:
    """Whether it goes without saying: what is built in was used because nothing else is here.

    The notice about drafts says it better for words, `audapolis doctor` for speakers.
    """
    if fallback.used == EMBEDDED:
        return True
    return fallback.used == BUILT_IN_DIARIZER and fallback.reason.endswith(("not installed.", "not on this machine."))
