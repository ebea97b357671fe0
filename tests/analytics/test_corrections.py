"""What a person corrected, counted."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from audapolis.analytics.corrections import Correction, compare, corrected, pair_words, spoken_forms
from audapolis.domain.document import ArtificialSilence, Document, Item, NonText, ParagraphBreak, ParagraphStart, Text
from audapolis.domain.transcript import Segment, Transcript, Word
from audapolis.errors import InvalidDocument
from bench.word_error import align
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import make_transcript

LETTERS = st.lists(st.sampled_from("abcd"), max_size=12)


def words(text: str, confidence: float = 0.9, speaker: str | None = None) -> list[Word]:
    return [Word(n, n + 0.5, part, confidence, speaker) for n, part in enumerate(text.split())]


def edits(found: Correction) -> tuple[int, int, int]:
    return found.substitutions, found.deletions, found.insertions


def cost(heard: Sequence[str], said: Sequence[str], partners: Sequence[int]) -> int:
    """Edits of a pairing, which has to be one: in order, nobody twice."""
    paired = [(heard[index], partner) for index, partner in enumerate(partners) if partner >= 0]
    assert [partner for _, partner in paired] == sorted({partner for _, partner in paired})
    return sum(word != said[partner] for word, partner in paired) + len(heard) + len(said) - 2 * len(paired)


def fewest(heard: Sequence[str], said: Sequence[str]) -> int:
    return sum(i is None or j is None or heard[i] != said[j] for i, j in align(heard, said))


def speech(count: int, rng: random.Random) -> list[str]:
    """Words as frequent as in speech, more or less: few of them make most of it."""
    return [f"w{int(rng.paretovariate(0.6)) % 5000}" for _ in range(count)]


def corrupted(said: Sequence[str], rate: float, rng: random.Random) -> list[str]:
    heard: list[str] = []
    for word in said:
        chance = rng.random()
        if chance >= 0.2 * rate:
            heard.append(word if chance >= 0.8 * rate else speech(1, rng)[0])
        if chance >= 1 - 0.2 * rate:
            heard += speech(1, rng)
    return heard


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Well — it's “fine”.", "well it's fine"),
        ("don’t", "don't"),
        ("'Tis the dogs' dinner", "tis the dogs dinner"),
        ("well-known and/or new_er", "well known and or new er"),
        ("STRASSE straße", "strasse strasse"),
        ("ﬁve ½", "five 1 2"),
        ("E\u0301tude", "étude"),
        ("नमस्ते दुनिया!", "नमस्ते दुनिया"),
        ("日本語です go。", "日 本 語 で す go"),
        ("ที่นี่", "ที่ นี่"),
        ("3 % of 1,500", "3 of 1 500"),
        ("… 😀 —", ""),
    ],
)
def test_words_are_compared_as_they_are_said(written: str, compared: str) -> None:
    assert spoken_forms(written) == tuple(compared.split())


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = spoken_forms(text)
    assert spoken_forms(" ".join(once)) == once


@given(LETTERS, LETTERS)
def test_pairs_have_the_fewest_edits(heard: list[str], said: list[str]) -> None:
    assert cost(heard, said, pair_words(heard, said)) == fewest(heard, said)


@given(LETTERS, LETTERS, st.integers(1, 30))
def test_sequences_taken_apart_are_still_paired_in_order_and_never_with_fewer_edits(
    heard: list[str], said: list[str], exact_cells: int
) -> None:
    assert cost(heard, said, pair_words(heard, said, exact_cells=exact_cells)) >= fewest(heard, said)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(50, 300), st.floats(0, 0.3))
def test_speech_taken_apart_has_hardly_more_edits_than_it_need_have(seed: int, count: int, rate: float) -> None:
    rng = random.Random(seed)
    said = speech(count, rng)
    heard = corrupted(said, rate, rng)
    best = fewest(heard, said)
    assert best <= cost(heard, said, pair_words(heard, said, exact_cells=2500)) <= best * 1.1 + 2


def test_a_day_of_speech_is_paired_as_well_as_an_hour_would_be() -> None:
    rng = random.Random(5)
    said = speech(12_000, rng)
    heard = corrupted(said, 0.1, rng)
    exactly = cost(heard, said, pair_words(heard, said, exact_cells=10**9))
    assert exactly <= cost(heard, said, pair_words(heard, said, exact_cells=10**6)) <= exactly * 1.002


def test_texts_that_have_nothing_in_common_are_compared_all_the_same() -> None:
    heard, said = ["a", "b"] * 20_000, ["c"] * 30_000
    assert cost(heard, said, pair_words(heard, said)) == 40_000


def test_replaced_removed_and_added_words_are_told_apart() -> None:
    found = compare(words("the cat sat uh on the mat"), "The dog sat on the new mat!")
    assert edits(found) == (1, 1, 1)
    assert (found.words, found.errors) == (7, 3)
    assert found.word_error == pytest.approx(3 / 7)


def test_punctuation_and_capitals_are_no_corrections() -> None:
    assert compare(words("hello world it’s me"), "Hello, World! It's me.").errors == 0


def test_words_of_one_recognised_word_are_right_together_or_not_at_all() -> None:
    found = compare([Word(0, 1, "well-known", 0.95), Word(1, 2, "—", 0.2)], "well named")
    assert edits(found) == (1, 0, 0)
    assert (found.bins[9].words, found.bins[9].right) == (1, 0)
    assert sum(each.words for each in found.bins) == 1


def test_bins_tell_how_many_words_of_a_confidence_stand() -> None:
    heard = [Word(0, 1, "one", 0.95), Word(1, 2, "too", 0.35), Word(2, 3, "three", 0.91), Word(3, 4, "fore", 0.38)]
    bins = compare(heard, "one two three").bins
    assert [(each.words, each.right) for each in bins if each.words] == [(2, 0), (2, 2)]
    assert bins[9].confidence == pytest.approx(0.93)


def test_an_empty_transcript_has_no_word_error() -> None:
    found = compare([], "")
    assert (found.words, found.errors, found.word_error, found.speaker_error) == (0, 0, None, None)


def test_made_up_words_are_errors_even_where_nothing_was_said() -> None:
    assert edits(compare(words("thank you"), [])) == (0, 2, 0)


def test_an_unchanged_transcript_has_no_corrections() -> None:
    transcript = make_transcript(("S1", 0, 3, "One two."), ("S2", 3, 6, "Three four."))
    found = corrected(transcript, transcript)
    assert (found.words, found.errors, found.cut) == (4, 0, 0)
    assert (found.speaker_words, found.speaker_changes) == (4, 0)


def test_a_stretch_that_is_left_out_of_a_text_is_no_correction() -> None:
    rng = random.Random(6)
    said = [f"w{rng.randrange(400)}" for _ in range(600)]
    found = compare(words(" ".join(said)), " ".join([*said[:200], "new", *said[350:]]))
    assert found.cut == pytest.approx(149, abs=1)
    assert found.errors <= 2
    assert sum(each.words for each in found.bins) == 600 - found.cut


def test_an_endless_repetition_that_is_removed_is_a_correction() -> None:
    found = compare(words("well " + "thank you so much " * 60 + "then"), "well then")
    assert (found.deletions, found.cut) == (240, 0)


def test_a_few_sentences_that_are_removed_are_corrections() -> None:
    said = [f"w{n}" for n in range(200)]
    found = compare(words(" ".join(said)), " ".join([*said[:50], *said[149:]]))
    assert (found.deletions, found.cut) == (99, 0)


def segment(text: str, *own: Word) -> Segment:
    return Segment("seg-1", 0, 3, "S1", text, 0.9, own)


def test_an_editor_may_change_a_segments_text_its_words_or_both() -> None:
    transcript = make_transcript(("S1", 0, 3, "one too three"))
    old, new = transcript.segments[0].words, make_transcript(("S1", 0, 3, "one two three")).segments[0].words
    for edited in (segment("one two three", *old), segment("one too three", *new), segment("one two three", *new)):
        assert edits(corrected(transcript, replace(transcript, segments=(edited,)))) == (1, 0, 0)


def test_words_given_to_another_speaker_are_counted() -> None:
    transcript = make_transcript(("S1", 0, 4, "a b c d"), ("S2", 4, 6, "e f"), ("S1", 6, 8, "g h"))
    moved = make_transcript(("S1", 0, 4, "a b c d"), ("S2", 4, 6, "e f"), ("S2", 6, 8, "g x"))
    found = corrected(transcript, moved)
    assert (found.speaker_words, found.speaker_changes) == (8, 2)
    assert found.speaker_error == 0.25


def test_other_names_for_the_same_speakers_change_nothing() -> None:
    transcript = make_transcript(("S1", 0, 4, "a b c d"), ("S2", 4, 6, "e f"))
    swapped = make_transcript(("S2", 0, 4, "a b c d"), ("S1", 4, 6, "e f"), names=("Bob", "Anna"))
    assert corrected(transcript, swapped).speaker_changes == 0


def test_two_speakers_made_one_are_changes_of_the_smaller() -> None:
    transcript = make_transcript(("S1", 0, 4, "a b c d"), ("S2", 4, 6, "e f"))
    assert corrected(transcript, make_transcript(("S1", 0, 6, "a b c d e f"))).speaker_changes == 2


def test_without_speakers_nothing_is_said_of_them() -> None:
    transcript = make_transcript(("S1", 0, 4, "a b c d"))
    for version in ("a b c d", make_transcript((None, 0, 4, "a b c d"))):
        assert corrected(transcript, version).speaker_words is None


def test_names_and_times_before_paragraphs_of_a_text_are_no_words() -> None:
    transcript = make_transcript(("S1", 0, 4, "so tell me"), ("S2", 4, 8, "it began like this"), ("S1", 8, 9, "go on"))
    text = (
        "[00:00] Speaker 1: So tell me.\n\n[00:04] Speaker 2: It began like that: slowly.\n\n[00:08] Speaker 1: Go on."
    )
    assert edits(corrected(transcript, text)) == (1, 0, 1)
    renamed = text.replace("Speaker 1", "Anna Maria")
    assert edits(corrected(transcript, renamed)) == (1, 0, 1)


def talk() -> tuple[Transcript, Document]:
    transcript = make_transcript(
        ("S1", 0.5, 4, "Good morning and wellcome to the show."),
        ("S2", 5, 9, "Thank you for having me hear."),
        ("S1", 10, 14, "Let us begin with trains."),
    )
    return transcript, Document.from_transcript(transcript)


def texts(document: Document) -> list[Text]:
    return [item for item in document.content if isinstance(item, Text)]


def reworded(document: Document, **new: str) -> Document:
    def changed(item: Item) -> Item:
        return replace(item, text=new.get(item.text, item.text)) if isinstance(item, Text) else item

    return replace(document, content=tuple(changed(item) for item in document.content))


def test_an_untouched_document_has_no_corrections() -> None:
    transcript, document = talk()
    found = corrected(transcript, document)
    assert (found.words, found.errors, found.cut) == (18, 0, 0)
    assert (found.speaker_words, found.speaker_changes) == (18, 0)


def test_words_rewritten_in_a_document_are_corrections() -> None:
    transcript, document = talk()
    found = corrected(transcript, reworded(document, wellcome="welcome", **{"hear.": "here today."}))
    assert edits(found) == (2, 0, 1)


def test_what_was_deleted_from_a_document_was_cut_not_corrected() -> None:
    transcript, document = talk()
    gone = {item.uuid for item in texts(document)[7:13]} | {texts(document)[1].uuid}
    found = corrected(transcript, reworded(document.without(gone), wellcome="welcome"))
    assert edits(found) == (1, 0, 0)
    assert (found.words, found.cut) == (11, 7)
    assert sum(each.words for each in found.bins) == 11


def test_words_written_as_one_item_and_inserted_silence_are_understood() -> None:
    transcript, document = talk()
    first, second = texts(document)[:2]
    joined = replace(first, text="Good evening", length_s=first.length_s + second.length_s)
    silence = ArtificialSilence(length_s=2, uuid="silence")
    content = tuple(
        new
        for item in document.content
        if item is not second
        for new in ((joined, silence) if item is first else (item,))
    )
    assert edits(corrected(transcript, replace(document, content=content))) == (1, 0, 0)


def test_the_order_of_a_document_and_what_it_plays_twice_do_not_matter() -> None:
    transcript, document = talk()
    starts = [index for index, item in enumerate(document.content) if isinstance(item, ParagraphStart)]
    one, two, three = (document.content[a:b] for a, b in zip(starts, [*starts[1:], len(document.content)], strict=True))
    shuffled = replace(document, content=(*three, *one, *two, *one))
    found = corrected(transcript, shuffled)
    assert (found.words, found.errors, found.cut) == (18, 0, 0)


def test_a_document_of_another_recording_is_refused() -> None:
    transcript, document = talk()
    other = replace(transcript, recording=replace(transcript.recording, sha256="f" * 64))
    with pytest.raises(InvalidDocument, match="not of this task's recording"):
        corrected(other, document)


def test_a_recording_without_a_digest_is_the_only_one_of_its_document() -> None:
    transcript, _ = talk()
    nameless = replace(transcript, recording=replace(transcript.recording, sha256=""))
    assert corrected(nameless, Document.from_transcript(nameless)).errors == 0


def test_sound_of_other_recordings_in_a_document_is_none_of_ours() -> None:
    transcript, document = talk()
    start = ParagraphStart(speaker="Eve", language=None, uuid="p")
    word = Text(source="jingle", source_start_s=0, length_s=1, text="La la", confidence=1, uuid="w")
    music = NonText(source="jingle", source_start_s=1, length_s=1, uuid="n")
    mixed = replace(document, content=(*document.content, start, word, music, ParagraphBreak(uuid="e")))
    assert corrected(transcript, mixed).errors == 0


def test_a_document_with_everything_cut_tells_nothing() -> None:
    transcript, _ = talk()
    found = corrected(transcript, Document.empty())
    assert (found.words, found.errors, found.cut) == (0, 0, 18)
