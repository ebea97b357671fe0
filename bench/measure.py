"""One recording heard by one system: what it cost and how right it was."""

from __future__ import annotations

from dataclasses import dataclass

from audapolis.errors import AudapolisError

from .calibration import judged_words
from .diarization_error import DiarizationError, diarization_error
from .manifest import Item
from .meter import Cost
from .systems import Heard, Isolated
from .word_error import WordError, speaker_word_error, word_error
from .word_times import WordTimeError, word_time_errors


@dataclass(frozen=True, slots=True)
class Result:
    """The scores of one recording; those without truth are None.

    Attributes:
        diarization: With the usual collar of 0.25 s; `diarization_strict` is without collar.
        judged: Confidence and truth of each word.
        error: Why there is no transcript, or "".
    """

    system: str
    item: Item
    cost: Cost
    text: str = ""
    words: WordError | None = None
    diarization: DiarizationError | None = None
    diarization_strict: DiarizationError | None = None
    times: WordTimeError | None = None
    judged: tuple[tuple[float, bool], ...] = ()
    speakers_found: int | None = None
    error: str = ""


def measure(system: Isolated, item: Item, *, tell_speakers: bool = False) -> Result:
    """Let a system hear a recording and score what it heard; its failure is a result too."""
    try:
        heard, cost = system.hear(item.path, speakers=item.speakers if tell_speakers else None)
    except AudapolisError as error:
        return Result(system.name, item, Cost(), error=str(error), words=_words(item, Heard(())))
    return score(system.name, item, heard, cost)


def score(system: str, item: Item, heard: Heard, cost: Cost) -> Result:
    """Compare what was heard with the truth there is."""
    turns = heard.turns if item.turns is not None else None
    return Result(
        system=system,
        item=item,
        cost=cost,
        text=heard.text,
        words=_words(item, heard),
        diarization=None if turns is None else diarization_error(item.turns or (), turns),
        diarization_strict=None if turns is None else diarization_error(item.turns or (), turns, collar_s=0.0),
        times=word_time_errors(item.words, heard.words, language=item.language) if item.words else None,
        judged=_judged(item, heard),
        speakers_found=None if heard.turns is None else len({turn.speaker for turn in heard.turns}),
    )


def _judged(item: Item, heard: Heard) -> tuple[tuple[float, bool], ...]:
    """Only where there is one text: with one per channel, words have no single order."""
    if item.texts is None or len(item.texts) != 1:
        return ()
    return tuple(judged_words(item.texts[0], heard.words, language=item.language))


def _words(item: Item, heard: Heard) -> WordError | None:
    if item.texts is None:
        return None
    if len(item.texts) == 1:
        return word_error(item.texts[0], heard.text, language=item.language)
    by_speaker: dict[str | None, list[str]] = {}
    for word in heard.words:
        by_speaker.setdefault(word.speaker, []).append(word.text)
    return speaker_word_error(item.texts, [" ".join(words) for words in by_speaker.values()], language=item.language)
