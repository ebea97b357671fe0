"""The door to translations."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from audapolis.advanced_export import AdvancedExporter
from audapolis.config import Settings
from audapolis.domain.transcript import Transcript
from audapolis.engines.translation.argos import ArgosTranslator
from audapolis.errors import InvalidOption, NotFound
from audapolis.export.wording import WordingOptions, reworded
from audapolis.translation_desk import TranslationDesk
from audapolis.translations.service import TranslationService

from tests.builders import conversation, make_transcript
from tests.engines.translation.making import package
from tests.translations.test_translating import Shouting

desk = TranslationDesk()


def test_a_translated_transcript_exports_in_the_new_language() -> None:
    transcript = desk.translate(conversation(), "de", Shouting())
    assert [(t.language, t.original, t.covered) for t in desk.languages(transcript)] == [
        ("en", True, 1.0),
        ("de", False, 1.0),
    ]
    german, warnings = reworded(transcript, WordingOptions(language="de"))
    assert german.segments[2].text == "YES."
    assert not warnings


def test_whispers_own_translation_is_merged_by_time() -> None:
    original = make_transcript(
        ("S1", 0.0, 2.0, "Guten Morgen."), ("S2", 2.5, 3.0, "Ja."), ("S1", 4.0, 6.0, "Schön."), language="de"
    )
    english = make_transcript(("S1", 0.1, 3.1, "Good morning. Yes."), ("S1", 4.2, 5.5, "Nice."))
    merged, report = desk.from_transcript(original, english)
    assert [line.text for line in merged.translations["en"]] == ["Good morning.", "Yes.", "Nice."]
    assert (report.coverage, report.leftovers, report.retiming.offset_s) == (1.0, (), 0.0)


def test_files_are_imported_under_a_name_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "upload").write_text("segment,text\nseg-3,Ja.\n")
    changed, report = desk.import_track(conversation(), tmp_path / "upload", "de-ch", name="t.csv")
    assert [(line.segment, line.text) for line in changed.translations["de-ch"]] == [("seg-3", "Ja.")]
    assert report.coverage == 0.2


@pytest.mark.parametrize("options", [{}, {"max_chars": 80, "max_s": 12, "speakers": False}, {"offset_s": 36_000}])
def test_captions_that_cut_and_join_segments_come_back_to_them(options: dict[str, Any], tmp_path: Path) -> None:
    talk = scattered_talk()
    (tmp_path / "t.srt").write_bytes(AdvancedExporter().render(talk, "srt", options).content)
    changed, report = desk.import_track(talk, tmp_path / "t.srt", "de")
    lines = [(line.segment, word) for line in changed.translations["de"] for word in line.text.split()]
    right = sum(word.startswith(f"{segment}x") for segment, word in lines)
    assert (len(lines), report.coverage) == (len(talk.words), 1.0)
    assert right / len(lines) > 0.98
    assert report.retiming.offset_s == pytest.approx(-options.get("offset_s", 0.0), abs=0.05)


def scattered_talk() -> Transcript:
    """Short and long segments, phrases and sentences; every word names its segment."""
    rng = random.Random(1)
    lines: list[tuple[str, float, float, str]] = []
    at_s, speaker = 1.0, "S1"
    for number in range(1, 151):
        speaker = rng.choice(["S1", "S2", "S3"]) if rng.random() < 0.4 else speaker
        count = rng.choice([1, 2, 3, 5, 8, 12, 18])
        end_s = at_s + count * rng.uniform(0.25, 0.45)
        text = " ".join(f"seg-{number}x{n}" for n in range(count)) + rng.choice("..,?")
        lines.append((speaker, round(at_s, 3), round(end_s, 3), text))
        at_s = end_s + rng.choice([0.05, 0.2, 0.3, 0.8, 2.0])
    return make_transcript(*lines)


def test_tracks_are_put_in_replaced_and_taken_out() -> None:
    once = desk.put(conversation(), "de", {"seg-1": " Guten\n Morgen "})
    twice = desk.put(once, "DE", {"seg-3": "Ja."})
    assert {name: [line.text for line in lines] for name, lines in twice.translations.items()} == {"de": ["Ja."]}
    assert desk.remove(twice, "De") == conversation()
    with pytest.raises(NotFound, match="'fr'") as caught:
        desk.remove(twice, "fr")
    assert "It has: de." in caught.value.hint


def test_the_translator_is_the_one_named_or_the_settings_own(tmp_path: Path) -> None:
    plain, folder = Settings(data_dir=tmp_path), package(tmp_path / "pkg")
    assert isinstance(desk.translator(plain, service="http://127.0.0.1:5000"), TranslationService)
    assert isinstance(desk.translator(plain, model=folder), ArgosTranslator)
    both = Settings.model_validate(
        {"data_dir": tmp_path, "translation": {"service": "http://127.0.0.1:5000", "model": folder}}
    )
    assert isinstance(desk.translator(both), TranslationService)
    assert isinstance(desk.translator(both, model=folder), ArgosTranslator)
    with pytest.raises(InvalidOption, match="No translator"):
        desk.translator(plain)
    with pytest.raises(InvalidOption, match="A service and a model"):
        desk.translator(plain, service="http://127.0.0.1:5000", model=folder)


def test_a_package_translates_a_whole_transcript_offline(tmp_path: Path) -> None:
    model = desk.translator(Settings(data_dir=tmp_path), model=package(tmp_path / "pkg"))
    transcript = make_transcript(("S1", 0.0, 1.0, "hello world"), ("S1", 1.1, 2.0, "and good morning."))
    once = desk.translate(transcript, "de", model)
    assert once.translations["de"]
    assert desk.translate(transcript, "de", model) == once
