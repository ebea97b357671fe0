"""One recording on its way to a diarizer's process, and the answer in our own words."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from ...domain.audio import Window
from ...domain.cancellation import CancelToken
from ...domain.transcript import Span, Speaker, Turn
from ...errors import StorageFull
from ..base import Diarization, SpeakerCount
from .host import Host
from .messages import Found, ModelSpec, RawTurn, Request

NOBODY = Diarization((), ())
_NO_LENGTH = 1e-12


class HostedSession:
    """One recording being diarized; implements `engines.base.DiarizationSession`.

    The engines need the whole recording at once. It is spooled to a file (64 kB per second) which the process
    maps, so memory does not grow with length on this side. The file has no name, so that nothing of the recording is
    left behind whatever is killed; the process opens it through this one (proc(5), Linux).
    """

    def __init__(self, host: Host, model: ModelSpec, cancel: CancelToken) -> None:
        self._host = host
        self._model = model
        self._cancel = cancel
        self._start_s: float | None = None
        with _storage():
            self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - outlives this

    def feed(self, window: Window) -> None:
        """Take the next window.

        Raises:
            Cancelled: Somebody asked to stop.
            StorageFull: There is no room for temporary files.
        """
        self._cancel.check()
        if self._start_s is None:
            self._start_s = window.start_s
        samples = np.nan_to_num(window.samples.astype(np.float32, copy=False), posinf=1.0, neginf=-1.0)
        with _storage():
            self._spool.write(samples.tobytes())

    def flush(self, speech: Sequence[Span], count: SpeakerCount) -> Diarization:
        """Have the engine decide. Its turns may overlap; those that touch no speech at all are left out.

        Raises:
            Cancelled: Somebody asked to stop.
            AudapolisError: The engine failed.
        """
        with self._spool:
            with _storage():
                self._spool.flush()
            if not speech or self._start_s is None:
                return NOBODY
            path = f"/proc/{os.getpid()}/fd/{self._spool.fileno()}"
            found = self._host.ask(Request(self._model, path, count), self._cancel)
        return in_our_words(found, speech, self._start_s)


def in_our_words(found: Found, speech: Sequence[Span], start_s: float) -> Diarization:
    """An engine's turns as a diarization: speakers numbered as they appear, vectors of unit length.

    Args:
        found: What the engine says, in seconds from the first sample.
        speech: Where speech is, absolute times; turns outside of it are taken for noise.
        start_s: Time of the first sample.
    """
    heard = sorted(_touching(found.turns, speech, start_s), key=lambda turn: (turn.start_s, turn.end_s, turn.label))
    names: dict[str, str] = {}
    turns = []
    for turn in heard:
        name = names.setdefault(turn.label, f"S{len(names) + 1}")
        turns.append(Turn(round(turn.start_s + start_s, 3), round(turn.end_s + start_s, 3), name))
    speakers = []
    for label, name in names.items():
        vector = unit(found.voices.get(label, ()))
        seconds = round(sum(turn.duration_s for turn in turns if turn.speaker == name), 3)
        model = found.embedding_model if vector else ""
        speakers.append(Speaker(name, f"Speaker {name[1:]}", seconds, vector, model))
    return Diarization(tuple(turns), tuple(speakers))


def _touching(turns: Sequence[RawTurn], speech: Sequence[Span], start_s: float) -> list[RawTurn]:
    starts = np.array([span.start_s - start_s for span in speech])
    ends = np.array([span.end_s - start_s for span in speech])
    return [
        turn
        for turn in turns
        if turn.end_s > turn.start_s and bool(((starts < turn.end_s) & (ends > turn.start_s)).any())
    ]


def unit(vector: Sequence[float]) -> tuple[float, ...]:
    """The vector at length 1; empty where it has no direction."""
    values = np.asarray(vector, np.float64)
    length = float(np.linalg.norm(values))
    if not np.isfinite(length) or length < _NO_LENGTH:
        return ()
    return tuple(float(value) for value in values / length)


@contextmanager
def _storage() -> Iterator[None]:
    """Say plainly that there is no room for temporary files."""
    try:
        yield
    except OSError as error:
        raise StorageFull(
            f"The sound can't be kept in {tempfile.gettempdir()} for the diarizer: {os.strerror(error.errno or 0)}.",
            hint="Free some space, or point TMPDIR at a folder with room: it takes 230 MB per hour.",
        ) from error
