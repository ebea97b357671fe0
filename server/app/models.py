"""The speech and speaker models this machine has and can get."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .catalog.choice import best_entry, best_installed
from .catalog.download import Download
from .catalog.entries import CatalogEntry, EngineName, InstalledModel, primary
from .catalog.hub import Hub, revision_of
from .catalog.intake import (
    ImportWish,
    base_of,
    check_consent,
    copy_files,
    fingerprint,
    languages_of,
    name_of,
    open_source,
)
from .catalog.known import ALIASES, CATALOG, repository_entry
from .catalog.layouts import ENGINES, Found, check_ctranslate2, in_folder
from .catalog.shelf import Shelf, check_name
from .config import Settings
from .domain.cancellation import CancelToken
from .engines.conversion.convert import Checkpoint, convert
from .engines.errand import Refused
from .engines.pocketsphinx.model import model_in
from .errors import Conflict, InvalidModel, InvalidOption, ModelMissing, NotFound, UnknownName, WorkerCrashed

if TYPE_CHECKING:
    from .engines.trial import Trial

BUILT_IN = "pocketsphinx-en-us"
"""The one model that is always there."""
SAMPLE = Path(__file__).parent / "catalog" / "sample.wav"
"""A synthetic voice says: Good morning, and welcome to the program."""
_BENCH_RUNS = 3
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,79}")
_TRUE = {"1", "ON", "YES", "TRUE"}
_REACH_S = 2.5


class ModelLibrary:
    """What is known, what is here, and how to get the one from the other."""

    def __init__(self, settings: Settings) -> None:
        self._shelf = Shelf(settings.models_dir)
        self.follow(settings)

    def follow(self, settings: Settings) -> None:
        """Go by other settings from now on; what is being fetched goes on, and the folder stays what it is."""
        self._settings = settings.models
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
        return in_folder(Path(name).expanduser())

    def resolve(self, name: str) -> str:
        """The name behind an alias; any other name as it is."""
        own: dict[str, str] = {**ALIASES, **self._shelf.preferences()["aliases"], **self._settings.aliases}
        return own.get(name, name)

    def default_for(self, language: str | None, mode: str) -> InstalledModel | None:
        """The best installed Whisper for a language, None meaning any; None when there is none."""
        chosen = {**self._shelf.preferences()["defaults"], **self._settings.defaults}
        return best_installed(
            self.installed(), language, mode, {key: self.resolve(name) for key, name in chosen.items()}
        )

    def recommended(self, memory_bytes: int, on_gpu: bool, language: str | None, mode: str) -> CatalogEntry:
        """The catalogue's model that suits a device best: what `auto` would fetch.

        Args:
            memory_bytes: Free memory of the device.
            on_gpu: Whether the device is a GPU, where large models are fast enough.
            language: BCP-47 code of the speech; None when it has to be detected.
            mode: `fast`, `balanced` or `accurate`.
        """
        return best_entry(memory_bytes, on_gpu, language, mode)

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

    def import_model(
        self, source: Path, wish: ImportWish, cancel: CancelToken, say: Callable[[str], None] = lambda _: None
    ) -> tuple[InstalledModel, Trial | None]:
        """Take in a custom model, after converting it if need be and trying it.

        A model of the same name is replaced only when the new one works.

        Args:
            source: A folder, an archive (zip, tar), or an OpenAI checkpoint (`.pt`).
            wish: How to take it in.
            cancel: Stops it.
            say: Told what is being done.

        Raises:
            InvalidModel: It is damaged, of no kind we know, or does not work.
            InvalidOption: The name can't be one, or something must be agreed to or named first.
            EngineUnavailable: Converting it needs packages that are not installed.
            NotFound: There is nothing at `source`.
        """
        name = check_name(wish.name or name_of(source))
        if name in CATALOG or name in ALIASES or name == BUILT_IN:
            raise InvalidOption(f"'{name}' is a model of the catalogue.", hint="Choose another name with --name.")
        self._shelf.sweep_imports()
        room = self._shelf.staging(f"import-{uuid.uuid4().hex[:12]}")
        try:
            with self._shelf.changing(name, cancel):
                say("Looking at the files")
                found = open_source(source.expanduser(), room, cancel)
                ready = room / "model" / name
                engine = self._made_ready(found, ready, wish, cancel, say)
                languages = languages_of(ready, engine, wish.language)
                if engine == "pocketsphinx":
                    model_in(ready)  # says best what does not fit
                say("Trying it")
                trial = self._tried(engine, ready, languages, wish.sample, cancel=cancel)
                fresh = InstalledModel(
                    name, engine, ready, 0, languages, str(source), fingerprint(ready, cancel), len(languages) != 1
                )
                return self._shelf.publish(ready, fresh), trial
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def verify(self, name: str, cancel: CancelToken, *, sample: Path | None = None) -> Trial | None:
        """Check that a model is whole and works: load it and transcribe a few seconds.

        Args:
            name: Name, alias or folder of a model that is here.
            cancel: Stops it.
            sample: A recording to try it with; a bundled English sentence when not given.

        Returns:
            What was heard and how long it took; None for models that can't be tried alone (pyannote).

        Raises:
            NotFound: It is not here.
            InvalidModel: A file is damaged, or the model does not work.
        """
        model = self.here(name)
        if damaged := self._shelf.damaged(model.name):
            raise InvalidModel(
                f"The model '{model.name}' is damaged: {', '.join(damaged)}.",
                hint=f"Fetch or import it again: audapolis models remove {model.name}",
            )
        return self._tried(model.engine, model.path, model.languages, sample, cancel=cancel)

    def benchmark(self, name: str, cancel: CancelToken, *, sample: Path | None = None) -> Trial | None:
        """Measure how fast a model is on this machine's CPU, and keep that with the model."""
        model = self.here(name)
        trial = self._tried(model.engine, model.path, model.languages, sample, cancel=cancel, runs=_BENCH_RUNS)
        if trial is not None and self._shelf.get(model.name):
            with self._shelf.changing(model.name, cancel):
                self._shelf.update(replace(model, realtime_factor=round(trial.realtime_factor, 4)))
        return trial

    def here(self, name: str) -> InstalledModel:
        """A model that is on this machine.

        Raises:
            NotFound: It is not; the hint says how to get it.
            UnknownName: Nothing is known by this name.
        """
        if model := self.find(name):
            return model
        known = self.entry(name)
        raise NotFound(
            f"The model '{known.name}' is not on this machine.", hint=f"Get it: audapolis models pull {known.name}"
        )

    def remove(self, name: str, cancel: CancelToken) -> None:
        """Delete a model from this machine.

        Raises:
            NotFound: It is not here.
            Conflict: It is built in, or was not taken into the library.
        """
        if self.resolve(name) == BUILT_IN:
            raise Conflict(f"The model '{BUILT_IN}' is built in and can't be deleted.", hint="It needs no download.")
        model = self.here(name)
        if self._shelf.get(model.name) is None:
            raise Conflict(f"The folder '{name}' is not part of the library.", hint="Delete it yourself.")
        with self._shelf.changing(model.name, cancel):
            self._shelf.remove(model.name)

    def set_alias(self, alias: str, name: str | None) -> None:
        """Give a model another name; None takes the alias away.

        Raises:
            UnknownName: No such model.
            InvalidOption: The alias is a model's own name.
        """
        check_name(alias)
        if alias in CATALOG or self._shelf.get(alias) is not None:
            raise InvalidOption(f"'{alias}' is a model's own name.", hint="Choose another alias.", field="alias")
        self._prefer("aliases", alias, name)

    def set_default(self, language: str, name: str | None) -> None:
        """Use a model for a language (`*` for any) when none is named; None takes that back.

        Raises:
            UnknownName: No such model.
        """
        self._prefer("defaults", primary(language), name)

    def preferences(self) -> dict[str, dict[str, str]]:
        """Aliases and defaults in force: those set by command, and over them those of the settings."""
        kept = self._shelf.preferences()
        return {
            "aliases": {**kept["aliases"], **self._settings.aliases},
            "defaults": {**kept["defaults"], **self._settings.defaults},
        }

    def _prefer(self, kind: str, key: str, name: str | None) -> None:
        if name is not None and self.find(name) is None:
            self.entry(name)
        kept = self._shelf.preferences()
        kept[kind].pop(key, None)
        if name is not None:
            kept[kind][key] = self.resolve(name)
        self._shelf.prefer(kept)

    def _made_ready(
        self, found: Found, ready: Path, wish: ImportWish, cancel: CancelToken, say: Callable[[str], None]
    ) -> EngineName:
        """Copy or convert a model's files into a new folder."""
        check_consent(found, allow_pickle=wish.allow_pickle)
        ready.parent.mkdir(parents=True)
        if engine := ENGINES.get(found.layout):
            copy_files(found, ready, cancel)
            return engine
        say("Converting it, which can take minutes")
        checkpoint = Checkpoint(
            found.layout, found.folder, base_of(found, wish), wish.tokenizer or None, allow_pickle=wish.allow_pickle
        )
        try:
            convert(checkpoint, ready, wish.precision, cancel)
        except Refused as error:
            raise InvalidModel(f"The model can't be converted: {error.message}.") from error
        return "whisper"

    def _tried(
        self,
        engine: EngineName,
        path: Path,
        languages: tuple[str, ...],
        sample: Path | None,
        *,
        cancel: CancelToken,
        runs: int = 1,
    ) -> Trial | None:
        if engine == "pyannote":
            return None
        from .audio.decoding import decode  # with numpy, which would delay the start of the server
        from .engines.trial import try_model

        language = languages[0] if languages else ("en" if sample is None else None)
        with tempfile.TemporaryDirectory() as room:
            sound = SAMPLE
            if sample is not None:
                sound = Path(decode(sample, Path(room) / "sample.pcm", split_channels="never", cancel=cancel).path)
            try:
                return try_model(engine, path, sound, language=language, runs=runs, cancel=cancel)
            except (Refused, WorkerCrashed) as error:
                raise InvalidModel(
                    f"The model '{path.name}' does not work: {error.message}", hint="Get its files again."
                ) from error

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
