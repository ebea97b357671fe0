"""Does a second core help, does time grow with length and nothing else, and does memory stay put?

    python -m bench.scaling cores ../shared/speech/open/longform/LS26_495.mp3
    python -m bench.scaling lengths ../shared/speech/open/longform/LS26_495.mp3 --seconds 600 3600 10800

The recording is cut, or repeated from its beginning, to the wanted length as a wav file; the command line transcribes
it in a fresh process each time, engines cold, as a user would.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import wave
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from audapolis.audio.decoding import decode
from audapolis.audio.pcm import PcmAudio
from audapolis.domain.audio import SAMPLE_RATE_HZ
from audapolis.errors import AudapolisError, EngineFailed

from .meter import Cost, run

_PINNED = (
    "import os, sys; os.sched_setaffinity(0, map(int, sys.argv[1].split(','))); os.execv(sys.argv[2], sys.argv[2:])"
)


@dataclass(frozen=True, slots=True)
class Run:
    """One transcription: of how much sound, on how many cores, at what cost, and how many words came out."""

    seconds: float
    cores: int
    cost: Cost
    words: int

    @property
    def real_time_factor(self) -> float:
        """Wall time per second of sound."""
        return self.cost.wall_s / self.seconds


def stretch(source: Path, target: Path, seconds: float) -> None:
    """Write the beginning of a recording, repeated where it is too short, as 16 kHz mono wav."""
    with tempfile.TemporaryDirectory() as folder, wave.open(str(target), "wb") as out:
        audio = PcmAudio(decode(source, Path(folder, "sound.pcm"), split_channels="never"))
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        left = round(seconds * SAMPLE_RATE_HZ)
        while left > 0:
            for window in audio.windows(60.0):
                samples = window.samples[:left]
                out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
                left -= len(samples)


def transcribe(path: Path, seconds: float, *, cores: Sequence[int], options: Sequence[str]) -> Run:
    """Transcribe a file with the command line on some cores.

    Raises:
        EngineFailed: The command failed; the message is its own.
    """
    command = [sys.executable, "-c", _PINNED, ",".join(map(str, cores))]
    command += [sys.executable, "-m", "audapolis", "transcribe", str(path), "-f", "json", *options]
    ran, cost = run(command, environment={**os.environ, "AUDAPOLIS_TRANSCRIPTION__PROCESSES": str(len(cores))})
    if ran.returncode:
        raise EngineFailed(f"The transcription of {path.name} failed: {ran.stderr.strip()[-500:]}")
    words = sum(len(segment["words"]) for segment in json.loads(ran.stdout)["segments"])
    return Run(seconds, len(cores), cost, words)


def side_by_side(path: Path, seconds: float, *, cores: Sequence[int], options: Sequence[str]) -> float:
    """Transcribe a file on each core at the same time; how long the last takes, in seconds."""
    with ThreadPoolExecutor(len(cores)) as pool:
        runs = [pool.submit(transcribe, path, seconds, cores=[core], options=options) for core in cores]
        return max(run.result().cost.wall_s for run in runs)


def row(result: Run) -> str:
    """One line about a run."""
    cost = result.cost
    return (
        f"{result.seconds:7.0f} s of sound, {result.cores} core(s): {cost.wall_s:8.1f} s wall, {cost.cpu_s:8.1f} s cpu,"
        f" real-time factor {result.real_time_factor:.4f}, largest process {cost.peak_process_bytes / 1e6:.0f} MB,"
        f" all together {cost.peak_tree_bytes / 1e6:.0f} MB, {result.words} words"
    )


def measure_cores(args: argparse.Namespace) -> None:
    """One core against all that are allowed here, in turns; the best of each counts.

    Cores share memory and power, so they can rarely be as many times as fast as they are many. What the machine allows
    is measured too: the same transcription once for each core, side by side, with nothing to wait for.
    """
    allowed = sorted(os.sched_getaffinity(0))
    results: list[Run] = []
    alone: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cores.wav")
        stretch(args.recording, path, args.seconds[0])
        for cores in [allowed[:1], allowed] * args.repeat:
            result = transcribe(path, args.seconds[0], cores=cores, options=args.options)
            results.append(result)
            print(row(result), flush=True)
        for _ in range(args.repeat):
            alone.append(side_by_side(path, args.seconds[0], cores=allowed, options=args.options))
            print(f"{len(allowed)} transcriptions side by side, one core each: {alone[-1]:.1f} s wall", flush=True)
    one = min(r.cost.wall_s for r in results if r.cores == 1)
    many = min(r.cost.wall_s for r in results if r.cores == len(allowed))
    print(
        f"{len(allowed)} cores are {one / many:.2f} times as fast as one; "
        f"independent transcriptions get {len(allowed) * one / min(alone):.2f} times as much done here."
    )


def measure_lengths(args: argparse.Namespace) -> None:
    """Each length in turn; how far its real-time factor is from that of the first."""
    cores = sorted(os.sched_getaffinity(0))
    first: Run | None = None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "length.wav")
        for seconds in args.seconds:
            stretch(args.recording, path, seconds)
            result = transcribe(path, seconds, cores=cores, options=args.options)
            first = first or result
            change = result.real_time_factor / first.real_time_factor - 1
            print(f"{row(result)}, {change:+.1%} against the first", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the two measurements."""
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("cores", "lengths"))
    parser.add_argument("recording", type=Path)
    parser.add_argument("--seconds", type=float, nargs="+", help="lengths (default: 600; for lengths also 3600, 10800)")
    parser.add_argument("--repeat", type=int, default=1, help="rounds of 'cores'")
    parser.add_argument("--engine", default="pocketsphinx")
    parser.add_argument("--mode", choices=("fast", "balanced", "accurate"), default="balanced")
    parser.add_argument("--no-diarize", action="store_true")
    args = parser.parse_args(arguments)
    args.options = ["--engine", args.engine, "--mode", args.mode, *(["--no-diarize"] if args.no_diarize else [])]
    args.seconds = args.seconds or ([600.0] if args.what == "cores" else [600.0, 3600.0, 10800.0])
    try:
        (measure_cores if args.what == "cores" else measure_lengths)(args)
    except AudapolisError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
