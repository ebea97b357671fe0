"""Names of result files, so that no two results ever share one."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

_MAX_BYTES = 255


def plan_names(inputs: Sequence[Path], extensions: Mapping[str, str]) -> dict[Path, dict[str, str]]:
    """Name every result of every input.

    The name is `<stem>.<extension>`. Formats that share an extension put their id before it
    (`talk.words.csv`). Inputs whose results would meet keep more of their own name, all of them alike: first
    the extension (`talk.wav.srt`, `talk.mp3.srt`), then folder after folder (`monday-talk.wav.srt`), at last
    a mark made from the path. Names that differ only in case, or in how accents are written, count as the
    same. The result depends on the set of inputs, not on their order.

    Args:
        inputs: Absolute paths, each once.
        extensions: The extension, without dot, of each wanted format id.

    Returns:
        For each input, the file name of each format.
    """
    shared = Counter(extensions.values())
    endings = {
        format_id: f".{extension}" if shared[extension] == 1 else f".{format_id.rpartition(':')[2]}.{extension}"
        for format_id, extension in extensions.items()
    }
    ladders = {path: _candidates(path) for path in inputs}
    bases = {path: next(ladder) for path, ladder in ladders.items()}
    while clashing := _clashing(bases, endings.values()):
        for path in clashing:
            bases[path] = next(ladders[path])
    return {
        path: {format_id: _fit(base, ending, path) for format_id, ending in endings.items()}
        for path, base in bases.items()
    }


def _candidates(path: Path) -> Iterator[str]:
    """Longer and longer names for one input, at last with marks that differ between any two paths."""
    yield path.stem
    yield path.name
    folders = [part for part in path.parent.parts if part != path.anchor]
    for count in range(1, len(folders) + 1):
        yield "-".join([*folders[-count:], path.name])
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()
    for length in range(8, len(digest) + 1, 8):
        yield f"{path.name}~{digest[:length]}"


def _clashing(bases: Mapping[Path, str], endings: Collection[str]) -> set[Path]:
    owners: dict[str, set[Path]] = {}
    for path, base in bases.items():
        for ending in endings:
            owners.setdefault(_folded(_fit(base, ending, path)), set()).add(path)
    return {path for paths in owners.values() if len(paths) > 1 for path in paths}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _fit(base: str, ending: str, path: Path) -> str:
    """The name, shortened to what file systems take; a shortened one carries a mark made from the path."""
    if len(os.fsencode(base + ending)) <= _MAX_BYTES:
        return base + ending
    mark = "~" + hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    room = _MAX_BYTES - len(os.fsencode(mark + ending))
    while len(os.fsencode(base)) > room:
        base = base[:-1]
    return base + mark + ending
