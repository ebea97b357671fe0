"""Caption layout."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise

import pytest
from audapolis.domain.arrangement import spoken_words
from audapolis.domain.transcript import Segment, Transcript, Word
from audapolis.export.captions import Caption, CaptionOptions, lay_out
from audapolis.export.text import clean
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_transcript, transcript_with
from tests.strategies import transcripts

STYLE = CaptionOptions()
styles = st.builds(
    CaptionOptions,
    max_chars=st.sampled_from([8, 20, 42, 200]),
    max_lines=st.integers(1, 4),
    max_s=st.sampled_from([1.0, 7.0]),
    gap_s=st.sampled_from([0.0, 0.083, 1.0]),
)

spoken = st.text("abcdefgh.,?é漢", min_size=1, max_size=50)


def texts(captions: tuple[Caption, ...]) -> list[str]:
    return [" / ".join(caption.texts) for caption in captions]


@settings(max_examples=50)
@given(transcripts(), styles)
def test_captions_keep_their_limits_and_all_text(transcript: Transcript, style: CaptionOptions) -> None:
    captions = lay_out(transcript, style)
    for caption in captions:
        assert 1 <= len(caption.lines) <= style.max_lines
        assert all(0 < len(text) <= style.max_chars for text in caption.texts)
        assert 0 <= caption.start_ms < caption.end_ms
        assert caption.end_ms - caption.start_ms <= style.max_s * 1000 + 1
    for speaker in {caption.speaker for caption in captions}:
        own = [caption for caption in captions if caption.speaker == speaker]
        assert all(one.end_ms <= two.start_ms for one, two in pairwise(own))
    shown = sorted("".join(text for caption in captions for text in caption.texts if text).replace(" ", ""))
    spoken = "".join(clean(word.text) for word in spoken_words(transcript)).replace(" ", "")
    assert shown == sorted(spoken)


@settings(max_examples=30)
@given(st.lists(spoken, min_size=1, max_size=60), styles)
def test_words_stay_in_order(said: list[str], style: CaptionOptions) -> None:
    captions = lay_out(make_transcript(("S1", 0, len(said) / 3, " ".join(said))), style)
    assert "".join("".join(caption.texts) for caption in captions).replace(" ", "") == "".join(said)


def test_cuts_fall_on_sentence_ends_rather_than_inside_phrases() -> None:
    transcript = make_transcript(
        ("S1", 0, 3, "The train to the coast leaves at nine."),
        ("S1", 3, 8, "It stops twice on the way, and there is a buffet car in the middle."),
    )
    assert texts(lay_out(transcript, STYLE)) == [
        "The train to the coast leaves at nine.",
        "It stops twice on the way, / and there is a buffet car in the middle.",
    ]


def test_a_caption_is_never_shared_by_two_speakers() -> None:
    transcript = make_transcript(("S1", 0, 0.4, "Really?"), ("S2", 0.4, 0.8, "Yes."), ("S1", 0.8, 1.2, "Oh."))
    assert [(c.speaker, c.texts) for c in lay_out(transcript, STYLE)] == [
        ("S1", ("Really?",)),
        ("S2", ("Yes.",)),
        ("S1", ("Oh.",)),
    ]


def test_a_long_pause_ends_a_caption() -> None:
    transcript = make_transcript(("S1", 0, 1, "One moment"), ("S1", 3, 4, "please."))
    assert texts(lay_out(transcript, STYLE)) == ["One moment", "please."]


def test_short_captions_stay_long_enough_to_be_read_where_there_is_room() -> None:
    (caption,) = lay_out(make_transcript(("S1", 1, 1.2, "Yes."), duration_s=10), STYLE)
    assert (caption.start_ms, caption.end_ms) == (1000, 1833)


def test_at_the_very_end_a_short_caption_appears_earlier_instead() -> None:
    (caption,) = lay_out(make_transcript(("S1", 4.8, 5, "Yes."), duration_s=5), STYLE)
    assert (caption.start_ms, caption.end_ms) == (4167, 5000)


def test_fast_speech_stays_longer_up_to_the_next_caption() -> None:
    transcript = make_transcript(("S1", 0, 1, "This was really said in just one single second."), ("S2", 9, 10, "Ah."))
    first = lay_out(transcript, STYLE)[0]
    assert first.end_ms == pytest.approx(47 / 20 * 1000, abs=60)


def test_gaps_too_short_to_notice_are_closed_to_two_frames() -> None:
    first, second = lay_out(make_transcript(("S1", 0, 2, "One sentence."), ("S2", 2.3, 4, "Another one.")), STYLE)
    assert second.start_ms - first.end_ms == 83


def test_speakers_who_talk_at_once_are_shown_at_once() -> None:
    first, second = lay_out(make_transcript(("S1", 0, 4, "I was going to say"), ("S2", 1, 3, "No no no")), STYLE)
    assert first.end_ms == 4000
    assert second.start_ms == 1000


def test_a_word_longer_than_a_line_is_cut_at_the_line() -> None:
    captions = lay_out(make_transcript(("S1", 0, 5, "x" * 100)), STYLE)
    assert [len(text) for c in captions for text in c.texts] == [42, 42, 16]


def test_labels_name_the_speaker_when_it_changes() -> None:
    transcript = make_transcript(
        ("S1", 0, 1, "Hi."),
        ("S1", 4, 5, "Still me."),
        ("S2", 6, 7, "Me now."),
        names=("Ann", "The very long name of someone"),
    )
    assert texts(lay_out(transcript, STYLE, labels=True)) == [
        "Ann: Hi.",
        "Still me.",
        "The very long name o…: Me now.",
    ]


def test_a_label_that_does_not_fit_one_line_is_left_out() -> None:
    style = replace(STYLE, max_lines=1, max_chars=10)
    assert texts(lay_out(make_transcript(("S1", 0, 2, "Wonderful!"), names=("Ann",)), style, labels=True)) == [
        "Wonderful!"
    ]


def test_endless_words_do_not_make_endless_captions() -> None:
    words = (Word(0, 600, "Ommm", 0.5, "S1"), Word(600, 601, "done.", 0.9, "S1"))
    transcript = transcript_with([Segment("1", 0, 601, "S1", "Ommm done.", 0.7, words)], duration_s=700)
    assert [(c.start_ms, c.texts) for c in lay_out(transcript, STYLE)] == [(0, ("Ommm",)), (600_000, ("done.",))]


def test_layout_time_grows_with_the_length_and_no_faster() -> None:
    line = "And so it goes on, sentence after sentence, without anybody ever taking a break from talking."

    def cost_s(segments: int) -> float:
        transcript = make_transcript(*[("S1", n * 6.0, n * 6.0 + 5.9, line) for n in range(segments)])
        begin = time.process_time()
        assert len(lay_out(transcript, STYLE)) >= segments
        return time.process_time() - begin

    assert cost_s(800) < 10 * cost_s(200) + 0.5
