"""All settings, and the layers they come from: defaults, a preset, a file, the environment, HTTP, the command line.

Nested settings use two underscores in the environment: `AUDAPOLIS_SERVER__PORT=8080`. The groups are in
`settings/groups.py`.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field

from .errors import Stale
from .settings import changing, stored
from .settings.checking import checked
from .settings.describing import Described
from .settings.groups import (
    AnalyticsSettings,
    AudioSettings,
    CacheSettings,
    DeviceSettings,
    DiarizationSettings,
    ExportSettings,
    JobSettings,
    ModelSettings,
    ServerSettings,
    SpeechSettings,
    TranscriptionSettings,
    TranslationSettings,
)
from .settings.layers import (
    PREFIX,
    Layer,
    find_file,
    flat,
    lay,
    nested,
    read_environment,
    read_file,
)
from .settings.layers import refuse as refuse_faults
from .settings.marks import AT_ONCE, Folder, Group, Leaf, leaves, shown
from .settings.presets import PRESETS, PresetName

log = logging.getLogger(__name__)


def default_data_dir() -> Path:
    """Where a user's data lives by the XDG base directory specification."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "audapolis"


class Settings(Group):
    """Everything that can be set, one group per feature."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: PresetName | None = Field(
        None, description="Set of values to begin with: `basic`, `enhanced` or `advanced`."
    )
    data_dir: Folder = Field(default_factory=default_data_dir, description="Where jobs and results are kept.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", json_schema_extra=AT_ONCE, description="Least severe log line."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How log lines look: for people, or one JSON object each, for programs."
    )
    server: ServerSettings = ServerSettings()
    jobs: JobSettings = JobSettings()
    audio: AudioSettings = AudioSettings()
    speech: SpeechSettings = SpeechSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    devices: DeviceSettings = DeviceSettings()
    diarization: DiarizationSettings = DiarizationSettings()
    models: ModelSettings = ModelSettings()
    cache: CacheSettings = CacheSettings()
    translation: TranslationSettings = TranslationSettings()
    exports: ExportSettings = ExportSettings()
    analytics: AnalyticsSettings = AnalyticsSettings()

    @property
    def models_dir(self) -> Path:
        """Where models are kept."""
        return self.models.dir or self.data_dir / "models"

    @property
    def cache_dir(self) -> Path:
        """Where results are kept for later jobs."""
        return self.data_dir / "cache"

    @property
    def analytics_dir(self) -> Path:
        """Where the history of what was done here is kept."""
        return self.analytics.dir or self.data_dir / "analytics"

    @property
    def exports_dir(self) -> Path:
        """Where templates, export presets, batches and the queue of webhooks are kept."""
        return self.data_dir / "exports"

    @property
    def run_dir(self) -> Path:
        """Where processes on this machine agree on device memory."""
        if self.devices.run_dir is not None:
            return self.devices.run_dir
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        if runtime and os.access(runtime, os.W_OK):
            return Path(runtime) / "audapolis"
        return Path("/tmp") / f"audapolis-{os.getuid()}"

    @property
    def voices_dir(self) -> Path:
        """Where enrolled voices are kept."""
        return self.diarization.voices_dir or self.data_dir / "voices"

    @property
    def database_url(self) -> str:
        """URL of the job store in use."""
        return self.jobs.database_url or f"sqlite:///{self.data_dir / 'jobs.sqlite'}"


LEAVES: Mapping[str, Leaf] = {leaf.key: leaf for leaf in leaves(Settings, PREFIX)}
"""Every setting by its dotted name, in the order of the documentation."""


def values_of(settings: Settings) -> dict[str, Any]:
    """Every setting's value by its dotted name."""
    values = {}
    for key, leaf in LEAVES.items():
        value: Any = settings
        for name in leaf.path:
            value = getattr(value, name)
        values[key] = value
    return values


class Configuration:
    """The settings, where each is from, and how they change while the server runs. Thread-safe.

    Attributes:
        notices: What the user should know although it is no fault.
    """

    def __init__(self, below: Sequence[Layer], changed: Layer, above: Layer) -> None:
        """Put the layers together.

        Args:
            below: The layers under the one that HTTP changes, the lowest first.
            changed: The layer that HTTP changes.
            above: The layer over it.

        Raises:
            InvalidOption: A value is wrong; the message tells layer, setting and reason.
        """
        self._below, self._changed, self._above = tuple(below), changed, above
        self._lock = threading.RLock()
        self._listeners: list[Callable[[Settings, Sequence[stored.Change]], None]] = []
        self._run, self._revision = secrets.token_hex(4), 0
        self._settings, self._origins = checked(Settings, LEAVES, [*below, changed, above])
        self.notices = tuple(notice for layer in below for notice in layer.notices)

    @classmethod
    def of(cls, settings: Settings) -> Configuration:
        """Settings made by a program: what differs from the defaults counts as given on the command line."""
        standard = values_of(Settings(data_dir=settings.data_dir))
        given = {key: value for key, value in values_of(settings).items() if value != standard[key]}
        return cls([], Layer("api"), Layer("command line", given | {"data_dir": settings.data_dir}))

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return self._settings

    @property
    def tag(self) -> str:
        """Names the present state; another one after each change."""
        return f"{self._run}-{self._revision}"

    def describe(self) -> list[Described]:
        """Every setting with its value and where that is from."""
        with self._lock:
            values, origins = values_of(self._settings), self._origins
        return [
            Described(
                key,
                shown(values[key], secret=leaf.secret),
                (origin := origins.get(key, Layer("default"))).name,
                self._where(leaf, origin),
                leaf.effect,
            )
            for key, leaf in LEAVES.items()
        ]

    def _where(self, leaf: Leaf, origin: Layer) -> str:
        if origin.name == "api":
            return str(self._settings.data_dir / stored.FILE)
        return leaf.variable if origin.name == "environment" else origin.where

    def subscribe(self, listener: Callable[[Settings, Sequence[stored.Change]], None]) -> None:
        """Call `listener` with the new settings and what changed, after each change; it must return promptly."""
        self._listeners.append(listener)

    def change(
        self,
        patch: object,
        *,
        by: str,
        unless_changed_since: Sequence[str] | None = None,
        check: Callable[[Settings], None] = lambda _: None,
    ) -> Sequence[stored.Change]:
        """Change settings, all or none; kept in the data folder for the next start.

        Args:
            patch: A JSON merge patch; `null` takes an earlier change back.
            by: Who wants it, for the record.
            unless_changed_since: Tags of the states the caller knows; None where any will do.
            check: Raises an `AudapolisError` where settings can't work here.

        Returns:
            What has another value now.

        Raises:
            InvalidOption, UnknownName: A setting or value is wrong; the error's data tells each.
            Conflict: A setting can't be changed while the server runs.
            Stale: The state is not one the caller knows.
        """
        with self._lock:
            if unless_changed_since is not None and self.tag not in unless_changed_since:
                raise Stale("The settings were changed meanwhile.", hint="GET /api/config again and send its new ETag.")
            before = values_of(self._settings)
            values = changing.apply(
                patch, leaves=LEAVES, stored=self._changed.values, effective=before, fixed=self._above
            )
            layer = Layer("api", values)
            settings, origins = checked(Settings, LEAVES, [*self._below, layer, self._above])
            check(settings)
            stored.write(settings.data_dir, nested(values))
            changes = changing.differences(before, values_of(settings), LEAVES)
            self._settings, self._origins, self._changed = settings, origins, layer
            self._revision += 1
            self._tell(by, changes)
            return changes

    def _tell(self, by: str, changes: Sequence[stored.Change]) -> None:
        for change in changes:
            log.info("%s changed %s from %r to %r", by, change.key, change.old, change.new)
        try:
            stored.note(self._settings.data_dir, by, changes)
        except OSError as error:
            log.warning("The change could not be put on record: %s", error)
        for listener in self._listeners:
            listener(self._settings, changes)


def load_configuration(*, config_file: Path | None = None, **given: object) -> Configuration:
    """Read all layers and check everything.

    Args:
        config_file: The configuration file; `AUDAPOLIS_CONFIG` or the user's own when not given.
        **given: Values that win over all others, by top-level field name.

    Raises:
        InvalidOption: Something is wrong; the message tells layer, setting and reason.
    """
    values, faults = flat(given, LEAVES, "command line")
    refuse_faults(faults)
    above = Layer("command line", values)
    environment = read_environment(os.environ, LEAVES)
    path = find_file(config_file)
    below = [*([read_file(path, LEAVES)] if path else []), environment]
    early, _ = lay([*below, above])
    folder = Path(early.get("data_dir") or default_data_dir()).expanduser()
    tree, where = stored.read(folder)
    values, faults = flat(tree, LEAVES, "api", str(where))
    refuse_faults(faults)
    preset = str(early.get("preset"))
    table = next((values for name, values in PRESETS.items() if name == preset), None)
    if table is not None:  # a preset there is not is refused with the rest
        below = [Layer("preset", table, preset), *below]
    return Configuration(below, Layer("api", values, str(where)), above)


def load_settings(*, config_file: Path | None = None, **given: object) -> Settings:
    """The settings alone; see `load_configuration`."""
    return load_configuration(config_file=config_file, **given).settings
