"""All settings. Built at start from defaults, `AUDAPOLIS_*` environment variables and arguments.

Nested settings use two underscores: `AUDAPOLIS_SERVER__PORT=8080`. The groups are in `settings/groups.py`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from .errors import InvalidOption
from .settings.groups import (
    AudioSettings,
    DiarizationSettings,
    JobSettings,
    ModelSettings,
    ServerSettings,
    SpeechSettings,
    TranscriptionSettings,
)
from .settings.marks import AT_ONCE


def default_data_dir() -> Path:
    """Where a user's data lives by the XDG base directory specification."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "audapolis"


class Settings(BaseSettings):
    """Everything that can be set, one group per feature."""

    model_config = SettingsConfigDict(env_prefix="AUDAPOLIS_", env_nested_delimiter="__", frozen=True, extra="ignore")

    data_dir: Path = Field(default_factory=default_data_dir, description="Where jobs and results are kept.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", json_schema_extra=AT_ONCE, description="Least severe log line."
    )
    server: ServerSettings = ServerSettings()
    jobs: JobSettings = JobSettings()
    audio: AudioSettings = AudioSettings()
    speech: SpeechSettings = SpeechSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    diarization: DiarizationSettings = DiarizationSettings()
    models: ModelSettings = ModelSettings()

    @property
    def models_dir(self) -> Path:
        """Where models are kept."""
        return self.models.dir or self.data_dir / "models"

    @property
    def database_url(self) -> str:
        """URL of the job store in use."""
        return self.jobs.database_url or f"sqlite:///{self.data_dir / 'jobs.sqlite'}"


def load_settings(**overrides: object) -> Settings:
    """Read the environment and check everything.

    Args:
        **overrides: Values that win over the environment, by top-level field name.

    Raises:
        InvalidOption: A value is out of range; the message names the setting and the reason.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "AUDAPOLIS_" + "__".join(str(part).upper() for part in first["loc"])
        raise InvalidOption(f"The setting {name} is wrong: {first['msg']}.", hint="See docs/settings.md.") from None
