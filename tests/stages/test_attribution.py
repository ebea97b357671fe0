from __future__ import annotations

from audapolis.domain.transcript import Turn, Word
from audapolis.stages.attribution import attribute
from hypothesis import given
from hypothesis import strategies as st


def words(*times: tuple[float, float]) -> list[Word]:
    return [Word(start_s, end_s, f"w{i}", 0.9) for i, (start_s, end_s) in enumerate(times)]


def speakers(*args: object) -> list[str | None]:
    return [word.speaker for word in attribute(*args)]  # type: ignore[arg-type]


def test_a_word_belongs_to_the_turn_that_covers_most_of_it() -> None:
    turns = [Turn(0.0, 1.0, "S1"), Turn(1.0, 3.0, "S2")]
    assert speakers(words((0.2, 0.6), (0.8, 1.6), (2.0, 2.4)), turns) == ["S1", "S2", "S2"]


def test_a_word_in_a_pause_belongs_to_the_nearest_turn() -> None:
    turns = [Turn(0.0, 1.0, "S1"), Turn(3.0, 4.0, "S2")]
    assert speakers(words((1.2, 1.4), (2.7, 2.9)), turns) == ["S1", "S2"]


def test_a_word_far_from_every_turn_has_no_speaker() -> None:
    assert speakers(words((9.0, 9.5)), [Turn(0.0, 1.0, "S1")]) == [None]
    assert speakers(words((9.0, 9.5)), []) == [None]


def test_a_long_turn_still_counts_after_a_short_one_inside_it_ended() -> None:
    turns = [Turn(0.0, 10.0, "S1"), Turn(1.0, 2.0, "S2")]
    assert speakers(words((5.0, 5.5)), turns) == ["S1"]


def test_one_doubtful_word_in_mid_phrase_stays_with_the_speaker_around_it() -> None:
    turns = [Turn(0.0, 0.55, "S1"), Turn(0.55, 0.7, "S2"), Turn(0.7, 2.0, "S1")]
    assert speakers(words((0.1, 0.4), (0.45, 0.8), (0.85, 1.2)), turns) == ["S1", "S1", "S1"]


def test_a_short_answer_between_pauses_keeps_its_own_speaker() -> None:
    turns = [Turn(0.0, 1.0, "S1"), Turn(1.5, 1.8, "S2"), Turn(2.2, 3.0, "S1")]
    assert speakers(words((0.1, 0.9), (1.5, 1.8), (2.3, 2.9)), turns) == ["S1", "S2", "S1"]


times = st.floats(0, 100, allow_nan=False)


@given(
    st.lists(st.tuples(times, st.floats(0.01, 2)), max_size=30),
    st.lists(st.tuples(times, st.floats(0.01, 20), st.sampled_from(["S1", "S2", "S3"])), max_size=20),
)
def test_every_word_inside_a_turn_gets_a_speaker_who_talks_then(
    spoken: list[tuple[float, float]], talked: list[tuple[float, float, str]]
) -> None:
    own = [Word(start, start + length, "w", 0.5) for start, length in sorted(spoken)]
    turns = sorted((Turn(start, start + length, who) for start, length, who in talked), key=lambda t: t.start_s)
    for word in attribute(own, turns):
        near = {t.speaker for t in turns if t.start_s - 2.5 <= word.end_s and t.end_s + 2.5 >= word.start_s}
        inside = any(t.overlap_s(word) > 1e-6 for t in turns)
        assert not inside or word.speaker is not None
        assert word.speaker is None or word.speaker in near or len(own) > 2
