"""A runner whose recordings are scripts of words; it saves the checkpoints that the real stages save."""

from __future__ import annotations

import json
import time
from pathlib import Path

from audapolis.audio.pcm import PcmFile
from audapolis.config import Settings
from audapolis.domain.audio import Chunk
from audapolis.domain.codec import to_json
from audapolis.domain.events import StageProgress, StageStarted
from audapolis.domain.recording import AudioFacts, Recording
from audapolis.domain.transcript import Provenance, Speaker, Transcript, Turn, Word
from audapolis.engines.base import Diarization, EngineInfo, RecognisedChunk
from audapolis.errors import EngineFailed, UnsupportedMedia
from audapolis.jobs.record import Job
from audapolis.stages.base import StageContext
from audapolis.stages.diarize import NOBODY
from audapolis.stages.merge import merged
from audapolis.stages.refine import spelled
from audapolis.stages.segmentation import segments
from audapolis.stages.smoothing import Smoothing
from audapolis.stages.transcribe import ENGINE_KEY, chunk_key
from audapolis.stages.work import Diarized

ENGINE = EngineInfo("script", "none", "cpu", "int16", "good")
WAIT = "(wait)"
"""In place of a chunk: go on when somebody has made the file `go` in the data folder."""
BREAK = "(break)"


class SpeakingRunner:
    """Every line of a recording is a chunk; speakers take turns from one line to the next."""

    def __init__(self, settings: Settings) -> None:
        self._gate = settings.data_dir / "go"

    def run(self, job: Job, context: StageContext) -> Transcript:
        lines = _lines(Path(job.source))
        context.emit(StageStarted(stage="transcribe"))
        facts = AudioFacts(0, 1, "script", 16000, 1, "mono")
        context.checkpoints.save("decode", to_json(PcmFile("/sound", 16000 * len(lines), 1, facts)))
        diarized = _diarized(lines) if job.options.diarize else NOBODY
        context.checkpoints.save("diarize", to_json(diarized))
        context.checkpoints.save(ENGINE_KEY, to_json(ENGINE))
        chunks: list[RecognisedChunk] = []
        for line in lines:
            if line == BREAK:
                raise EngineFailed("The engine broke.", hint="Try another.")
            if line == WAIT:
                self._wait(context)
                continue
            chunks.append(_chunk(len(chunks), line))
            context.checkpoints.save(chunk_key(len(chunks) - 1), to_json(chunks[-1]))
            context.emit(StageProgress(stage="transcribe", done_s=len(chunks), total_s=len(lines)))
        said = segments(spelled(merged(chunks, diarized, Smoothing.of(job.options)), ENGINE))
        return Transcript(
            id=f"t-{job.id}",
            created_at="2026-01-31T12:00:00Z",
            language=job.options.language or "en",
            recording=Recording(job.name, "0" * 64, 10.0 * len(lines) + 0.5, facts),
            provenance=Provenance("script", "none", "cpu", "int16", None, {}, (), "1"),
            speakers=diarized.diarization.speakers,
            segments=said,
        )

    def close(self) -> None:
        """Nothing to free."""

    def _wait(self, context: StageContext) -> None:
        while not self._gate.exists():
            context.cancel.check()
            time.sleep(0.01)


def script(*lines: str) -> bytes:
    """A recording of this runner."""
    return json.dumps(lines).encode()


def _lines(source: Path) -> list[str]:
    try:
        return list(json.loads(source.read_text()))
    except ValueError:
        raise UnsupportedMedia("This is no sound.", hint="Give another file.") from None


def _chunk(index: int, line: str) -> RecognisedChunk:
    start_s = 10.0 * index
    words = [Word(start_s + 0.3 * n, start_s + 0.3 * n + 0.2, text, 0.5) for n, text in enumerate(line.split())]
    return RecognisedChunk(Chunk(start_s, start_s + 9, index), tuple(words), "en")


def _diarized(lines: list[str]) -> Diarized:
    said = [line for line in lines if line not in (WAIT, BREAK)]
    turns = [Turn(10.0 * n, 10.0 * n + 9, f"S{n % 2 + 1}") for n in range(len(said))]
    speakers = (Speaker("S1", "Speaker 1", 1.0), Speaker("S2", "Ada", 1.0))
    return Diarized(Diarization(tuple(turns), speakers[: len(said)]), ENGINE)
