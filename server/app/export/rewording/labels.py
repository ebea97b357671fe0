"""What speakers are called."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from ...domain.transcript import Speaker, Transcript
from ...errors import InvalidOption

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FILLED: dict[str, Callable[[Speaker, int], str]] = {
    "name": lambda speaker, _: speaker.name or speaker.id,
    "id": lambda speaker, _: speaker.id,
    "number": lambda _, number: str(number),
    "initials": lambda speaker, _: _initials(speaker.name) or speaker.id,
}


def label(transcript: Transcript, pattern: str) -> tuple[Transcript, tuple[str, ...]]:
    """Call speakers by a pattern with `{name}`, `{id}`, `{number}` and `{initials}`.

    Returns:
        The transcript, and whom one can't tell apart any more.

    Raises:
        InvalidOption: The pattern has another placeholder.
    """
    for name in _PLACEHOLDER.findall(pattern):
        if name not in _FILLED:
            known = ", ".join(f"{{{known}}}" for known in _FILLED)
            raise InvalidOption(f"A speaker label can't hold '{{{name}}}'.", hint=f"It may hold {known}.")
    speakers = tuple(
        replace(speaker, name=_filled(pattern, speaker, number))
        for number, speaker in enumerate(transcript.speakers, start=1)
    )
    return replace(transcript, speakers=speakers), _confusions(speakers)


def _filled(pattern: str, speaker: Speaker, number: int) -> str:
    return _PLACEHOLDER.sub(lambda match: _FILLED[match[1]](speaker, number), pattern)


def _initials(name: str) -> str:
    return "".join(letters[0].upper() for word in name.split() if (letters := [c for c in word if c.isalnum()]))


def _confusions(speakers: tuple[Speaker, ...]) -> tuple[str, ...]:
    named = defaultdict(list)
    for speaker in speakers:
        named[speaker.name].append(speaker.id)
    return tuple(
        f"The speakers {' and '.join(ids)} are all called '{name}'." for name, ids in named.items() if len(ids) > 1
    )
