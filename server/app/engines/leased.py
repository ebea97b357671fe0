"""A diarizer on a GPU: leases the memory it needs while it decides, and stays warm while nobody else wants that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..domain.audio import Window
from ..domain.cancellation import CancelToken
from ..domain.transcript import Span
from .base import Diarization, DiarizationSession, Diarizer, EngineInfo, SpeakerCount
from .devices import Device
from .warm import Place, WarmEngines

PYANNOTE_BYTES = 5 * 2**29
"""What pyannote is presumed to take of a GPU: context, networks, and batches of 32 windows. Measured nowhere yet."""

PYANNOTE_SMALL_BYTES = 3 * 2**29
"""The same with one window at a time."""


class LeasedDiarizer:
    """Implements `engines.base.Diarizer` over one with a process of its own, which starts anew after `close`.

    Args:
        diarizer: The one that does the work.
        device: The GPU it works on.
        size_bytes: What it takes there.
        engines: Leases the memory, and ends the process when others need it or nobody uses it.
        on_wait: Told while memory is waited for.
    """

    def __init__(
        self,
        diarizer: Diarizer,
        device: Device,
        size_bytes: int,
        engines: WarmEngines[Diarizer],
        on_wait: Callable[[Device], None] = lambda _device: None,
    ) -> None:
        self._diarizer = diarizer
        self._engines = engines
        self._on_wait = on_wait
        name = f"{diarizer.info.name} {diarizer.info.model} on {device.label}"
        self._place: Place[Diarizer] = Place(
            key=name, what=name, device=device, size_bytes=size_bytes, open=lambda: diarizer, apart=True
        )

    @property
    def info(self) -> EngineInfo:
        """What runs."""
        return self._diarizer.info

    def open(self, cancel: CancelToken) -> LeasedSession:
        """Begin a recording; nothing is leased until it is decided on."""
        return LeasedSession(self._diarizer.open(cancel), self._decide, cancel)

    def close(self) -> None:
        """End the process and give up the lease."""
        self._engines.close()
        self._diarizer.close()

    def _decide(self, work: Callable[[], Diarization], cancel: CancelToken) -> Diarization:
        loaded = self._engines.take(self._place, cancel, on_wait=self._on_wait)
        failure: Exception | None = None
        try:
            return work()
        except Exception as error:
            failure = error
            raise
        finally:
            self._engines.give_back(loaded, failure)


class LeasedSession:
    """One recording; see `LeasedDiarizer`."""

    def __init__(
        self,
        session: DiarizationSession,
        decide: Callable[[Callable[[], Diarization], CancelToken], Diarization],
        cancel: CancelToken,
    ) -> None:
        self._session = session
        self._decide = decide
        self._cancel = cancel

    def feed(self, window: Window) -> None:
        """Take the next window."""
        self._session.feed(window)

    def flush(self, speech: Sequence[Span], count: SpeakerCount) -> Diarization:
        """Decide on turns, as soon as there is memory.

        Raises:
            OutOfDeviceMemory: There will be none.
            Cancelled: While waiting.
        """
        return self._decide(lambda: self._session.flush(speech, count), self._cancel)
