"""Names, labels and numbers as OpenAI's clients read them; and what may not drift apart."""

from __future__ import annotations

import pytest
from audapolis.api.openai_languages import language_code, language_name
from audapolis.api.openai_request import REFUSED, TRANSCRIPTION, TRANSLATION
from audapolis.api.openai_shapes import as_verbose, label_of, speaker_labels, word_logprobs
from audapolis.domain.transcript import Word
from openai.types.audio.transcription_create_params import TranscriptionCreateParamsStreaming
from openai.types.audio.translation_create_params import TranslationCreateParams

from ..builders import make_transcript


@pytest.mark.parametrize(
    ("speaker", "label"),
    [("S1", "A"), ("S26", "Z"), ("S27", "AA"), ("S52", "AZ"), ("S703", "AAA"), (None, "unknown"), ("Ada", "Ada")],
)
def test_speakers_are_lettered_in_order(speaker: str | None, label: str) -> None:
    assert label_of(speaker) == label


def test_only_speakers_somebody_named_go_by_name() -> None:
    transcript = make_transcript(("S1", 0, 1, "one"), ("S2", 1, 2, "two"), names=["Speaker 1", "Ada"])
    assert speaker_labels(transcript) == {"S2": "Ada"}


@pytest.mark.parametrize(
    ("given", "code"), [("en", "en"), ("English", "en"), ("haitian creole", "ht"), ("de-AT", "de-AT"), ("", "")]
)
def test_a_language_goes_by_code_or_by_name(given: str, code: str) -> None:
    assert language_code(given) == code


@pytest.mark.parametrize(
    ("code", "name"), [("de", "german"), ("de-AT", "german"), ("yue", "cantonese"), ("und", "und")]
)
def test_a_language_is_told_by_its_english_name(code: str, name: str) -> None:
    assert language_name(code) == name


def test_a_word_nobody_believes_in_has_a_finite_log_probability() -> None:
    assert word_logprobs([Word(0, 1, "no", 0.0)])[0]["logprob"] == pytest.approx(-23.03, abs=0.01)


def test_repetition_shows_in_the_compression_ratio() -> None:
    transcript = make_transcript(("S1", 0, 9, "yes " * 60), ("S1", 9, 10, "Quite another matter."))
    stuck, fine = as_verbose(transcript, task="transcribe", words=False, segments=True)["segments"]
    assert stuck["compression_ratio"] > 2.4 > fine["compression_ratio"]


def test_every_parameter_of_the_official_client_is_known_or_refused_by_name() -> None:
    assert set(TranscriptionCreateParamsStreaming.__annotations__) == TRANSCRIPTION.fields | set(REFUSED) | {"file"}
    assert set(TranslationCreateParams.__annotations__) == TRANSLATION.fields | {"file"}
