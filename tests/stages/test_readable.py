"""Readable text from lower-case words and pauses."""

from __future__ import annotations

from audapolis.domain.transcript import Word
from audapolis.stages.readable import readable
from hypothesis import given
from hypothesis import strategies as st


def words(text: str, speaker: str | None = None, start_s: float = 0.0) -> list[Word]:
    """Tokens of 0.3 s each; `|` is a pause of one second, `,` one of 0.25 s."""
    result, now_s = [], start_s
    for token in text.split():
        if token in "|,":
            now_s += 1.0 if token == "|" else 0.25
            continue
        result.append(Word(now_s, now_s + 0.3, token, 0.9, speaker))
        now_s += 0.3
    return result


def text_of(spoken: list[Word]) -> str:
    return " ".join(word.text for word in readable(spoken))


def test_pauses_end_sentences() -> None:
    assert text_of(words("it rains | we stay in")) == "It rains. We stay in."


def test_a_change_of_speaker_ends_a_sentence() -> None:
    spoken = [*words("it rains", "S1"), *words("we stay in", "S2", 0.6)]
    assert text_of(spoken) == "It rains. We stay in."


def test_a_long_sentence_ends_at_a_shorter_pause() -> None:
    spoken = words("word " * 26)
    late = [Word(w.start_s + 0.5, w.end_s + 0.5, w.text, w.confidence) for w in words("next one", None, 7.8)]
    assert text_of([*spoken, *late]).endswith("word. Next one.")


def test_the_pronoun_i_is_a_capital() -> None:
    assert text_of(words("so i think i'm late and i'll run")) == "So I think I'm late and I'll run."


def test_common_names_are_capitalised() -> None:
    assert text_of(words("see you on monday in england's capital")) == "See you on Monday in England's capital."


def test_spelled_letters_and_titles_are_written_as_such() -> None:
    assert text_of(words("mr smith of the u. s. b group")) == "Mr. smith of the U. S. B group."


def test_short_sentences_that_open_as_questions_are_questions() -> None:
    assert text_of(words("what is it | do you know | what a day")) == "What is it? Do you know? What a day."


def test_an_interjection_with_a_pause_gets_a_comma() -> None:
    assert text_of(words("well , it rains")) == "Well, it rains."


def test_nothing_stays_nothing() -> None:
    assert readable([]) == ()


tokens = st.text("abcdefghi'.", min_size=1, max_size=6)


@given(st.lists(st.tuples(tokens, st.floats(0, 2), st.sampled_from([None, "S1", "S2"])), max_size=40))
def test_words_are_only_respelled(spoken: list[tuple[str, float, str | None]]) -> None:
    given_words, now_s = [], 0.0
    for text, gap_s, speaker in spoken:
        now_s += gap_s
        given_words.append(Word(now_s, now_s + 0.2, text, 0.5, speaker))
        now_s += 0.2
    result = readable(given_words)
    assert [(w.start_s, w.end_s, w.confidence, w.speaker) for w in result] == [
        (w.start_s, w.end_s, w.confidence, w.speaker) for w in given_words
    ]
    strip = str.maketrans("", "", ".,?")
    for before, after in zip(given_words, result, strict=True):
        assert after.text.lower().translate(strip) == before.text.translate(strip)
