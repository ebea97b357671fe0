"""What is said: half grammar, half word lists, so that the decoder has to listen rather than guess."""

from __future__ import annotations

from random import Random

from .vocabulary import ADJECTIVES, DIGITS, ENGLISH, GERMAN, NOUNS, STEMS, VERBS

LONGEST_ENGLISH, LONGEST_GERMAN = 12, 8
TELLING = ("runs", "sees", "opens", "stops", "starts")
PLURALS = tuple(stem + "s" for stem in STEMS)


def draw_sentence(rng: Random, language: str, length: int | None = None) -> list[str]:
    """One sentence.

    Args:
        rng: Where the choice comes from.
        language: `en` or `de`.
        length: Words, for a list of that many words; without it the grammar may speak and lengths vary.
    """
    if language == "de":
        return rng.choices(GERMAN, k=length or rng.randint(1, LONGEST_GERMAN))
    kind = rng.random()
    if length is None and kind < 0.35:
        return _grammatical(rng)
    words = DIGITS if kind < 0.6 else (*ENGLISH, *PLURALS)
    return rng.choices(words, k=length or rng.randint(1, LONGEST_ENGLISH))


def _grammatical(rng: Random) -> list[str]:
    pick = rng.choice
    name, noun, adjective = pick(("alice", "bob")), pick(NOUNS), pick(ADJECTIVES)
    return pick((
        ["the", adjective, noun, pick(TELLING), "the", pick(ADJECTIVES), pick(NOUNS)],
        [pick(("hello", "good")), pick(("morning", "alice", "bob")), pick(("alice", "bob", "please"))],
        ["please", pick(("open", "close")), "the", noun],
        [name, pick(("sees", "opens", "starts")), pick(DIGITS), adjective, pick(PLURALS[len(VERBS) - 1 :])],
        ["the", "meeting", pick(("starts", "stops")), "today"],
    ))  # fmt: skip
