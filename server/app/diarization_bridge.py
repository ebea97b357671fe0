"""Chooses the engine that tells speakers apart."""

from __future__ import annotations

from .config import Settings
from .domain.capability import Capability
from .domain.options import TranscribeOptions
from .engines.acoustic.diarizer import AcousticDiarizer
from .engines.base import Chosen, Diarizer
from .errors import UnknownName

ENGINES = ("acoustic",)
"""Best first."""


class DiarizationBridge:
    """Opens diarizers."""

    def __init__(self, settings: Settings) -> None:
        self._default = settings.diarization.engine

    def names(self) -> list[str]:
        """What `--diarizer` takes."""
        return ["auto", *ENGINES]

    def check(self, options: TranscribeOptions) -> None:
        """Refuse options no engine can meet.

        Raises:
            UnknownName: No such diarizer.
        """
        wanted = self._default if options.diarizer == "auto" else options.diarizer
        if wanted not in self.names():
            raise UnknownName("diarizer", wanted, self.names())

    def choose(self, options: TranscribeOptions) -> Chosen[Diarizer]:
        """Open the diarizer for these options."""
        self.check(options)
        return Chosen(AcousticDiarizer())

    def capabilities(self) -> list[Capability]:
        """What can tell speakers apart here, best first."""
        return [Capability("acoustic", "speakers", True, "classical, no weights, works offline", "", "")]

    def close(self) -> None:
        """Nothing is kept warm."""
