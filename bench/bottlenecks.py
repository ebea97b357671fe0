"""Are bottlenecks named correctly, and their gains predicted? Simulated sites whose causes are known.

    python -m bench.bottlenecks
    python -m bench.bottlenecks --mild --seeds 5 --json bottlenecks.json

For each kind of bottleneck a site is simulated with each seed, for a day; what it would remember is written to a
history, and the product is asked. The true gain is that of simulating the same jobs without the cause. Healthy sites,
at which nothing may be named, come last.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from audapolis.analytics.bottlenecks import bottlenecks
from tests.analytics.workloads import HEALTHY_ONES, KINDS, MILD, history_of

WORKLOADS = {False: (*KINDS, *HEALTHY_ONES), True: (*MILD, *HEALTHY_ONES)}
"""By whether they are mild."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found at one site.

    Attributes:
        kind: Its bottleneck; empty where it is healthy.
        named: What was named, most important first.
        true_gain: Share of the mean time from submission to end that is saved without the cause.
        gain: What was predicted; None where the cause was not named first.
        asked_s: How long it took to tell.
    """

    kind: str
    seed: int
    named: tuple[str, ...]
    true_gain: float
    gain: float | None
    asked_s: float

    @property
    def right(self) -> bool:
        """Whether the cause was named first, or nothing where there is none."""
        return self.named[:1] == ((self.kind,) if self.kind else ())


def trial(mild: bool, index: int, seed: int) -> Trial:
    """Simulate a site and look for its bottleneck."""
    workload = WORKLOADS[mild][index]
    simulation = workload.simulate(seed)
    with tempfile.TemporaryDirectory() as folder:
        history, period = history_of(simulation, Path(folder))
        began = time.perf_counter()
        found = bottlenecks(history, period, workload.machine)
        asked_s = time.perf_counter() - began
        history.close()
    named = tuple(bottleneck.kind for bottleneck in found)
    true_gain = workload.true_gain(seed, simulation) if workload.without else 0.0
    gain = found[0].gain if found and found[0].kind == workload.kind else None
    return Trial(workload.kind, seed, named, true_gain, gain, asked_s)


def table(trials: Sequence[Trial]) -> str:
    """A line for each kind, one for all healthy sites, and the sum."""
    kinds = [workload.kind for workload in KINDS]
    lines = ["kind               named first  true gain  predicted  mean |error|  largest   also or instead"]
    for kind in [*kinds, ""]:
        own = [trial for trial in trials if trial.kind == kind]
        right = sum(trial.right for trial in own)
        if kind:
            pairs = [(trial.true_gain, trial.gain) for trial in own if trial.gain is not None]
            errors = [abs(gain - true) for true, gain in pairs]
            means = np.mean(pairs, axis=0) if pairs else (np.nan, np.nan)
            figures = f"{means[0]:9.3f}  {means[1]:9.3f}  {np.mean(errors):12.3f}  {max(errors, default=np.nan):7.3f}"
        else:
            figures = " " * 44
        others = Counter(name for trial in own for name in trial.named if name != kind)
        told = ", ".join(f"{name} {count}" for name, count in others.most_common())
        lines.append(f"{kind or 'healthy':18} {right:5d} of {len(own):3d}  {figures}   {told}")
    seeds = sorted({trial.seed for trial in trials})
    per_seed = [sum(trial.right for trial in trials if trial.seed == seed and trial.kind) for seed in seeds]
    slowest = max(trial.asked_s for trial in trials)
    lines.append(
        f"Of {len(kinds)} kinds, with the worst seed {min(per_seed)} are named first. Slowest answer {slowest:.2f} s."
    )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, ask, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.bottlenecks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20, help="how many sites of each kind")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--mild", action="store_true", help="sites about half as bad")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=Path, help="write all trials to this file")
    args = parser.parse_args(arguments)
    seeds, count = range(args.first, args.first + args.seeds), len(WORKLOADS[args.mild])
    jobs = [(args.mild, index, seed) for seed in seeds for index in range(count)]
    with ProcessPoolExecutor(args.processes) as pool:
        trials = list(pool.map(trial, *zip(*jobs, strict=True)))
    print(table(trials))
    if args.json:
        args.json.write_text(json.dumps([asdict(trial) for trial in trials], indent=1))
    kinds = [found for found in trials if found.kind]
    return 0 if sum(found.right for found in kinds) >= 0.9 * len(kinds) else 1


if __name__ == "__main__":
    sys.exit(main())
