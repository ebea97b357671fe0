"""`audapolis translate` and `export --languages`, run in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from audapolis.cli import main
from audapolis.domain.codec import to_json
from audapolis.domain.transcript_file import read_transcript
from audapolis.errors import InvalidOption
from audapolis.terminal.translations import Wanted, in_languages

from tests.builders import conversation, make_transcript
from tests.translations.libre import libre_translate

SRT = """1
01:00:00,500 --> 01:00:03,100
Anna & Söhne: Guten Morgen und willkommen.

2
01:00:03,600 --> 01:00:06,000
Heute fragen wir: ist 3 < 4?

3
01:00:06,400 --> 01:00:07,000
Ja.

4
01:00:09,500 --> 01:00:14,000
Ich würde das auch sagen.

5
01:00:14,200 --> 01:00:15,000
Danke.

6
02:00:00,000 --> 02:00:01,000
Untertitel: niemand
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a transcript and subtitles for it, and no settings of the user's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "talk.json").write_bytes(to_json(conversation()))
    (tmp_path / "film.srt").write_text(SRT)
    return tmp_path


def track(path: str | Path, language: str = "de") -> list[str]:
    return [line.text for line in read_transcript(Path(path).read_bytes()).translations[language]]


def test_subtitles_become_a_translation_and_what_was_corrected_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "talk.json", "--to", "de", "--file", "film.srt", "-o", "both.json"]) == 0
    assert track("both.json")[0] == "Guten Morgen und willkommen."
    said = capfd.readouterr().err
    assert "5 of 5 segments have a text in 'de' now." in said
    assert "-3600.000 s were added" in said
    assert "Left out: at 7200.000 s: Untertitel: niemand" in said


def test_a_transcript_of_the_translate_task_will_do(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    english = make_transcript(("S1", 0.4, 6.1, "Guten Tag. Ist das so?"), language="de")
    Path("german.json").write_bytes(to_json(english))
    assert main(["translate", "talk.json", "--to", "de", "--file", "german.json", "-q"]) == 0
    result = json.loads(capfdbinary.readouterr().out)
    assert [line["text"] for line in result["translations"]["de"]] == ["Guten Tag.", "Ist das so?"]


def test_a_service_is_asked_and_an_existing_result_kept(capfd: pytest.CaptureFixture[str]) -> None:
    with libre_translate() as service:
        command = ["translate", "talk.json", "--to", "fr", "--service", service.url, "-o", "fr.json"]
        assert main(command) == 0
        assert track("fr.json", "fr")[2] == "[fr] Yes."
        sent = len(service.asked)
        assert main(command) == 2
        assert len(service.asked) == sent
        assert main([*command, "--overwrite"]) == 0
    assert "fr.json exists already" in capfd.readouterr().err


def test_the_settings_may_name_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    with libre_translate(key="k") as service:
        monkeypatch.setenv("AUDAPOLIS_TRANSLATION__SERVICE", service.url)
        monkeypatch.setenv("AUDAPOLIS_TRANSLATION__SERVICE_KEY", "k")
        assert main(["translate", "talk.json", "--to", "de", "-o", "de.json"]) == 0
    assert track("de.json")[2] == "[de] Yes."


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--to", "de"], "No translator is named"),
        (["--to", "en", "--file", "film.srt"], "is in 'en' already"),
        (["--to", "what?", "--file", "film.srt"], "not a language"),
        (["--to", "de", "--file", "nowhere.srt"], "nowhere.srt"),
        (["--to", "de", "--service", "nowhere"], "not the address"),
        (["--to", "de", "--model", "nowhere"], "no translation model"),
    ],
)
def test_what_makes_no_sense_is_refused(more: list[str], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "talk.json", *more]) == 2
    captured = capfd.readouterr()
    assert said in captured.err
    assert not captured.out


def test_a_result_for_each_language_has_a_name_of_its_own(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    main(["translate", "talk.json", "--to", "de", "--file", "film.srt", "-o", "both.json", "-q"])
    assert main(["export", "both.json", "-f", "srt", "--languages", "de,en", "-o", "out/"]) == 0
    assert sorted(path.name for path in (here / "out").iterdir()) == ["both.de.srt", "both.en.srt"]
    assert "Danke." in (here / "out" / "both.de.srt").read_text()
    assert "Thank you." in (here / "out" / "both.en.srt").read_text()
    assert main(["export", "both.json", "--languages", "de", "-o", "film2.vtt"]) == 0
    assert (here / "film2.de.vtt").is_file()
    assert main(["export", "both.json", "--languages", "de,fr", "-o", "film3.vtt"]) == 2
    assert "It has: en, de" in capfd.readouterr().err
    assert not list(here.glob("film3*"))
    assert main(["export", "both.json", "-f", "rttm", "--languages", "de", "-o", "out/"]) == 2
    assert main(["export", "both.json", "-f", "srt", "--languages", "de"]) == 2


@pytest.mark.parametrize(
    ("path", "extension", "named"),
    [
        ("a/talk.srt", "srt", "talk.de.srt"),
        ("talk.markers.txt", "markers.txt", "talk.de.markers.txt"),
        ("t", "srt", "t.de"),
    ],
)
def test_the_language_stands_before_the_extension(path: str, extension: str, named: str) -> None:
    [wanted] = in_languages("de", {"x": Path(path)}, {}, {"x": extension})
    assert wanted.path.name == named
    assert wanted.options == {"language": "de"}


def test_without_languages_results_are_as_they_were() -> None:
    options: dict[str, Any] = {"case": "upper"}
    assert in_languages(None, {"srt": Path("t.srt")}, options, {"srt": "srt"}) == [
        Wanted("srt", Path("t.srt"), options)
    ]
    with pytest.raises(InvalidOption):
        in_languages("de", {}, {}, {})
