"""The capability report: what this installation is, can and can't do, and should be set to (`docs/http-api.md`)."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from ..domain.capability import Capability, used_instead
from .advice import Recommendation
from .conflicts import Misfit
from .machine import Machine, existing

SCHEMA = "audapolis.capabilities/1"

_LIBRARIES = ("av", "numpy", "onnxruntime", "ctranslate2", "faster-whisper", "pocketsphinx", "sqlalchemy")
_EXTRA_LIBRARIES = ("torch", "pyannote.audio", "sherpa-onnx", "transformers", "psycopg", "ray")
"""Told only where they are installed."""

_NEEDED = ("speech", "decoding", "store")


@dataclass(frozen=True, slots=True)
class ModelHere:
    """A model on this machine.

    Attributes:
        languages: BCP-47 codes; empty means many.
        realtime_factor: Seconds of work per second of speech, measured here; None before a benchmark.
    """

    name: str
    engine: str
    size_bytes: int
    languages: tuple[str, ...]
    source: str
    realtime_factor: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about this installation that matters.

    Attributes:
        healthy: Recordings can be transcribed and the results kept.
        libraries: Versions of the libraries that matter; of those missing, "".
        libav: Versions of the media libraries, by name.
        capabilities: Among one kind, the better ones first.
        used: What `auto` takes for each kind that has anything available.
        models: Models on this machine.
        conflicts: Settings that do not fit.
        recommended: Settings that would.
    """

    schema: str
    version: str
    python: str
    platform: str
    healthy: bool
    machine: Machine
    libraries: Mapping[str, str]
    libav: Mapping[str, str]
    capabilities: tuple[Capability, ...]
    used: Mapping[str, str]
    models: tuple[ModelHere, ...]
    conflicts: tuple[Misfit, ...]
    recommended: Recommendation


def report(
    own_version: str,
    machine: Machine,
    libav: Mapping[str, str],
    capabilities: Sequence[Capability],
    *,
    models: Iterable[ModelHere],
    conflicts: Sequence[Misfit],
    recommended: Recommendation,
) -> Report:
    """Put the report together; for what is not available it adds what is used instead."""
    available = [capability for capability in capabilities if capability.available]
    used = {capability.kind: capability.name for capability in reversed(available)}
    return Report(
        schema=SCHEMA,
        version=own_version,
        python=sys.version.split()[0],
        platform=platform.platform(),
        healthy=all(kind in used for kind in _NEEDED),
        machine=machine,
        libraries=library_versions(),
        libav=dict(libav),
        capabilities=tuple(_with_substitute(each, capabilities) for each in capabilities),
        used={str(kind): name for kind, name in used.items()},
        models=tuple(models),
        conflicts=tuple(conflicts),
        recommended=recommended,
    )


def _with_substitute(capability: Capability, all_of_them: Sequence[Capability]) -> Capability:
    other = used_instead(capability, all_of_them)
    return replace(capability, instead=other.name) if other and not capability.instead else capability


def library_versions() -> dict[str, str]:
    """Versions of the libraries that matter, without importing them."""
    versions = {name: _version(name) for name in (*_LIBRARIES, *_EXTRA_LIBRARIES)}
    return {name: number for name, number in versions.items() if number or name in _LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def decoding(libav: Mapping[str, str]) -> Capability:
    """Whether media can be read.

    Args:
        libav: Versions of the media libraries; empty where they can't be loaded.
    """
    detail = ", ".join(f"{name} {libav[name]}" for name in ("libavcodec", "libavformat") if name in libav)
    if libav:
        return Capability("libav", "decoding", True, detail)
    return Capability(
        "libav",
        "decoding",
        False,
        reason="PyAV can't be loaded.",
        remedy="Install it again: pip install --force-reinstall av",
    )


def store(data_dir: Path, database_url: str) -> Capability:
    """Whether jobs can be kept.

    Args:
        data_dir: Where data is kept.
        database_url: The job store's, passwords hidden.
    """
    folder = existing(data_dir)
    writable = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    sqlite = database_url.startswith("sqlite")
    name = "sqlite" if sqlite else database_url.partition("+")[0].partition(":")[0]
    detail = f"SQLite {sqlite3.sqlite_version}" if sqlite else database_url
    if not writable:
        return Capability(
            name,
            "store",
            False,
            detail,
            reason=f"{folder} can't be written to.",
            remedy="Set AUDAPOLIS_DATA_DIR to a folder of yours.",
        )
    if not sqlite and find_spec("psycopg") is None:
        return Capability(
            name,
            "store",
            False,
            detail,
            reason="Its driver is not installed.",
            remedy="pip install 'audapolis[postgres]'",
            instead="nothing: the server will not start; unset AUDAPOLIS_JOBS__DATABASE_URL for SQLite",
        )
    return Capability(name, "store", True, detail)


def devices(machine: Machine, missing_library: str) -> list[Capability]:
    """What engines can run on, best first.

    Args:
        machine: The machine.
        missing_library: A CUDA library that engines would miss; empty where none.
    """
    cores = machine.processor.cores.usable
    cpu = Capability("cpu", "device", True, f"{machine.processor.name}, {cores} core{'' if cores == 1 else 's'}")
    if not machine.gpus:
        remedy = "With an NVIDIA GPU: install its driver, and audapolis[gpu] for the CUDA libraries."
        reason = machine.no_gpu_because.rstrip(".")
        return [Capability("cuda", "device", False, reason=f"{reason[:1].upper()}{reason[1:]}.", remedy=remedy), cpu]
    named = ", ".join(dict.fromkeys(gpu.name for gpu in machine.gpus))
    if missing_library:
        return [
            Capability(
                "cuda",
                "device",
                False,
                named,
                reason=f"The GPU is there, but the library {missing_library} is not.",
                remedy="pip install 'audapolis[gpu]'",
            ),
            cpu,
        ]
    return [Capability("cuda", "device", True, named), cpu]


def not_built_yet() -> list[Capability]:
    """What will come."""
    return [
        Capability(
            "live",
            "live",
            False,
            reason="Live transcription is not built yet.",
            remedy="Wait for a later version.",
            instead="transcribing the recording when it has ended",
        ),
        Capability(
            "ray",
            "cluster",
            False,
            reason="Work on several machines is not built yet.",
            remedy="Wait for a later version.",
            instead="several workers on this machine (jobs.workers)",
        ),
    ]
