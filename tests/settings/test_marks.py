"""What settings say of themselves."""

from __future__ import annotations

import pytest
from audapolis.config import LEAVES
from audapolis.settings.marks import HIDDEN, shown

SECRET_WORDS = ("token", "password", "secret", "key")


@pytest.mark.parametrize("key", [key for key in LEAVES if set(key.replace(".", "_").split("_")) & set(SECRET_WORDS)])
def test_settings_with_secret_names_are_secret(key: str) -> None:
    assert LEAVES[key].secret


@pytest.mark.parametrize("leaf", LEAVES.values(), ids=LEAVES)
def test_every_setting_has_a_sentence(leaf: object) -> None:
    description = leaf.field.description  # type: ignore[attr-defined]
    assert description
    assert description.endswith(".")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("postgresql://me:hush@host:5432/jobs", f"postgresql://me:{HIDDEN}@host:5432/jobs"),
        ("postgresql://me@host/jobs?password=hush", f"postgresql://me@host/jobs?{HIDDEN}"),
        ("postgresql://me:hu@sh@host/jobs", f"postgresql://me:{HIDDEN}@host/jobs"),
        ("postgresql://[broken:hush", HIDDEN),
        ("sqlite:////data/jobs.sqlite", "sqlite:////data/jobs.sqlite"),
        (["https://me:hush@hub.example"], [f"https://me:{HIDDEN}@hub.example"]),
        ({"a": "b"}, {"a": "b"}),
        (None, None),
        (3, 3),
    ],
)
def test_passwords_in_urls_are_hidden(value: object, told: object) -> None:
    assert shown(value) == told


def test_secrets_are_hidden_and_their_absence_is_not() -> None:
    assert shown("hush", secret=True) == HIDDEN
    assert shown({"a": "hush"}, secret=True) == {"a": HIDDEN}
    assert shown(None, secret=True) is None
