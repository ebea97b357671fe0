"""Settings, their layers, and how they change."""

from __future__ import annotations

import json
import pickle
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from audapolis.config import LEAVES, Configuration, Settings, load_configuration, load_settings, values_of
from audapolis.errors import AudapolisError, Conflict, InvalidOption, Stale
from audapolis.settings.marks import leaves
from audapolis.settings.presets import PRESETS
from pydantic import BaseModel

PAGE = (Path(__file__).parents[1] / "docs" / "settings.md").read_text("utf-8")


@pytest.fixture(autouse=True)
def _nothing_from_this_users_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config-home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    return


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "given.toml"


def test_the_defaults_listen_on_loopback_only() -> None:
    assert load_settings().server.host == "127.0.0.1"


def test_nested_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDAPOLIS_SERVER__PORT", "8123")
    monkeypatch.setenv("audapolis_jobs__workers", "3")
    monkeypatch.setenv("AUDAPOLIS_SERVER__HOST", "")
    monkeypatch.setenv("AUDAPOLIS_MODELS__ALIASES", '{"mine": "small"}')
    monkeypatch.setenv("AUDAPOLIS_MODELS__OFFLINE", "true")
    settings = load_settings()
    assert (settings.server.port, settings.jobs.workers) == (8123, 3)
    assert settings.server.host == "127.0.0.1"
    assert settings.models.aliases == {"mine": "small"}
    assert settings.models.offline


def test_a_wrong_value_is_refused_with_the_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDAPOLIS_SPEECH__THRESHOLD", "7")
    with pytest.raises(InvalidOption, match=r"AUDAPOLIS_SPEECH__THRESHOLD is wrong: it should be less than 1\."):
        load_settings()


def test_the_job_store_is_a_file_in_the_data_folder_unless_a_url_is_given(tmp_path: Path) -> None:
    assert load_settings(data_dir=tmp_path).database_url == f"sqlite:///{tmp_path}/jobs.sqlite"
    jobs = {"database_url": "postgresql://x/y"}
    assert load_settings(jobs=jobs).database_url == "postgresql://x/y"


def test_layers_win_in_their_order(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def workers(**given: Any) -> tuple[int, str, str]:
        there = load_configuration(config_file=file, data_dir=tmp_path, **given)
        [told] = [each for each in there.describe() if each.key == "jobs.workers"]
        assert told.value == there.settings.jobs.workers
        return told.value, told.layer, told.where

    file.write_text("")
    assert workers() == (1, "default", "")
    file.write_text('preset = "basic"\n')
    assert workers() == (1, "preset", "basic")
    file.write_text('preset = "basic"\n[jobs]\nworkers = 2\n')
    assert workers() == (2, "file", str(file))
    monkeypatch.setenv("AUDAPOLIS_JOBS__WORKERS", "3")
    assert workers() == (3, "environment", "AUDAPOLIS_JOBS__WORKERS")
    load_configuration(data_dir=tmp_path).change({"jobs": {"workers": 4}}, by="a test")
    assert workers() == (4, "api", str(tmp_path / "settings.json"))
    assert workers(jobs={"workers": 5}) == (5, "command line", "")


def test_a_preset_is_chosen_by_the_highest_layer_that_names_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('preset = "basic"\n')
    assert load_settings(config_file=file).models.offline
    monkeypatch.setenv("AUDAPOLIS_PRESET", "enhanced")
    assert load_settings(config_file=file).models.defaults == {"*": "small"}
    assert load_settings(config_file=file, preset="advanced").models.defaults == {"*": "large-v3"}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_made_of_settings_that_hold(name: str) -> None:
    settings = load_settings(preset=name)
    values = values_of(settings)
    assert {key: values[key] for key in PRESETS[name]} == PRESETS[name]  # type: ignore[index]


def test_the_file_is_the_one_named_then_the_variables_then_the_users_own(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "config-home" / "audapolis" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text("[server]\nport = 1\n")
    assert load_settings().server.port == 1
    other = tmp_path / "other.toml"
    other.write_text("[server]\nport = 2\n")
    monkeypatch.setenv("AUDAPOLIS_CONFIG", str(other))
    assert load_settings().server.port == 2
    file.write_text("[server]\nport = 3\n")
    assert load_settings(config_file=file).server.port == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[server\n", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        ("[server]\nprot = 1\n", r"server\.prot in .*given\.toml .* did you mean server\.port\?"),
        ("speach = 1\n", r"speach .* did you mean speech\?"),
        ("port = 1\n", r"did you mean server\.port\?"),
        ("server = 1\n", "a group of settings, not one"),
        ("[server]\nport = 'many'\n", r"server\.port in .*given\.toml is wrong: it should be a valid integer"),
        ("preset = 'enhancd'\n", r"did you mean enhanced\?"),
        ("[jobs]\nheartbeat_s = 99\n", "heartbeat_s must be less than lease_s"),
        ("[audio]\nmin_duration_s = 10\nmax_duration_s = 1\n", "min_duration_s must not be more"),
        ("[models]\naliases = ['x']\n", r"models\.aliases"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_file_setting_and_reason(
    file: Path, content: str | bytes, said: str
) -> None:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidOption, match=said) as caught:
        load_settings(config_file=file)
    assert str(file) in caught.value.message
    assert caught.value.hint


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(InvalidOption, match="can't be read: no such file"):
        load_settings(config_file=file)


def test_everything_wrong_is_told_at_once(file: Path) -> None:
    file.write_text("[server]\nport = -1\n[speech]\nthreshold = 2\npad_s = -1\n")
    with pytest.raises(InvalidOption) as caught:
        load_settings(config_file=file)
    told = {each["field"] for each in caught.value.data["errors"]}
    assert told == {"server.port", "speech.threshold", "speech.pad_s"}


def test_a_mistyped_variable_is_refused_and_one_a_platform_may_have_made_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AUDAPOLIS_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("AUDAPOLIS_SERVER_PORT", "1")
    notices = load_configuration().notices
    assert any("did you mean AUDAPOLIS_SERVER__PORT?" in notice for notice in notices)
    monkeypatch.setenv("AUDAPOLIS_SERVER__PROT", "1")
    with pytest.raises(InvalidOption, match=r"did you mean AUDAPOLIS_SERVER__PORT\?"):
        load_configuration()


def test_a_table_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDAPOLIS_MODELS__ALIASES", "mine=small")
    with pytest.raises(InvalidOption, match="AUDAPOLIS_MODELS__ALIASES is wrong: it should be JSON"):
        load_settings()


def test_a_tilde_is_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDAPOLIS_DATA_DIR", "~/recordings")
    assert load_settings().data_dir == Path.home() / "recordings"


def test_settings_travel_to_worker_processes() -> None:
    settings = load_settings(preset="basic", server={"token": "0123456789abcdef"})
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_changes_are_kept_told_and_taken_back(tmp_path: Path) -> None:
    there = load_configuration(data_dir=tmp_path, jobs={"workers": 2})
    heard: list[Any] = []
    there.subscribe(lambda settings, changes: heard.append((settings.speech.threshold, [c.key for c in changes])))
    first = there.tag
    there.change({"speech": {"threshold": 0.6, "pad_s": 0.1}, "log_level": "debug"}, by="somebody")
    assert heard == [(0.6, ["log_level", "speech.threshold", "speech.pad_s"])]
    assert there.tag != first
    assert load_settings(data_dir=tmp_path).speech.threshold == 0.6
    there.change({"speech": None, "log_level": None}, by="somebody")
    assert there.settings.speech == Settings().speech
    assert load_settings(data_dir=tmp_path).log_level == "info"


def test_tables_are_merged_with_the_value_in_effect(file: Path, tmp_path: Path) -> None:
    file.write_text('[models.aliases]\na = "tiny"\nb = "base"\n')
    there = load_configuration(config_file=file, data_dir=tmp_path)
    there.change({"models": {"aliases": {"b": None, "c": "small"}}}, by="somebody")
    assert there.settings.models.aliases == {"a": "tiny", "c": "small"}


@pytest.mark.parametrize(
    ("patch", "fields"),
    [
        ({"speech": {"threshold": 7, "pad_s": -1}}, {"speech.threshold", "speech.pad_s"}),
        ({"speech": {"treshold": 0.5}}, {"speech.treshold"}),
        ({"speach": None}, {"speach"}),
        ({"speech": 3}, {"speech"}),
        ({"speech": {"threshold": "much"}}, {"speech.threshold"}),
        ({"audio": {"min_duration_s": 99999999}}, {"audio"}),
        ({"log_level": "loud"}, {"log_level"}),
    ],
)
def test_a_wrong_change_changes_nothing(tmp_path: Path, patch: Any, fields: set[str]) -> None:
    there = load_configuration(data_dir=tmp_path)
    with pytest.raises(InvalidOption) as caught:
        there.change(patch, by="somebody")
    assert {each["field"] for each in caught.value.data["errors"]} == fields
    assert there.settings == load_settings(data_dir=tmp_path)
    assert not (tmp_path / "settings.json").exists()


@pytest.mark.parametrize("patch", [None, [], "text", 3])
def test_a_change_is_an_object(patch: Any) -> None:
    with pytest.raises(InvalidOption, match="JSON object"):
        load_configuration().change(patch, by="somebody")


def test_what_needs_a_restart_or_is_fixed_on_the_command_line_is_not_changed(tmp_path: Path) -> None:
    there = load_configuration(data_dir=tmp_path, jobs={"workers": 2})
    with pytest.raises(Conflict) as caught:
        there.change({"server": {"port": 1, "token": "x" * 20}, "jobs": {"workers": 3}}, by="somebody")
    told = {each["field"]: each["message"] for each in caught.value.data["errors"]}
    assert told.keys() == {"server.port", "server.token", "jobs.workers"}
    assert "restart" in told["server.port"]
    assert "command line" in told["jobs.workers"]
    assert "x" * 20 not in str(caught.value)


def test_a_check_that_fails_keeps_everything_as_it_was(tmp_path: Path) -> None:
    there = load_configuration(data_dir=tmp_path)

    def refuse(_settings: Settings) -> None:
        raise InvalidOption("Not here.")

    with pytest.raises(InvalidOption, match="Not here"):
        there.change({"log_level": "debug"}, by="somebody", check=refuse)
    assert there.settings.log_level == "info"
    assert not (tmp_path / "settings.json").exists()


def test_a_disk_that_refuses_keeps_everything_as_it_was(tmp_path: Path) -> None:
    there = load_configuration(data_dir=tmp_path)
    (tmp_path / "settings.json").mkdir()
    with pytest.raises(AudapolisError, match="could not be kept"):
        there.change({"log_level": "debug"}, by="somebody")
    assert there.settings.log_level == "info"


def test_of_changes_that_know_the_same_state_one_is_made(tmp_path: Path) -> None:
    there = load_configuration(data_dir=tmp_path)
    known, barrier = there.tag, threading.Barrier(8)
    refused: list[int] = []

    def change(number: int) -> None:
        barrier.wait(60)
        try:
            there.change({"jobs": {"workers": number}}, by=f"{number}", unless_changed_since=[known])
        except Stale:
            refused.append(number)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(2, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    [made] = set(range(2, 10)) - set(refused)
    assert there.settings.jobs.workers == made


def test_changes_from_many_sides_are_all_made(tmp_path: Path) -> None:
    there = load_configuration(data_dir=tmp_path)
    patches = [{"models": {"aliases": {f"name-{number}": "small"}}} for number in range(16)]
    threads = [threading.Thread(target=there.change, args=(patch,), kwargs={"by": "x"}) for patch in patches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(load_settings(data_dir=tmp_path).models.aliases) == 16
    record = (tmp_path / "settings-changes.jsonl").read_text().splitlines()
    assert len([json.loads(line) for line in record]) == 16


def test_settings_made_by_a_program_can_be_changed_where_they_are_the_defaults(tmp_path: Path) -> None:
    there = Configuration.of(Settings.model_validate({"data_dir": tmp_path, "jobs": {"workers": 2}}))
    there.change({"speech": {"threshold": 0.6}}, by="somebody")
    assert there.settings.speech.threshold == 0.6
    assert there.settings.jobs.workers == 2
    with pytest.raises(Conflict):
        there.change({"jobs": {"workers": 3}}, by="somebody")


def rows() -> dict[str, list[str]]:
    return {
        row.split("`")[1]: [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        for row in PAGE.splitlines()
        if row.startswith("| `AUDAPOLIS")
    }


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_the_table_tells_when_a_change_takes_effect_and_what_presets_say(leaf: Any) -> None:
    cells = rows()[leaf.variable]
    assert cells[2] == leaf.effect
    for name, table in PRESETS.items():
        told = re.search(rf"{name} `([^`]*)`", cells[3])
        wanted = table.get(leaf.key)
        assert (told[1] if told else None) == (
            None if wanted is None else wanted if isinstance(wanted, str) else json.dumps(wanted)
        )


def test_a_setting_without_a_mark_takes_a_restart() -> None:
    class Bare(BaseModel):
        value: int = 1

    assert [leaf.effect for leaf in leaves(Bare, "X_")] == ["restart"]
