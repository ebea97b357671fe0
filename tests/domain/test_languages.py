"""Which language is meant by a tag."""

from __future__ import annotations

import pytest
from audapolis.domain.languages import matching_language, primary_language


@pytest.mark.parametrize(
    ("wanted", "available", "found"),
    [
        ("de", ["en", "de"], "de"),
        ("DE", ["de"], "de"),
        ("de", ["de-CH", "de"], "de"),
        ("de", ["en", "de-CH", "de-AT"], "de-CH"),
        ("de_at", ["de", "de-AT"], "de-AT"),
        ("de-AT", ["en", "de"], "de"),
        ("de", ["den"], None),
        ("", ["en", ""], None),
        ("zh-Hant", ["zh-Hans", "zh"], "zh"),
    ],
)
def test_the_closest_tag_is_found(wanted: str, available: list[str], found: str | None) -> None:
    assert matching_language(wanted, available) == found


def test_the_language_of_a_tag_stands_first() -> None:
    assert [primary_language(tag) for tag in ("de-CH", "EN_us", "", "und")] == ["de", "en", "", "und"]
