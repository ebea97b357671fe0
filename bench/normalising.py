"""Text as it is scored: what was said, not how it was written."""

from __future__ import annotations

import re
import unicodedata

_WRITTEN_OUT = {
    "mr": "mister",
    "mrs": "missus",
    "dr": "doctor",
    "st": "saint",
    "%": "percent",
    "&": "and",
}

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'"})
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[%&]")
_GROUPED = re.compile(r"(?<![\d,])\d{1,3}(?:,\d{3}){1,3}(?![\d,])")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_POWERS = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def normalise(text: str, *, language: str = "en") -> str:
    """Lower-case words without punctuation, joined by single spaces.

    Apostrophes inside a word stay ("don't"), others go ("'tis", "dogs'"); hyphens and slashes separate words.
    In English, "mr." becomes "mister" (likewise mrs, dr, st, % and &) and whole numbers are written out as they
    are read ("twenty one", "third"). Combining marks are composed (NFKC) first.

    Args:
        text: Any text.
        language: BCP-47 code; abbreviations and numbers are written out in English only.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold())
    if language.split("-", maxsplit=1)[0].lower() != "en":
        return " ".join(_TOKEN.findall(plain))
    ungrouped = _GROUPED.sub(lambda found: number(int(found[0].replace(",", ""))), plain)
    return " ".join(_spoken(token) for token in _TOKEN.findall(ungrouped))


def words_of(text: str, *, language: str = "en") -> list[str]:
    """The normalised words of a text, in order."""
    return normalise(text, language=language).split()


def _spoken(token: str) -> str:
    if token in _WRITTEN_OUT:
        return _WRITTEN_OUT[token]
    if token.isascii() and token.isdigit():
        return _digits(token)
    if ordinal := _ORDINAL.fullmatch(token):
        return _ordinal(int(ordinal[1]))
    return token


def _digits(token: str) -> str:
    """Read a run of digits: as a number up to twelve digits, digit by digit beyond and after leading zeros."""
    if len(token) > 12 or (len(token) > 1 and token[0] == "0"):
        return " ".join(_ONES[int(digit)] for digit in token)
    return _year(int(token)) if len(token) == 4 else number(int(token))


def _year(value: int) -> str:
    """Read four digits the way years are read: "sixteen sixty five", "nineteen oh one", "two thousand"."""
    high, low = divmod(value, 100)
    if not 11 <= high <= 20 or (high == 20 and low < 10):
        return number(value)
    if low == 0:
        return f"{number(high)} hundred"
    return f"{number(high)} {'oh ' if low < 10 else ''}{number(low)}"


def number(value: int) -> str:
    """English words of a whole number, 0 ≤ value < 10**12, without "and" or hyphens."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    size, name = next((size, name) for size, name in _POWERS if value >= size)
    high, low = divmod(value, size)
    return f"{number(high)} {name}" + (f" {number(low)}" if low else "")


def _ordinal(value: int) -> str:
    head, _, last = number(value).rpartition(" ")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = f"{last[:-1]}ieth"
    else:
        last = f"{last}th"
    return f"{head} {last}".strip()
