"""Where captions begin and end in the text.

Decided by dynamic programming over each turn: the cheapest way to divide its words, where cutting at a sentence end
or a pause is cheap, inside a phrase dear. No caption mixes speakers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ...domain.arrangement import ends_sentence, spoken_words
from ...domain.transcript import Transcript, Word
from ..text import clean
from .bilingual import with_second
from .lines import best_path, broken, cut_cost
from .model import Caption, Token, line_text
from .options import CaptionOptions, Limits
from .timing import Spoken, timed

TURN_PAUSE_S = 1.5
"""A pause this long always ends a caption, in seconds."""
_NEVER = 1000.0


@dataclass(slots=True)
class _Turn:
    speaker: str | None
    labelled: bool
    tokens: list[Token] = field(default_factory=list)


def lay_out(transcript: Transcript, style: CaptionOptions, *, labels: bool = False) -> tuple[Caption, ...]:
    """Divide a transcript into captions, ordered by start.

    Args:
        transcript: What was said.
        style: Limits to keep. Line length and count always hold; times where the speech leaves room.
        labels: Begin a caption with the speaker's name whenever the speaker changes.

    Raises:
        InvalidOption: The frame rate is none, or there is no such translation.
    """
    limits = style.limits(transcript)
    nearest = limits.grid.nearest
    spoken: list[Spoken] = []
    for turn in _turns(transcript, limits, labels=labels):
        for begin, end in pairwise(_divide(turn, limits)):
            tokens = turn.tokens[begin:end]
            start, stop = nearest(tokens[0].start_s), nearest(tokens[-1].end_s)
            lines = broken(tokens, limits.max_chars)
            characters = sum(len(line_text(line)) for line in lines)
            spoken.append(Spoken(start, stop, turn.speaker, lines, limits.reading_s(characters, len(tokens))))
    spoken.sort(key=lambda caption: caption.start)
    captions = timed(spoken, limits, nearest(transcript.recording.duration_s))
    return with_second(captions, transcript, style) if style.second_language else captions


def _turns(transcript: Transcript, style: Limits, *, labels: bool) -> Iterator[_Turn]:
    """What one speaker says without a long pause."""
    turn: _Turn | None = None
    for word in spoken_words(transcript):
        tokens = _tokens(word, style)
        if not tokens:
            continue
        changed = turn is None or turn.speaker != word.speaker
        if turn is None or changed or tokens[0].start_s - turn.tokens[-1].end_s > TURN_PAUSE_S:
            if turn:
                yield turn
            label = _label(transcript.speaker_name(word.speaker), tokens[0], style) if labels and changed else []
            turn = _Turn(word.speaker, bool(label), label)
        turn.tokens += _after(turn.tokens, tokens)
    if turn:
        yield turn


def _label(name: str, first: Token, style: Limits) -> list[Token]:
    """The speaker's name as a token before the first word; none where it would not fit."""
    text, most = clean(name), style.max_chars // 2
    if len(text) > most:
        text = f"{text[: most - 1].rstrip()}…"
    fits = style.max_lines > 1 or len(text) + 2 + len(first.text) <= style.max_chars
    return [Token(f"{text}:", first.start_s, first.start_s)] if text and fits else []


def _tokens(word: Word, style: Limits) -> list[Token]:
    """A word's parts: one, or more where it holds spaces or is longer than a line. None lasts too long."""
    text, most = clean(word.text), style.max_chars
    if text and len(text) <= most and " " not in text:  # Nearly all words: worth a way of their own.
        length_s = min(style.max_s, max(0.0, word.end_s - word.start_s))
        return [Token(text, word.start_s, word.start_s + length_s, confidence=word.confidence)]
    parts: list[tuple[str, bool]] = []
    for part in text.split():
        pieces = [part[n : n + most] for n in range(0, len(part), most)]
        parts += [(piece, index > 0) for index, piece in enumerate(pieces)]
    step_s = min(style.max_s, max(0.0, word.end_s - word.start_s) / max(1, len(parts)))
    return [
        Token(text, word.start_s + n * step_s, word.start_s + (n + 1) * step_s, glued, word.confidence)
        for n, (text, glued) in enumerate(parts)
    ]


def _after(before: Sequence[Token], tokens: Sequence[Token]) -> Iterator[Token]:
    """Tokens with times that never run backwards within a turn."""
    floor_s = before[-1].start_s if before else 0.0
    for token in tokens:
        if floor_s <= token.start_s <= token.end_s:
            floor_s = token.start_s
            yield token
        else:
            floor_s = max(floor_s, token.start_s)
            yield replace(token, start_s=floor_s, end_s=max(floor_s, token.end_s))


def _divide(turn: _Turn, style: Limits) -> list[int]:
    """Where to cut a turn: indexes from 0 to its length, minimising the summed cost of captions and cuts."""
    tokens = turn.tokens
    best: list[float] = [0.0] + [float("inf")] * len(tokens)
    previous = [0] * (len(tokens) + 1)
    cut_costs = [0.0, *(cut_cost(one, two) for one, two in pairwise(tokens)), 0.0]
    if turn.labelled:
        cut_costs[1] = _NEVER
    growth = _Growth(tokens, style)
    for begin in range(len(tokens)):
        for end, cost in growth.captions(begin):
            total = best[begin] + cost + cut_costs[end]
            if total < best[end]:
                best[end], previous[end] = total, begin
    return best_path(previous)


class _Growth:
    """What captions cost that take more and more words."""

    def __init__(self, tokens: Sequence[Token], style: Limits) -> None:
        self._style = style
        self._starts_s = [token.start_s for token in tokens]
        self._ends_s = [token.end_s for token in tokens]
        self._widths = [len(token.text) for token in tokens]
        self._spaces = [0 if token.glued else 1 for token in tokens]
        self._inner_costs = [0.0, *(_inner_cost(one, two) for one, two in pairwise(tokens))]

    def captions(self, begin: int) -> Iterator[tuple[int, float]]:
        """Each caption from one word on that keeps the limits, and the one of this word alone: its end and cost.

        Each costs a little, more if too short to read, too fast, or holding pauses and sentence ends.
        """
        style = self._style
        max_chars, max_lines, min_s, max_s, max_cps, word_s = (
            style.max_chars, style.max_lines, style.min_s, style.max_s, style.max_cps, style.word_s,
        )  # fmt: skip
        lines, used, characters, inner_cost = 1, 0, 0, 0.0
        for index in range(begin, len(self._widths)):
            width, space = self._widths[index], self._spaces[index] if used else 0
            if used + space + width <= max_chars:
                used += space + width
            else:
                lines, used = lines + 1, width
            characters += space + width
            length_s = self._ends_s[index] - self._starts_s[begin]
            if index > begin:
                if lines > max_lines or length_s > max_s:
                    return
                inner_cost += self._inner_costs[index]
            cost = 1.0 + inner_cost
            if length_s < min_s:
                cost += 6.0 * (1 - length_s / min_s)
            if characters < max_chars // 3:
                cost += 2.0
            if length_s > 0 and characters / length_s > max_cps:
                cost += min(4.0, characters / length_s / max_cps)
            elif word_s and (index + 1 - begin) * word_s > length_s > 0:
                cost += min(4.0, (index + 1 - begin) * word_s / length_s)
            yield index + 1, cost


def _inner_cost(last: Token, following: Token) -> float:
    """How much a pause or sentence end inside of a caption hurts."""
    pause_s = following.start_s - last.end_s
    return 4.0 * max(0.0, pause_s - 0.5) + (0.4 if ends_sentence(last.text) else 0.0)
