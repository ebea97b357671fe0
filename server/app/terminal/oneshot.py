"""Recordings one after another, each result delivered as soon as it is there."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from ..audio.sources import check_readable
from ..domain.cancellation import CancelToken
from ..domain.events import Emit, Event
from ..domain.options import TranscribeOptions
from ..domain.transcript import Transcript
from ..errors import AudapolisError, Cancelled
from ..stages.base import StageContext
from ..stages.progress import ProgressEstimator
from .console import Console, label
from .delivery import Exporter, save
from .problems import INTERRUPTED, exit_code
from .summary import Outcome
from .text import shown
from .waiting import Waiting
from .writing import Permission


class Pipeline(Protocol):
    """What is needed of the pipeline."""

    def run(
        self, source: Path, options: TranscribeOptions, *, name: str | None = None, context: StageContext
    ) -> Transcript:
        """Transcribe one recording."""
        ...


class OneShot:
    """Transcribes the recordings of one command in this process.

    Args:
        pipeline: Does the work.
        watched: Hears of the work on one recording as of one job, and passes on what it hears.
        options: What is asked for every recording.
        formats: The wanted format ids.
        exporter: Turns transcripts into results.
        permission: Asked before existing files are replaced.
        cancel: Set to stop.
    """

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        watched: Callable[[Emit], AbstractContextManager[Emit]] = nullcontext,
        options: TranscribeOptions,
        formats: tuple[str, ...],
        exporter: Exporter,
        permission: Permission,
        console: Console,
        cancel: CancelToken,
    ) -> None:
        self._pipeline = pipeline
        self._watched = watched
        self._options = options
        self._formats = formats
        self._exporter = exporter
        self._permission = permission
        self._console = console
        self._cancel = cancel

    def run(self, plan: Mapping[Path, Mapping[str, Path]]) -> list[Outcome]:
        """Transcribe everything planned; bad recordings are reported and passed over.

        What can't be read or may not be written is reported at once, before any long work.

        Args:
            plan: For each recording, the result file of each format; none for standard output.
        """
        refused = {source: error for source in plan if (error := self._obstacle(source, plan[source]))}
        outcomes = [self._failed(source, error) for source, error in refused.items()]
        for source, results in plan.items():
            if source not in refused:
                outcomes.append(self._attempt(source, results, several=len(plan) > 1))
        return outcomes

    def _obstacle(self, source: Path, results: Mapping[str, Path]) -> AudapolisError | None:
        try:
            check_readable(source)
            self._permission.check(results.values())
        except AudapolisError as error:
            return error
        return None

    def _attempt(self, source: Path, results: Mapping[str, Path], *, several: bool) -> Outcome:
        try:
            self._cancel.check()
            return self._one(source, results, several=several)
        except AudapolisError as error:
            # Ctrl-C reaches helper processes too; what breaks because of that is no news.
            if self._cancel.cancelled or isinstance(error, Cancelled):
                return Outcome(source, "not finished", INTERRUPTED)
            return self._failed(source, error)

    def _one(self, source: Path, results: Mapping[str, Path], *, several: bool) -> Outcome:
        began_at = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="audapolis-") as folder:
            try:
                with self._watched(self._emitter(source)) as emit:
                    context = StageContext(workdir=Path(folder), emit=emit, cancel=self._cancel)
                    transcript = self._pipeline.run(source, self._options, context=context)
            finally:
                self._console.progress.finish(str(source))
        took_s = time.monotonic() - began_at
        self._deliver(source, transcript, results, several=several)
        outcome = Outcome.of(source, transcript, took_s)
        self._console.note(f"{label(source)}: {outcome.told}")
        return outcome

    def _deliver(self, source: Path, transcript: Transcript, results: Mapping[str, Path], *, several: bool) -> None:
        for format_id in self._formats:
            if format_id in results:
                save(self._exporter, transcript, format_id, results[format_id], media=source)
                continue
            content = self._exporter.render(transcript, format_id, media=source).content
            if several and format_id == "txt":
                content = f"==> {shown(source.name)} <==\n".encode() + content.rstrip(b"\n") + b"\n\n"
            self._console.result(content)

    def _failed(self, source: Path, error: AudapolisError) -> Outcome:
        self._console.problem(label(source), error)
        return Outcome(source, error.message, exit_code(error))

    def _emitter(self, source: Path) -> Emit:
        estimator, name, one_at_a_time = ProgressEstimator(), label(source), threading.Lock()
        progress, waiting = self._console.progress, Waiting()

        def emit(event: Event) -> None:
            with one_at_a_time:  # stages that run at the same time tell from their own threads
                now = estimator.update(event)
                if news := waiting.told(event):
                    self._console.note(news)
                progress.update(str(source), name, now.stage, now.fraction, now.eta_s)

        return emit
