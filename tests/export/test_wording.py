"""What the options of words do to a transcript."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from audapolis.domain.transcript import Segment, Transcript, TranslatedSegment, Word
from audapolis.domain.transcript_file import check_transcript
from audapolis.errors import InvalidOption
from audapolis.export.rewording.tokens import core
from audapolis.export.rewording.wordlists import FILLERS, PROFANITY
from audapolis.export.wording import WordingOptions, reworded
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.builders import conversation, make_transcript, transcript_with
from tests.strategies import transcripts


def said(text: str, language: str = "en", **options: Any) -> str:
    """What becomes of one segment's text."""
    transcript = make_transcript(("S1", 1.0, 5.0, text), language=language)
    return " / ".join(segment.text for segment in changed(transcript, **options).segments)


def changed(transcript: Transcript, *, offset_s: float = 0.0, **options: Any) -> Transcript:
    result, _ = reworded(transcript, WordingOptions(**options), offset_s=offset_s)
    check_whole(result)
    return result


def warned(transcript: Transcript, *, offset_s: float = 0.0, **options: Any) -> tuple[str, ...]:
    return reworded(transcript, WordingOptions(**options), offset_s=offset_s)[1]


def check_whole(transcript: Transcript) -> None:
    """Everything that holds for transcripts from the pipeline."""
    check_transcript(transcript)
    for segment in transcript.segments:
        assert segment.text == " ".join(word.text for word in segment.words)
    ids = {segment.id for segment in transcript.segments}
    assert all(line.segment in ids for lines in transcript.translations.values() for line in lines)


def with_track(transcript: Transcript, language: str, *texts: str) -> Transcript:
    """Translations of the first segments; "" for none."""
    lines = tuple(
        TranslatedSegment(segment.id, text) for segment, text in zip(transcript.segments, texts, strict=False) if text
    )
    return replace(transcript, translations={**transcript.translations, language: lines})


@pytest.mark.parametrize("transcript", [conversation(), make_transcript()])
def test_the_defaults_give_back_the_very_same_transcript(transcript: Transcript) -> None:
    assert reworded(transcript, WordingOptions()) == (transcript, ())
    assert reworded(transcript, WordingOptions())[0] is transcript


class TestLanguage:
    TALK = with_track(
        make_transcript(("S1", 0.0, 2.0, "Good morning."), ("S2", 3.0, 5.0, "Thanks a lot.")), "de-CH", "Guten Morgen."
    )

    def test_a_translation_takes_the_place_of_the_original(self) -> None:
        result = changed(self.TALK, language="de-CH")
        assert [segment.text for segment in result.segments] == ["Guten Morgen.", "Thanks a lot."]
        assert result.language == "de-CH"
        first = result.segments[0]
        assert [word.text for word in first.words] == ["Guten", "Morgen."]
        assert (first.words[0].start_s, first.words[-1].end_s) == (0.0, 2.0)
        assert first.words[0].end_s == first.words[1].start_s == pytest.approx(2.0 * 6 / 14)
        assert {word.confidence for word in first.words} == {first.confidence}
        assert {word.speaker for word in first.words} == {"S1"}

    def test_the_original_becomes_a_translation(self) -> None:
        result = changed(self.TALK, language="de-CH")
        assert [line.text for line in result.translations["en"]] == ["Good morning.", "Thanks a lot."]
        assert "de-CH" not in result.translations

    def test_what_has_no_translation_is_told(self) -> None:
        [warning] = warned(self.TALK, language="de-CH")
        assert warning == "1 segment has no text in 'de-CH' and is left in the original: seg-2."

    @pytest.mark.parametrize("wanted", ["de", "DE", "de_ch", "de-CH-1996"])
    def test_tags_match_by_their_beginning(self, wanted: str) -> None:
        assert changed(self.TALK, language=wanted).language == "de-CH"

    @pytest.mark.parametrize("wanted", ["en", "EN-gb"])
    def test_the_own_language_changes_nothing(self, wanted: str) -> None:
        assert changed(self.TALK, language=wanted) is self.TALK

    def test_a_language_that_is_not_there_is_refused_with_those_that_are(self) -> None:
        with pytest.raises(InvalidOption, match="'fr'") as caught:
            changed(self.TALK, language="fr")
        assert "en, de-CH" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Um, I think so.", "I think so."),
        ("Um, well.", "Well."),
        ("I think, um.", "I think."),
        ("I, uh, think um so uhhhhh?", "I, think so?"),
        ("Um.", ""),
        ("It works, uh! Really.", "It works! Really."),
        ("Yes. Um. so it is.", "Yes. So it is."),
        ('She said: "Um, no."', 'She said: "no."'),
        ('She said: "No, um."', 'She said: "No."'),
        ("It is (um) big.", "It is big."),
        ("The ER was full.", "The ER was full."),
        ("UM I SEE", "I SEE"),
        ("An umbrella, a hummer", "An umbrella, a hummer"),
        ("Mhm.", "Mhm."),
        ("Well… um.", "Well…"),
    ],
)
def test_fillers_go_and_the_sentence_stays_a_sentence(text: str, wanted: str) -> None:
    assert said(text, fillers="drop") == wanted


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("de", "Ähm, das ist äh gut.", "Das ist gut."),
        ("de-AT", "Das ist eh klar, er weiß es.", "Das ist eh klar, er weiß es."),
        ("fr", "Euh, bonjour.", "Bonjour."),
        ("es", "Eh, buenos días.", "Buenos días."),
        ("it", "Ehm, buongiorno.", "Buongiorno."),
        ("nl", "Euh, goedendag.", "Goedendag."),
        ("pt", "Ãh, bom dia.", "Bom dia."),
        ("de", "A\u0308hm, gut.", "Gut."),
    ],
)
def test_each_language_has_its_own_fillers(language: str, text: str, wanted: str) -> None:
    assert said(text, language, fillers="drop") == wanted


def test_a_segment_of_fillers_vanishes_with_its_translation() -> None:
    transcript = with_track(
        make_transcript(("S1", 0.0, 1.0, "Um."), ("S2", 1.0, 3.0, "Uh yes.")), "de", "Ähm.", "Äh ja."
    )
    result = changed(transcript, fillers="drop")
    assert [(segment.id, segment.text) for segment in result.segments] == [("seg-2", "Yes.")]
    assert [(line.segment, line.text) for line in result.translations["de"]] == [("seg-2", "Ja.")]
    assert result.segments[0].start_s > 1.0


def test_a_language_without_list_keeps_all_and_says_so() -> None:
    transcript = make_transcript(("S1", 0.0, 1.0, "Um."), language="tlh")
    assert changed(transcript, fillers="drop").segments == transcript.segments
    assert warned(transcript, fillers="drop", profanity="mask") == (
        "No fillers are known of the language 'tlh': all words are kept.",
        "No swear words are known of the language 'tlh'.",
    )


@pytest.mark.parametrize(
    ("text", "options", "wanted"),
    [
        ('What the "Fuck!" is Shit?', {"profanity": "mask"}, 'What the "F***!" is S***?'),
        ("What the fuck!", {"profanity": "drop"}, "What the!"),
        ("Fuck the trains.", {"profanity": "drop"}, "The trains."),
        ("Scunthorpe passes assassins.", {"profanity": "mask"}, "Scunthorpe passes assassins."),
        ("Mr. Miller knows.", {"profanity": "mask", "blocked": " Miller ,"}, "Mr. M***** knows."),
        ("Ask John Smith or John.", {"profanity": "mask", "blocked": "john smith"}, "Ask J*** S**** or John."),
        ("Ask John Smith.", {"profanity": "drop", "blocked": "John Smith,…"}, "Ask."),
    ],
)
def test_swear_words_and_blocked_words_are_masked_or_dropped(text: str, options: dict[str, str], wanted: str) -> None:
    assert said(text, **options) == wanted


def test_blocked_words_without_treatment_are_told() -> None:
    assert warned(conversation(), blocked="trains") == ("Blocked words are kept: set profanity to mask or drop.",)


def test_the_tables_of_words_are_lower_case_and_found_as_they_are() -> None:
    for table in (FILLERS, PROFANITY):
        assert {"en", "de", "fr", "es", "it", "nl", "pt"} <= set(table)
        assert all(core(word) == word for words in table.values() for word in words)


@pytest.mark.parametrize(
    ("case", "language", "text", "wanted"),
    [
        ("upper", "de", "Die Straße", "DIE STRASSE"),
        ("lower", "en", "Good MORNING", "good morning"),
        ("upper", "tr", "iyi ışık", "İYİ IŞIK"),
        ("lower", "tr", "İYİ IŞIK", "iyi ışık"),
    ],
)
def test_letters_change_as_the_language_writes_them(case: str, language: str, text: str, wanted: str) -> None:
    assert said(text, language, case=case) == wanted


def doubtful(*confidences: float) -> Transcript:
    words = tuple(
        Word(float(n), n + 0.5, f"w{n}" + ("." if n == len(confidences) - 1 else ""), confidence, "S1")
        for n, confidence in enumerate(confidences)
    )
    text = " ".join(word.text for word in words)
    segment = Segment("seg-1", 0.0, words[-1].end_s, "S1", text, 0.5, words)
    return transcript_with([segment], duration_s=30.0)


class TestHiddenWords:
    def test_a_run_of_doubtful_words_becomes_one_mark(self) -> None:
        [segment] = changed(doubtful(0.9, 0.1, 0.2, 0.9, 0.3), hide_below=0.5).segments
        assert segment.text == "w0 […] w3 […]."
        assert (segment.words[1].start_s, segment.words[1].end_s) == (1.0, 2.5)
        assert segment.words[1].confidence == pytest.approx(0.15)
        assert segment.confidence == pytest.approx((0.9 + 0.15 + 0.9 + 0.3) / 4)

    def test_an_empty_mark_leaves_them_out(self) -> None:
        [segment] = changed(doubtful(0.1, 0.9, 0.2), hide_below=0.5, hidden=" ").segments
        assert segment.text == "w1."
        assert (segment.start_s, segment.end_s, segment.confidence) == (1.0, 1.5, 0.9)
        assert not changed(doubtful(0.1), hide_below=0.5, hidden="").segments

    def test_the_threshold_itself_is_shown(self) -> None:
        assert changed(doubtful(0.5), hide_below=0.5).segments[0].text == "w0."


class TestSpeakerLabels:
    def test_all_placeholders_are_filled_in(self) -> None:
        transcript = make_transcript(("S1", 0, 1, "A."), ("S2", 1, 2, "B."), names=("Dr. Anna-Lena Süß", ""))
        label = "{number}. {name} [{id}] {initials} {"
        names = [speaker.name for speaker in changed(transcript, speaker_label=label).speakers]
        assert names == ["1. Dr. Anna-Lena Süß [S1] DAS {", "2. S2 [S2] S2 {"]

    @pytest.mark.parametrize("label", ["{nmae}", "{}", "{name!r}", "{name.__class__}"])
    def test_unknown_placeholders_are_refused_with_the_known_ones(self, label: str) -> None:
        with pytest.raises(InvalidOption, match="can't hold") as caught:
            changed(conversation(), speaker_label=label)
        assert "{name}, {id}, {number}, {initials}" in caught.value.hint

    def test_speakers_that_get_the_same_label_are_told(self) -> None:
        transcript = make_transcript(("S1", 0, 1, "A."), ("S2", 1, 2, "B."), names=("Ann Bo", "Al Berg"))
        assert warned(transcript, speaker_label="{initials}") == ("The speakers S1 and S2 are all called 'AB'.",)


class TestMerging:
    def test_segments_of_one_speaker_are_joined_over_short_pauses(self) -> None:
        transcript = make_transcript(
            ("S1", 0.0, 1.0, "One."), ("S1", 1.5, 2.0, "Two."), ("S1", 4.0, 5.0, "Three."), ("S2", 5.0, 6.0, "Four.")
        )
        transcript = with_track(transcript, "de", "Eins.", "Zwei.", "", "Vier.")
        result = changed(transcript, merge_s=1.0)
        assert [(s.id, s.start_s, s.end_s, s.text) for s in result.segments] == [
            ("seg-1", 0.0, 2.0, "One. Two."),
            ("seg-3", 4.0, 5.0, "Three."),
            ("seg-4", 5.0, 6.0, "Four."),
        ]
        lines = [(line.segment, line.text) for line in result.translations["de"]]
        assert lines == [("seg-1", "Eins. Zwei."), ("seg-4", "Vier.")]

    def test_another_speaker_in_between_keeps_them_apart(self) -> None:
        transcript = make_transcript(("S1", 0.0, 3.0, "One."), ("S2", 1.0, 2.0, "Mm."), ("S1", 3.0, 4.0, "Two."))
        assert len(changed(transcript, merge_s=5.0).segments) == 3


class TestSplitting:
    def test_a_long_segment_is_split_at_the_sentence_end(self) -> None:
        text = "This is the first sentence here. And this is the second one of them."
        result = changed(with_track(make_transcript(("S1", 0.0, 10.0, text)), "de", "Eins zwei drei. Vier fünf sechs."))
        result = changed(result, split_s=6.0)
        assert [(s.id, s.text) for s in result.segments] == [
            ("seg-1", "This is the first sentence here."),
            ("seg-1.2", "And this is the second one of them."),
        ]
        lines = [(line.segment, line.text) for line in result.translations["de"]]
        assert lines == [("seg-1", "Eins zwei drei."), ("seg-1.2", "Vier fünf sechs.")]

    def test_without_a_sentence_end_the_longest_pause_near_the_limit_decides(self) -> None:
        times = [(0.0, 1.0), (1.1, 2.0), (2.1, 3.0), (3.1, 4.0), (4.8, 6.0), (6.1, 7.0), (7.1, 8.0)]
        words = tuple(Word(start_s, end_s, f"w{n}", 0.9, "S1") for n, (start_s, end_s) in enumerate(times))
        segment = Segment("seg-1", 0.0, 8.0, "S1", " ".join(word.text for word in words), 0.9, words)
        result = changed(transcript_with([segment], duration_s=9.0), split_s=6.0)
        assert [s.text for s in result.segments] == ["w0 w1 w2 w3", "w4 w5 w6"]

    def test_new_ids_never_meet_others(self) -> None:
        transcript = make_transcript(("S1", 0.0, 9.0, "one two three"), ("S2", 9.0, 9.5, "four"))
        taken = replace(transcript.segments[1], id="seg-1.2")
        result = changed(replace(transcript, segments=(transcript.segments[0], taken)), split_s=4.0)
        assert [segment.id for segment in result.segments] == ["seg-1", "seg-1.3", "seg-1.4", "seg-1.2"]

    def test_a_word_longer_than_the_limit_stays_whole(self) -> None:
        assert len(changed(make_transcript(("S1", 0.0, 9.0, "Aaaaah!")), split_s=2.0).segments) == 1

    def test_parts_stand_in_order_among_what_others_say_meanwhile(self) -> None:
        transcript = make_transcript(("S1", 0.0, 9.0, "one. two. three."), ("S2", 1.0, 2.0, "four"))
        assert [s.id for s in changed(transcript, split_s=4.0).segments] == ["seg-1", "seg-2", "seg-1.2", "seg-1.3"]


class TestOffset:
    def test_all_times_and_the_length_move(self) -> None:
        result = changed(conversation(), offset_s=3600.0)
        assert result.segments[0].start_s == 3600.5
        assert result.words[0].start_s == 3600.5
        assert result.recording.duration_s == 3616.25

    def test_nothing_begins_before_zero_and_what_would_end_there_goes(self) -> None:
        result = changed(conversation(), offset_s=-3.4)
        assert [segment.id for segment in result.segments] == ["seg-2", "seg-3", "seg-4", "seg-5"]
        assert result.recording.duration_s == pytest.approx(12.85)
        assert warned(conversation(), offset_s=-3.4) == ("9 words would end before time 0 and are left out.",)
        cut = changed(conversation(), offset_s=-1.0)
        assert cut.segments[0].text == "morning, and welcome to the show about trains."
        assert cut.segments[0].start_s == 0.0


def options() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "case": st.sampled_from(["lower", "upper"]),
            "fillers": st.just("drop"),
            "profanity": st.sampled_from(["mask", "drop"]),
            "blocked": st.text(max_size=12),
            "hide_below": st.floats(0, 1),
            "hidden": st.sampled_from(["", "[…]", "?"]),
            "merge_s": st.floats(0, 60),
            "split_s": st.floats(0, 60),
            "language": st.sampled_from(["", "fr"]),
            "offset_s": st.floats(-1000, 1000),
        },
    )


@settings(max_examples=150)
@given(transcript=transcripts(), chosen=options())
def test_whatever_is_chosen_the_transcript_stays_whole(transcript: Transcript, chosen: dict[str, Any]) -> None:
    assume(not chosen.get("language") or transcript.translations)
    result = changed(transcript, **chosen)
    for segment in result.segments:
        assert segment.start_s <= segment.end_s
        for word in segment.words:
            assert 0 <= word.start_s <= word.end_s <= segment.end_s + 1e-9
        assert all(one.start_s <= two.start_s for one, two in pairwise(segment.words))


@settings(max_examples=100)
@given(transcript=transcripts(), merge_s=st.floats(0, 60), split_s=st.floats(0, 60))
def test_merging_and_splitting_conserve_every_word(transcript: Transcript, merge_s: float, split_s: float) -> None:
    result = changed(transcript, merge_s=merge_s, split_s=split_s)
    assert sorted(result.words, key=repr) == sorted(transcript.words, key=repr)
    for segment in result.segments if split_s else ():
        assert segment.end_s - segment.start_s <= split_s or len(segment.words) == 1


@settings(max_examples=100)
@given(
    transcript=transcripts(),
    chosen=st.sampled_from(
        [
            {"fillers": "drop"},
            {"profanity": "mask"},
            {"profanity": "drop"},
            {"case": "lower"},
            {"hide_below": 0.5, "hidden": ""},
            {"merge_s": 2.0},
            {"split_s": 3.0},
        ]
    ),
)
def test_doing_it_twice_is_doing_it_once(transcript: Transcript, chosen: dict[str, Any]) -> None:
    once = changed(transcript, **chosen)
    assert changed(once, **chosen) == once
