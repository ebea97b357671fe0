"""The settings of each feature, one class a feature. The whole is `config.Settings`.

Every setting has a sentence, a range and a row in `docs/settings.md`. A group says when changes of its settings take
effect (`marks.Effect`); a field may say otherwise, or that it is a secret, with `json_schema_extra`.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from .marks import AT_ONCE, NEXT_JOB, RESTART, SECRET, Effect, Folder, Group


class ServerSettings(Group):
    """The HTTP server."""

    host: str = Field("127.0.0.1", description="Address to listen on. Loopback unless you change it.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    token: str | None = Field(
        None,
        min_length=16,
        json_schema_extra=SECRET,
        description="Bearer token clients must send; made at start when not given.",
    )
    max_upload_bytes: int = Field(
        20 * 2**30, gt=0, json_schema_extra=AT_ONCE, description="Largest upload taken, in bytes."
    )
    min_free_bytes: int = Field(
        512 * 2**20,
        ge=0,
        json_schema_extra=AT_ONCE,
        description="Uploads are refused when less than this is left on the disk, in bytes.",
    )


class JobSettings(Group):
    """The job store and the model workers."""

    database_url: str | None = Field(
        None, description="SQLAlchemy URL of the job store; SQLite in `data_dir` when not given."
    )
    workers: int = Field(
        1,
        ge=1,
        le=64,
        json_schema_extra=NEXT_JOB,
        description="Warm worker processes; each runs one job at a time.",
    )
    lease_s: float = Field(
        15.0, gt=0, description="Seconds after which a job whose worker went silent is taken from it."
    )
    heartbeat_s: float = Field(2.0, gt=0, description="Seconds between signs of life of a worker.")
    poll_s: float = Field(0.2, gt=0, description="Seconds between looks for new jobs by an idle worker.")
    max_attempts: int = Field(3, ge=1, description="Crashes after which a job is quarantined.")

    @model_validator(mode="after")
    def _signs_come_within_the_lease(self) -> Self:
        if self.heartbeat_s >= self.lease_s:
            raise ValueError("heartbeat_s must be less than lease_s, or every worker would be taken for dead")
        return self


class AudioSettings(Group):
    """Decoding."""

    effect: ClassVar[Effect] = "next job"

    max_duration_s: float = Field(24 * 3600.0, gt=0, description="Longest recording taken, in seconds.")
    min_duration_s: float = Field(0.1, ge=0, description="Shortest recording taken, in seconds.")
    max_channels: int = Field(64, ge=1, description="Most audio channels taken.")

    @model_validator(mode="after")
    def _some_length_is_taken(self) -> Self:
        if self.min_duration_s > self.max_duration_s:
            raise ValueError("min_duration_s must not be more than max_duration_s")
        return self


class SpeechSettings(Group):
    """Speech detection and cutting into chunks."""

    effect: ClassVar[Effect] = "next job"

    threshold: float = Field(0.5, gt=0, lt=1, description="Speech probability that begins speech, 0..1.")
    min_speech_s: float = Field(0.2, ge=0, description="Shorter speech is taken for noise, in seconds.")
    min_silence_s: float = Field(0.3, ge=0, description="Shorter silence does not end speech, in seconds.")
    pad_s: float = Field(0.2, ge=0, description="Added before and after detected speech, in seconds.")
    max_chunk_s: float = Field(30.0, ge=2, le=60, description="Longest chunk given to an engine, in seconds.")


class TranscriptionSettings(Group):
    """Speech engines."""

    effect: ClassVar[Effect] = "next job"

    engine: str = Field("auto", description="Engine used when a request says `auto`.")
    processes: int = Field(0, ge=0, description="Processes that decode in parallel on the CPU; 0 takes one per core.")
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="Where engines run when a request says `auto`: `auto`, `cpu`, `cuda`, `cuda:N`.",
    )
    precision: str = Field("auto", description="What Whisper computes with when a request says `auto`.")


class DeviceSettings(Group):
    """GPUs and the leases on their memory."""

    run_dir: Folder | None = Field(
        None,
        description="Where processes on this machine agree on device memory; "
        "by default in `XDG_RUNTIME_DIR`, else in `/tmp`.",
    )
    spare_bytes: int = Field(256 * 2**20, ge=0, description="Left unused on every GPU, in bytes.")


class DiarizationSettings(Group):
    """Speaker engines."""

    effect: ClassVar[Effect] = "next job"

    engine: str = Field("auto", description="Engine used when a request says `auto`.")
    pyannote_model: str = Field(
        "pyannote-community-1",
        json_schema_extra=RESTART,
        description="Model of pyannote: a name of the catalogue, or a folder.",
    )
    sherpa_model: str = Field(
        "sherpa-titanet-small",
        json_schema_extra=RESTART,
        description="Model of sherpa: a name of the catalogue, or a folder with `segmentation.onnx` and "
        "`embedding.onnx`.",
    )
    sherpa_threshold: float = Field(
        0.5, gt=0, lt=2, description="Cosine distance up to which sherpa takes two stretches for one voice, 0..2."
    )
    voices_dir: Folder | None = Field(
        None,
        json_schema_extra=RESTART,
        description="Where enrolled voices are kept; `voices` in the data folder when not given.",
    )


class CacheSettings(Group):
    """Results kept for later jobs on the same recording."""

    effect: ClassVar[Effect] = "next job"

    enabled: bool = Field(True, description="Keep decoded sound, speech, speakers and words of recordings.")
    max_bytes: int = Field(
        4 * 2**30, ge=0, description="What was not used for longest goes when there is more, in bytes."
    )
    max_age_days: float = Field(7.0, ge=0, description="What was not used for so long goes, in days.")


class TranslationSettings(Group):
    """Translators. What may send text elsewhere, or read files, can't be changed over HTTP."""

    service: str | None = Field(
        None,
        pattern=r"^https?://[^/\s@]+[^\s@]*$",
        description="LibreTranslate-compatible service that texts are sent to when a translation is asked for.",
    )
    service_key: str | None = Field(None, json_schema_extra=SECRET, description="Key of the service. Never printed.")
    model: Folder | None = Field(
        None, description="Argos Translate package, a folder or archive, used when there is no service."
    )


class ExportSettings(Group):
    """Where results go by themselves. What may send them elsewhere can't be changed over HTTP."""

    targets: dict[str, str] = Field(
        {}, description='Places results may be sent to, by name, as JSON: `{"archive": "s3://bucket/talks"}`.'
    )
    storage_options: dict[str, dict[str, Any]] = Field(
        {},
        json_schema_extra=SECRET,
        description="What storage drivers are given, by target or scheme, as JSON: credentials. Never printed.",
    )
    on_completion: list[str] = Field(
        [],
        json_schema_extra=AT_ONCE,
        description="Export presets each finished task is exported with, as JSON: `preset`, or `preset@target`.",
    )
    keep_days: float = Field(
        30.0, gt=0, json_schema_extra=AT_ONCE, description="What batches made to be fetched goes after so many days."
    )
    webhook_networks: list[str] = Field(
        [],
        description="Private networks webhooks may be sent to nevertheless, as JSON: "
        '`["127.0.0.0/8", "192.168.1.7/32"]`.',
    )

    @field_validator("webhook_networks")
    @classmethod
    def _are_networks(cls, networks: list[str]) -> list[str]:
        for network in networks:
            ip_network(network)
        return networks


class ModelSettings(Group):
    """Speech and speaker models."""

    effect: ClassVar[Effect] = "next job"

    dir: Folder | None = Field(
        None,
        json_schema_extra=RESTART,
        description="Where models are kept; `models` in the data folder when not given.",
    )
    offline: bool = Field(False, description="Fetch nothing, ever. `HF_HUB_OFFLINE=1` means the same.")
    endpoint: str = Field(
        "https://huggingface.co",
        pattern=r"^https?://[^/\s@]+[^\s@]*$",
        json_schema_extra=RESTART,  # whoever may change it over HTTP would be sent the token
        description="The model hub, or a mirror of it.",
    )
    token: str | None = Field(
        None,
        json_schema_extra=SECRET,
        description="Access token for models whose publisher wants one. Never printed.",
    )
    aliases: dict[str, str] = Field({}, description='Names of your own for models, as JSON: `{"mine": "large-v3"}`.')
    defaults: dict[str, str] = Field({}, description='Model by language code, `*` for any, as JSON: `{"de": "small"}`.')
    keep_alive_s: float = Field(600.0, ge=0, description="Seconds an unused model stays loaded.")
    warm_up: bool = Field(False, description="Load the default model when a worker starts.")


class AnalyticsSettings(Group):
    """What is remembered of the work done here: figures, never words. Nothing of it leaves this machine."""

    enabled: bool = Field(True, description="Remember how jobs went and how busy the machine was.")
    dir: Folder | None = Field(
        None, description="Where the history is kept; `analytics` in the data folder when not given."
    )
    clients: bool = Field(
        True, description="Tell whose jobs are whose, by digests that name nobody. Without, all are alike."
    )
    sample_s: float = Field(
        10.0, ge=1, le=3600, description="Seconds between looks at the machine; more often while much changes."
    )
    raw_days: float = Field(7.0, gt=0, description="Samples are kept as they are for so long, then by the minute.")
    minute_days: float = Field(60.0, gt=0, description="They are kept by the minute for so long, then by the hour.")
    hour_days: float = Field(730.0, gt=0, description="They are kept by the hour for so long.")
    fact_days: float = Field(365.0, gt=0, description="Facts of single jobs are kept for so long.")
    target_wait_s: float = Field(
        300.0,
        gt=0,
        json_schema_extra=AT_ONCE,
        description="Waiting time that advice and capacity planning aim to stay under, in seconds.",
    )
    traces: str | None = Field(
        None,
        pattern=r"^https?://[^/\s@]+[^\s@]*$",
        description="OpenTelemetry collector (OTLP over HTTP) that is sent a span for each stage; needs "
        "`audapolis[traces]`.",
    )
    open_metrics: bool = Field(
        False, description="Answer `/metrics` without the token, for a Prometheus that can't send one."
    )

    @model_validator(mode="after")
    def _coarser_is_kept_longer(self) -> Self:
        if not self.raw_days <= self.minute_days <= self.hour_days:
            raise ValueError("raw_days must not be more than minute_days, nor minute_days more than hour_days")
        return self
