"""Cues laid over segments: cut, joined, moved and stretched until they fit."""

from __future__ import annotations

import random

import pytest
from audapolis.domain.transcript import Transcript
from audapolis.translations.alignment import Aligned, align
from audapolis.translations.base import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_transcript
from tests.strategies import transcripts

TALK = make_transcript(
    ("S1", 0.0, 3.0, "One two three."),
    ("S2", 3.5, 4.0, "Yes."),
    ("S1", 4.5, 9.0, "Four five six seven eight."),
    names=("Anna", "Bob B."),
)


def cue(start_s: float, end_s: float, *lines: str, segment: str | None = None) -> Cue:
    return Cue(start_s, end_s, lines, segment)


def laid(*cues: Cue, transcript: Transcript = TALK) -> dict[str, str]:
    return align(transcript, cues, "de").texts


def test_cues_that_fit_are_taken_as_they_are() -> None:
    found = laid(cue(0, 3.1, "Eins zwei drei."), cue(3.4, 4.3, "Ja."), cue(4.4, 9.6, "Vier fünf", "sechs."))
    assert found == {"seg-1": "Eins zwei drei.", "seg-2": "Ja.", "seg-3": "Vier fünf sechs."}


def test_several_cues_in_one_segment_are_joined() -> None:
    assert laid(cue(4.5, 6.0, "Vier"), cue(6.1, 7.5, "fünf"), cue(7.6, 9.0, "sechs."))["seg-3"] == "Vier fünf sechs."


def test_a_cue_over_several_segments_is_cut_at_the_ends_of_sentences() -> None:
    found = laid(cue(0.0, 9.0, "Eins zwei drei. Ja. Vier fünf sechs sieben acht."))
    assert found == {"seg-1": "Eins zwei drei.", "seg-2": "Ja.", "seg-3": "Vier fünf sechs sieben acht."}


def test_a_dialogue_gives_a_line_to_each() -> None:
    assert laid(cue(0.0, 4.0, "- Eins?", "– Ja, ja, und noch viel mehr als nur das.")) == {
        "seg-1": "Eins?",
        "seg-2": "Ja, ja, und noch viel mehr als nur das.",
    }


def test_a_cue_that_stands_a_little_too_long_stays_whole() -> None:
    assert laid(cue(0.0, 3.7, "Eins zwei drei.")) == {"seg-1": "Eins zwei drei."}


def test_names_before_the_text_are_taken_off() -> None:
    assert laid(cue(0, 3, "ANNA: Eins zwei."), cue(3.5, 4, "Bob B.: Ja: so."))["seg-2"] == "Ja: so."


def test_segments_named_in_a_table_are_taken_at_their_word() -> None:
    aligned = align(TALK, [cue(0, 0, "Ja.", segment="seg-2"), cue(0, 0, "Wer?", segment="seg-9")], "de")
    assert aligned.texts == {"seg-2": "Ja."}
    assert aligned.report.leftovers == ("segment seg-9: Wer?",)


def test_text_beside_all_speech_goes_to_the_nearest_or_is_reported() -> None:
    aligned = align(TALK, [cue(9.4, 10.0, "Acht."), cue(30.0, 31.0, "Untertitel: die Firma")], "de")
    assert aligned.texts == {"seg-3": "Acht."}
    report = aligned.report
    assert report.leftovers == ("at 30.000 s: Untertitel: die Firma",)
    assert report.coverage == pytest.approx(1 / 3)
    assert report.warnings == ("Only 1 of 3 segments have a text now.", "1 text fits no segment and is left out.")


def long_talk(sentences: int, seed: int = 3) -> Transcript:
    rng = random.Random(seed)
    lines, at_s = [], 1.0
    for number in range(sentences):
        length_s = rng.uniform(1.0, 6.0)
        text = " ".join(f"w{number}x{n}" for n in range(int(length_s * 3))) + "."
        lines.append((f"S{rng.choice([1, 2])}", round(at_s, 3), round(at_s + length_s, 3), text))
        at_s += length_s + rng.choice([0.2, 0.5, 1.0, 2.5])
    return make_transcript(*lines)


def subtitled(transcript: Transcript, offset_s: float, ratio: float, seed: int = 5) -> list[Cue]:
    """Subtitles that lead in and linger, on a clock for which ours is `time * ratio + offset_s`."""
    rng = random.Random(seed)
    return [
        cue(
            (s.start_s + rng.uniform(-0.15, 0.1) - offset_s) / ratio,
            (s.end_s + rng.uniform(0.0, 0.6) - offset_s) / ratio,
            s.text.replace("w", "v"),
        )
        for s in transcript.segments
    ]


@pytest.mark.parametrize(
    ("offset_s", "ratio"),
    [
        (0.0, 1.0),
        (-3600.0, 1.0),
        (-0.8, 1.0),
        (-7.5, 1.0004),
        (-36000.0, 1.0),
        (0.0, 25 / 24),
        (-20.0, 24000 / 1001 / 25),
        (-40.0, 1.0015),
    ],
)
def test_another_clock_is_recognised_and_told(offset_s: float, ratio: float) -> None:
    talk = long_talk(150)
    aligned = align(talk, subtitled(talk, offset_s, ratio), "de")
    assert right(talk, aligned) >= 0.98
    retiming = aligned.report.retiming
    for moment_s in (0.0, talk.recording.duration_s):
        assert retiming((moment_s - offset_s) / ratio) == pytest.approx(moment_s, abs=0.15)
    told = " ".join(aligned.report.warnings)
    assert ("were added" in told) is (abs(offset_s) > 0.1)
    assert ("another speed" in told) is (ratio != 1.0)


def test_times_that_fit_are_left_alone_even_in_speech_without_pauses() -> None:
    talk = make_transcript(*[("S1", n * 2.0, n * 2.0 + 2.0, f"a{n} b{n} c{n}.") for n in range(60)])
    aligned = align(talk, [cue(s.start_s, s.end_s, s.text) for s in talk.segments], "de")
    assert (aligned.report.retiming.offset_s, aligned.report.retiming.ratio) == (0.0, 1.0)
    assert right(talk, aligned, "a") == 1.0


def test_the_own_clock_is_never_corrected() -> None:
    talk = long_talk(50)
    report = align(talk, subtitled(talk, -5.0, 1.0), "de", same_clock=True).report
    assert report.retiming.offset_s == 0.0


def test_two_cues_each_for_every_segment_come_together_again() -> None:
    talk = long_talk(100)
    cues = []
    for segment in talk.segments:
        middle = len(segment.words) // 2 or 1
        for words in filter(None, (segment.words[:middle], segment.words[middle:])):
            text = " ".join(word.text.replace("w", "v") for word in words)
            cues.append(cue(words[0].start_s + 12.0, words[-1].end_s + 12.0, text))
    assert right(talk, align(talk, cues, "de")) >= 0.98


def right(talk: Transcript, aligned: Aligned, letter: str = "v") -> float:
    """Part of the segments that have just their own text."""
    hits = sum(aligned.texts.get(s.id) == s.text.replace("w", letter) for s in talk.segments)
    return hits / len(talk.segments)


@settings(max_examples=60)
@given(
    transcript=transcripts(),
    spans=st.lists(st.tuples(st.floats(0, 4e5), st.floats(0, 30), st.text("ab .\n-", max_size=20)), max_size=12),
)
def test_every_word_is_placed_or_reported(transcript: Transcript, spans: list[tuple[float, float, str]]) -> None:
    cues = [Cue(at_s, at_s + length_s, tuple(text.split("\n"))) for at_s, length_s, text in spans]
    aligned = align(transcript, cues, "de", same_clock=True)
    placed = " ".join(aligned.texts.values()).split()
    written = [word for each in cues for word in each.text.split()]
    assert len(placed) <= len(written)
    if not aligned.report.leftovers and not any("-" in word for word in written):
        assert sorted(placed) == sorted(written)
    assert set(aligned.texts) <= {segment.id for segment in transcript.segments}
