"""The panels of the Grafana dashboard, in one table; `dashboard` makes Grafana's JSON of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_RATE = "[$__rate_interval]"


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        title: What it shows.
        unit: As Grafana names units.
        curves: PromQL, and the legend of its curves. Metrics of ours are narrowed down to the chosen instances.
        kind: A course over time, or the present figure.
        width: In columns.
        stacked: Whether its curves add up to something.
    """

    title: str
    unit: str
    curves: tuple[tuple[str, str], ...]
    kind: Literal["timeseries", "stat"] = "timeseries"
    width: int = 8
    stacked: bool = False


def _now(title: str, unit: str, promql: str, legend: str = "") -> Panel:
    return Panel(title, unit, ((promql, legend),), "stat", 4)


def _course(title: str, unit: str, *curves: tuple[str, str], width: int = 8) -> Panel:
    return Panel(title, unit, curves, width=width)


def _sum(title: str, unit: str, promql: str, legend: str, width: int = 8) -> Panel:
    return Panel(title, unit, ((promql, legend),), width=width, stacked=True)


def _rates(metric: str, *by: str) -> str:
    return f"sum by ({', '.join(by)}) (rate({metric}{_RATE}))"


def _quantile(share: float, histogram: str, *by: str) -> str:
    return f"histogram_quantile({share}, {_rates(histogram + '_bucket', 'le', *by)})"


def _ratio(part: str, whole: str, *by: str) -> str:
    return f"{_rates(part, *by)} / {_rates(whole, *by)}"


def _mean(histogram: str, *by: str) -> str:
    return _ratio(histogram + "_sum", histogram + "_count", *by)


def _median_and_slow(title: str, unit: str, histogram: str, *by: str) -> Panel:
    who = " ".join(f"{{{{{label}}}}}" for label in by)
    return _course(
        title,
        unit,
        *((_quantile(share, histogram, *by), f"{name} {who}") for share, name in ((0.5, "median"), (0.95, "95 %"))),
    )


ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    (
        "Now",
        (
            _now("Version", "none", "audapolis_info", "{{version}}"),
            _now("Up for", "s", "time() - audapolis_start_time_seconds"),
            _now("Waiting jobs", "short", "sum(audapolis_queue_depth)"),
            _now("Longest wait", "s", "max(audapolis_queue_oldest_seconds)"),
            _now("Workers", "short", "sum by (state) (audapolis_workers)", "{{state}}"),
            _now("Running stages", "short", "sum by (stage) (audapolis_stages_running)", "{{stage}}"),
        ),
    ),
    (
        "Throughput and latency",
        (
            _sum(
                "Hours of sound done in an hour", "none", _rates("audapolis_audio_seconds_total", "model"), "{{model}}"
            ),
            _sum(
                "Jobs coming in",
                "ops",
                _rates("audapolis_jobs_accepted_total", "origin", "kind"),
                "{{origin}} {{kind}}",
            ),
            _sum("Jobs ended", "ops", _rates("audapolis_jobs_total", "outcome"), "{{outcome}}"),
            _sum("Queue", "short", "sum by (kind) (audapolis_queue_depth)", "{{kind}}"),
            _median_and_slow("Waiting", "s", "audapolis_job_queue_seconds", "kind"),
            _median_and_slow("Work", "s", "audapolis_job_run_seconds", "model", "device"),
            _median_and_slow("From coming in to the end", "s", "audapolis_job_end_to_end_seconds", "kind"),
            _course(
                "Words in a minute", "short", (f"60 * {_rates('audapolis_words_total', 'language')}", "{{language}}")
            ),
            _course(
                "Attempts for a job",
                "none",
                (_ratio("audapolis_job_attempts_total", "audapolis_jobs_total", "instance"), "{{instance}}"),
            ),
            _sum("Recordings by container", "ops", _rates("audapolis_recordings_total", "container"), "{{container}}"),
            _course("Uploaded", "Bps", (f"rate(audapolis_recording_bytes_total{_RATE})", "{{instance}}")),
        ),
    ),
    (
        "Stages",
        (
            _sum("Where time goes", "none", _rates("audapolis_stage_seconds_sum", "stage"), "{{stage}}"),
            _median_and_slow("Seconds for a second of sound", "none", "audapolis_stage_real_time_factor", "stage"),
            _sum("Cores in use", "none", _rates("audapolis_stage_cpu_seconds_total", "stage"), "{{stage}}"),
            _sum("Results from", "ops", _rates("audapolis_stage_seconds_count", "origin"), "{{origin}}"),
            _course(
                "Found from earlier jobs",
                "percentunit",
                (_ratio("audapolis_cache_hits_total", "audapolis_cache_looks_total", "stage"), "{{stage}}"),
            ),
            _sum("Chunks", "ops", _rates("audapolis_chunks_total", "origin"), "{{origin}}"),
            _course(
                "Disk",
                "Bps",
                (_rates("audapolis_stage_read_bytes_total", "stage"), "{{stage}} read"),
                (_rates("audapolis_stage_written_bytes_total", "stage"), "{{stage}} written"),
            ),
        ),
    ),
    (
        "Models",
        (
            _median_and_slow(
                "Seconds of work for a second of sound", "none", "audapolis_job_real_time_factor", "model", "device"
            ),
            _median_and_slow("Confidence", "percentunit", "audapolis_transcript_confidence", "model"),
            _sum("Words", "ops", _rates("audapolis_words_total", "model"), "{{model}}"),
            _sum("Loads", "ops", _rates("audapolis_model_loads_total", "model", "warm"), "{{model}} warm: {{warm}}"),
            _median_and_slow("Loading from disk", "s", "audapolis_model_load_seconds", "model"),
            _sum("Let go of", "ops", _rates("audapolis_model_releases_total", "model"), "{{model}}"),
            _course(
                "Windows in a batch",
                "none",
                (_mean("audapolis_batch_windows", "model", "device"), "{{model}} {{device}}"),
            ),
            _course(
                "Seconds for a window",
                "s",
                (
                    _ratio("audapolis_batch_seconds_total", "audapolis_batch_windows_sum", "model", "device"),
                    "{{model}} {{device}}",
                ),
            ),
            _sum(
                "Memory leased",
                "bytes",
                "sum by (model, device) (audapolis_model_memory_bytes)",
                "{{model}} {{device}}",
            ),
            _sum(
                "Engines chosen",
                "ops",
                _rates("audapolis_engines_chosen_total", "stage", "engine"),
                "{{stage}} {{engine}}",
            ),
        ),
    ),
    (
        "Failures",
        (
            _sum("Failed jobs", "ops", _rates('audapolis_jobs_total{outcome="failed"}', "error"), "{{error}}"),
            _sum(
                "Failed stages",
                "ops",
                _rates("audapolis_stage_failures_total", "stage", "error"),
                "{{stage}} {{error}}",
            ),
            _sum("Fallbacks", "ops", _rates("audapolis_fallbacks_total", "wanted", "used"), "{{wanted}} → {{used}}"),
            _course(
                "Workers",
                "short",
                (f"increase(audapolis_worker_losses_total{_RATE})", "lost with a job"),
                (f'increase(audapolis_worker_ends_total{{orderly="false"}}{_RATE})', "died"),
                (f"increase(audapolis_worker_starts_total{_RATE})", "begun"),
            ),
            _sum("Waiting for a device", "ops", _rates("audapolis_device_waits_total", "device"), "{{device}}"),
            _course("Events lost", "ops", (f"rate(audapolis_events_dropped_total{_RATE})", "{{instance}}")),
        ),
    ),
    (
        "Machine",
        (
            _course(
                "Processor",
                "percentunit",
                ("audapolis_cpu_utilisation_ratio", "busy"),
                ("audapolis_cpu_iowait_ratio", "waiting for disks"),
            ),
            _course("Load", "none", ("audapolis_cpu_load", "{{instance}}")),
            _course(
                "Cores by process",
                "none",
                ("audapolis_process_cpu_cores", "{{role}}"),
                ("audapolis_worker_cpu_cores", "worker {{worker}}"),
            ),
            _course(
                "Memory",
                "bytes",
                ("audapolis_memory_used_bytes", "used"),
                ("audapolis_memory_available_bytes", "available"),
                ("audapolis_swap_used_bytes", "swap"),
            ),
            _course(
                "Memory by process",
                "bytes",
                ("audapolis_process_resident_memory_bytes", "{{role}}"),
                ("audapolis_worker_resident_memory_bytes", "worker {{worker}}"),
            ),
            _course(
                "Processes, threads, files",
                "short",
                ("audapolis_processes", "processes {{role}}"),
                ("audapolis_process_threads", "threads {{role}}"),
                ("audapolis_process_open_files", "files {{role}}"),
            ),
            _course("Room on disks", "bytes", ("audapolis_disk_free_bytes", "{{purpose}}")),
            _course(
                "Disks",
                "Bps",
                ("audapolis_disk_read_bytes_per_second", "read"),
                ("audapolis_disk_written_bytes_per_second", "written"),
            ),
            _course("Busiest disk", "percentunit", ("audapolis_disk_busy_ratio", "{{instance}}")),
            _course(
                "Kept",
                "bytes",
                ("audapolis_cache_bytes", "results for later jobs"),
                ("audapolis_history_bytes", "history"),
            ),
        ),
    ),
    (
        "GPU",
        (
            _course("Busy", "percentunit", ("audapolis_gpu_utilisation_ratio", "{{device}}")),
            _course(
                "Memory",
                "bytes",
                ("audapolis_gpu_memory_used_bytes", "{{device}} used"),
                ("audapolis_gpu_memory_bytes", "{{device}} in all"),
            ),
            _course("Power", "watt", ("audapolis_gpu_power_watts", "{{device}}")),
            _course("Temperature", "celsius", ("audapolis_gpu_temperature_celsius", "{{device}}")),
        ),
    ),
    (
        "Exports",
        (
            _sum("Files", "ops", _rates("audapolis_exports_total", "format"), "{{format}}"),
            _sum("Failed files", "ops", _rates('audapolis_exports_total{outcome="failed"}', "format"), "{{format}}"),
            _median_and_slow("Writing one", "s", "audapolis_export_seconds", "family"),
            _sum("Written", "Bps", _rates("audapolis_export_bytes_total", "format"), "{{format}}"),
            _course(
                "In the background",
                "ops",
                (_rates("audapolis_export_batches_total", "outcome"), "{{outcome}}"),
                (f"sum(rate(audapolis_export_batches_started_total{_RATE}))", "begun"),
            ),
        ),
    ),
    (
        "HTTP",
        (
            _sum("Answers", "reqps", _rates("audapolis_http_request_seconds_count", "status"), "{{status}}"),
            _median_and_slow("Time to answer", "s", "audapolis_http_request_seconds", "method"),
            _course(
                "Slowest routes, 95 %",
                "s",
                (f"topk(10, {_quantile(0.95, 'audapolis_http_request_seconds', 'route')})", "{{route}}"),
            ),
            _sum("Events", "ops", _rates("audapolis_events_total", "event"), "{{event}}"),
        ),
    ),
)
"""Every row's title and panels."""
