"""The settings and the capability report as they go over the wire, and what stands behind those routes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from ..config import Configuration, Settings
from ..domain.options import TranscribeOptions
from ..errors import EngineUnavailable, InvalidOption
from ..settings.layers import LayerName, nested
from ..settings.marks import Effect
from ..settings.presets import PRESETS
from ..settings.stored import Change
from ..survey.conflicts import Misfit
from ..survey.report import Report

FRESH_S = 10.0
"""How long a look at the machine is remembered."""

_SETTING_EXAMPLE: dict[str, Any] = {"layer": "environment", "where": "AUDAPOLIS_JOBS__WORKERS", "effect": "next job"}
_EXAMPLE: dict[str, Any] = {
    "settings": {"log_level": "info", "jobs": {"workers": 4}, "server": {"port": 8000, "token": "(hidden)"}},
    "origins": {"jobs.workers": _SETTING_EXAMPLE},
    "presets": {"basic": {"transcription.engine": "pocketsphinx"}},
    "conflicts": [
        {
            "severity": "warning",
            "settings": ["jobs.workers", "transcription.processes"],
            "message": "4 workers with 4 processes each share 4 cores: they get in each other's way.",
            "remedy": "Set transcription.processes to 1.",
        }
    ],
}
_CHANGE_EXAMPLE: dict[str, Any] = {"key": "jobs.workers", "old": 1, "new": 4, "effect": "next job"}


class OriginView(BaseModel):
    """Where a setting's value is from."""

    model_config = ConfigDict(frozen=True)

    layer: LayerName
    where: Annotated[str, Field(description="The file, preset or environment variable; may be empty.")]
    effect: Annotated[Effect, Field(description="When a change takes effect.")]


class ConfigView(BaseModel):
    """The settings, secrets hidden."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _EXAMPLE})

    settings: Annotated[dict[str, Any], Field(description="Values, nested as in a configuration file.")]
    origins: Annotated[dict[str, OriginView], Field(description="By a setting's dotted name.")]
    presets: Annotated[Mapping[str, Mapping[str, Any]], Field(description="What each preset says.")]
    conflicts: Annotated[list[Misfit], Field(description="What does not fit this machine.")]

    @classmethod
    def of(cls, configuration: Configuration, conflicts: Sequence[Misfit], **more: Any) -> Self:
        """The settings of a configuration."""
        described = configuration.describe()
        return cls(
            settings=nested({each.key: each.value for each in described}),
            origins={
                each.key: OriginView(layer=each.layer, where=each.where, effect=each.effect) for each in described
            },
            presets={str(name): table for name, table in PRESETS.items()},
            conflicts=list(conflicts),
            **more,
        )


class ConfigChanged(ConfigView):
    """The settings after a change."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {**_EXAMPLE, "changes": [_CHANGE_EXAMPLE]}})

    changes: Annotated[list[Change], Field(description="What has another value now, and when that takes effect.")]

    @classmethod
    def of_changes(
        cls, configuration: Configuration, conflicts: Sequence[Misfit], changes: Sequence[Change]
    ) -> ConfigChanged:
        """The settings of a configuration, and what was changed."""
        return cls.of(configuration, conflicts, changes=list(changes))


class Survey:
    """Looks at the machine, one request at a time, and remembers what it saw for a moment.

    Args:
        look: Makes the report.
    """

    def __init__(self, look: Callable[[Settings], Report]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._seen: tuple[float, Settings, Report] | None = None

    def report(self, settings: Settings) -> Report:
        """The report for these settings."""
        with self._lock:
            if self._seen is not None:
                at, judged, report = self._seen
                if time.monotonic() - at < FRESH_S and judged == settings:
                    return report
            report = self._look(settings)
            self._seen = time.monotonic(), settings, report
            return report


def look_elsewhere(settings: Settings) -> Report:
    """The report, made outside this process."""
    from ..capabilities import report_elsewhere  # with numpy, which would delay the start

    return report_elsewhere(settings)


def misfits_of(settings: Settings) -> list[Misfit]:
    """Settings that do not fit this machine; loads no engine."""
    from ..capabilities import Capabilities

    return Capabilities(settings).conflicts()


def check_patch(patch: Mapping[str, Any]) -> None:
    """Refuse paths of this machine: over HTTP models are given by name.

    Raises:
        InvalidOption: There is one; the error's data tells where.
    """
    models = patch.get("models")
    for table in ("aliases", "defaults"):
        given = models.get(table) if isinstance(models, Mapping) else None
        for name, model in given.items() if isinstance(given, Mapping) else ():
            if isinstance(model, str) and re.match(r"[/.~]|.*\.\.", model):
                field = f"models.{table}.{name}"
                raise InvalidOption("Over HTTP a model is given by name, not by a path.", field=field)


def check_settings(settings: Settings) -> None:
    """Refuse settings with which no job could be begun.

    Raises:
        InvalidInput: There is no such engine or model. What merely can't run now is a conflict, not a mistake.
    """
    from ..diarization_bridge import DiarizationBridge
    from ..transcription_bridge import TranscriptionBridge

    for kind in (TranscriptionBridge, DiarizationBridge):
        with closing(kind(settings)) as bridge, suppress(EngineUnavailable):
            bridge.check(TranscribeOptions())
