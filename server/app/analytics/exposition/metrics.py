"""Every Prometheus metric, in one table. `docs/metrics.md` tells the same to people.

Names begin with `audapolis_` and end with their unit; units are base units (seconds, bytes, ratios 0..1). Labels have
few values: nothing that grows with the number of jobs, people or files is a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...domain import events
from ...domain.events import (
    BatchDecoded,
    CacheLooked,
    ChunkTranscribed,
    DeviceAwaited,
    EngineChosen,
    Event,
    ExportCancelled,
    ExportFailed,
    ExportFinished,
    ExportStarted,
    FellBack,
    FormatRendered,
    JobCancelled,
    JobEvent,
    JobFailed,
    JobFinished,
    JobQueued,
    JobStarted,
    ModelLoaded,
    ModelReleased,
    RecordingProbed,
    RequestServed,
    StageFailed,
    StageFinished,
    StageStarted,
    TranscriptMade,
    WorkerEnded,
    WorkerLost,
    WorkerStarted,
    WorkEvent,
)
from ..series import SERIES

PREFIX = "audapolis_"


@dataclass(frozen=True, slots=True)
class Metric:
    """What is told to Prometheus under one name.

    Attributes:
        name: In full, with the ending of its kind.
        kind: `counter` only grows, `gauge` is how it is now, `histogram` counts by size, `info` is always 1.
        tells: What it is, one sentence.
        labels: What tells its curves apart.
        buckets: Upper bounds of a histogram, without infinity.
        events: Events that feed it.
        series: Sampled series that feed it.
        begins: A counter's curves that are there from the start, at 0. Prometheus takes the first step of others for
            where they began.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram", "info"]
    tells: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    events: tuple[type[Event], ...] = ()
    series: tuple[str, ...] = ()
    begins: tuple[tuple[str, ...], ...] = ()


def event_kinds() -> tuple[type[Event], ...]:
    """Every kind of event that can happen."""
    kinds = (kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event))
    return tuple(kind for kind in kinds if kind not in {Event, WorkEvent, JobEvent})


JOB_BUCKETS_S = (0.3, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3840.0, 7680.0)
STAGE_BUCKETS_S = (0.01, 0.05, 0.1, 0.3, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 1800.0, 7200.0)
LOAD_BUCKETS_S = (0.1, 0.3, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
EXPORT_BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0)
HTTP_BUCKETS_S = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)
FACTOR_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
WINDOW_BUCKETS = (1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0)
CONFIDENCE_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


def _counter(name: str, labels: str, tells: str, *fed_by: type[Event]) -> Metric:
    begins = () if labels else ((),)
    return Metric(PREFIX + name, "counter", tells, tuple(labels.split()), events=fed_by, begins=begins)


def _histogram(name: str, labels: str, buckets: tuple[float, ...], tells: str, *fed_by: type[Event]) -> Metric:
    return Metric(PREFIX + name, "histogram", tells, tuple(labels.split()), buckets, fed_by)


def _sampled(name: str, series: str) -> Metric:
    known = SERIES[series]
    return Metric(PREFIX + name, "gauge", known.tells, known.labels, series=(series,))


_JOBS = (
    _counter("jobs_accepted_total", "origin kind", "Jobs that came in.", JobQueued),
    _counter(
        "jobs_total",
        "outcome error origin",
        "Jobs that ended; error is the code of a failed one's, empty for others.",
        *(JobFinished, JobFailed, JobCancelled),
    ),
    _counter("job_attempts_total", "kind", "Times a worker began a job, again after losses.", JobStarted),
    _histogram(
        "job_queue_seconds",
        "kind model device",
        JOB_BUCKETS_S,
        "How long done jobs waited for a worker, all attempts together.",
        JobFinished,
    ),
    _histogram(
        "job_run_seconds",
        "kind model device",
        JOB_BUCKETS_S,
        "How long workers were at done jobs, all attempts together.",
        JobFinished,
    ),
    _histogram(
        "job_end_to_end_seconds",
        "kind model device",
        JOB_BUCKETS_S,
        "From a done job's coming in to its end.",
        JobFinished,
    ),
    _histogram(
        "job_real_time_factor",
        "model device",
        FACTOR_BUCKETS,
        "Seconds of work for a second of sound, of done jobs whose words were not known from an earlier job.",
        JobFinished,
    ),
    _counter("audio_seconds_total", "model device", "Sound of done jobs.", JobFinished),
    _counter("words_total", "model language", "Words recognised.", TranscriptMade),
    _histogram(
        "transcript_confidence",
        "model",
        CONFIDENCE_BUCKETS,
        "Mean confidence of a transcript's words, 0 to 1.",
        TranscriptMade,
    ),
    _counter(
        "recordings_total", "container", "Recordings looked at, by libav's name of their container.", RecordingProbed
    ),
    _counter("recording_bytes_total", "", "Size of the recordings looked at.", RecordingProbed),
)

_STAGES = (
    Metric(
        PREFIX + "stages_running",
        "gauge",
        "Stages that run now.",
        ("stage",),
        events=(StageStarted, StageFinished, StageFailed, JobFailed, JobCancelled, WorkerLost),
    ),
    _histogram(
        "stage_seconds",
        "stage origin",
        STAGE_BUCKETS_S,
        "How long stages took; origin tells whether the result was computed or known already.",
        StageFinished,
    ),
    _histogram(
        "stage_real_time_factor",
        "stage",
        FACTOR_BUCKETS,
        "Seconds a computed stage took for a second of sound.",
        StageFinished,
    ),
    _counter("stage_cpu_seconds_total", "stage", "Processor time of stages, their helpers included.", StageFinished),
    _counter("stage_read_bytes_total", "stage", "Read from disks by stages.", StageFinished),
    _counter("stage_written_bytes_total", "stage", "Written to disks by stages.", StageFinished),
    _counter("stage_failures_total", "stage error", "Stages that ended with an error, by its code.", StageFailed),
    _counter(
        "chunks_total", "origin", "Chunks of speech transcribed, computed or from a checkpoint.", ChunkTranscribed
    ),
    _counter("cache_looks_total", "stage", "Times results of earlier jobs were looked for.", CacheLooked),
    _counter("cache_hits_total", "stage", "Times they were there.", CacheLooked),
)

_MODELS = (
    _counter("engines_chosen_total", "stage engine model device", "Times a stage was given an engine.", EngineChosen),
    _histogram("batch_windows", "model device", WINDOW_BUCKETS, "Windows decoded together.", BatchDecoded),
    _counter("batch_seconds_total", "model device", "Time in which windows were decoded.", BatchDecoded),
    _counter(
        "model_loads_total", "model device warm", "Times a model was got ready; warm: it was in memory.", ModelLoaded
    ),
    _histogram("model_load_seconds", "model device", LOAD_BUCKETS_S, "How long it took when it was not.", ModelLoaded),
    _counter("model_releases_total", "model device", "Times a model was let go of.", ModelReleased),
    _counter("fallbacks_total", "wanted used", "Times something else was used than was wanted.", FellBack),
    _counter(
        "device_waits_total", "device", "Signs, one in ten seconds, of waiting for a device's memory.", DeviceAwaited
    ),
)

_WORKERS = (
    Metric(
        PREFIX + "workers",
        "gauge",
        "Worker processes, idle or busy.",
        ("state",),
        series=("workers.alive", "workers.busy"),
    ),
    _counter("worker_starts_total", "", "Worker processes begun.", WorkerStarted),
    Metric(
        PREFIX + "worker_ends_total",
        "counter",
        "Worker processes ended; orderly: as they were meant to.",
        ("orderly",),
        events=(WorkerEnded,),
        begins=(("true",), ("false",)),
    ),
    _counter("worker_losses_total", "", "Times the worker of a job died or went silent.", WorkerLost),
)

_EXPORTS = (
    _counter("exports_total", "format outcome", "Files written in a format, done or failed.", FormatRendered),
    _histogram("export_seconds", "format family", EXPORT_BUCKETS_S, "How long writing one took.", FormatRendered),
    _counter("export_bytes_total", "format", "Size of what was written.", FormatRendered),
    _counter("export_batches_started_total", "", "Exports in the background that began.", ExportStarted),
    _counter(
        "export_batches_total",
        "outcome",
        "Exports in the background that ended: done, partial, failed or cancelled.",
        *(ExportFinished, ExportFailed, ExportCancelled),
    ),
)

_HTTP = (
    _histogram(
        "http_request_seconds",
        "route method status",
        HTTP_BUCKETS_S,
        "How long answers took; status is its class: 2xx, 4xx.",
        RequestServed,
    ),
)

_SAMPLED = (
    _sampled("cpu_utilisation_ratio", "cpu.utilisation"),
    _sampled("cpu_iowait_ratio", "cpu.iowait"),
    _sampled("cpu_load", "cpu.load"),
    _sampled("memory_used_bytes", "memory.used_bytes"),
    _sampled("memory_available_bytes", "memory.available_bytes"),
    _sampled("swap_used_bytes", "swap.used_bytes"),
    _sampled("disk_free_bytes", "disk.free_bytes"),
    _sampled("disk_read_bytes_per_second", "disk.read_bytes_s"),
    _sampled("disk_written_bytes_per_second", "disk.written_bytes_s"),
    _sampled("disk_busy_ratio", "disk.busy"),
    _sampled("process_cpu_cores", "process.cpu"),
    _sampled("process_resident_memory_bytes", "process.rss_bytes"),
    _sampled("process_threads", "process.threads"),
    _sampled("process_open_files", "process.open_files"),
    _sampled("processes", "process.count"),
    _sampled("worker_cpu_cores", "worker.cpu"),
    _sampled("worker_resident_memory_bytes", "worker.rss_bytes"),
    _sampled("gpu_utilisation_ratio", "gpu.utilisation"),
    _sampled("gpu_memory_used_bytes", "gpu.memory_used_bytes"),
    _sampled("gpu_memory_bytes", "gpu.memory_bytes"),
    _sampled("gpu_power_watts", "gpu.power_w"),
    _sampled("gpu_temperature_celsius", "gpu.temperature_c"),
    _sampled("model_memory_bytes", "model.bytes"),
    _sampled("queue_depth", "queue.depth"),
    _sampled("queue_oldest_seconds", "queue.oldest_s"),
    _sampled("cache_bytes", "cache.bytes"),
    _sampled("history_bytes", "history.bytes"),
)

_ITSELF = (
    Metric(PREFIX + "info", "info", "Which version this is.", ("version",)),
    Metric(PREFIX + "start_time_seconds", "gauge", "When this server began, Unix time."),
    _counter("events_total", "event", "Everything that happened, by kind.", *event_kinds()),
    _counter("events_dropped_total", "", "What happened and could not be counted or remembered."),
)

METRICS: Mapping[str, Metric] = {
    metric.name: metric for metric in (*_JOBS, *_STAGES, *_MODELS, *_WORKERS, *_EXPORTS, *_HTTP, *_SAMPLED, *_ITSELF)
}
"""Every metric by name."""
