"""From what is said in a timeline to Premiere Pro's transcript: sentences, words, punctuation, tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from ....domain.arrangement import ends_sentence
from ....domain.languages import primary_language
from ....domain.transcript import Word
from ...rewording.tokens import core, parts
from ...rewording.wordlists import FILLERS, PROFANITY
from ...text import clean
from ...timeline.model import Speech, Timeline
from .schema import LANGUAGES, UNKNOWN, Item, Language, PremiereTranscript, Sentence, Tag, Voice

UNNAMED = "Unknown"
"""What Premiere Pro calls speakers that it doesn't know."""

_TRADITIONAL = {"hant", "tw", "mo"}
_PLACES = 6
_USUAL: dict[str, Language] = {
    "en": "en-us", "zh": "cmn-hans", "cmn": "cmn-hans", "yue": "zh-hk", "es": "es-es", "de": "de-de", "fr": "fr-fr",
    "ja": "ja-jp", "pt": "pt-pt", "ko": "ko-kr", "it": "it-it", "ru": "ru-ru", "hi": "hi-in", "no": "nb-no",
    "nb": "nb-no", "sv": "sv-se", "nl": "nl-nl", "da": "da-dk", "id": "id-id", "th": "th-th", "vi": "vi-vn",
    "ms": "ms-my", "tr": "tr-tr", "pl": "pl-pl", "fil": "fil-ph", "tl": "fil-ph", "te": "te-in", "ml": "ml-in",
    "pa": "pa-in",
}  # fmt: skip


def premiere_language(tag: str) -> Language:
    """The language by Premiere's code; `??-??` for those it doesn't have."""
    wanted = tag.lower().replace("_", "-")
    exact = next((language for language in LANGUAGES if language == wanted), None)
    if exact:
        return exact
    primary = primary_language(tag)
    if primary in ("zh", "cmn") and _TRADITIONAL & set(wanted.split("-")):
        return "cmn-hant"
    return _USUAL.get(primary, UNKNOWN)


def voice_id(name: str) -> str:
    """A UUID of version 4, always the same for the same name."""
    return str(UUID(bytes=uuid5(NAMESPACE_URL, f"audapolis:speaker:{name}").bytes, version=4))


def transcript_of(timeline: Timeline, *, separate: bool) -> PremiereTranscript:
    """The transcript; with `separate`, punctuation has items of its own."""
    tag = timeline.transcript.language
    language = premiere_language(tag)
    tagger = _Tagger(primary_language(tag))
    voices = dict.fromkeys(speech.speaker or UNNAMED for speech in timeline.speech)
    ids = {name: voice_id(name) for name in voices}
    found = []
    for speech in timeline.speech:
        for words in _sentences(_timed(speech, timeline)):
            items = tuple(_items(words, tagger, separate=separate))
            start_s, end_s = words[0].start_s, max(word.end_s for word in words)
            speaker = ids[speech.speaker or UNNAMED]
            found.append(Sentence(_rounded(end_s - start_s), language, speaker, _rounded(start_s), items))
    found.sort(key=lambda sentence: sentence.start)
    return PremiereTranscript(language, tuple(found), tuple(Voice(ids[name], name) for name in voices))


def _timed(speech: Speech, timeline: Timeline) -> list[Word]:
    """Words with text and times that never run backwards; text without timed words is spread over its time."""
    if not speech.words:
        return _spread(speech, timeline)
    words, reached_s = [], 0.0
    for word in speech.words:
        text = clean(word.text)
        if text:
            start_s = max(reached_s, word.start_s)
            words.append(replace(word, text=text, start_s=start_s, end_s=max(start_s, word.end_s)))
            reached_s = start_s
    return words


def _spread(speech: Speech, timeline: Timeline) -> list[Word]:
    texts = speech.text.split()
    start_s, end_s = (float(timeline.timebase.seconds(frame)) for frame in (speech.start, speech.end))
    edges = [start_s + (end_s - start_s) * n / len(texts) for n in range(len(texts) + 1)]
    return [Word(*edge, text, speech.confidence) for edge, text in zip(pairwise(edges), texts, strict=True)]


def _sentences(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    begin = 0
    for end, word in enumerate(words, start=1):
        if ends_sentence(word.text) or end == len(words):
            yield words[begin:end]
            begin = end


def _items(words: Sequence[Word], tagger: _Tagger, *, separate: bool) -> Iterator[Item]:
    """Each word and what stands after it; the last item ends the sentence."""
    for word in words:
        is_last = word is words[-1]
        text, mark = _divided(word.text) if separate else (word.text, "")
        start_s, length_s = _rounded(word.start_s), _rounded(word.end_s - word.start_s)
        confidence = min(1.0, max(0.0, word.confidence))
        kind: Literal["word", "punctuation"] = "word" if parts(text)[1] else "punctuation"
        yield Item(confidence, length_s, is_last and not mark, start_s, tagger.tags(word.text), text, kind)
        if mark:
            yield Item(confidence, 0.0, is_last, _rounded(word.end_s), (), mark, "punctuation")


def _divided(text: str) -> tuple[str, str]:
    """A word and the marks at its end; what opens it stays with it, and so do signs such as % that are read out."""
    tail = parts(text)[2]
    bare = text.removesuffix(tail)
    return (bare, tail) if bare else (text, "")


class _Tagger:
    """Finds what Premiere lets people search for."""

    def __init__(self, language: str) -> None:
        self._fillers = FILLERS.get(language, frozenset())
        self._profanity = PROFANITY.get(language, frozenset())

    def tags(self, text: str) -> tuple[Tag, ...]:
        word = core(text)
        if word in self._fillers:
            return ("filler",)
        return ("profanity",) if word in self._profanity else ()


def _rounded(seconds: float) -> float:
    return round(max(0.0, seconds), _PLACES)
