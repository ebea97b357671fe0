"""What goes between a diarizer and its process: one request, one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ...errors import AudapolisError
from ..base import SpeakerCount

Sound = npt.NDArray[np.float32]
"""A whole recording, 16 kHz, mono; mapped from a file, so the system may drop it from memory at any time."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which model is to be loaded, and where it is to run.

    Attributes:
        kind: `pyannote` or `sherpa`.
        folder: The model's folder.
        device: `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads to use.
        threshold: How far apart voices may be and still be one; None leaves it to the model.
        batch_size: How many windows are heard at once; 0 leaves it to the model.
    """

    kind: str
    folder: str
    device: str
    threads: int
    threshold: float | None = None
    batch_size: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One recording to be diarized.

    Attributes:
        sound: Path of a file with raw float32 samples, 16 kHz, mono.
    """

    model: ModelSpec
    sound: str
    count: SpeakerCount


@dataclass(frozen=True, slots=True)
class RawTurn:
    """A turn as an engine gives it: its own label, seconds from the first sample."""

    start_s: float
    end_s: float
    label: str


@dataclass(frozen=True, slots=True)
class Found:
    """What an engine found.

    Attributes:
        turns: In any order; may overlap.
        voices: A vector for each label, of any length; labels without one are left out.
        embedding_model: Name of the vectors' space: equal names mean comparable vectors.
    """

    turns: tuple[RawTurn, ...]
    voices: dict[str, tuple[float, ...]]
    embedding_model: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the process sends back: what was found or what went wrong, and how large it has become.

    Attributes:
        loaded_at: Monotonic time, which all processes share, when the model was loaded for this; None where it was
            in memory already, or could not be loaded.
    """

    found: Found | None
    error: AudapolisError | None
    rss_bytes: int
    loaded_at: float | None = None


class Loaded(Protocol):
    """A model in memory."""

    def diarize(self, sound: Sound, count: SpeakerCount) -> Found:
        """Tell the speakers of one recording apart.

        Raises:
            AudapolisError: The engine could not.
        """
        ...
