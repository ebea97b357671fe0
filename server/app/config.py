"""All settings. Built once at start from defaults, `AUDAPOLIS_*` environment variables and arguments, then frozen.

Nested settings use two underscores: `AUDAPOLIS_SERVER__PORT=8080`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from .errors import InvalidOption


def default_data_dir() -> Path:
    """Where a user's data lives by the XDG base directory specification."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "audapolis"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(_Group):
    """The HTTP server."""

    host: str = Field("127.0.0.1", description="Address to listen on. Loopback unless you change it.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    token: str | None = Field(
        None, min_length=16, description="Bearer token clients must send; made at start when not given."
    )
    max_upload_bytes: int = Field(20 * 2**30, gt=0, description="Largest upload taken, in bytes.")
    min_free_bytes: int = Field(
        512 * 2**20,
        ge=0,
        description="Uploads are refused when less than this is left on the disk, in bytes.",
    )


class JobSettings(_Group):
    """The job store and the model workers."""

    database_url: str | None = Field(
        None, description="SQLAlchemy URL of the job store; SQLite in `data_dir` when not given."
    )
    workers: int = Field(1, ge=1, le=64, description="Warm worker processes; each runs one job at a time.")
    lease_s: float = Field(
        15.0, gt=0, description="Seconds after which a job whose worker went silent is taken from it."
    )
    heartbeat_s: float = Field(2.0, gt=0, description="Seconds between signs of life of a worker.")
    poll_s: float = Field(0.2, gt=0, description="Seconds between looks for new jobs by an idle worker.")
    max_attempts: int = Field(3, ge=1, description="Crashes after which a job is quarantined.")


class AudioSettings(_Group):
    """Decoding."""

    max_duration_s: float = Field(24 * 3600.0, gt=0, description="Longest recording taken, in seconds.")
    min_duration_s: float = Field(0.1, ge=0, description="Shortest recording taken, in seconds.")
    max_channels: int = Field(64, ge=1, description="Most audio channels taken.")


class SpeechSettings(_Group):
    """Speech detection and cutting into chunks."""

    threshold: float = Field(0.5, gt=0, lt=1, description="Speech probability that begins speech, 0..1.")
    min_speech_s: float = Field(0.2, ge=0, description="Shorter speech is taken for noise, in seconds.")
    min_silence_s: float = Field(0.3, ge=0, description="Shorter silence does not end speech, in seconds.")
    pad_s: float = Field(0.2, ge=0, description="Added before and after detected speech, in seconds.")
    max_chunk_s: float = Field(30.0, ge=2, le=60, description="Longest chunk given to an engine, in seconds.")


class TranscriptionSettings(_Group):
    """Speech engines."""

    engine: str = Field("auto", description="Engine used when a request says `auto`.")
    processes: int = Field(0, ge=0, description="Processes that decode in parallel on the CPU; 0 takes one per core.")
    models_dir: Path | None = Field(
        None, description="Where speech models are kept; `models` in `data_dir` when not given."
    )


class DiarizationSettings(_Group):
    """Speaker engines."""

    engine: str = Field("auto", description="Engine used when a request says `auto`.")


class Settings(BaseSettings):
    """Everything that can be set, one group per feature."""

    model_config = SettingsConfigDict(env_prefix="AUDAPOLIS_", env_nested_delimiter="__", frozen=True, extra="ignore")

    data_dir: Path = Field(default_factory=default_data_dir, description="Where jobs and results are kept.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log line.")
    server: ServerSettings = ServerSettings()
    jobs: JobSettings = JobSettings()
    audio: AudioSettings = AudioSettings()
    speech: SpeechSettings = SpeechSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    diarization: DiarizationSettings = DiarizationSettings()

    @property
    def models_dir(self) -> Path:
        """Where speech models are kept."""
        return self.transcription.models_dir or self.data_dir / "models"

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
