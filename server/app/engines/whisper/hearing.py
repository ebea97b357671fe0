"""Which language is spoken: decided once for a recording, or anew for every window."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from .languages import NAMES
from .windows import HeardWindow

LOOK_WINDOWS = 8
"""So many windows of a recording are looked at to find those with most speech."""
_HEARD_WINDOWS = 3
_SURE = 0.9
_OTHER = 0.8
"""From this probability on another language than the one given is worth a warning."""
_LEAST_S = 3.0
"""Less speech than this tells little about its language."""
_ENOUGH_S = 10.0

Probabilities = dict[str, float]


def look_ahead(windows: Iterator[HeardWindow]) -> tuple[list[HeardWindow], Iterator[HeardWindow]]:
    """The first windows, those with most speech first, and all windows as if none had been taken."""
    first = list(itertools.islice(windows, LOOK_WINDOWS))
    ranked = sorted(first, key=lambda window: -window.speech_s)
    return [window for window in ranked if not window.silent][:_HEARD_WINDOWS], itertools.chain(first, windows)


def decided(heard: Iterable[tuple[float, Probabilities]]) -> tuple[str | None, float]:
    """The language of a recording, with its probability; None when nothing was heard.

    Args:
        heard: For each window in turn its seconds of speech and what the network takes it for. No more are
            taken than needed to be sure.
    """
    total: Probabilities = {}
    weight = 0.0
    for speech_s, probabilities in heard:
        weight += speech_s
        for code, probability in probabilities.items():
            total[code] = total.get(code, 0.0) + speech_s * probability
        if max(total.values()) / weight >= _SURE:
            break
    if not total:
        return None, 0.0
    best = max(total, key=lambda code: total[code])
    return best, total[best] / weight


class LanguageCheck:
    """Notices that the language that was given is not the one that is spoken."""

    def __init__(self, given: str) -> None:
        self._given = given
        self._heard: list[tuple[float, Probabilities]] = []

    def wanted(self, windows: Sequence[HeardWindow]) -> int:
        """How many of the next windows are needed to decide, from the first on."""
        spoken_s = itertools.accumulate((window.speech_s for window in windows), initial=self._speech_s)
        return sum(before_s < _ENOUGH_S for before_s in itertools.islice(spoken_s, len(windows)))

    @property
    def _speech_s(self) -> float:
        return sum(speech_s for speech_s, _ in self._heard)

    def after(self, window: HeardWindow, probabilities: Probabilities | None) -> str:
        """Take note of the next window; what to tell the user now, "" while nothing seems wrong.

        Args:
            window: What was heard.
            probabilities: Of its language; None for a window that is not needed.
        """
        if probabilities is not None:
            self._heard.append((window.speech_s, probabilities))
        if self._speech_s < _LEAST_S:
            return ""
        language, probability = decided(sorted(self._heard, key=lambda heard: -heard[0]))
        if language is None or language == self._given or probability < _OTHER:
            return ""
        given, heard = (NAMES.get(code, code).title() for code in (self._given, language))
        return (
            f"The language was given as {given} ({self._given}), but it sounds like {heard} ({language}): "
            "the text may be wrong. Leave the language out to have it detected."
        )
