"""Chooses the engine that tells speakers apart: the best that can run here and now, saying what it stands in for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .catalog.state import state_of
from .config import Settings
from .domain.cancellation import CancelToken
from .domain.capability import Capability
from .domain.events import DeviceAwaited, Emit, Event, ModelFetching, ModelLoaded, ignore
from .domain.options import TranscribeOptions
from .domain.transcript import Fallback
from .engines.acoustic.diarizer import AcousticDiarizer
from .engines.base import Chosen, Diarizer
from .engines.devices import Device, DeviceProbe, MachineProbe
from .engines.leased import PYANNOTE_BYTES, PYANNOTE_SMALL_BYTES, LeasedDiarizer
from .engines.leases import DeviceLeases
from .engines.pyannote import engine as pyannote
from .engines.sherpa import engine as sherpa
from .engines.warm import WarmEngines
from .errors import (
    AudapolisError,
    DeviceLost,
    EngineUnavailable,
    ModelMissing,
    OutOfDeviceMemory,
    UnknownName,
)
from .models import ModelLibrary

ENGINES = ("pyannote", "sherpa", "acoustic")
"""Best first."""
EMBEDDED = "acoustic"

STAGE = "diarize"
"""What the stage is called that engines are chosen for."""

SMALL_BATCH = 1
"""Windows heard at once where memory did not suffice for more."""

_WITH_MODELS = {"pyannote": pyannote, "sherpa": sherpa}
_DETAIL = {
    "pyannote": "neural, overlapping speech, on GPU or CPU",
    "sherpa": "neural, overlapping speech, without torch",
    "acoustic": "classical, no weights, works offline",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an engine can't run now, and what to do about it. `fetchable` when only its model has to be fetched."""

    reason: str
    remedy: str
    fetchable: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an engine runs, and how many windows it hears at once; 0 leaves that to its model."""

    device: str
    batch_size: int = 0

    @property
    def on_gpu(self) -> bool:
        """Whether it takes memory of a GPU."""
        return self.device != "cpu"

    @property
    def name(self) -> str:
        """How people call it."""
        if not self.on_gpu:
            return "the CPU"
        return "a GPU in small batches" if self.batch_size else "a GPU"

    def after(self, error: AudapolisError) -> Placement | None:
        """Where the same engine may still run after this error: less at once, then without the GPU."""
        if not self.on_gpu or not isinstance(error, OutOfDeviceMemory | DeviceLost):
            return None
        if isinstance(error, OutOfDeviceMemory) and not self.batch_size:
            return Placement(self.device, SMALL_BATCH)
        return Placement("cpu")


class DiarizationBridge:
    """Opens diarizers; the last one of each kind stays warm."""

    def __init__(self, settings: Settings, probe: DeviceProbe | None = None) -> None:
        self._settings = settings.diarization
        self._probe = probe or MachineProbe()
        self._usual_device = settings.transcription.device
        self._token = settings.models.token
        self._threads = settings.transcription.processes
        self._library = ModelLibrary(settings)
        self._leases = DeviceLeases(settings.run_dir, self._probe, spare_bytes=settings.devices.spare_bytes)
        self._emit: Emit = ignore
        self._between: Emit = ignore
        self._keep_alive_s = settings.models.keep_alive_s
        self._warm: dict[str, tuple[tuple[Path, Placement], Diarizer]] = {}

    def names(self) -> list[str]:
        """What `--diarizer` takes."""
        return ["auto", *ENGINES]

    def check(self, options: TranscribeOptions) -> None:
        """Refuse options no engine can meet, before any work is done.

        Raises:
            UnknownName: No such diarizer.
            EngineUnavailable: The one asked for can't run here; says why and what to do.
        """
        wanted = self._wanted(options)
        self._device(wanted, options)
        obstacle = None if wanted == "auto" else self._obstacle(wanted)
        if obstacle and not (obstacle.fetchable and not options.offline):
            raise _unavailable(wanted, obstacle)

    def choose(
        self, options: TranscribeOptions, cancel: CancelToken | None = None, emit: Emit = ignore
    ) -> Chosen[Diarizer]:
        """Open the diarizer for these options.

        `auto` takes the best that can run without fetching anything. The model of a diarizer that was asked for by
        name is fetched when it is missing.

        Args:
            options: What is asked of it.
            cancel: Stops the fetching of a model.
            emit: Told how far that is, and what the diarizer does until the next one is chosen.

        Raises:
            UnknownName: No such diarizer.
            EngineUnavailable: The one asked for can't run here.
            Cancelled: Somebody asked to stop.
        """
        self.check(options)
        self._emit = emit
        wanted = self._wanted(options)
        if wanted != "auto":
            folder = None if wanted == EMBEDDED else self._folder_to_use(wanted, cancel or CancelToken(), emit)
            return self._chosen(wanted, options, (), folder)
        return self._best(options, ENGINES, ())

    def identify(self, options: TranscribeOptions) -> str:
        """The diarizer that `choose` would open, and its model; opens and fetches nothing."""
        wanted = self._wanted(options)
        names = ENGINES if wanted == "auto" else (wanted,)
        name = next((name for name in names if self._obstacle(name) is None), wanted)
        folder = self._folder(name)
        threshold = f" {self._settings.sherpa_threshold}" if name == "sherpa" else ""
        return f"{name} {folder.name} {state_of(folder)}{threshold}" if folder else name

    def everyone(self) -> Iterator[Diarizer]:
        """Every diarizer that can run here and now, best first."""
        options = TranscribeOptions()
        for name in ENGINES:
            if self._obstacle(name) is None:
                yield self._chosen(name, options, (), self._folder(name)).engine

    def capabilities(self) -> list[Capability]:
        """What can tell speakers apart here, best first."""
        found = []
        for name in ENGINES:
            obstacle, folder = self._obstacle(name), self._folder(name)
            detail = f"{folder.name}: {_DETAIL[name]}" if folder and not obstacle else _DETAIL[name]
            reason, remedy = (obstacle.reason, obstacle.remedy) if obstacle else ("", "")
            found.append(Capability(name, "speakers", obstacle is None, detail, reason, remedy))
        return found

    def tell(self, emit: Emit) -> None:
        """From now on, tell `emit` of models that are let go of."""
        self._between = emit

    def close(self) -> None:
        """End the warm engines' processes."""
        for _, diarizer in self._warm.values():
            diarizer.close()
        self._warm.clear()
        self._leases.close()

    def _wanted(self, options: TranscribeOptions) -> str:
        wanted = self._settings.engine if options.diarizer == "auto" else options.diarizer
        if wanted not in self.names():
            raise UnknownName("diarizer", wanted, self.names())
        return wanted

    def _best(
        self, options: TranscribeOptions, names: tuple[str, ...], fallbacks: tuple[Fallback, ...]
    ) -> Chosen[Diarizer]:
        """The first of the engines that can run; those before it are noted."""
        obstacles = {name: self._obstacle(name) for name in names}
        name = next(name for name in names if obstacles[name] is None)
        better = [(n, o) for n in names[: names.index(name)] if (o := obstacles[n])]
        noted = tuple(Fallback(n, name, obstacle.reason) for n, obstacle in better)
        return self._chosen(name, options, fallbacks + noted, self._folder(name), auto=True)

    def _chosen(
        self,
        name: str,
        options: TranscribeOptions,
        fallbacks: tuple[Fallback, ...],
        folder: Path | None,
        *,
        auto: bool = False,
        place: Placement | None = None,
    ) -> Chosen[Diarizer]:
        place = place or Placement(self._device(name, options))
        next_best = self._next_best(name, options, fallbacks) if auto and name != EMBEDDED else None

        def instead(error: AudapolisError) -> Chosen[Diarizer]:
            if lower := place.after(error):
                noted = Fallback(f"{name} on {place.name}", f"{name} on {lower.name}", error.message)
                return self._chosen(name, options, (*fallbacks, noted), folder, auto=auto, place=lower)
            if next_best is None:
                raise error
            return next_best(error)

        replaceable = next_best or place.on_gpu
        return Chosen(self._open(name, folder, place), fallbacks, instead if replaceable else None)

    def _next_best(
        self, name: str, options: TranscribeOptions, fallbacks: tuple[Fallback, ...]
    ) -> Callable[[AudapolisError], Chosen[Diarizer]]:
        def take(error: AudapolisError) -> Chosen[Diarizer]:
            rest = ENGINES[ENGINES.index(name) + 1 :]
            found = self._best(options, rest, fallbacks)
            broke = Fallback(name, found.engine.info.name, error.message)
            return Chosen(found.engine, (*found.fallbacks, broke), found.instead)

        return take

    def _open(self, name: str, folder: Path | None, place: Placement) -> Diarizer:
        if folder is None:
            return AcousticDiarizer()
        key = (folder, place)
        if name not in self._warm or self._warm[name][0] != key:
            if name in self._warm:
                self._warm.pop(name)[1].close()
            self._warm[name] = (key, self._made(name, folder, place))
        return self._warm[name][1]

    def _made(self, name: str, folder: Path, place: Placement) -> Diarizer:
        if name == "pyannote":
            diarizer = pyannote.PyannoteDiarizer(
                folder, device=place.device, threads=self._threads, batch_size=place.batch_size, tell=self._told
            )
            return self._leased(diarizer, place) if place.on_gpu else diarizer
        threshold = self._settings.sherpa_threshold
        return sherpa.SherpaDiarizer(folder, threads=self._threads, threshold=threshold, tell=self._told)

    def _leased(self, diarizer: Diarizer, place: Placement) -> Diarizer:
        """A diarizer that waits for its share of a GPU, and gives it back when others need it."""
        [gpu] = [device for device in self._probe.devices() if device.label == place.device]
        engines: WarmEngines[Diarizer] = WarmEngines(self._leases, self._probe, keep_alive_s=self._keep_alive_s)
        return LeasedDiarizer(
            diarizer, gpu, PYANNOTE_SMALL_BYTES if place.batch_size else PYANNOTE_BYTES, engines, self._waits
        )

    def _told(self, event: Event) -> None:
        """Pass on what a diarizer tells: loading is a recording's doing, letting go is nobody's."""
        if isinstance(event, ModelLoaded):
            self._emit(replace(event, stage=STAGE))
        else:
            self._between(event)

    def _waits(self, device: Device) -> None:
        self._emit(DeviceAwaited(device=device.label))

    def _device(self, name: str, options: TranscribeOptions) -> str:
        """Where an engine runs: only pyannote knows GPUs."""
        wanted = self._usual_device if options.device == "auto" else options.device
        if name != "pyannote" or wanted == "cpu":
            return "cpu"
        gpus = [f"cuda:{device.index}" for device in self._probe.devices() if device.kind == "cuda"]
        if wanted == "auto":
            return gpus[0] if gpus else "cpu"
        if wanted == "cuda" and gpus:
            return gpus[0]
        if wanted not in gpus:
            raise UnknownName("device", wanted, ["auto", "cpu", *gpus])
        return wanted

    def _obstacle(self, name: str) -> Obstacle | None:
        if name == EMBEDDED:
            return None
        engine = _WITH_MODELS[name]
        if not engine.is_installed():
            return Obstacle(
                f"The package {engine.PACKAGE} is not installed.",
                f"pip install 'audapolis[{name}]', and see docs/speakers.md",
            )
        return None if self._folder(name) else self._missing_model(name)

    def _missing_model(self, name: str) -> Obstacle:
        model = self._model(name)
        reason = f"Its model '{model}' is not on this machine."
        try:
            entry = self._library.entry(model)
        except UnknownName as error:
            return Obstacle(error.message, error.hint)
        if entry.engine != name:
            return Obstacle(f"'{model}' is no model of {name}'s.", "See `audapolis models`.")
        get = f"audapolis models pull {model}"
        if entry.gated and not self._token:
            remedy = f"Accept the terms at {entry.source}, set AUDAPOLIS_MODELS__TOKEN, then: {get}"
            return Obstacle(reason, remedy)
        return Obstacle(reason, get, fetchable=not self._library.offline)

    def _model(self, name: str) -> str:
        return self._settings.pyannote_model if name == "pyannote" else self._settings.sherpa_model

    def _folder(self, name: str) -> Path | None:
        """Where an engine's model is on this machine: the one that was set, or else any other of that engine."""
        if name == EMBEDDED:
            return None
        wanted, is_model = self._model(name), _WITH_MODELS[name].is_model_folder
        path = Path(wanted).expanduser()
        if is_model(path):
            return path
        installed = [model for model in self._library.installed() if model.engine == name and is_model(model.path)]
        named = self._library.resolve(wanted)
        first = sorted(installed, key=lambda model: (model.name != named, model.name))
        return first[0].path if first else None

    def _folder_to_use(self, name: str, cancel: CancelToken, emit: Emit) -> Path:
        """Where an engine's model is, once it has been fetched if need be."""
        if folder := self._folder(name):
            return folder
        entry = self._library.entry(self._model(name))

        def tell(done_bytes: int, total_bytes: int) -> None:
            emit(ModelFetching(model=entry.name, source=entry.source, done_bytes=done_bytes, total_bytes=total_bytes))

        model = self._library.pull(entry.name, on_progress=tell, cancel=cancel)
        if not _WITH_MODELS[name].is_model_folder(model.path):
            raise ModelMissing(f"'{model.name}' is no model of {name}'s.", hint="See docs/speakers.md.")
        return model.path


def _unavailable(name: str, obstacle: Obstacle) -> EngineUnavailable:
    return EngineUnavailable(f"The diarizer {name} can't be used: {obstacle.reason}", hint=obstacle.remedy)
