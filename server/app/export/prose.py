"""A transcript as it is read: paragraphs with who speaks, and beside them what they mean in another language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated

from pydantic import Field

from ..domain.arrangement import paragraphs, words_in
from ..domain.languages import matching_language
from ..domain.phrasing import joined, share_out
from ..domain.transcript import Transcript, Word
from ..errors import InvalidOption
from .losses import Loss
from .text import clean

SecondLanguageOption = Annotated[
    str, Field(description="Language of a translation to show beside the text; none where empty.")
]
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"adlm", "arab", "hebr", "nkoo", "syrc", "thaa"})
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph by one speaker (an id). Words are clean and never empty.

    Attributes:
        name: The speaker's name, "" where nobody knows who speaks.
        translation: The paragraph in the second language, "" where there is none.
    """

    speaker: str | None
    name: str
    words: tuple[Word, ...]
    translation: str = ""

    @property
    def start_s(self) -> float:
        """When it begins."""
        return self.words[0].start_s

    @property
    def end_s(self) -> float:
        """When its last word ends."""
        return max(word.end_s for word in self.words)

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(word.text for word in self.words)


def passages(transcript: Transcript, second_language: str = "") -> tuple[Passage, ...]:
    """Divide a transcript into paragraphs.

    Translations belong to segments. Where a segment is spread over several paragraphs, so is its translation.

    Args:
        transcript: What was said.
        second_language: Tag of a translation, as `second_track` returns it; "" for none.
    """
    words: list[Word] = []
    origins: list[str] = []
    for segment in transcript.segments:
        spoken = [tidied for word in words_in(segment) if (tidied := _tidy(word))]
        words += spoken
        origins += [segment.id] * len(spoken)
    groups = paragraphs(words)
    names = {word: clean(transcript.speaker_name(word)) for word in {group[0].speaker for group in groups}}
    texts = _translations(transcript, second_language, groups, origins) if second_language else [""] * len(groups)
    return tuple(
        Passage(group[0].speaker, names[group[0].speaker], group, text)
        for group, text in zip(groups, texts, strict=True)
    )


def second_track(transcript: Transcript, wanted: str) -> str:
    """The tag of the translation that suits a wanted language; "" where none is wanted.

    Raises:
        InvalidOption: There is no such translation; those there are are named.
    """
    if not wanted.strip():
        return ""
    found = matching_language(wanted, transcript.translations)
    if found is None:
        there = ", ".join(transcript.translations) or "none"
        raise InvalidOption(
            f"The transcript has no translation in the language '{wanted}'.",
            hint=f"Translations there are: {there}. 'audapolis translate' adds others.",
        )
    return found


def untranslated(transcript: Transcript, track: str) -> tuple[str, ...]:
    """A warning where segments have no text in the second language."""
    if not track:
        return ()
    there = {line.segment for line in transcript.translations[track] if line.text.strip()}
    missing = [s.id for s in transcript.segments if s.text.strip() and s.id not in there]
    if not missing:
        return ()
    named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
    segments = "segment has" if len(missing) == 1 else "segments have"
    return (f"{len(missing)} {segments} no text in '{track}': {named}.",)


def without_losses(losses: Sequence[str], *kept: Loss) -> tuple[str, ...]:
    """Losses but those that did not happen."""
    return tuple(loss for loss in losses if loss not in kept)


def carried_tracks(transcript: Transcript, track: str) -> tuple[Loss, ...]:
    """Translations count as kept where the one shown is the only one."""
    others = any(lines for name, lines in transcript.translations.items() if name != track)
    return () if others or not track else (Loss.TRANSLATIONS,)


def reads_right_to_left(language: str) -> bool:
    """Whether text in a language runs from right to left."""
    first, *others = language.lower().replace("_", "-").split("-")
    scripts = [part for part in others if len(part) == 4 and part.isalpha()]
    return scripts[0] in _RIGHT_TO_LEFT_SCRIPTS if scripts else first in _RIGHT_TO_LEFT


def _tidy(word: Word) -> Word | None:
    text = clean(word.text)
    if text == word.text:
        return word
    return Word(word.start_s, word.end_s, text, word.confidence, word.speaker) if text else None


def _translations(
    transcript: Transcript, track: str, groups: Sequence[tuple[Word, ...]], origins: Sequence[str]
) -> list[str]:
    """The text of each paragraph in another language."""
    lines: dict[str, list[str]] = {}
    for line in transcript.translations[track]:
        lines.setdefault(line.segment, []).append(line.text)
    pieces: dict[str, list[tuple[int, int]]] = {}
    for segment, paragraph, characters in _pieces(groups, origins):
        pieces.setdefault(segment, []).append((paragraph, characters))
    found: list[list[str]] = [[] for _ in groups]
    for segment, places in pieces.items():
        text = joined(map(clean, lines.get(segment, ())))
        for (paragraph, _), part in zip(places, share_out(text, [float(size) for _, size in places]), strict=True):
            found[paragraph].append(part)
    return [joined(parts) for parts in found]


def _pieces(groups: Sequence[tuple[Word, ...]], origins: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Which segment has how many characters in which paragraph."""
    at = 0
    for paragraph, group in enumerate(groups):
        pairs = zip(origins[at : at + len(group)], group, strict=True)
        for segment, members in groupby(pairs, key=lambda pair: pair[0]):
            yield segment, paragraph, sum(len(word.text) + 1 for _, word in members)
        at += len(group)
