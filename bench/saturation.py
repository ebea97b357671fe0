"""Is the capacity of a real server predicted from a light load? Real workers, a real store, real recognition.

    python -m bench.saturation
    python -m bench.saturation --jobs 80 --json saturation.json

First jobs come now and then, and the queueing model is fitted to what is remembered of these. Then they come more
often, and at last all at once. Predicted and measured are printed side by side: the throughput at saturation, and the
waiting at both loads. The three loads take turns, so that whatever else the machine does meets all of them. The jobs
are clips of 3 to 12 s of `samples/conversation.flac`, recognised by the embedded engine; nothing is reused. It takes
under five minutes and wants a machine with nothing else to do: what else ran is printed, in cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil
from audapolis.analytics.capacity import Fitted, Option, fitted, plan, queue_jobs, replay
from audapolis.analytics.facts import JobFact
from audapolis.analytics.following import Follower
from audapolis.analytics.frame import Column, Frame
from audapolis.analytics.history.store import History
from audapolis.analytics.span import HOUR_S, Period
from audapolis.audio.decoding import decode
from audapolis.audio.pcm import PcmAudio
from audapolis.config import load_settings
from audapolis.domain.audio import SAMPLE_RATE_HZ
from audapolis.domain.codec import to_plain
from audapolis.domain.events import Event
from audapolis.domain.options import TranscribeOptions
from audapolis.tasks import TaskManager

SAMPLE = Path(__file__).parent.parent / "samples" / "conversation.flac"
OPTIONS = TranscribeOptions(engine="pocketsphinx", mode="fast", diarizer="acoustic", language="en", reuse=False)
TARGET_S = 10.0
PATIENCE_S = 600.0
EPOCH = 1_767_225_600.0
"""When the turns of each load begin in its history."""


@dataclass(slots=True)
class Load:
    """What was measured while jobs came in some way, over all its turns.

    Attributes:
        history: Of the jobs that came in this way, as if its turns had followed each other without a break.
        gaps_s: Before each job; those of each turn in a list of its own.
        done_per_h: Jobs that were done in an hour, while all workers had work, by turn.
        others: Cores that other processes used meanwhile, by turn.
        lasted_s: All turns together.
    """

    history: History
    gaps_s: list[list[float]]
    done_per_h: list[float]
    others: list[float]
    lasted_s: float = 0.0

    @property
    def period(self) -> Period:
        """All its turns."""
        return Period(EPOCH, EPOCH + self.lasted_s)

    @property
    def jobs(self) -> Frame:
        """Its jobs."""
        return queue_jobs(self.history, self.period)

    @property
    def throughput_per_h(self) -> float:
        """Jobs done in an hour; each turn counts alike."""
        return float(np.mean(self.done_per_h))


class Site:
    """A task manager, and what is remembered of its jobs."""

    def __init__(self, folder: Path, workers: int, clips: Sequence[Path]) -> None:
        settings = load_settings(
            data_dir=folder / "data", jobs={"workers": workers, "poll_s": 0.1}, transcription={"processes": 1}
        )
        self.manager = TaskManager(settings)
        self._folder, self._workers = folder, workers
        self._clips = clips
        self._follower, self._lock = Follower(lambda digest: digest[:16]), threading.Lock()
        self._facts: list[JobFact] = []
        self.manager.subscribe(self._hear)

    def load(self, name: str) -> Load:
        """A way in which jobs will come."""
        return Load(History(self._folder / f"{name}.sqlite"), [], [], [])

    def run(self, load: Load, gaps_s: Sequence[float]) -> None:
        """One turn: submit a job after each gap, and wait until all have ended."""
        since, meter, jobs = time.time(), Others(), []
        dice = np.random.default_rng(len(load.gaps_s))  # each load gets the same clips, turn by turn
        for gap_s, clip in zip(gaps_s, dice.choice(len(self._clips), len(gaps_s)), strict=True):
            time.sleep(gap_s)
            jobs.append(self.manager.submit(self._clips[clip], name="clip", options=OPTIONS))
        for job in jobs:
            ended = self.manager.wait(job.id, PATIENCE_S)
            if ended.error is not None:
                print(f"A job failed: {ended.error.message}", file=sys.stderr)
        time.sleep(0.5)  # the last event may come after the job has ended
        with self._lock:
            facts, self._facts = self._facts, []
        moved_s = EPOCH + load.lasted_s - since
        load.history.write(replace(fact, at=fact.at + moved_s, queued_at=fact.queued_at + moved_s) for fact in facts)
        load.gaps_s.append(list(gaps_s))
        load.others.append(meter.cores())
        load.lasted_s += time.time() - since
        ends = sorted(fact.at for fact in facts)
        if len(ends) > 2 * self._workers:  # all workers have work until the last few jobs
            ends = ends[: -self._workers + 1] if self._workers > 1 else ends
            load.done_per_h.append((len(ends) - 1) / (ends[-1] - ends[0]) * HOUR_S)

    def _hear(self, event: Event) -> None:
        with self._lock:
            self._facts += [fact for fact in self._follower.follow(event) if isinstance(fact, JobFact)]


class Others:
    """Cores that processes other than this one and its children use, from now on."""

    def __init__(self) -> None:
        self._began, self._before = time.monotonic(), (_busy_s(), _own_s())

    def cores(self) -> float:
        """How many, on the average."""
        busy_s, own_s = _busy_s() - self._before[0], _own_s() - self._before[1]
        return max(0.0, busy_s - own_s) / (time.monotonic() - self._began)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice)


def _own_s() -> float:
    """Processor time of this process and all below it, ended ones included."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def cut(folder: Path, count: int = 16) -> list[Path]:
    """Clips of 3 to 12 s, from all over the sample."""
    audio = PcmAudio(decode(SAMPLE, folder / "sound.pcm", split_channels="never"))
    samples = np.concatenate([window.samples for window in audio.windows(60.0)])
    dice, clips = np.random.default_rng(3), []
    for number in range(count):
        length = int(dice.uniform(3, 12) * SAMPLE_RATE_HZ)
        begin = int(dice.integers(0, len(samples) - length))
        path = folder / f"clip{number}.wav"
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(SAMPLE_RATE_HZ)
            out.writeframes((np.clip(samples[begin : begin + length], -1, 1) * 32767).astype("<i2").tobytes())
        clips.append(path)
    return clips


def replayed(model: Fitted, load: Load) -> tuple[float, float]:
    """Mean and 95 % quantile of the wait by the model, for these arrivals and any of the durations it was fitted to."""
    dice = np.random.default_rng(1)
    means, tails = [], []
    for _ in range(50):
        waits = np.concatenate([_waits(model, gaps, dice) for gaps in load.gaps_s])
        means.append(waits.mean())
        tails.append(np.quantile(waits, 0.95))
    return float(np.mean(means)), float(np.mean(tails))


def _waits(model: Fitted, gaps_s: Sequence[float], dice: np.random.Generator) -> Column:
    work_s = dice.choice(model.jobs["work_s"], len(gaps_s))
    return replay(np.cumsum(gaps_s), work_s, model.station.workers, model.station.contention).wait_s


def _line(name: str, predicted: float, measured: float, unit: str) -> str:
    return f"{name:42} {predicted:10.2f} {measured:10.2f} {unit:8} {predicted / measured - 1:+8.1%}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Load lightly, fit, saturate, compare; 0 where throughput is predicted within a fifth."""
    parser = argparse.ArgumentParser(prog="python -m bench.saturation", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=48, help="jobs of each load")
    parser.add_argument("--rounds", type=int, default=4, help="turns of each load")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--light", type=float, default=0.45, help="share of what the workers can do, at first")
    parser.add_argument("--heavy", type=float, default=0.85, help="likewise, then")
    parser.add_argument("--json", type=Path, help="write the plan and what was measured to this file")
    args = parser.parse_args(arguments)
    cores = float(len(os.sched_getaffinity(0)))
    dice = np.random.default_rng(11)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = Site(folder, args.workers, cut(folder))
        with site.manager:
            warm, light, heavy, full = (site.load(name) for name in ("warm", "light", "heavy", "full"))
            site.run(warm, [0.0] * (2 * args.workers))  # models come into memory
            site.run(warm, [0.0] * (6 * args.workers))
            rate_per_s = warm.done_per_h[-1] / HOUR_S
            count = args.jobs // args.rounds
            for _ in range(args.rounds):
                site.run(light, dice.exponential(1 / (args.light * rate_per_s), count).tolist())
                site.run(heavy, dice.exponential(1 / (args.heavy * rate_per_s), count).tolist())
                site.run(full, [0.0] * count)
        found = plan(light.history, light.period, args.workers, TARGET_S, cores=cores)
        model = fitted(light.jobs, light.period, args.workers, cores)
        if found.now is None or model is None:
            print(f"Nothing can be told: {found.unknown}", file=sys.stderr)
            return 1
        report(model, found.now, light=light, heavy=heavy, full=full)
        if args.json:
            args.json.write_text(json.dumps({"plan": to_plain(found), "measured_per_h": full.done_per_h}, indent=1))
        return 0 if abs(found.now.saturation_jobs_per_h / full.throughput_per_h - 1) <= 0.2 else 1


def report(model: Fitted, now: Option, *, light: Load, heavy: Load, full: Load) -> None:
    """Print predicted and measured."""
    station = model.station
    others = ", ".join(f"{np.mean(load.others):.1f}" for load in (light, heavy, full))
    print(
        f"Fitted to {len(model.jobs)} jobs at {model.arrivals.per_h:.0f} an hour: "
        f"{station.service.mean_s:.2f} s alone, "
        f"SCV {station.service.scv:.2f}, two at once {station.contention.slowdown(2):.2f} times as long, "
        f"known within {model.error:.0%}. Other processes took {others} cores."
    )
    print(f"{'':42} {'predicted':>10} {'measured':>10} {'':8} {'error':>8}")
    print(_line("throughput at saturation", now.saturation_jobs_per_h, full.throughput_per_h, "jobs/h"))
    if now.saturation_audio_h_per_h is not None and model.audio_s is not None:
        measured = full.throughput_per_h * float(full.jobs["audio_s"].mean()) / HOUR_S
        print(_line("the same, in sound", now.saturation_audio_h_per_h, measured, "h/h"))
    for name, load in (("at a heavy load", heavy), ("all at once", full)):
        mean_s, p95_s = replayed(model, load)
        waited = load.jobs["queue_s"]
        print(_line(f"mean wait, {name}", mean_s, float(waited.mean()), "s"))
        print(_line(f"95 % quantile of the wait, {name}", p95_s, float(np.quantile(waited, 0.95)), "s"))


if __name__ == "__main__":
    sys.exit(main())
