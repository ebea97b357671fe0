"""The speech and speaker models this machine has and can get."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from .catalog.download import Download
from .catalog.entries import CatalogEntry, InstalledModel, primary
from .catalog.hub import Hub, revision_of
from .catalog.known import ALIASES, CATALOG, repository_entry
from .catalog.layouts import check_ctranslate2
from .catalog.shelf import Shelf
from .config import Settings
from .domain.cancellation import CancelToken
from .errors import ModelMissing, UnknownName

_ON_GPU = {"fast": ("large-v3-turbo", "small", "base", "tiny"), "accurate": ("large-v3", "large-v3-turbo", "medium")}
_ON_CPU = {"fast": ("base", "tiny"), "accurate": ("large-v3-turbo", "medium", "small", "base")}
_BALANCED = {True: ("large-v3-turbo", "medium", "small", "base"), False: ("small", "base", "tiny")}
_SMALLEST = "tiny"
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,79}")
_TRUE = {"1", "ON", "YES", "TRUE"}
_REACH_S = 2.5


class ModelLibrary:
    """What is known, what is here, and how to get the one from the other."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.models
        self._shelf = Shelf(settings.models_dir)
        self._hub = Hub(settings.models.endpoint, settings.models.token or os.environ.get("HF_TOKEN") or None)

    def entries(self) -> list[CatalogEntry]:
        """What can be fetched by name."""
        return list(CATALOG.values())

    def installed(self) -> list[InstalledModel]:
        """What is on disk and complete, by name."""
        return self._shelf.all()

    def find(self, name: str) -> InstalledModel | None:
        """A model on disk by name, alias, or path of a model's folder; None when it is not here."""
        if model := self._shelf.get(self.resolve(name)):
            return model
        folder = Path(name).expanduser()
        if (folder / "model.bin").is_file() and (folder / "config.json").is_file():
            return InstalledModel(folder.name, "whisper", folder, 0, source=str(folder))
        return None

    def resolve(self, name: str) -> str:
        """The name behind an alias; any other name as it is."""
        own: dict[str, str] = {**ALIASES, **self._shelf.preferences()["aliases"], **self._settings.aliases}
        return own.get(name, name)

    def default_for(self, language: str | None, mode: str) -> InstalledModel | None:
        """The best installed Whisper for a language, None meaning any; None when there is none."""
        speaking = [model for model in self.installed() if model.engine == "whisper" and model.speaks(language)]
        defaults = {**self._shelf.preferences()["defaults"], **self._settings.defaults}
        for key in (primary(language) if language else "", "*"):
            if wanted := next((m for m in speaking if m.name == self.resolve(defaults.get(key, ""))), None):
                return wanted
        if mode == "fast":
            return min(speaking, key=lambda model: model.size_bytes, default=None)
        return max(speaking, key=lambda model: (len(model.languages) == 1, model.size_bytes), default=None)

    def recommended(self, memory_bytes: int, on_gpu: bool, language: str | None, mode: str) -> CatalogEntry:
        """The catalogue's model that suits a device best: what `auto` would fetch.

        Args:
            memory_bytes: Free memory of the device.
            on_gpu: Whether the device is a GPU, where large models are fast enough.
            language: BCP-47 code of the speech; None when it has to be detected.
            mode: `fast`, `balanced` or `accurate`.
        """
        ladder = (_ON_GPU if on_gpu else _ON_CPU).get(mode, _BALANCED[on_gpu])
        entries = [CATALOG[name] for name in ladder]
        if language is not None and primary(language) == "en" and not on_gpu:
            entries = [CATALOG.get(f"{entry.name}.en", entry) for entry in entries]
        fits = (entry for entry in entries if footprint_bytes(entry, on_gpu) <= memory_bytes)
        return next(fits, CATALOG[_SMALLEST])

    def entry(self, name: str) -> CatalogEntry:
        """The catalogue's model of a name or alias; `owner/repository` names any Whisper of the hub.

        Raises:
            UnknownName: Nothing is known by this name.
        """
        real = self.resolve(name)
        if real in CATALOG:
            return CATALOG[real]
        if _REPOSITORY.fullmatch(real):
            return repository_entry(real)
        raise UnknownName("model", name, [*CATALOG, *(model.name for model in self.installed())])

    def pull(
        self, name: str, *, on_progress: Callable[[int, int], None], cancel: CancelToken, update: bool = False
    ) -> InstalledModel:
        """Fetch a model, or give the one that is here already.

        Two processes that want the same model fetch it once: one waits for the other.

        Args:
            name: Name or alias from the catalogue, or `owner/repository` on the hub.
            on_progress: Told the bytes that are there and the bytes in all.
            cancel: Stops it within 2 s; what was fetched is kept for the next time.
            update: Ask the hub for a newer version of what is here; the old one stays until the new one is whole.

        Raises:
            UnknownName: Nothing is known by this name.
            ModelMissing: It can't be had; the message says why and the hint what to do.
            StorageFull: There is no room for it.
        """
        if (model := self.find(name)) and not update:
            return model
        entry = self.entry(name)
        if (model := self._shelf.get(entry.name)) and not update:
            return model
        if self.offline:
            raise ModelMissing(
                f"The model '{entry.name}' is not on this machine, and nothing may be fetched.",
                hint="Allow it (unset AUDAPOLIS_MODELS__OFFLINE and HF_HUB_OFFLINE), or bring the model as a folder: "
                "audapolis models import FOLDER.",
            )
        with self._shelf.changing(entry.name, cancel):
            if (model := self._shelf.get(entry.name)) and not update:
                return model
            return self._fetch(entry, model, on_progress, cancel)

    def reachable(self) -> bool:
        """Whether models can be fetched now. Answers within 3 s."""
        return not self.offline and self._hub.reachable(_REACH_S)

    @property
    def offline(self) -> bool:
        """Whether fetching is forbidden, by our setting or by the hub's own variables."""
        forbidden = any(
            os.environ.get(name, "").upper() in _TRUE for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
        )
        return forbidden or self._settings.offline

    def _fetch(
        self,
        entry: CatalogEntry,
        before: InstalledModel | None,
        on_progress: Callable[[int, int], None],
        cancel: CancelToken,
    ) -> InstalledModel:
        files = self._hub.files(entry, cancel)
        revision = revision_of(files)
        if before is not None and before.revision == revision:
            return before
        staging = self._shelf.staging(f"{entry.name}-{revision[:16]}")
        Download(self._hub, staging, on_progress=on_progress, cancel=cancel).run(files)
        languages = entry.languages
        if entry.engine == "whisper":
            languages = check_ctranslate2(staging) or languages
        return self._shelf.publish(
            staging,
            InstalledModel(
                entry.name,
                entry.engine,
                staging,
                0,
                languages=languages,
                source=entry.source,
                revision=revision,
                multilingual=len(languages) != 1,
            ),
        )


def footprint_bytes(entry: CatalogEntry, on_gpu: bool) -> int:
    """Memory a Whisper takes, roughly: weights of 16 bits on a GPU and 8 on a CPU, and room to work."""
    weights = entry.size_bytes if on_gpu else entry.size_bytes // 2
    return int(weights * 1.2) + (600 if on_gpu else 350) * 2**20
