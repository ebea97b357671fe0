"""Captions laid out the way subtitlers do it: shared by SRT, VTT and every caption format after them.

The default style follows common broadcast practice (among them Netflix's Timed Text Style Guide, General
Requirements): two lines of 42 characters, 0.833 to 7 s, 20 characters a second, two frames between captions. Where
to cut is decided by dynamic programming over each turn: the cheapest way to divide its words, where cutting at a
sentence end or a pause is cheap, inside a phrase dear. No caption mixes speakers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from ...domain.arrangement import ends_sentence, spoken_words
from ...domain.transcript import Transcript, Word
from ..base import WordedFileOptions
from ..text import clean

TURN_PAUSE_S = 1.5
"""A pause this long always ends a caption, in seconds."""
_PHRASE_PAUSE_S = 0.25
_PHRASE_END = (",", ";", ":", "–", "—", "،", "、")
_CLOSING_GAP_S = 0.5
_NEVER = 1000.0
_LINE_BREAK_WEIGHT = 30.0  # Squared characters of unevenness that a break in a better place is worth.
_MS = 1000


@dataclass(frozen=True, slots=True)
class CaptionOptions(WordedFileOptions):
    """How captions look; the defaults suit television."""

    max_chars: Annotated[int, Field(ge=8, le=200, description="Most characters in a line.")] = 42
    max_lines: Annotated[int, Field(ge=1, le=4, description="Most lines in a caption.")] = 2
    min_s: Annotated[float, Field(ge=0, le=5, description="Shortest caption where possible, in seconds.")] = 0.833
    max_s: Annotated[float, Field(ge=1, le=60, description="Longest caption, in seconds.")] = 7.0
    max_cps: Annotated[float, Field(ge=5, le=60, description="Most characters a second where possible.")] = 20.0
    gap_s: Annotated[float, Field(ge=0, le=1, description="Time between two captions, in seconds.")] = 0.083


@dataclass(frozen=True, slots=True)
class Token:
    """A word, part of one too long for a line, or a speaker's name. `glued`: no space before it."""

    text: str
    start_s: float
    end_s: float
    glued: bool = False
    confidence: float = 1.0


Line = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption by one speaker (an id). Times are whole milliseconds, `end_ms` > `start_ms`."""

    start_ms: int
    end_ms: int
    speaker: str | None
    lines: tuple[Line, ...]
    second: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines as text."""
        return tuple(line_text(line) for line in self.lines)


@dataclass(slots=True)
class _Turn:
    speaker: str | None
    labelled: bool
    tokens: list[Token] = field(default_factory=list)


def line_text(line: Sequence[Token]) -> str:
    """The text of a line."""
    return "".join(token.text if token.glued or not i else f" {token.text}" for i, token in enumerate(line))


def lay_out(transcript: Transcript, style: CaptionOptions, *, labels: bool = False) -> tuple[Caption, ...]:
    """Divide a transcript into captions, ordered by start.

    Args:
        transcript: What was said.
        style: Limits to keep. Line length and count always hold; times where the speech leaves room.
        labels: Begin a caption with the speaker's name whenever the speaker changes.
    """
    captions: list[Caption] = []
    for turn in _turns(transcript, style, labels=labels):
        for begin, end in pairwise(_divide(turn, style)):
            tokens = turn.tokens[begin:end]
            start_ms, end_ms = round(tokens[0].start_s * _MS), round(tokens[-1].end_s * _MS)
            captions.append(Caption(start_ms, end_ms, turn.speaker, _lines(tokens, style)))
    captions.sort(key=lambda caption: caption.start_ms)
    return _timed(captions, style, round(transcript.recording.duration_s * _MS))


def _turns(transcript: Transcript, style: CaptionOptions, *, labels: bool) -> Iterator[_Turn]:
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


def _label(name: str, first: Token, style: CaptionOptions) -> list[Token]:
    """The speaker's name as a token before the first word; none where it would not fit."""
    text, most = clean(name), style.max_chars // 2
    if len(text) > most:
        text = f"{text[: most - 1].rstrip()}…"
    fits = style.max_lines > 1 or len(text) + 2 + len(first.text) <= style.max_chars
    return [Token(f"{text}:", first.start_s, first.start_s)] if text and fits else []


def _tokens(word: Word, style: CaptionOptions) -> list[Token]:
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


def _divide(turn: _Turn, style: CaptionOptions) -> list[int]:
    """Where to cut a turn: indexes from 0 to its length, minimising the summed cost of captions and cuts."""
    tokens = turn.tokens
    best: list[float] = [0.0] + [float("inf")] * len(tokens)
    previous = [0] * (len(tokens) + 1)
    cut_costs = [0.0, *(_cut_cost(one, two) for one, two in pairwise(tokens)), 0.0]
    if turn.labelled:
        cut_costs[1] = _NEVER
    growth = _Growth(tokens, style)
    for begin in range(len(tokens)):
        for end, cost in growth.captions(begin):
            total = best[begin] + cost + cut_costs[end]
            if total < best[end]:
                best[end], previous[end] = total, begin
    return _path(previous)


class _Growth:
    """What captions cost that take more and more words."""

    def __init__(self, tokens: Sequence[Token], style: CaptionOptions) -> None:
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
        max_chars, max_lines, min_s, max_s, max_cps = (
            style.max_chars, style.max_lines, style.min_s, style.max_s, style.max_cps,
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
            yield index + 1, cost


def _inner_cost(last: Token, following: Token) -> float:
    """How much a pause or sentence end inside of a caption hurts."""
    pause_s = following.start_s - last.end_s
    return 4.0 * max(0.0, pause_s - 0.5) + (0.4 if ends_sentence(last.text) else 0.0)


def _cut_cost(last: Token, following: Token) -> float:
    """How much a cut between two words hurts: little at sentence ends and pauses, much inside a word."""
    if following.glued:
        return 20.0
    pause_s = following.start_s - last.end_s
    relief = 2.0 * min(1.0, max(0.0, pause_s) / 0.5)
    if ends_sentence(last.text):
        return 0.5 - relief
    if last.text.endswith(_PHRASE_END):
        return 2.5 - relief
    return (4.0 if pause_s >= _PHRASE_PAUSE_S else 6.0) - relief


def _lines(tokens: Sequence[Token], style: CaptionOptions) -> tuple[Line, ...]:
    """Break a caption into lines: as few as possible, then evenly and after punctuation."""
    count, whole = len(tokens), len(line_text(tokens))
    if whole <= style.max_chars:
        return (tuple(tokens),)
    break_costs = [0.0, *(_LINE_BREAK_WEIGHT * _cut_cost(one, two) for one, two in pairwise(tokens)), 0.0]
    target = whole / max(1, -(-whole // style.max_chars))
    best: list[tuple[int, float]] = [(0, 0.0)] + [(count + 1, 0.0)] * count
    previous = [0] * (count + 1)
    for begin in range(count):
        width = 0
        for end in range(begin + 1, count + 1):
            token = tokens[end - 1]
            width += len(token.text) + (0 if token.glued or end == begin + 1 else 1)
            if width > style.max_chars and end > begin + 1:
                break
            badness = (width - target) ** 2 + break_costs[end]
            candidate = (best[begin][0] + 1, best[begin][1] + badness)
            if candidate < best[end]:
                best[end], previous[end] = candidate, begin
    return tuple(tuple(tokens[begin:end]) for begin, end in pairwise(_path(previous)))


def _path(previous: Sequence[int]) -> list[int]:
    """The cuts from 0 to the end that a table of best predecessors describes."""
    cuts = [len(previous) - 1]
    while cuts[-1]:
        cuts.append(previous[cuts[-1]])
    return cuts[::-1]


def _timed(captions: Sequence[Caption], style: CaptionOptions, duration_ms: int) -> tuple[Caption, ...]:
    """Give captions time to be read, without touching the next one."""
    gap_ms, min_ms, max_ms = (round(value * _MS) for value in (style.gap_s, style.min_s, style.max_s))
    timed: list[Caption] = []
    free_from_ms = 0
    spoken_until_ms: dict[str | None, int] = {}
    for index, caption in enumerate(captions):
        limit_ms = _limit_ms(captions, index, duration_ms, gap_ms)
        start_ms = max(caption.start_ms, spoken_until_ms.get(caption.speaker, 0))
        characters = sum(len(text) for text in caption.texts)
        wanted_ms = max(min_ms, round(characters / style.max_cps * _MS), caption.end_ms - start_ms)
        end_ms = start_ms + min(wanted_ms, max_ms)
        if 0 < limit_ms - end_ms <= _CLOSING_GAP_S * _MS and limit_ms < duration_ms:
            end_ms = limit_ms  # A gap too short to notice flickers: close it.
        end_ms = min(end_ms, limit_ms, start_ms + max_ms)
        if end_ms - start_ms < min_ms:  # No room after it: appear earlier instead, if nothing is shown then.
            start_ms = min(start_ms, max(free_from_ms, end_ms - min_ms, 0))
        timed.append(replace(caption, start_ms=start_ms, end_ms=max(end_ms, start_ms + 1)))
        spoken_until_ms[caption.speaker] = timed[-1].end_ms
        free_from_ms = max(free_from_ms, timed[-1].end_ms + gap_ms)
    return tuple(timed)


def _limit_ms(captions: Sequence[Caption], index: int, duration_ms: int, gap_ms: int) -> int:
    """When a caption must be gone: before the next that does not sound at the same time."""
    caption = captions[index]
    for following in captions[index + 1 :]:
        if following.speaker == caption.speaker or following.start_ms >= caption.end_ms:
            return max(caption.start_ms + 1, following.start_ms - gap_ms)
    return max(duration_ms, caption.end_ms)
