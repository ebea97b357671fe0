"""Where a job is done soonest: a few pure functions over what is known of the devices and their queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from .leases import Queue

UNKNOWN_S = 60.0
"""How long somebody at work is thought to go on who did not say."""

_GPU_SPEED = 38e9
_CPU_SPEED_PER_CORE = 0.46e9
_BATCHED = {"cuda": 0.37, "cpu": 0.14}
"""Times realtime by bytes of float16 weights, one chunk at a time, and what each further chunk of a batch adds to it.
From the published figures of faster-whisper: large-v2 on an RTX 3070 Ti, small on an i7-12700K."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where a job could be done.

    Attributes:
        speed: Seconds of sound done in a second, once loaded.
        load_s: Time to load the model; 0 where it is warm.
        wait_s: Time until there is room.
    """

    name: str
    speed: float
    load_s: float = 0.0
    wait_s: float = 0.0


def finish_s(sound_s: float, candidate: Candidate) -> float:
    """When a job of so much sound would be done there, in seconds from now."""
    if candidate.speed <= 0:
        return inf
    return candidate.wait_s + candidate.load_s + sound_s / candidate.speed


def soonest(sound_s: float, candidates: Sequence[Candidate]) -> Candidate:
    """The place where a job is done first; of equals the first named."""
    return min(candidates, key=lambda candidate: finish_s(sound_s, candidate))


def wait_s(queue: Queue, size_bytes: int) -> float:
    """How long a request for memory made now would wait.

    The rules are those of `leases`: first come, first served; who only keeps something warm gives it up at once; and
    those at work and before us take as long as they said.
    """
    ends = sorted(
        (0.0 if held.idle else UNKNOWN_S if held.for_s is None else held.for_s, held.size_bytes) for held in queue.held
    )
    free, now = queue.free_bytes, 0.0
    for wanted, takes_s in [*queue.waiting, (size_bytes, 0.0)]:
        while wanted > free and ends:
            end, given_back = ends.pop(0)
            now, free = max(now, end), free + given_back
        if wanted > free:
            return inf
        free -= wanted
        ends = sorted([*ends, (now + (takes_s or UNKNOWN_S), wanted)])
    return now


def presumed_speed(kind: str, file_bytes: int, cores: int, batch_size: int) -> float:
    """Speed of a Whisper nobody has measured here, in seconds of sound a second.

    Args:
        kind: `cuda` or `cpu`.
        file_bytes: Size of its weights' file.
        cores: Cores at hand; of no account on a GPU.
        batch_size: Chunks decoded at the same time.
    """
    single = _GPU_SPEED if kind == "cuda" else _CPU_SPEED_PER_CORE * max(1, cores)
    return single / max(file_bytes, 10**6) * (1 + _BATCHED[kind] * (batch_size - 1))
