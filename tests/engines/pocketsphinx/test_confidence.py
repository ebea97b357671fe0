"""Confidence from evidence."""

from __future__ import annotations

from dataclasses import replace

from audapolis.engines.pocketsphinx.confidence import WEIGHTS, Evidence, confidences, features
from hypothesis import given
from hypothesis import strategies as st

WORD = Evidence(posterior=0.9, frames=30, acoustic=-2.0, language=-5.0, order=2, letters=5)

evidence = st.builds(
    Evidence,
    posterior=st.floats(0, 1),
    frames=st.integers(1, 3000),
    acoustic=st.floats(-300, 0),
    language=st.floats(-700, 5),
    order=st.integers(0, 3),
    letters=st.integers(1, 30),
)


@given(st.lists(evidence, max_size=20))
def test_every_word_gets_a_probability(words: list[Evidence]) -> None:
    sure = confidences(words)
    assert len(sure) == len(words)
    assert all(0 <= value <= 1 for value in sure)
    assert features(words).shape == (len(words), len(WEIGHTS))


def test_a_likelier_word_is_surer() -> None:
    assert confidences([WORD]) > confidences([replace(WORD, posterior=0.2)])


def test_a_word_among_unlikely_words_is_less_sure() -> None:
    unlikely = replace(WORD, posterior=0.01)
    assert confidences([WORD, WORD, WORD])[1] > confidences([unlikely, WORD, unlikely])[1]
