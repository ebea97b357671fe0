"""Language tags (BCP 47): which of those there are suits the one that was asked for."""

from __future__ import annotations

from collections.abc import Iterable


def matching_language(wanted: str, available: Iterable[str]) -> str | None:
    """The available tag that suits a wanted one: the same, else a closer one (`de` takes `de-CH`), else a wider one.

    Letter case and `_` for `-` make no difference. The first of several wins.
    """
    tags = list(available)
    asked = _subtags(wanted)
    for suits in (_same, _closer, _wider):
        for tag in tags:
            if asked and suits(asked, _subtags(tag)):
                return tag
    return None


def primary_language(tag: str) -> str:
    """The language of a tag without script and region: `de` of `de-CH`."""
    return next(iter(_subtags(tag)), "")


def _subtags(tag: str) -> list[str]:
    return tag.strip().lower().replace("_", "-").split("-") if tag.strip() else []


def _same(asked: list[str], there: list[str]) -> bool:
    return asked == there


def _closer(asked: list[str], there: list[str]) -> bool:
    return there[: len(asked)] == asked


def _wider(asked: list[str], there: list[str]) -> bool:
    return bool(there) and asked[: len(there)] == there
