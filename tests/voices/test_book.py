"""The folder of enrolled voices."""

from __future__ import annotations

from pathlib import Path

import pytest
from audapolis.errors import InvalidOption, NotFound, StorageFull, UnknownName
from audapolis.voices.book import Voice, VoiceFolder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def voice(name: str, speech_s: float = 20.0) -> Voice:
    return Voice(name, "2026-01-01T00:00:00Z", speech_s, {"space-1": (0.6, 0.8)})


@pytest.fixture
def folder(tmp_path: Path) -> VoiceFolder:
    return VoiceFolder(tmp_path / "voices")


def test_a_voice_comes_back_as_it_was_saved(folder: VoiceFolder) -> None:
    folder.save(voice("Ann Lee"))
    assert folder.all() == [voice("Ann Lee")]


def test_voices_are_listed_by_name(folder: VoiceFolder) -> None:
    for name in ("zoe", "Bob", "ann"):
        folder.save(voice(name))
    assert [v.name for v in folder.all()] == ["ann", "Bob", "zoe"]


def test_the_same_name_is_replaced(folder: VoiceFolder) -> None:
    folder.save(voice("Ann", 5.0))
    folder.save(voice("Ann", 50.0))
    assert [v.speech_s for v in folder.all()] == [50.0]


def test_only_the_owner_can_read_the_file_and_its_name_tells_nothing(folder: VoiceFolder, tmp_path: Path) -> None:
    folder.save(voice("Ann"))
    [path] = (tmp_path / "voices").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert "ann" not in path.name.lower()


def test_forgetting_deletes_the_file(folder: VoiceFolder, tmp_path: Path) -> None:
    folder.save(voice("Ann"))
    folder.forget("Ann")
    assert folder.all() == []
    assert list((tmp_path / "voices").iterdir()) == []


def test_a_name_that_is_not_there_is_answered_with_the_nearest(folder: VoiceFolder) -> None:
    with pytest.raises(NotFound):
        folder.forget("Ann")
    folder.save(voice("annabel"))
    with pytest.raises(UnknownName, match="'annabel'"):
        folder.forget("anabel")


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "\x1b[31m", "x" * 101])
def test_a_name_that_can_not_be_shown_is_refused(folder: VoiceFolder, name: str) -> None:
    with pytest.raises(InvalidOption):
        folder.save(voice(name))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name": "Ann"}', '{"name": "Ann", "vectors": 3}'])
def test_a_damaged_file_is_passed_over(folder: VoiceFolder, tmp_path: Path, content: str) -> None:
    folder.save(voice("Bob"))
    (tmp_path / "voices" / "0000.json").write_text(content)
    assert [v.name for v in folder.all()] == ["Bob"]


def test_a_folder_that_can_not_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFull, match="voices"):
        VoiceFolder(tmp_path / "file" / "voices").save(voice("Ann"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=100))
def test_any_printable_name_can_be_kept_and_forgotten(folder: VoiceFolder, name: str) -> None:
    folder.save(voice(name))
    assert name in [v.name for v in folder.all()]
    folder.forget(name)
    assert folder.all() == []
