"""What works on this machine, what does not, why, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..domain.capability import Capability, used_instead
from .text import shown, table

_LIBRARIES = ("av", "numpy", "onnxruntime", "ctranslate2", "faster-whisper", "pocketsphinx", "sqlalchemy")
_KINDS = {
    "speech": "speech engines",
    "speakers": "speaker engines",
    "detection": "speech detection",
    "decoding": "reading media",
    "store": "keeping jobs",
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The state of this installation.

    Attributes:
        cores: Processor cores this process may use.
        memory_bytes: Physical memory.
        disk_free_bytes: Free space where data is kept.
        libraries: Versions of the libraries that matter; of those missing, "".
        libav: Versions of the media libraries, by name.
        capabilities: Among one kind, the better ones first.
        used: What `auto` takes for each kind that has anything available.
    """

    version: str
    python: str
    platform: str
    cores: int
    memory_bytes: int
    data_dir: str
    disk_free_bytes: int
    libraries: Mapping[str, str]
    libav: Mapping[str, str]
    capabilities: tuple[Capability, ...]
    used: Mapping[str, str]

    @property
    def healthy(self) -> bool:
        """Whether recordings can be transcribed and the results kept."""
        return all(kind in self.used for kind in ("speech", "decoding", "store"))


def examine(
    own_version: str, data_dir: Path, libav: Mapping[str, str], capabilities: Sequence[Capability]
) -> Diagnosis:
    """Look at the machine.

    Args:
        own_version: Version of this program.
        data_dir: Where jobs and results are kept.
        libav: Versions of the media libraries.
        capabilities: What engines and formats say of themselves; decoding and the store are added here.
    """
    everything = (*capabilities, _decoding(libav), _store(data_dir))
    available = [capability for capability in everything if capability.available]
    return Diagnosis(
        version=own_version,
        python=sys.version.split()[0],
        platform=platform.platform(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        data_dir=str(data_dir),
        disk_free_bytes=shutil.disk_usage(_existing(data_dir)).free,
        libraries={name: _version(name) for name in _LIBRARIES},
        libav=dict(libav),
        capabilities=everything,
        used={capability.kind: capability.name for capability in reversed(available)},
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _decoding(libav: Mapping[str, str]) -> Capability:
    detail = ", ".join(f"{name} {libav[name]}" for name in ("libavcodec", "libavformat") if name in libav)
    if libav:
        return Capability("libav", "decoding", True, detail)
    return Capability(
        "libav",
        "decoding",
        False,
        reason="PyAV can't be loaded.",
        remedy="Install audapolis again: pip install --force-reinstall av",
    )


def _store(data_dir: Path) -> Capability:
    folder = _existing(data_dir)
    detail = f"SQLite {sqlite3.sqlite_version} in {shown(data_dir)}"
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Capability("sqlite", "store", True, detail)
    return Capability(
        "sqlite",
        "store",
        False,
        detail,
        reason=f"{shown(folder)} can't be written to.",
        remedy="Set AUDAPOLIS_DATA_DIR to a folder of yours.",
    )


def as_text(diagnosis: Diagnosis) -> str:
    """The diagnosis for people."""
    lines = [
        f"audapolis {diagnosis.version}, Python {diagnosis.python}, {diagnosis.platform}",
        f"{diagnosis.cores} cores, {_gib(diagnosis.memory_bytes)} memory, "
        f"{_gib(diagnosis.disk_free_bytes)} free for {shown(diagnosis.data_dir)}",
        ", ".join(f"{name} {number or 'missing'}" for name, number in diagnosis.libraries.items()),
        "",
    ]
    rows = [
        (_KINDS[each.kind], each.name, "yes" if each.available else "NO", _used(each, diagnosis), each.detail)
        for each in diagnosis.capabilities
        if each.kind != "format"
    ]
    formats = ", ".join(each.name for each in diagnosis.capabilities if each.kind == "format")
    text = "\n".join(lines) + "\n" + table(("for", "name", "works", "used", "detail"), rows)
    text += f"\nformats: {formats}\n"
    advice = [line for capability in diagnosis.capabilities for line in _advice(capability, diagnosis)]
    return text + ("\n" + "\n".join(advice) + "\n" if advice else "")


def _used(capability: Capability, diagnosis: Diagnosis) -> str:
    return "by default" if diagnosis.used.get(capability.kind) == capability.name else ""


def _advice(capability: Capability, diagnosis: Diagnosis) -> list[str]:
    lines = []
    if not capability.available:
        other = used_instead(capability, diagnosis.capabilities)
        lines.append(f"{capability.name}: {capability.reason}")
        lines += [f"  Used instead: {other.name}."] if other else []
    elif capability.remedy:
        lines.append(f"{capability.name}:")
    return [*lines, f"  {capability.remedy}"] if capability.remedy else lines


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 2**30:.1f} GiB"
