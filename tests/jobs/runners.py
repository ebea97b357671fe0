"""Runners for workers in tests: real chunked work with checkpoints, told by the source file how to misbehave."""

from __future__ import annotations

import functools
import json
import os
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from audapolis.config import Settings
from audapolis.domain.events import (
    ChunkTranscribed,
    Emit,
    ModelLoaded,
    ModelReleased,
    StageFinished,
    StageProgress,
    StageStarted,
)
from audapolis.domain.recording import AudioFacts, Recording
from audapolis.domain.transcript import Provenance, Segment, Transcript, Word
from audapolis.errors import EngineUnavailable, UnsupportedMedia, WorkerCrashed
from audapolis.jobs.record import Job
from audapolis.stages.base import StageContext


@dataclass(frozen=True)
class Script:
    """What is in a test's source file: so many chunks of so many seconds, and what happens at some of them.

    Deeds, by chunk: `die` (SIGKILL itself), `die_once`, `crash_once` (a helper process is said to have died),
    `refuse` (unsupported media), `bug` (a foreign error), `deaf` (ignores being cancelled), `hang` (no sign of life),
    `fat` (keeps much memory), `exit` (leaves the interpreter), `stubborn` (ignores being ended, too).
    """

    chunks: int = 3
    chunk_s: float = 0.02
    deeds: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        path.write_text(json.dumps(asdict(self)))
        return path


def log_of(job_id: str, folder: Path) -> Path:
    return folder / f"{job_id}.executions"


def executions(job: Job) -> list[int]:
    """Which chunks were computed, in order, over all attempts."""
    path = log_of(job.id, Path(job.source).parent)
    return [int(line) for line in path.read_text().split()] if path.exists() else []


class ChunkRunner:
    """Computes chunks one after the other, as the pipeline does, and writes down each that it begins."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.ballast: list[bytes] = []

    def run(self, job: Job, context: StageContext) -> Transcript:
        script = Script(**json.loads(Path(job.source).read_text()))
        self._probe(script, context)
        context.emit(StageStarted(stage="transcribe"))
        words = []
        for index in range(script.chunks):
            words.append(self._chunk(index, script, job, context))
            context.emit(StageProgress(stage="transcribe", done_s=index + 1, total_s=script.chunks))
        context.emit(StageFinished(stage="transcribe", wall_s=0.1, audio_s=script.chunks))
        return transcript_of(job, words)

    def close(self) -> None:
        """Nothing to free."""

    def _probe(self, script: Script, context: StageContext) -> None:
        found = context.checkpoints.load("probe")
        context.emit(StageStarted(stage="probe", resumed=found is not None))
        if found is None:
            context.checkpoints.save("probe", json.dumps(script.chunks).encode())
        context.emit(StageFinished(stage="probe", wall_s=0.0, audio_s=script.chunks))

    def _chunk(self, index: int, script: Script, job: Job, context: StageContext) -> str:
        key = f"transcribe/{index}"
        found = context.checkpoints.load(key)
        if found is None:
            with log_of(job.id, Path(job.source).parent).open("a") as log:
                log.write(f"{index}\n")
            self._do(script.deeds.get(str(index), ""), script, context)
            found = json.dumps(f"word{index}").encode()
            context.checkpoints.save(key, found)
            context.emit(ChunkTranscribed(index=index, start_s=index, end_s=index + 1, words=1))
        return str(json.loads(found))

    def _do(self, deed: str, script: Script, context: StageContext) -> None:
        first_time = not (context.workdir / "been_here").exists()
        if deed.endswith("_once"):
            (context.workdir / "been_here").touch()
        if deed == "die" or (deed == "die_once" and first_time):
            os.kill(os.getpid(), signal.SIGKILL)
        if deed == "crash_once" and first_time:
            raise WorkerCrashed("A decoder died.")
        if deed == "refuse":
            raise UnsupportedMedia("This is no sound.", hint="Give another file.")
        if deed == "bug":
            raise KeyError("oops")
        if deed == "exit":
            os._exit(3)
        if deed == "stubborn":
            os.kill(os.getpid(), signal.SIGSTOP)
        if deed == "hang":
            time.sleep(60)
        if deed == "fat":
            self.ballast.append(os.urandom(128 * 2**20))
        until = time.monotonic() + (30.0 if deed == "deaf" else script.chunk_s)
        while time.monotonic() < until:
            if deed != "deaf":
                context.cancel.check()
            time.sleep(min(0.01, script.chunk_s))


class BrokenRunner:
    """Can't be opened."""

    def __init__(self, settings: Settings) -> None:
        raise EngineUnavailable("No engine can run here.", hint="Install one.")


class PreparedRunner(ChunkRunner):
    """Has a model to load before its first job, and lets go of it at the end."""

    def prepare(self, emit: Emit) -> None:
        emit(ModelLoaded(model="large", device="cpu", wall_s=1.5))
        self.emit = emit

    def close(self) -> None:
        self.emit(ModelReleased(model="large", device="cpu", held_s=2.5))


class SpentRunner(ChunkRunner):
    """Has used something up with every job that only the end of its process gives back."""

    spent = True


class PatientRunner(ChunkRunner):
    """Starts a helper process that would outlive it, as careless engines do."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        pid = os.fork()
        if pid == 0:
            time.sleep(120)
            os._exit(0)
        (settings.data_dir / "helper.pid").write_text(str(pid))


def transcript_of(job: Job, words: list[str]) -> Transcript:
    spoken = tuple(Word(float(i), i + 0.5, text, 0.9) for i, text in enumerate(words))
    return Transcript(
        id=f"t-{job.id}",
        created_at="2026-01-31T12:00:00Z",
        language="en",
        recording=Recording(job.name, "0" * 64, float(len(words)), AudioFacts(0, 1, "pcm", 16000, 1, "mono")),
        provenance=Provenance("chunks", "none", "cpu", "int16", None, {}, (), "1"),
        speakers=(),
        segments=(Segment("s1", 0.0, float(len(words)), None, " ".join(words), 0.9, spoken),),
    )


def main_for_subprocess(data_dir: str, workers: int) -> None:
    """Be a whole server until killed: prints a line when it is up."""
    from audapolis.tasks import TaskManager

    settings = fast_settings(Path(data_dir), workers=workers)
    manager = TaskManager(settings, ChunkRunner)
    manager.start()
    print("up", *manager.worker_pids, flush=True)
    time.sleep(600)


def fast_settings(data_dir: Path, **jobs: object) -> Settings:
    return Settings.model_validate(
        {"data_dir": data_dir, "jobs": {"heartbeat_s": 0.3, "lease_s": 3.0, "poll_s": 0.05, **jobs}}
    )


open_broken = functools.partial(BrokenRunner)
