"""What no mouth can have said is dropped, what one can have said is kept, whatever the words."""

from __future__ import annotations

from audapolis.domain.transcript import Span
from audapolis.engines.whisper.decoding import Answer
from audapolis.engines.whisper.guards import plausible
from audapolis.engines.whisper.words import TimedWord

GOOD = Answer((), average_logprob=-0.2, no_speech=0.05, compression=1.3)
REPEATING = Answer((), average_logprob=-0.1, no_speech=0.05, compression=4.0)


def words(text: str, step_s: float = 0.3, probability: float = 0.9, start_s: float = 0.0) -> list[TimedWord]:
    return [
        TimedWord(f" {word}", start_s + at * step_s, start_s + (at + 1) * step_s, probability)
        for at, word in enumerate(text.split())
    ]


def kept(found: list[TimedWord], answer: Answer = GOOD, speech: tuple[Span, ...] = (Span(0, 30),)) -> str:
    return " ".join(word.text.strip() for word in plausible(found, answer, speech, spaced=True))


def test_ordinary_words_are_kept() -> None:
    assert kept(words("thank you for watching this")) == "thank you for watching this"


def test_words_said_where_no_speech_was_detected_are_dropped() -> None:
    found = words("hello there") + words("thank you", start_s=20.0)
    assert kept(found, speech=(Span(0, 2),)) == "hello there"


def test_words_are_kept_where_speech_is_not_known() -> None:
    assert kept(words("hello there"), speech=()) == "hello there"


def test_nothing_is_kept_when_the_network_thinks_nobody_speaks_and_doubts_its_words() -> None:
    assert kept(words("thank you"), Answer((), -1.4, 0.8, 1.0)) == ""
    assert kept(words("thank you", probability=0.3), Answer((), -0.7, 0.8, 1.0)) == ""
    assert kept(words("thank you", probability=0.9), Answer((), -0.2, 0.8, 1.0)) == "thank you"


def test_of_a_phrase_repeated_to_fill_the_window_the_first_is_kept() -> None:
    assert kept(words("so we go " + "and then we " * 20), REPEATING) == "so we go and then we"


def test_a_repetition_a_mouth_can_say_is_kept() -> None:
    assert kept(words("no no no no no stop")) == "no no no no no stop"


def test_a_repetition_too_fast_for_a_mouth_is_not() -> None:
    assert kept(words("yes " * 12, step_s=0.06)) == "yes"


def test_words_squeezed_into_one_moment_are_dropped() -> None:
    found = words("the door is open") + words("please like and subscribe", step_s=0.0, start_s=1.2)
    assert kept(found) == "the door is open"


def test_a_single_short_word_is_dropped_only_when_it_is_doubted() -> None:
    sure, doubted = (TimedWord(" a", 0.5, 0.52, probability) for probability in (0.9, 0.2))
    assert kept([*words("it is"), sure]) == "it is a"
    assert kept([*words("it is"), doubted]) == "it is"
