"""What this installation can do, what it can't and why, and which settings suit it."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import replace

from . import __version__
from .advanced_export import AdvancedExporter
from .catalog.entries import CatalogEntry, InstalledModel
from .config import Settings
from .diarization_bridge import DiarizationBridge
from .domain.capability import Capability
from .engines.devices import DeviceProbe, MachineProbe
from .errors import AudapolisError, UnknownName
from .models import ModelLibrary
from .settings.marks import shown
from .survey import report as reporting
from .survey.advice import recommend
from .survey.conflicts import Misfit, conflicts
from .survey.machine import Machine, look
from .survey.plan import Model, Plan
from .survey.report import ModelHere, Report
from .transcription_bridge import TranscriptionBridge

PATIENCE_S = 60.0
"""How long a look at the machine may take in a process of its own; it takes about a second."""


class Capabilities:
    """Looks at the machine and at the settings.

    Args:
        settings: All settings.
        probe: Knows the devices; the machine's own when not given.
    """

    def __init__(self, settings: Settings, probe: DeviceProbe | None = None) -> None:
        self._settings = settings
        self._probe = probe or MachineProbe()
        self._library = ModelLibrary(settings)

    def machine(self) -> Machine:
        """The machine."""
        return look(self._probe, {"data": self._settings.data_dir, "models": self._settings.models_dir})

    def report(self) -> Report:
        """Everything. Loads libraries that the server's own process keeps out; see `report_elsewhere`."""
        from .audio.versions import libav_versions
        from .engines.cuda_libraries import cuda_libraries_missing

        machine, libav = self.machine(), libav_versions()
        engines = self._engines()
        capabilities = [
            *engines,
            *reporting.devices(machine, cuda_libraries_missing() if machine.gpus else ""),
            reporting.decoding(libav),
            *(Capability(each.id, "format", True, each.name) for each in AdvancedExporter().formats()),
            reporting.store(self._settings.data_dir, str(shown(self._settings.database_url))),
            *reporting.not_built_yet(),
        ]
        return reporting.report(
            __version__,
            machine,
            libav,
            capabilities,
            models=[_here(model) for model in self._library.installed()],
            conflicts=self._conflicts(machine, engines),
            recommended=recommend(machine, self._whispers(), offline=self._library.offline),
        )

    def conflicts(self) -> list[Misfit]:
        """Settings that do not fit this machine or each other. Loads no engine."""
        return self._conflicts(self.machine(), self._engines())

    def _engines(self) -> list[Capability]:
        found: list[Capability] = []
        for kind in (TranscriptionBridge, DiarizationBridge):
            with closing(kind(self._settings, probe=self._probe)) as bridge:
                found += bridge.capabilities()
        return found

    def _conflicts(self, machine: Machine, engines: list[Capability]) -> list[Misfit]:
        settings = self._settings
        plan = Plan(
            engine=settings.transcription.engine,
            diarizer=settings.diarization.engine,
            model=None,
            known=tuple(self._whispers()),
            workers=settings.jobs.workers,
            processes=settings.transcription.processes,
            max_chunk_s=settings.speech.max_chunk_s,
            offline=self._library.offline,
            has_token=settings.models.token is not None,
            min_free_bytes=settings.server.min_free_bytes,
            capabilities=tuple(engines),
            device=settings.transcription.device,
            precision=settings.transcription.precision,
        )
        found = [misfit for model in self._wanted(machine) for misfit in conflicts(replace(plan, model=model), machine)]
        return list(dict.fromkeys([*self._unknown(), *found]))

    def _wanted(self, machine: Machine) -> list[Model | None]:
        """The Whispers the settings name; where they name none, the one that `auto` would take."""
        if self._settings.transcription.engine == "pocketsphinx":
            return [None]
        named = [
            model for name in dict.fromkeys(self._settings.models.defaults.values()) for model in self._named(name)
        ]
        if named:
            return [*named]
        here = self._library.default_for(None, "balanced")
        if here is not None:
            return [_installed(here)]
        if self._library.offline:
            return [None]
        room = max((gpu.memory_bytes for gpu in machine.gpus), default=machine.memory.total_bytes)
        return [_known(self._library.recommended(room, bool(machine.gpus), None, "balanced"))]

    def _named(self, name: str) -> Iterator[Model]:
        here = self._library.find(name)
        if here is not None:
            yield _installed(here)
            return
        try:
            yield _known(self._library.entry(name))
        except UnknownName:
            return  # `_unknown` tells

    def _unknown(self) -> Iterator[Misfit]:
        for name in dict.fromkeys(self._settings.models.defaults.values()):
            if self._library.find(name) is None:
                try:
                    self._library.entry(name)
                except UnknownName as error:
                    yield Misfit("error", ("models.defaults",), error.message, error.hint)

    def _whispers(self) -> list[Model]:
        here = {model.name: _installed(model) for model in self._library.installed() if model.engine == "whisper"}
        known = {entry.name: _known(entry) for entry in self._library.entries() if entry.engine == "whisper"}
        return list({**known, **here}.values())


def report_elsewhere(settings: Settings) -> Report:
    """The report, made in a process of its own: it loads drivers and libraries, and one may be broken.

    Raises:
        AudapolisError: The machine could not be looked at.
    """
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=_leave_interrupts_alone)
    try:
        return pool.submit(_report, settings).result(PATIENCE_S)
    except (BrokenProcessPool, TimeoutError):
        raise AudapolisError(
            "The machine could not be looked at: the process that did so ended.",
            hint="Run 'audapolis doctor --verbose' there.",
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _leave_interrupts_alone() -> None:
    """Ctrl-C is for the server."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _report(settings: Settings) -> Report:
    return Capabilities(settings).report()


def _installed(model: InstalledModel) -> Model:
    factor = model.realtime_factor
    return Model(model.name, model.size_bytes, installed=True, measured_speed=1 / factor if factor else None)


def _known(entry: CatalogEntry) -> Model:
    return Model(entry.name, entry.size_bytes, installed=False, gated=entry.gated)


def _here(model: InstalledModel) -> ModelHere:
    return ModelHere(model.name, model.engine, model.size_bytes, model.languages, model.source, model.realtime_factor)
