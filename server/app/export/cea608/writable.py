"""Text made writable in CEA-608: what it lacks is replaced by what readers know it by, or refused."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from ...domain.transcript import Segment, Transcript, Word
from ...errors import InvalidOption
from .characters import CHARACTERS

REFUSED_SHARE = 0.1
"""A transcript of whose letters a larger share can't be written is refused: it would be a row of question marks."""
_MARK = "?"
_SUBSTITUTES = {
    "’": "'", "‚": ",", "‛": "'", "`": "'", "´": "'", "′": "'", "ʼ": "'", "„": "“", "‟": "“", "″": '"',
    "‹": "<", "›": ">", "‐": "-", "‑": "-", "‒": "-", "–": "-", "−": "-", "―": "—", "⁄": "/", "…": "...",
    "·": ".", "●": "•", "×": "x", "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "€": "EUR", "№": "No.", "µ": "u",
    "μ": "u", "♫": "♪", "♬": "♪", "♩": "♪", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "ẞ": "SS", "Ł": "L",
    "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "ı": "i", "Ħ": "H", "ħ": "h",
    "Ŋ": "N", "ŋ": "n",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writable:
    """A transcript that CEA-608 can write, and how it came to be.

    Attributes:
        similar: How often a character was replaced by a similar one, by character.
        unwritable: How often one was replaced by a question mark, or if it is no letter, left out.
    """

    transcript: Transcript
    similar: Mapping[str, int] = field(default_factory=dict)
    unwritable: Mapping[str, int] = field(default_factory=dict)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader should know."""
        if not self.unwritable:
            return ()
        shown = " ".join(sorted(self.unwritable, key=lambda character: -self.unwritable[character])[:10])
        count = sum(self.unwritable.values())
        return (f"CEA-608 has no characters for {count} of the text's: letters became '?', others are gone ({shown}).",)


def writable(transcript: Transcript) -> Writable:
    """Replace what CEA-608 lacks.

    Raises:
        InvalidOption: It can't write the script.
    """
    counts = _characters(transcript)
    unknown = [character for character in counts if character not in CHARACTERS]
    similar = {c: counts[c] for c in unknown if _substitute(c)}
    unwritable = {c: counts[c] for c in unknown if _substitute(c) is None}
    _refuse_other_scripts(counts, unwritable)
    table = {ord(c): _written(c) for c in unknown}
    return Writable(_translated(transcript, table), similar, unwritable)


def _characters(transcript: Transcript) -> Counter[str]:
    texts = [speaker.name for speaker in transcript.speakers]
    for segment in transcript.segments:
        texts += [word.text for word in segment.words] or [segment.text]
    whole = _composed("\n".join(texts))
    return Counter("".join(whole.split()))


def _composed(text: str) -> str:
    """Letters and their accents as one character, as the tables have them."""
    return unicodedata.normalize("NFC", text)


@cache
def _substitute(character: str) -> str | None:
    """What readers know a character by: "" for what can't be seen, None where there is nothing like it."""
    if character in CHARACTERS:
        return character
    if character in _SUBSTITUTES:
        return _SUBSTITUTES[character]
    if unicodedata.category(character) in ("Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me"):
        return ""
    parts = [part for part in unicodedata.decomposition(character).split() if not part.startswith("<")]
    written = [_substitute(chr(int(part, 16))) for part in parts]
    known = [part for part in written if part is not None]
    return "".join(known) if known and len(known) == len(written) else None


def _written(character: str) -> str:
    substitute = _substitute(character)
    if substitute is None:
        return _MARK if character.isalnum() else ""
    return substitute


def _refuse_other_scripts(counts: Counter[str], unwritable: Mapping[str, int]) -> None:
    letters = sum(count for character, count in counts.items() if character.isalpha())
    lost = Counter({character: count for character, count in unwritable.items() if character.isalpha()})
    if sum(lost.values()) <= REFUSED_SHARE * letters:
        return
    script = unicodedata.name(lost.most_common(1)[0][0], "unknown").split()[0].capitalize()
    raise InvalidOption(
        f"SCC captions can't be written in this script ({script}): CEA-608 has Western European letters only, and "
        f"lacks {sum(lost.values())} of this text's {letters} letters.",
        hint="Take imsc, ebuttd or vtt, which have every script, or export a translation with the option language.",
    )


def _translated(transcript: Transcript, table: Mapping[int, str]) -> Transcript:
    speakers = tuple(replace(speaker, name=_composed(speaker.name).translate(table)) for speaker in transcript.speakers)
    segments = tuple(_translated_segment(segment, table) for segment in transcript.segments)
    return replace(transcript, speakers=speakers, segments=segments)


def _translated_segment(segment: Segment, table: Mapping[int, str]) -> Segment:
    text = _composed(segment.text).translate(table)
    words = tuple(_translated_word(word, table) for word in segment.words)
    return replace(segment, text=text, words=words)


def _translated_word(word: Word, table: Mapping[int, str]) -> Word:
    text = _composed(word.text).translate(table)
    return word if text == word.text else replace(word, text=text)
