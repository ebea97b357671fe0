"""Lower-case tokens to readable text, for recognisers that know neither case nor punctuation.

Words are only re-spelled, never added, removed or joined. What can be told from words and pauses alone is
written: sentence ends at long pauses and changes of speaker, capitals after them, the pronoun "I", common
names (days, months, nations), spelled letters. Commas and question marks cannot be told reliably from words
alone; they are set only where few would object: a comma after an interjection with a pause, a question mark
after a short sentence that opens as only questions do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..domain.transcript import Word

_SENTENCE_PAUSE_S = 0.7
"""Readers and speakers pause so long between sentences; within them seldom."""
_LONG_SENTENCE_WORDS = 25
_LONG_SENTENCE_PAUSE_S = 0.4
"""After that many words a shorter pause is taken for the end."""
_QUESTION_WORDS = 12

_NAMES_TEXT = """
monday tuesday wednesday thursday friday saturday sunday january february april june july august
september october november december english american british french german spanish italian
russian chinese japanese indian european african america england britain france germany spain
italy russia china japan india europe africa london paris berlin christmas easter god
"""
_NAMES = frozenset(_NAMES_TEXT.split())
_TITLES = {"mr": "Mr.", "mrs": "Mrs.", "ms": "Ms.", "dr": "Dr."}
_PRONOUN = re.compile(r"^i('(m|d|ll|ve|s))?$")
_LETTERS = re.compile(r"^(?:[a-z]\.)+(?:'?s)?$|^[b-hj-z]$")
_INTERJECTIONS = frozenset(["yes", "no", "well", "oh", "okay", "yeah", "however", "indeed"])
_OPENERS = frozenset(["who", "what", "where", "why", "how", "whose", "whom", "which"])
_AUXILIARIES_TEXT = """
is are was were am do does did can could will would shall should have has had may might isn't
aren't wasn't weren't don't doesn't didn't can't couldn't won't wouldn't shouldn't haven't
hasn't
"""
_AUXILIARIES = frozenset(_AUXILIARIES_TEXT.split())
_SUBJECTS = frozenset(["i", "you", "he", "she", "it", "we", "they", "there", "that", "this"])


def readable(segments_words: Sequence[Word]) -> tuple[Word, ...]:
    """Spell words for reading. As many words come out as go in, with the same times.

    Args:
        segments_words: Words in order, lower case, without punctuation; a change of `speaker` ends a sentence.
    """
    return tuple(word for sentence in _sentences(segments_words) for word in _spell(sentence))


def _sentences(words: Sequence[Word]) -> Iterator[list[Word]]:
    sentence: list[Word] = []
    for word in words:
        if sentence and _ends(sentence, word):
            yield sentence
            sentence = []
        sentence.append(word)
    if sentence:
        yield sentence


def _ends(sentence: list[Word], following: Word) -> bool:
    last = sentence[-1]
    if last.speaker != following.speaker:
        return True
    enough_s = _LONG_SENTENCE_PAUSE_S if len(sentence) >= _LONG_SENTENCE_WORDS else _SENTENCE_PAUSE_S
    return following.start_s - last.end_s >= enough_s


def _spell(sentence: list[Word]) -> list[Word]:
    texts = [_cased(word.text) for word in sentence]
    texts[0] = texts[0][:1].upper() + texts[0][1:]
    if len(texts) > 1 and sentence[0].text in _INTERJECTIONS and sentence[1].start_s - sentence[0].end_s >= 0.2:
        texts[0] += ","
    if texts[-1][-1:] not in {".", "?", "!"}:
        texts[-1] += "?" if _is_question(sentence) else "."
    return [replace(word, text=text) for word, text in zip(sentence, texts, strict=True)]


def _cased(token: str) -> str:
    if _PRONOUN.match(token):
        return "I" + token[1:]
    if token in _TITLES:
        return _TITLES[token]
    if _LETTERS.match(token):
        head, tail = (token[:-1], token[-1]) if len(token) > 2 and token.endswith("s") else (token, "")
        return head.upper() + tail
    stem = token.removesuffix("'s")
    return token.capitalize() if stem in _NAMES else token


def _is_question(sentence: list[Word]) -> bool:
    """Whether a short sentence opens as only questions do: "what is", "where did", "do you"."""
    if not 2 <= len(sentence) <= _QUESTION_WORDS:
        return False
    first, second = sentence[0].text, sentence[1].text
    contracted = first.removesuffix("'s") in _OPENERS and first.endswith("'s")
    return (
        contracted or (first in _OPENERS and second in _AUXILIARIES) or (first in _AUXILIARIES and second in _SUBJECTS)
    )
