"""What is measured: the items of a folder's `manifest.json`, with whatever truth each has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audapolis.domain.transcript import Turn
from audapolis.errors import InvalidOption, NotFound

from .rttm import read_rttm
from .word_times import TimedWord


@dataclass(frozen=True, slots=True)
class Item:
    """One recording and its truth; what is not known is None.

    Attributes:
        set: The folder it lies in, which is what `--sets` chooses by.
        texts: What is said, one text per channel where each channel has its own speaker.
    """

    name: str
    path: Path
    set: str
    language: str
    seconds: float
    texts: tuple[str, ...] | None
    turns: tuple[Turn, ...] | None
    speakers: int | None
    words: tuple[TimedWord, ...] | None


def read_manifest(path: Path) -> list[Item]:
    """Items of a manifest file, or of the `manifest.json` in a folder, that can be decoded and have some truth.

    Raises:
        NotFound: There is no such manifest.
    """
    file = path / "manifest.json" if path.is_dir() else path
    if not file.is_file():
        raise NotFound(f"There is no manifest at {file}.", hint="bench/README.md tells what one looks like.")
    folder = file.parent
    times_file = folder / "words.json"
    times = json.loads(times_file.read_text(encoding="utf-8")) if times_file.is_file() else {}
    entries = json.loads(file.read_text(encoding="utf-8"))["items"]
    items = (_item(folder, entry, times) for entry in entries if entry.get("seconds"))
    return [item for item in items if item.texts is not None or item.turns is not None]


def choose(items: Iterable[Item], sets: Sequence[str], *, limit: int | None = None) -> list[Item]:
    """The items of some sets, at most `limit` of each, spread evenly over the set; all sets when none is named.

    Raises:
        InvalidOption: A named set has no items.
    """
    by_set: dict[str, list[Item]] = {}
    for item in items:
        by_set.setdefault(item.set, []).append(item)
    unknown = [name for name in sets if name not in by_set]
    if unknown:
        raise InvalidOption(f"There is no set {unknown[0]!r}.", hint=f"There are: {', '.join(sorted(by_set))}.")
    return [item for name in sets or by_set for item in _spread(by_set[name], limit)]


def _spread(items: list[Item], limit: int | None) -> list[Item]:
    if limit is None or limit >= len(items):
        return items
    return [items[index * len(items) // limit] for index in range(limit)]


def _item(folder: Path, entry: Mapping[str, Any], times: Mapping[str, list[TimedWord]]) -> Item:
    file = str(entry["file"])
    rttm = entry.get("rttm")
    words = times.get(file) or _words_of_turns(folder, entry.get("turns"))
    return Item(
        name=file,
        path=folder / file,
        set=file.split("/", maxsplit=1)[0],
        language=entry.get("language") or "en",
        seconds=float(entry["seconds"]),
        texts=_texts(entry),
        turns=tuple(read_rttm(folder / rttm)) if rttm else None,
        speakers=entry.get("n_speakers"),
        words=tuple((word, start_s, end_s) for word, start_s, end_s in words) if words else None,
    )


def _texts(entry: Mapping[str, Any]) -> tuple[str, ...] | None:
    by_channel = entry.get("transcript_by_channel")
    if by_channel:
        return tuple(by_channel)
    text = entry.get("transcript")
    return None if text is None else (text,)


def _words_of_turns(folder: Path, turns: str | None) -> list[TimedWord]:
    """Words with times of a built conversation, in the order of its turns."""
    if turns is None:
        return []
    truth = json.loads((folder / turns).read_text(encoding="utf-8"))
    return [(w, a, b) for turn in truth["turns"] for w, a, b in turn.get("words", ())]
