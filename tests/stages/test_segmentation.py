from __future__ import annotations

from audapolis.domain.transcript import Word
from audapolis.stages.segmentation import MAX_SEGMENT_S, segments
from hypothesis import given
from hypothesis import strategies as st


def say(text: str, start_s: float = 0.0, speaker: str | None = "S1", pause_s: float = 0.1) -> list[Word]:
    words, at_s = [], start_s
    for token in text.split():
        words.append(Word(at_s, at_s + 0.3, token, 0.8, speaker))
        at_s += 0.3 + pause_s
    return words


def test_a_segment_ends_with_its_sentence() -> None:
    assert [s.text for s in segments([say("One two. Three four?")])] == ["One two.", "Three four?"]


def test_a_segment_never_holds_two_speakers() -> None:
    lines = segments([say("yes but", 0, "S1") + say("no wait", 1, "S2")])
    assert [(s.speaker, s.text) for s in lines] == [("S1", "yes but"), ("S2", "no wait")]


def test_a_long_pause_ends_a_segment() -> None:
    assert len(segments([say("one") + say("two", 5.0)])) == 2


def test_an_abbreviation_does_not_end_a_sentence() -> None:
    assert [s.text for s in segments([say("Ask Mr. Smith.")])] == ["Ask Mr. Smith."]


def test_streams_of_two_channels_keep_their_sentences_whole_when_they_overlap() -> None:
    lines = segments([say("how are you today", 0, "S1"), say("fine thanks", 0.5, "S2")])
    assert [s.text for s in lines] == ["how are you today", "fine thanks"]


@given(st.lists(st.sampled_from(["one", "two.", "three"]), max_size=200), st.floats(0, 3))
def test_no_word_is_lost_and_segments_stay_short_and_ordered(tokens: list[str], pause_s: float) -> None:
    words = say(" ".join(tokens), pause_s=pause_s)
    lines = segments([words])
    assert [word for line in lines for word in line.words] == words
    assert all(line.end_s - line.start_s <= MAX_SEGMENT_S + 1e-9 for line in lines)
    assert [line.start_s for line in lines] == sorted(line.start_s for line in lines)
    assert len({line.id for line in lines}) == len(lines)
