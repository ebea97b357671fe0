"""Durability: kill workers and the whole server at random moments, and see that no job is lost, changed or redone.

    python -m bench.chaos --files samples/*.flac --kills 10
    python -m bench.chaos --manifest ../shared/speech/open/manifest.json --limit 20 --kills 50 --json chaos.json

The same files are first transcribed undisturbed. Then they are submitted to a fresh data folder, and while they are
worked on, `SIGKILL` hits, at exponentially distributed intervals, either a worker or the server, which is started
again. Time only counts while a job is running; kills go on until all have been dealt or every job has ended. As
these deaths are not the jobs' fault, a job is quarantined later than by default: see `--max-attempts`.
The run passes when all transcripts equal the undisturbed ones, none is missing or doubled, no stage or chunk that
had been checkpointed was computed again, and no process of a killed server lived on.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
from audapolis.config import Settings, load_settings
from audapolis.domain.codec import to_plain
from audapolis.domain.options import TranscribeOptions
from audapolis.jobs.database import Database
from audapolis.jobs.record import Job, JobState
from audapolis.jobs.store import JobStore
from audapolis.tasks import TaskManager

START_PATIENCE_S = 30.0
GONE_PATIENCE_S = 3.0
LOOK_S = 0.05


@dataclass
class Report:
    """What came of a run; `passed` sums it up."""

    files: int
    workers: int
    seed: int
    kills_wanted: int = 0
    undisturbed_s: float = 0.0
    disturbed_s: float = 0.0
    kills: dict[str, int] = field(default_factory=lambda: {"worker": 0, "server": 0})
    done: int = 0
    lost: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    redone: list[str] = field(default_factory=list)
    survivors: int = 0
    failures: list[str] = field(default_factory=list)
    attempts: int = 0
    resumed_stages: int = 0
    recovery_s: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing was lost, changed, redone or left running."""
        return self.done == self.files and not (self.lost or self.different or self.redone or self.survivors)


def serve(arguments: argparse.Namespace) -> None:
    """Be the server: take up what is there, submit what is new, tell of workers; until killed or told to stop."""
    manager = TaskManager(_settings(arguments), _runner(arguments.runner))
    with manager:
        known = {job.source for job in manager.list()}
        for path in arguments.files:
            if str(path) not in known:
                manager.submit(path, name=path.name, options=_options(arguments))
        print("up", flush=True)
        sys.stdin.read()


class Server:
    """A server process that this one can kill, and the store as seen from outside."""

    def __init__(self, arguments: argparse.Namespace, data_dir: Path, files: Sequence[Path]) -> None:
        self._command = [sys.executable, "-m", "bench.chaos", "--serve", "--data-dir", str(data_dir)]
        self._command += ["--runner", arguments.runner, "--workers", str(arguments.workers)]
        self._command += ["--engine", arguments.engine, "--max-attempts", str(arguments.max_attempts)]
        self._command += [] if arguments.diarize else ["--no-diarize"]
        self._command += ["--files", *map(str, files)]
        self._log = (data_dir / "server.log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log)
        assert process.stdout is not None  # it is a pipe
        if process.stdout.readline() != b"up\n":
            raise SystemExit(f"The server did not start; see {self._log.name}.")
        return process

    def family(self) -> list[psutil.Process]:
        """The server's descendants."""
        return _children(self.process.pid, recursive=True)

    def kill_worker(self, choice: random.Random) -> bool:
        """Kill one worker; False when there is none at the moment."""
        workers = [child for child in _children(self.process.pid) if _leads_a_session(child)]
        if not workers:
            return False
        with suppress(psutil.NoSuchProcess):
            choice.choice(workers).send_signal(signal.SIGKILL)
        return True

    def kill_and_restart(self) -> int:
        """Kill the server, then start it again.

        Returns:
            How many of the killed one's descendants were still alive some seconds later.
        """
        family = self.family()
        self.process.kill()
        self.process.communicate()
        self.process = self._start()
        until = time.monotonic() + GONE_PATIENCE_S
        while (survivors := sum(map(_is_alive, family))) and time.monotonic() < until:
            time.sleep(LOOK_S)
        return survivors

    def stop(self) -> None:
        """End it in the proper way."""
        self.process.communicate(b"", timeout=START_PATIENCE_S)
        self._log.close()


class Observer:
    """Reads a server's store while it is being killed."""

    def __init__(self, settings: Settings) -> None:
        self._database = Database(settings.database_url)
        self.store = JobStore(self._database, home="observer")

    def running(self) -> list[Job]:
        """Jobs that are being worked on."""
        return self.store.list(JobState.RUNNING)

    def ended(self) -> bool:
        """Whether nothing is left to do."""
        return all(job.state.ended for job in self.store.list())

    def results(self) -> dict[str, Any]:
        """Transcripts by source, without what must differ between two runs."""
        done = self.store.list(JobState.DONE)
        return {job.source: _comparable(to_plain(self.store.transcript(job.id))) for job in done}

    def failures(self) -> list[str]:
        """Why jobs did not end well."""
        ended = [job for job in self.store.list() if job.state.ended and job.state is not JobState.DONE]
        return [f"{job.name}: {job.state}: {job.error.message if job.error else ''}" for job in ended]

    def close(self) -> None:
        """Close the store."""
        self._database.close()


def undisturbed(arguments: argparse.Namespace, files: Sequence[Path], folder: Path) -> tuple[dict[str, Any], float]:
    """Transcribe everything in peace: the results, and how long it took."""
    began = time.monotonic()
    server, observer = _open(arguments, files, folder)
    while not observer.ended():
        time.sleep(LOOK_S)
    results, failures = observer.results(), observer.failures()
    observer.close()
    server.stop()
    if failures:
        raise SystemExit("\n".join(["Even undisturbed, these failed:", *failures]))
    return results, time.monotonic() - began


def disturbed(
    arguments: argparse.Namespace, files: Sequence[Path], folder: Path, truth: dict[str, Any], report: Report
) -> None:
    """Transcribe everything while killing; what came of it goes into the report."""
    choice = random.Random(arguments.seed)
    began = time.monotonic()
    server, observer = _open(arguments, files, folder)
    recoveries: dict[str, list[float]] = {"worker": [], "server": []}
    mean_s = arguments.mean_s or max(1.0, report.undisturbed_s / arguments.kills)
    for _ in range(arguments.kills):
        if not _reach_next_kill(observer, choice.expovariate(1 / mean_s)):
            break
        victim = "server" if choice.random() < arguments.server_share else "worker"
        recoveries[victim].append(_strike(server, observer, victim, choice, report))
    while not observer.ended():
        time.sleep(LOOK_S)
    report.disturbed_s = round(time.monotonic() - began, 1)
    report.recovery_s = {who: round(statistics.median(times), 2) for who, times in recoveries.items() if times}
    _judge(observer, truth, report)
    observer.close()
    server.stop()


def _open(arguments: argparse.Namespace, files: Sequence[Path], folder: Path) -> tuple[Server, Observer]:
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(arguments, folder, files)
    return server, Observer(load_settings(data_dir=folder))


def _reach_next_kill(observer: Observer, busy_s: float) -> bool:
    """Let jobs be worked on for so long; False when all have ended before that."""
    worked_s, looked_at = 0.0, time.monotonic()
    while worked_s < busy_s:
        if observer.ended():
            return False
        time.sleep(LOOK_S)
        now = time.monotonic()
        worked_s += now - looked_at if observer.running() else 0.0
        looked_at = now
    return True


def _strike(server: Server, observer: Observer, victim: str, choice: random.Random, report: Report) -> float:
    """Kill, and wait until something is being worked on again: the seconds that took."""
    began, attempts = time.monotonic(), _attempts(observer)
    if victim == "server":
        report.survivors += server.kill_and_restart()
    elif not server.kill_worker(choice):
        return 0.0
    report.kills[victim] += 1
    while _attempts(observer) <= attempts and not observer.ended():
        time.sleep(LOOK_S)
    return time.monotonic() - began


def _attempts(observer: Observer) -> int:
    return sum(job.attempt for job in observer.store.list())


def _judge(observer: Observer, truth: dict[str, Any], report: Report) -> None:
    jobs, results = observer.store.list(), observer.results()
    sources = Counter(job.source for job in jobs)
    report.done = len(results)
    report.failures = observer.failures()
    report.attempts = sum(job.attempt for job in jobs)
    for source, expected in truth.items():
        if source not in results or sources[source] != 1:
            report.lost.append(source)
        elif results[source] != expected:
            report.different.append(source)
    for job in jobs:
        runs = observer.store.stage_runs(job.id)
        report.resumed_stages += sum(run.what == "resumed" for run in runs)
        report.redone += [f"{job.name}: {key}" for key in redone((run.key, run.what) for run in runs)]


def redone(audit: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Stages and chunks that were computed again after they had been checkpointed."""
    saved: set[str] = set()
    for key, what in audit:
        if key in saved and what != "resumed":
            yield key
        if what == "saved":
            saved.add(key)


def _comparable(transcript: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in transcript.items() if key not in {"id", "created_at"}}


def _children(pid: int, *, recursive: bool = False) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return list(psutil.Process(pid).children(recursive=recursive))
    return []


def _is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _leads_a_session(process: psutil.Process) -> bool:
    """Workers lead a process group of their own; their helpers and the server's other children don't."""
    with suppress(psutil.NoSuchProcess):
        stat = Path(f"/proc/{process.pid}/stat")
        with suppress(OSError):
            return bool(int(stat.read_text().rpartition(")")[2].split()[2]) == process.pid)
    return False


def _settings(arguments: argparse.Namespace) -> Settings:
    return load_settings(
        data_dir=arguments.data_dir, jobs={"workers": arguments.workers, "max_attempts": arguments.max_attempts}
    )


def _options(arguments: argparse.Namespace) -> TranscribeOptions:
    return TranscribeOptions(engine=arguments.engine, diarize=arguments.diarize)


def _runner(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _files(arguments: argparse.Namespace) -> list[Path]:
    files = [path.absolute() for path in arguments.files]
    if arguments.manifest is not None:
        items = json.loads(arguments.manifest.read_text())["items"]
        wanted = [item for item in items if arguments.kind in {None, item.get("kind")}]
        files += [(arguments.manifest.parent / item["file"]).absolute() for item in wanted]
    return files[: arguments.limit]


def _show(report: Report) -> None:
    rows = {
        "files": report.files,
        "undisturbed": f"{report.undisturbed_s} s",
        "disturbed": f"{report.disturbed_s} s",
        "kills": ", ".join(f"{n} {who}" for who, n in report.kills.items()) + f" of {report.kills_wanted}",
        "median recovery": ", ".join(f"{who} {seconds} s" for who, seconds in report.recovery_s.items()),
        "attempts": report.attempts,
        "stages resumed": report.resumed_stages,
        "done": report.done,
        "lost or doubled": len(report.lost),
        "different": len(report.different),
        "redone after a checkpoint": len(report.redone),
        "processes left over": report.survivors,
        "verdict": "passed" if report.passed else "FAILED",
    }
    for name, value in rows.items():
        print(f"{name:28}{value}")
    for trouble in [*report.failures, *report.lost, *report.different, *report.redone]:
        print(f"    {trouble}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--files", type=Path, nargs="*", default=[], help="recordings")
    parser.add_argument("--manifest", type=Path, help="JSON with `items`, each with a `file`")
    parser.add_argument("--kind", help="only the manifest's items of this kind")
    parser.add_argument("--limit", type=int, default=20, help="at most so many files")
    parser.add_argument("--kills", type=int, default=50, help="how many SIGKILLs")
    parser.add_argument(
        "--mean-s", type=float, help="mean busy seconds between kills; spreads them over the run when not given"
    )
    parser.add_argument(
        "--max-attempts", type=int, default=10, help="kills in a row at one place that quarantine a job"
    )
    parser.add_argument("--server-share", type=float, default=0.4, help="share of kills that hit the server")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--diarize", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data-dir", type=Path, help="where to work; a temporary folder when not given")
    parser.add_argument("--json", type=Path, help="write the report here")
    parser.add_argument("--runner", default="audapolis.tasks:PipelineRunner", help="module:class that runs jobs")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run from the command line; the exit code says whether the run passed."""
    arguments = _arguments()
    if arguments.serve:
        serve(arguments)
        return 0
    files = _files(arguments)
    if not files:
        raise SystemExit("Give recordings with --files or --manifest.")
    report = Report(len(files), arguments.workers, arguments.seed, arguments.kills)
    with tempfile.TemporaryDirectory(prefix="chaos") as temporary:
        folder = arguments.data_dir or Path(temporary)
        truth, report.undisturbed_s = undisturbed(arguments, files, folder / "undisturbed")
        report.undisturbed_s = round(report.undisturbed_s, 1)
        disturbed(arguments, files, folder / "disturbed", truth, report)
    _show(report)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({**asdict(report), "passed": report.passed}, indent=2))
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
