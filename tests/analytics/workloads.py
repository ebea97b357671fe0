"""Simulated sites, one for each kind of bottleneck, and healthy ones; each with the same site without the cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from audapolis.analytics.bottlenecks import Machine
from audapolis.analytics.history.store import History
from audapolis.analytics.span import Period

from .simulated_site import GIB, Site
from .simulation import Simulation

FOUR_MODELS = {"tiny": (0.3, 0.6), "base": (0.25, 0.8), "small": (0.25, 1.0), "medium": (0.2, 1.3)}


@dataclass(frozen=True)
class Workload:
    """A site and the same without what makes it slow.

    Attributes:
        without: None where nothing does.
        others_than: Whose jobs do not count in what is gained.
    """

    kind: str
    site: Site
    without: Site | None = None
    others_than: str = ""
    gpus: int = 0

    @property
    def machine(self) -> Machine:
        return Machine(cores=self.site.cores, memory_bytes=int(self.site.memory_bytes), disks=1, gpus=self.gpus)

    def simulate(self, seed: int) -> Simulation:
        return Simulation(_varied(self.site, seed), seed)

    def true_gain(self, seed: int, simulated: Simulation) -> float:
        """Share of the mean time from submission to end that is saved without the cause."""
        assert self.without is not None
        better = Simulation(_varied(self.without, seed), seed).latency_s(others_than=self.others_than)
        return 1.0 - better / simulated.latency_s(others_than=self.others_than)


def history_of(simulation: Simulation, folder: Path) -> tuple[History, Period]:
    """What the simulated site would remember."""
    history = History(folder / "history.sqlite")
    history.write(simulation.facts, simulation.samples())
    return history, simulation.period


def _varied(site: Site, seed: int) -> Site:
    """More or fewer jobs, longer or shorter ones: no two sites are alike."""
    dice = np.random.default_rng(seed + 7)
    return replace(site, jobs=site.jobs * dice.uniform(0.85, 1.15), audio_s=site.audio_s * dice.uniform(0.85, 1.15))


def _halved(site: Site, stage: str) -> Site:
    cost = site.costs[stage]
    return site.costing(stage, base_s=cost.base_s / 2, per_audio_s=cost.per_audio_s / 2)


HEALTHY = Site()


def _one_of_each(sites: Mapping[str, Site]) -> tuple[Workload, ...]:
    """Each site with the same without its cause."""
    heavy, voices, disk, queue = (sites[kind] for kind in ("cpu_transcription", "diarization", "disk", "queue"))
    slow, flood = sites["slow_model"], sites["one_client"]
    return (
        Workload("cpu_transcription", heavy, _halved(heavy, "transcribe")),
        Workload("diarization", voices, _halved(voices, "diarize")),
        Workload("disk", disk, disk.costing("decode", disk=0.0).costing("transcribe", disk=0.0)),
        Workload("queue", queue, replace(queue, workers=queue.workers + 1)),
        Workload("slow_model", slow, replace(slow, models={**FOUR_MODELS, "medium": (0.2, 0.8)})),
        Workload("leak", sites["leak"], replace(sites["leak"], leak_bytes=0.0)),
        Workload("cold_loads", sites["cold_loads"], replace(sites["cold_loads"], load_s=0.0)),
        Workload("cache_misses", sites["cache_misses"], replace(sites["cache_misses"], reuse=True)),
        Workload("gpu_memory", sites["gpu_memory"], replace(sites["gpu_memory"], gpu_bytes=40 * GIB), gpus=1),
        Workload("one_client", flood, replace(flood, fair=True), others_than="flooder"),
    )


_DECODING = Site(jobs=360, workers=4).costing("decode", per_audio_s=0.03, disk=2.2)
KINDS = _one_of_each(
    {
        "cpu_transcription": Site(jobs=360, cores=4, workers=4).costing("transcribe", per_audio_s=0.45, threads=2.0),
        "diarization": Site(jobs=500, workers=3).costing("diarize", per_audio_s=0.33),
        "disk": _DECODING.costing("transcribe", disk=1.4, threads=1.0),
        "queue": Site(jobs=620, workers=1, cores=8),
        "slow_model": Site(jobs=380, workers=4, models={**FOUR_MODELS, "medium": (0.2, 6.0)}),
        "leak": Site(jobs=450, workers=4, leak_bytes=0.09 * GIB, limit_bytes=4 * GIB),
        "cold_loads": Site(jobs=450, workers=4, models=FOUR_MODELS, load_s=60, keep_alive_s=300, room=1),
        "cache_misses": Site(jobs=620, workers=3, repeats=0.55, reuse=False),
        "gpu_memory": Site(jobs=520, workers=5, gpu_bytes=9 * GIB, patience_s=180).costing(
            "transcribe", per_audio_s=0.22
        ),
        "one_client": Site(jobs=700, workers=3, flood=0.5),
    }
)
"""One for each kind, in the order of the product's own table."""

MILD = _one_of_each(
    {
        "cpu_transcription": Site(jobs=420, cores=4, workers=4).costing("transcribe", per_audio_s=0.3, threads=2.0),
        "diarization": Site(jobs=420, workers=3).costing("diarize", per_audio_s=0.18),
        "disk": _DECODING.costing("decode", disk=1.2).costing("transcribe", disk=0.8, threads=1.0),
        "queue": Site(jobs=480, workers=1, cores=8),
        "slow_model": Site(jobs=380, workers=4, models={**FOUR_MODELS, "medium": (0.2, 3.0)}),
        "leak": Site(jobs=450, workers=4, leak_bytes=0.02 * GIB, limit_bytes=30 * GIB),
        "cold_loads": Site(jobs=450, workers=4, models=FOUR_MODELS, load_s=30, keep_alive_s=300, room=1),
        "cache_misses": Site(jobs=620, workers=3, repeats=0.3, reuse=False),
        "gpu_memory": Site(jobs=450, workers=4, gpu_bytes=9 * GIB, patience_s=180).costing(
            "transcribe", per_audio_s=0.20
        ),
        "one_client": Site(jobs=700, workers=3, flood=0.35),
    }
)
"""The same kinds, about half as bad."""

HEALTHY_ONES = (
    Workload("", HEALTHY),
    Workload("", replace(HEALTHY, jobs=250, models=FOUR_MODELS)),
    Workload("", replace(HEALTHY, jobs=600, workers=6, cores=16)),
    Workload("", replace(HEALTHY, gpu_bytes=32 * GIB), gpus=1),
    Workload("", replace(HEALTHY, repeats=0.4)),
)
"""Sites at which there is nothing to complain of."""

__all__ = ["HEALTHY_ONES", "KINDS", "MILD", "Workload", "history_of"]
