"""Leaving words out of a text so that what remains still reads well, or masking them."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

from ...domain.arrangement import ends_sentence
from .tokens import CLOSERS, PAUSE_MARKS, SENTENCE_MARKS, capitalised, core, parts
from .wordlists import FILLERS

Edit = Callable[[Sequence[str]], list[str]]
"""Gives each of a text's words its new form; "" leaves it out."""


def drop_fillers(language: str) -> Edit:
    """Leave out the fillers of a language. Capitals only are an abbreviation (`ER`), unless the whole text has them."""
    fillers = FILLERS[language]

    def edit(texts: Sequence[str]) -> list[str]:
        found = [core(text) in fillers for text in texts]
        if not any(found):
            return list(texts)
        loud = all(text.isupper() for text in texts if text.lower() != text.upper())
        dropped = [hit and (loud or not _abbreviates(text)) for hit, text in zip(found, texts, strict=True)]
        return without(texts, dropped)

    return edit


def drop_blocked(blocked: Set[str]) -> Edit:
    """Leave out blocked words and phrases."""
    find = _finder(blocked)

    def edit(texts: Sequence[str]) -> list[str]:
        found = find(texts)
        return without(texts, found) if any(found) else list(texts)

    return edit


def mask_blocked(blocked: Set[str]) -> Edit:
    """Leave only the first letter of blocked words, and of each word of blocked phrases."""
    find = _finder(blocked)

    def edit(texts: Sequence[str]) -> list[str]:
        return [_masked(text) if hit else text for text, hit in zip(texts, find(texts), strict=True)]

    return edit


def without(texts: Sequence[str], dropped: Sequence[bool]) -> list[str]:
    """Empty the dropped words: their sentence's end goes to the word before, its capital to the word after."""
    kept = ["" if gone else text for text, gone in zip(texts, dropped, strict=True)]
    last: int | None = None
    opener, capital, begins = "", False, True
    for index, text in enumerate(texts):
        if not dropped[index]:
            kept[index] = opener + (capitalised(text) if capital else text)
            last, opener, capital, begins = index, "", False, ends_sentence(text)
            continue
        head, bare, tail = parts(text)
        closer = "".join(mark for mark in tail if mark in CLOSERS)
        if head and closer:  # what opens and closes around the dropped word goes with it
            head = closer = ""
        opener += head
        capital |= begins and bare[:1].isupper()
        ending = "".join(mark for mark in tail if mark in SENTENCE_MARKS)
        if last is not None:
            kept[last] = _ended(kept[last], ending, closer)
            begins = ends_sentence(kept[last])
    return kept


def _ended(text: str, ending: str, closer: str) -> str:
    if ending and not ends_sentence(text):
        text = (text.rstrip(PAUSE_MARKS) or text) + ending
    return text + closer


def _abbreviates(text: str) -> bool:
    bare = parts(text)[1]
    return len(bare) > 1 and bare.isupper()


def _masked(text: str) -> str:
    head, bare, tail = parts(text)
    return f"{head}{bare[:1]}{'*' * (len(bare) - 1)}{tail}"


def _finder(blocked: Set[str]) -> Callable[[Sequence[str]], list[bool]]:
    """Finds blocked words, and phrases of several words, in a text."""
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for entry in blocked:
        phrase = tuple(core(part) for part in entry.split())
        if all(phrase):
            phrases.setdefault(phrase[0], []).append(phrase)

    def find(texts: Sequence[str]) -> list[bool]:
        cores = [core(text) for text in texts]
        found = [False] * len(cores)
        for index, word in enumerate(cores):
            for phrase in phrases.get(word, ()):
                if tuple(cores[index : index + len(phrase)]) == phrase:
                    found[index : index + len(phrase)] = [True] * len(phrase)
        return found

    return find
