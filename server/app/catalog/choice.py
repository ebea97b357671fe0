"""Which model suits: of those that are here, and of those that could be fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .entries import CatalogEntry, InstalledModel, primary
from .known import CATALOG

_ON_GPU = {"fast": ("large-v3-turbo", "small", "base", "tiny"), "accurate": ("large-v3", "large-v3-turbo", "medium")}
_ON_CPU = {"fast": ("base", "tiny"), "accurate": ("large-v3-turbo", "medium", "small", "base")}
_BALANCED = {True: ("large-v3-turbo", "medium", "small", "base"), False: ("small", "base", "tiny")}
_SMALLEST = "tiny"


def best_installed(
    models: Sequence[InstalledModel], language: str | None, mode: str, defaults: Mapping[str, str]
) -> InstalledModel | None:
    """The Whisper to use for a language when none was named.

    The default set for the language comes first, then the one set for `*`; then models made for that one language, then
    the largest (in the mode `fast` the smallest).
    """
    speaking = [model for model in models if model.engine == "whisper" and model.speaks(language)]
    for key in (primary(language) if language else "*", "*"):
        if wanted := next((model for model in speaking if model.name == defaults.get(key)), None):
            return wanted
    if mode == "fast":
        return min(speaking, key=lambda model: model.size_bytes, default=None)
    return max(speaking, key=lambda model: (len(model.languages) == 1, model.size_bytes), default=None)


def best_entry(memory_bytes: int, on_gpu: bool, language: str | None, mode: str) -> CatalogEntry:
    """The Whisper of the catalogue that suits a device best; the smallest where none fits."""
    ladder = (_ON_GPU if on_gpu else _ON_CPU).get(mode, _BALANCED[on_gpu])
    entries = [CATALOG[name] for name in ladder]
    if language is not None and primary(language) == "en" and not on_gpu:
        entries = [CATALOG.get(f"{entry.name}.en", entry) for entry in entries]
    fits = (entry for entry in entries if footprint_bytes(entry, on_gpu) <= memory_bytes)
    return next(fits, CATALOG[_SMALLEST])


def footprint_bytes(entry: CatalogEntry, on_gpu: bool) -> int:
    """Memory a Whisper takes, roughly: weights of 16 bits on a GPU and 8 on a CPU, and room to work."""
    weights = entry.size_bytes if on_gpu else entry.size_bytes // 2
    return int(weights * 1.2) + (600 if on_gpu else 350) * 2**20
