"""What the decoder is told before it answers: names and terms to expect, the text before, language and task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base import RecogniseOptions
from .network import MOST_TOKENS, Tokens

MOST_PROMPT_TOKENS = MOST_TOKENS // 2 - 1
"""Whisper was trained with at most half of its positions before the answer."""


class Vocabulary:
    """A model's tokens: text to numbers and back, and the numbers that mean something else.

    Args:
        tokenizer: Of the model's folder.
        multilingual: Whether its prompts name language and task.
    """

    def __init__(self, tokenizer: Any, multilingual: bool) -> None:
        from faster_whisper.tokenizer import Tokenizer

        # The library's class knows the special tokens and how to split words; its language table is not needed.
        self._tokens = Tokenizer(tokenizer, multilingual=False)
        self._tokenizer = tokenizer
        self._multilingual = multilingual
        self.end = int(self._tokens.eot)

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages the model has a token for."""
        if not self._multilingual:
            return ("en",)
        from .languages import NAMES

        known = (f"<|{code}|>" for code in NAMES)
        own = (token[2:-2] for token in known if self._tokenizer.token_to_id(token) is not None)
        return tuple(sorted(own))

    def start(self, language: str, task: str) -> Tokens:
        """The tokens that open an answer, for language and task."""
        if not self._multilingual:
            return (self._tokens.sot,)
        chosen = self._tokenizer.token_to_id(f"<|{language}|>")
        return (self._tokens.sot, chosen, self._tokenizer.token_to_id(f"<|{task}|>"))

    def prompt(self, before: Tokens, start: Tokens) -> Tokens:
        """A whole prompt. Answers come without time stamps: times are found by alignment."""
        opening = (self._tokens.sot_prev, *before) if before else ()
        return (*opening, *start, self._tokens.no_timestamps)

    def suppressed(self) -> Tokens:
        """Tokens no answer may hold: signs that are not spoken, and special ones."""
        tokens = self._tokens
        special = [tokens.transcribe, tokens.translate, tokens.sot, tokens.sot_prev, tokens.sot_lm, tokens.no_speech]
        return sorted({*tokens.non_speech_tokens, *(token for token in special if token is not None)})

    def encode(self, text: str) -> list[int]:
        """Text to tokens."""
        return list(self._tokens.encode(text))

    def decode(self, tokens: Tokens) -> str:
        """Tokens to text; special ones are left out."""
        return str(self._tokens.decode(list(tokens)))

    def words(self, tokens: Tokens, language: str) -> list[tuple[str, int]]:
        """Text and number of tokens of every word, with the spaces before it."""
        self._tokens.language_code = language
        words, parts = self._tokens.split_to_word_tokens([*tokens, self.end])
        return [(word, len(part)) for word, part in zip(words[:-1], parts[:-1], strict=True)]


def text_before(vocabulary: Vocabulary, options: RecogniseOptions) -> tuple[Tokens, str]:
    """What stands before every answer: the terms to expect, then the prompt's end, as far as there is room.

    Terms are taken whole and in order. The prompt keeps its end, which is nearest to the answer.

    Returns:
        The tokens, and a warning when not all fitted; "" otherwise.
    """
    terms, taken = _terms(vocabulary, options.vocabulary)
    prompt = vocabulary.encode(" " + options.prompt.strip()) if options.prompt and options.prompt.strip() else []
    room = MOST_PROMPT_TOKENS - len(terms)
    kept = prompt[-room:] if room > 0 else []
    said = []
    if taken < len(options.vocabulary):
        said.append(f"only the first {taken} of the {len(options.vocabulary)} vocabulary terms fit into a prompt")
    if len(kept) < len(prompt):
        said.append(f"only the last {len(kept)} of the prompt's {len(prompt)} tokens fit")
    return [*terms, *kept], f"Whisper's prompt is full: {', and '.join(said)}." if said else ""


def _terms(vocabulary: Vocabulary, terms: Sequence[str]) -> tuple[list[int], int]:
    tokens: list[int] = []
    for taken, term in enumerate(terms):
        following = vocabulary.encode(f" {term.strip()}" if not taken else f", {term.strip()}")
        if len(tokens) + len(following) > MOST_PROMPT_TOKENS:
            return tokens, taken
        tokens += following
    return tokens, len(terms)
