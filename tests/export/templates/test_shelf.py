"""Templates as they are kept: every version stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from audapolis.errors import InvalidOption, NotFound
from audapolis.export.templates.shelf import Draft, TemplateShelf


@pytest.fixture
def shelf(tmp_path: Path) -> TemplateShelf:
    return TemplateShelf(tmp_path / "templates")


def test_every_save_keeps_the_former_version(shelf: TemplateShelf) -> None:
    shelf.save("minutes", Draft("one\n", "md"))
    shelf.save("minutes", Draft("two\n", "md", "Better."))
    assert [each.version for each in shelf.versions("minutes")] == [2, 1]
    assert shelf.get("minutes").source == "two\n"
    assert shelf.get("minutes", 1).source == "one\n"
    assert [(each.name, each.version) for each in shelf.list()] == [("minutes", 2)]


def test_saving_the_same_again_makes_no_version(shelf: TemplateShelf) -> None:
    assert shelf.save("minutes", Draft("one")) == shelf.save("minutes", Draft("one"))
    assert len(shelf.versions("minutes")) == 1


def test_versions_are_compared_and_brought_back(shelf: TemplateShelf) -> None:
    shelf.save("minutes", Draft("same\none\n"))
    shelf.save("minutes", Draft("same\ntwo\n"))
    assert shelf.diff("minutes", 1, 2).splitlines()[-2:] == ["-one", "+two"]
    assert shelf.restore("minutes", 1).version == 3
    assert shelf.get("minutes").source == "same\none\n"
    assert shelf.diff("minutes", 1, 3) == ""


def test_saves_at_the_same_moment_lose_nothing(shelf: TemplateShelf) -> None:
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda number: shelf.save("busy", Draft(f"{number}")), range(16)))
    assert sorted(each.version for each in saved) == list(range(1, 17))
    assert {each.source for each in shelf.versions("busy")} == {str(number) for number in range(16)}


def test_a_deleted_template_is_gone_with_its_versions(shelf: TemplateShelf) -> None:
    shelf.save("minutes", Draft("one"))
    shelf.delete("minutes")
    assert list(shelf.list()) == []
    with pytest.raises(NotFound, match="no template 'minutes'"):
        shelf.get("minutes")
    with pytest.raises(NotFound):
        shelf.delete("minutes")
    assert shelf.save("minutes", Draft("new")).version == 1


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "Ünï", "A", "a" * 65, ".hidden", "a\n"])
def test_names_are_fit_for_files(shelf: TemplateShelf, name: str) -> None:
    with pytest.raises(InvalidOption, match="small letters"):
        shelf.save(name, Draft("x"))
    with pytest.raises(InvalidOption):
        shelf.get(name)


@pytest.mark.parametrize("extension", ["", "/x", "a b", "x" * 20])
def test_extensions_are_fit_for_files(shelf: TemplateShelf, extension: str) -> None:
    with pytest.raises(InvalidOption, match="can't end in"):
        shelf.save("minutes", Draft("x", extension))


def test_what_is_missing_is_named(shelf: TemplateShelf) -> None:
    shelf.save("minutes", Draft("one"))
    with pytest.raises(NotFound, match="There are: minutes"):
        shelf.get("minute")
    with pytest.raises(NotFound, match="no version 7"):
        shelf.get("minutes", 7)


def test_damaged_files_are_left_out_of_the_list(shelf: TemplateShelf, tmp_path: Path) -> None:
    shelf.save("minutes", Draft("one"))
    shelf.save("other", Draft("one"))
    next((tmp_path / "templates" / "other").glob("*.json")).write_text("{")
    assert [each.name for each in shelf.list()] == ["minutes"]
