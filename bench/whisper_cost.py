"""What our pipeline costs over bare faster-whisper, and what working on several files at once gains.

    python -m bench.whisper_cost single
    python -m bench.whisper_cost several --files 8

Both sides have the same model, sound, threads and search, find speech with the same network, and give words with
times; telling speakers apart is off. The calls alternate in one run, so that a machine that is busy with other things
is busy for both; processor time, which a busy machine changes least, is given beside wall time. Without `--model` a
network of random weights is used that has the size of `tiny` and answers with 90 tokens a window.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from audapolis.config import Settings, load_settings
from audapolis.domain.options import TranscribeOptions
from audapolis.jobs.record import JobState
from audapolis.modern_pipeline import ModernPipeline
from audapolis.stages.base import StageContext
from audapolis.tasks import TaskManager

from .random_whisper import build
from .scaling import stretch

SAMPLE = Path(__file__).parents[1] / "samples" / "conversation.flac"
PATIENCE_S = 3600.0
BEAMS = {"fast": 1, "balanced": 3, "accurate": 5}


@dataclass(frozen=True, slots=True)
class Took:
    """Wall and processor time of one call, in seconds, with its child processes; and how many words came out."""

    wall_s: float
    cpu_s: float
    words: int


def timed(call: Callable[[], int]) -> Took:
    """Run something that returns a number of words."""
    wall, cpu = time.perf_counter(), _cpu_s()
    words = call()
    return Took(time.perf_counter() - wall, _cpu_s() - cpu, words)


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


class Bare:
    """faster-whisper's own batched pipeline, with the model loaded."""

    def __init__(self, model: Path, threads: int, mode: str, batch: int) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        self._model: Any = WhisperModel(str(model), device="cpu", compute_type="int8", cpu_threads=threads)
        self._pipeline: Any = BatchedInferencePipeline(self._model)
        self._how = {"beam_size": BEAMS[mode], "batch_size": batch, "language": "en", "word_timestamps": True}

    def __call__(self, path: Path) -> int:
        """Transcribe a file; how many words."""
        segments, _ = self._pipeline.transcribe(str(path), **self._how)
        return sum(len(segment.words) for segment in segments)


class Ours:
    """Our pipeline, with the engine warm."""

    def __init__(self, settings: Settings, options: TranscribeOptions) -> None:
        self._pipeline = ModernPipeline(settings)
        self._options = options

    def __call__(self, path: Path) -> int:
        """Transcribe a file; how many words."""
        with tempfile.TemporaryDirectory() as workdir:
            context = StageContext(Path(workdir))
            return len(self._pipeline.run(path, self._options, context=context).words)

    def close(self) -> None:
        """End the engine."""
        self._pipeline.close()


def single(args: argparse.Namespace, folder: Path, model: Path) -> None:
    """One file after the other, in turns."""
    sound = folder / "sound.wav"
    stretch(args.recording, sound, args.seconds)
    ours = Ours(_settings(folder, args.threads), _options(args, model))
    bare = Bare(model, args.threads, args.mode, args.batch)
    sides: list[tuple[str, Callable[[Path], int]]] = [("bare", bare), ("ours", ours)]
    for _, side in sides:
        side(sound)  # loads what is loaded once
    walls, cpus = [], []
    for round_ in range(args.rounds):
        order = sides if round_ % 2 else sides[::-1]
        took = {name: timed(partial(side, sound)) for name, side in order}
        walls.append(took["ours"].wall_s / took["bare"].wall_s)
        cpus.append(took["ours"].cpu_s / took["bare"].cpu_s)
        said = [f"{name} {each.wall_s:.2f} s wall, {each.cpu_s:.2f} s cpu" for name, each in sorted(took.items())]
        print(*said, f"ratio {walls[-1]:.3f} wall, {cpus[-1]:.3f} cpu", sep="; ", flush=True)
    ours.close()
    print(f"Median ratio ours/bare: {statistics.median(walls):.3f} wall, {statistics.median(cpus):.3f} cpu.")


def several(args: argparse.Namespace, folder: Path, model: Path) -> None:
    """Many files through the task manager, against as many bare calls in a row."""
    paths = [folder / f"sound{number}.wav" for number in range(args.files)]
    for number, path in enumerate(paths):
        stretch(args.recording, path, args.seconds + number / 10)
    bares = {threads: Bare(model, threads, args.mode, args.batch) for threads in sorted({1, args.workers})}
    with TaskManager(_settings(folder, 1, workers=args.workers)) as manager:
        warm = [manager.submit(path, name=path.name, options=_options(args, model)) for path in paths[: args.workers]]
        _all_done(manager, [job.id for job in warm])
        for bare in bares.values():
            bare(paths[0])
        for _ in range(args.rounds):
            ours_s = _together(manager, paths, _options(args, model))
            said = [f"ours {ours_s:.1f} s"]
            for threads, bare in bares.items():
                took = timed(partial(_one_by_one, bare, paths))
                said.append(f"bare, {threads} thread(s): {took.wall_s:.1f} s = {took.wall_s / ours_s:.2f} times ours")
            print("; ".join(said), flush=True)


def _together(manager: TaskManager, paths: Sequence[Path], options: TranscribeOptions) -> float:
    """Wall time from the first submission to the last transcript."""
    began = time.perf_counter()
    _all_done(manager, [manager.submit(path, name=path.name, options=options).id for path in paths])
    return time.perf_counter() - began


def _one_by_one(bare: Bare, paths: Sequence[Path]) -> int:
    return sum(map(bare, paths))


def _all_done(manager: TaskManager, ids: Sequence[str]) -> None:
    for job in [manager.wait(job_id, PATIENCE_S) for job_id in ids]:
        if job.state is not JobState.DONE:
            raise SystemExit(f"{job.name} is {job.state}: {job.error}")


def _settings(folder: Path, threads: int, workers: int = 1) -> Settings:
    os.environ["AUDAPOLIS_TRANSCRIPTION__PROCESSES"] = str(threads)
    os.environ["AUDAPOLIS_JOBS__WORKERS"] = str(workers)
    return load_settings(data_dir=folder / "data")


def _options(args: argparse.Namespace, model: Path) -> TranscribeOptions:
    return TranscribeOptions(
        engine="whisper",
        model=str(model),
        language="en",
        mode=args.mode,
        diarize=False,
        denoise="off",
        device="cpu",
        reuse=False,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the two measurements."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.whisper_cost", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("what", choices=("single", "several"))
    parser.add_argument("recording", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--model", type=Path, help="folder of a CTranslate2 model (default: random weights)")
    parser.add_argument("--seconds", type=float, default=240.0, help="length of each file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of both sides, for 'single'")
    parser.add_argument("--batch", type=int, default=8, help="windows decoded together by the bare side")
    parser.add_argument("--mode", choices=tuple(BEAMS), default="balanced")
    parser.add_argument("--files", type=int, default=8, help="for 'several'")
    parser.add_argument("--workers", type=int, default=2, help="our processes, of one thread each, for 'several'")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = args.model or build(folder / "random-tiny")
        (single if args.what == "single" else several)(args, folder, model)
    return 0


if __name__ == "__main__":
    sys.exit(main())
