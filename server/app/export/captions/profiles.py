"""House styles: the limits that broadcasters and platforms set for captions, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ProfileName = Literal["custom", "netflix", "netflix_sdh", "netflix_children", "bbc", "youtube"]

_NETFLIX_CHARS = {"th": 35, "ko": 16, "zh": 16, "ja": 13}
_NETFLIX = "Netflix, Timed Text Style Guide: General Requirements, and those of each language"


@dataclass(frozen=True, slots=True)
class Profile:
    """What one house asks of captions.

    Attributes:
        source: Where the figures come from.
        max_cps: Most characters a second; speech that is faster stays faster.
        word_s: Time to read a word, where the house counts words.
        gap_s: Shortest time between two captions where times are in milliseconds.
        closes_below_s: Gaps shorter than this are closed to the shortest one.
        chars_by_language: Most characters in a line where it differs, by language.
        cps_by_language: Most characters a second where it differs, by language.
    """

    source: str
    max_chars: int = 42
    max_lines: int = 2
    min_s: float = 0.833
    max_s: float = 7.0
    max_cps: float = 20.0
    word_s: float = 0.0
    gap_s: float = 0.083
    closes_below_s: float = 0.5
    chars_by_language: Mapping[str, int] = field(default_factory=dict)
    cps_by_language: Mapping[str, float] = field(default_factory=dict)


PROFILES: dict[ProfileName, Profile] = {
    # Closes gaps of half a second on top of the shortest one.
    "custom": Profile("Common broadcast practice", closes_below_s=0.584),
    "netflix": Profile(
        _NETFLIX,
        max_cps=17.0,
        chars_by_language=_NETFLIX_CHARS,
        cps_by_language={"en": 20, "ar": 20, "hi": 22, "ko": 12, "zh": 9, "ja": 4},
    ),
    "netflix_sdh": Profile(
        f"{_NETFLIX} (for the deaf and hard of hearing)",
        max_cps=20.0,
        chars_by_language=_NETFLIX_CHARS,
        cps_by_language={"ar": 23, "hi": 25},
    ),
    "netflix_children": Profile(
        f"{_NETFLIX} (children's programmes)",
        max_cps=13.0,
        chars_by_language=_NETFLIX_CHARS,
        cps_by_language={"en": 17, "ar": 17},
    ),
    # 160 to 180 words a minute. A gap is to last a second or not to be seen at all.
    "bbc": Profile(
        "BBC Subtitle Guidelines: line length, 180 words a minute, gaps; characters a second are ours",
        max_chars=37,
        min_s=1.0,
        max_cps=25.0,
        word_s=0.333,
        closes_below_s=1.0,
    ),
    "youtube": Profile(
        "YouTube publishes no limits: lines as wide as those of its own captions, times of common practice",
        max_chars=32,
        min_s=1.0,
    ),
}
"""Every profile. `docs/formats.md` shows the same figures."""


def profile_rows() -> list[str]:
    """The table of profiles as the documentation shows it."""
    head = (
        "| profile | characters a line | lines | shortest | longest | characters a second | gaps closed below "
        "| source |",
        "|---|---|---|---|---|---|---|---|",
    )
    return [*head, *(_row(name, profile) for name, profile in PROFILES.items())]


def _row(name: str, profile: Profile) -> str:
    speed = _by_language(profile.max_cps, profile.cps_by_language)
    if profile.word_s:
        speed += f"; {profile.word_s:g} s a word"
    cells = (
        f"`{name}`",
        _by_language(profile.max_chars, profile.chars_by_language),
        str(profile.max_lines),
        f"{profile.min_s:g} s",
        f"{profile.max_s:g} s",
        speed,
        f"{profile.closes_below_s:g} s",
        profile.source,
    )
    return f"| {' | '.join(cells)} |"


def _by_language(usual: float, special: Mapping[str, float]) -> str:
    named = ", ".join(f"{language} {value:g}" for language, value in special.items())
    return f"{usual:g} ({named})" if named else f"{usual:g}"
