"""Every kind of bottleneck there is, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .case import Case
from .finding import Bottleneck
from .leaks import leak
from .models import cold_loads, gpu_memory, slow_model
from .reuse import cache_misses
from .stages import cpu_transcription, diarization, disk
from .waiting import one_client, queue


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of bottleneck.

    Attributes:
        find: Looks for it; None where it is not there.
        tells: What it is.
        removed: What the predicted gain takes for granted.
        remedy: What to do about it.
        explains: Kinds that may be mere consequences of it; they are ranked below it.
        weight: It is ranked as if the gain were at least this.
    """

    find: Callable[[Case], Bottleneck | None]
    tells: str
    removed: str
    remedy: str
    explains: tuple[str, ...] = ()
    weight: float = 0.0


KINDS: Mapping[str, Kind] = {
    "cpu_transcription": Kind(
        cpu_transcription,
        "Recognition is what jobs wait for, and the processor what recognition waits for.",
        "Recognition is twice as fast.",
        "Use a smaller or faster model, a GPU, or more cores.",
        ("queue",),
    ),
    "diarization": Kind(
        diarization,
        "Telling speakers apart takes longer than recognising words.",
        "Diarization is twice as fast.",
        "Use a faster diarizer or a GPU for it, or leave it out where nobody needs it.",
        ("queue",),
    ),
    "disk": Kind(
        disk,
        "The disk is busy while the cores are not.",
        "Nothing ever waits for the disk.",
        "Move the data folder to a faster disk, or run fewer workers.",
        ("queue", "cold_loads", "cpu_transcription", "diarization", "slow_model"),
    ),
    "queue": Kind(
        queue,
        "Jobs wait for a worker.",
        "There is one more worker.",
        "Raise `jobs.workers` while cores and memory allow it.",
    ),
    "slow_model": Kind(
        slow_model,
        "One model is much slower than the others, or than itself before.",
        "It is as fast as the others, or as it was.",
        "Make another model the default, or see what has changed.",
        ("queue", "cpu_transcription"),
    ),
    "leak": Kind(
        leak,
        "The memory of workers or of the server grows and does not stop.",
        "No job has to begin anew because its worker died.",
        "Restart the workers now and then, and report it with this evidence.",
        weight=0.2,
    ),
    "cold_loads": Kind(
        cold_loads,
        "Time goes into loading models.",
        "Models are in memory when they are needed.",
        "Raise `models.keep_alive_s`, or use fewer different models.",
        ("queue", "slow_model", "cpu_transcription"),
    ),
    "cache_misses": Kind(
        cache_misses,
        "The same recordings come again, and nothing is reused.",
        "What was found out about a recording is reused.",
        "Make the cache larger, keep it longer, and allow `reuse`.",
        ("queue",),
    ),
    "gpu_memory": Kind(
        gpu_memory,
        "The GPU's memory is full: some wait for it, some go on without.",
        "There is room on the GPU for all.",
        "Run fewer workers, use a smaller model or precision, or a GPU with more memory.",
        ("queue", "slow_model", "cpu_transcription", "cold_loads"),
    ),
    "one_client": Kind(
        one_client,
        "One client floods the queue; the others wait.",
        "Its jobs go after all others; the gain is the others'.",
        "Give its jobs a lower priority.",
        ("queue",),
    ),
}
"""Every kind by name."""
