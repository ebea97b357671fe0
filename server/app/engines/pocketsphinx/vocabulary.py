"""A list of words to expect, made ready for PocketSphinx: spelling, pronunciations, and a place in the language model.

Each word or phrase becomes a word of its own in the dictionary, even when the dictionary has it already, because only
new words can be given a weight in the language model. `MARK` tells them from the others; it is gone from the result.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ...errors import InvalidOption
from .graphones import LETTERS
from .pronunciation import speller_for

MARK = "~"
MOST_WORDS = 2_000
_MOST_PRONUNCIATIONS = 3
_LONGEST = 60
_ABBREVIATION = re.compile(r"[A-Z]{2,5}")
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ALTERNATIVE = re.compile(r"\(\d+\)$")

Phones = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """A word or phrase of the list.

    Attributes:
        written: As it was given, and as it is in the result.
        token: Its name in PocketSphinx's dictionary.
        pronunciations: Phones separated by spaces, likeliest first.
    """

    written: str
    token: str
    pronunciations: tuple[str, ...]


@lru_cache(maxsize=4)
def prepare(words: tuple[str, ...], dictionary: Path) -> tuple[Expected, ...]:
    """Find out how the words of a list are spoken.

    Args:
        words: Words or phrases, as they shall be written.
        dictionary: The recogniser's; it says how the words in it are spoken, and teaches how others are.

    Raises:
        InvalidOption: There are too many, or one can't be spoken with the letters a to z and digits.
    """
    wanted = list(dict.fromkeys(" ".join(word.split()) for word in words if word.strip()))
    if len(wanted) > MOST_WORDS:
        raise InvalidOption(f"The vocabulary has {len(wanted)} words; {MOST_WORDS} can be used.", field="vocabulary")
    known = _Known(dictionary, wanted)
    return tuple(
        Expected(word, f"{MARK}{number}{MARK}", tuple(" ".join(phones) for phones in known.phrase(word)))
        for number, word in enumerate(wanted)
    )


class _Known:
    """Pronunciations from a dictionary, and by spelling for what is not in it."""

    def __init__(self, dictionary: Path, wanted: Iterable[str]) -> None:
        self._dictionary = dictionary
        needed = {part.lower() for word in wanted for part in _parts(word)} | {*LETTERS, *_DIGITS}
        self._found = _look_up(dictionary, needed)

    def phrase(self, phrase: str) -> list[Phones]:
        """The likeliest pronunciations of a phrase: those of its words, one after the other."""
        parts = _parts(phrase)
        if not parts or len(phrase) > _LONGEST:
            raise InvalidOption(
                f"The vocabulary's word '{phrase[:_LONGEST]}' can't be spoken.",
                hint=f"Write words of up to {_LONGEST} characters with the letters a to z.",
                field="vocabulary",
            )
        each = [self._word(part) for part in parts]
        count = min(_MOST_PRONUNCIATIONS, max(len(ways) for ways in each))
        return [tuple(p for ways in each for p in ways[min(n, len(ways) - 1)]) for n in range(count)]

    def _word(self, part: str) -> list[Phones]:
        ways = list(self._found.get(part.lower(), []))
        if part.isdigit():
            return [self._spelt(_DIGITS[int(digit)] for digit in part)]
        if _ABBREVIATION.fullmatch(part):
            ways.append(self._spelt(part.lower()))
        if not self._found.get(part.lower()):
            ways += self._guessed(part.lower())
        return ways[:_MOST_PRONUNCIATIONS]

    def _spelt(self, names: Iterable[str]) -> Phones:
        """Names of letters or digits in a row; of the ways to say `a`, the letter's comes last."""
        ways = [(name, self._found.get(name) or self._guessed(name)) for name in names]
        return tuple(phone for name, all_ways in ways for phone in all_ways[-1 if name == "a" else 0])

    def _guessed(self, word: str) -> list[Phones]:
        return speller_for(self._dictionary).pronounce(word, _MOST_PRONUNCIATIONS)


def _parts(phrase: str) -> list[str]:
    """The words of a phrase, in plain letters: accents dropped, `O'Brien-2` as `O'Brien` and `2`."""
    plain = unicodedata.normalize("NFKD", phrase.replace("ß", "ss").replace("ł", "l").replace("ø", "o"))
    letters = "".join(char for char in plain if not unicodedata.combining(char)).replace("’", "'")
    return [part.strip("'") for part in re.findall(r"[A-Za-z']+|[0-9]+", letters) if part.strip("'")]


def _look_up(dictionary: Path, words: set[str]) -> dict[str, list[Phones]]:
    found: dict[str, list[Phones]] = {}
    with dictionary.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            spelling, _, phones = line.strip().partition(" ")
            word = _ALTERNATIVE.sub("", spelling)
            if word in words:
                found.setdefault(word, []).append(tuple(phones.split()))
    return found
