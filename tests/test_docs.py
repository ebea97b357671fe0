"""The tables in docs/ name everything there is."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path

import pytest
from audapolis.config import Settings
from audapolis.domain import events
from pydantic import BaseModel

DOCS = Path(__file__).parents[1] / "docs"


def setting_names() -> list[str]:
    names = []
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names += [f"AUDAPOLIS_{name}__{inner}".upper() for inner in kind.model_fields]
        else:
            names.append(f"AUDAPOLIS_{name}".upper())
    return names


def event_kinds() -> list[type]:
    bases = {events.Event, events.JobEvent, events.WorkEvent}
    kinds = [kind for _, kind in inspect.getmembers(events, inspect.isclass) if issubclass(kind, events.Event)]
    return [kind for kind in kinds if kind not in bases]


@pytest.mark.parametrize("name", setting_names())
def test_every_setting_is_in_the_settings_table(name: str) -> None:
    assert f"| `{name}` |" in (DOCS / "settings.md").read_text()


def test_the_settings_table_names_no_setting_that_is_gone() -> None:
    rows = [line.split("`")[1] for line in (DOCS / "settings.md").read_text().splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(setting_names())


@pytest.mark.parametrize("kind", event_kinds())
def test_every_event_and_its_fields_are_in_the_events_table(kind: type) -> None:
    lines = (DOCS / "events.md").read_text().splitlines()
    row = next((line for line in lines if line.startswith(f"| `{kind.__name__}` |")), "")
    assert row, f"{kind.__name__} is missing"
    assert dataclasses.is_dataclass(kind)
    for field in dataclasses.fields(kind):
        assert field.name in {"at", "job_id"} or f"`{field.name}`" in row
