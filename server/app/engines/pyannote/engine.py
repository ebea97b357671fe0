"""pyannote.audio as a `Diarizer`. Here only its process is minded; `pipeline` runs there."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from ...domain.cancellation import CancelToken
from ...domain.events import Emit, ignore
from ..base import EngineInfo
from ..speakers.host import Host
from ..speakers.messages import ModelSpec
from ..speakers.session import HostedSession

CONFIG = "config.yaml"
PACKAGE = "pyannote.audio"


def is_installed() -> bool:
    """Whether pyannote.audio can be imported; it is not (that takes seconds)."""
    try:
        return importlib.util.find_spec("pyannote.audio") is not None
    except ModuleNotFoundError:
        return False


def is_model_folder(path: Path) -> bool:
    """Whether a folder holds a pyannote pipeline: its `config.yaml`, that is. What else it needs is said there."""
    return (path / CONFIG).is_file()


class PyannoteDiarizer:
    """Implements `engines.base.Diarizer`. The model stays loaded until `close`.

    Args:
        folder: A pipeline's folder, such as a copy of `pyannote/speaker-diarization-community-1`.
        device: `cpu`, `cuda`, or `cuda:N`.
        threads: CPU threads to use; 0 takes all cores.
        batch_size: Windows heard at once; 0 leaves it to the pipeline (32 in those of pyannote).
        tell: Told of the model's being loaded and let go of.
    """

    def __init__(
        self, folder: Path, *, device: str = "cpu", threads: int = 0, batch_size: int = 0, tell: Emit = ignore
    ) -> None:
        cores = threads or len(os.sched_getaffinity(0))
        self._model = ModelSpec("pyannote", str(folder.absolute()), device, cores, batch_size=batch_size)
        self._name = folder.name
        self._host = Host("pyannote", tell)

    @property
    def info(self) -> EngineInfo:
        """What runs. The name of the vectors' space comes with the speakers: it is known once the model is loaded."""
        return EngineInfo("pyannote", self._name, self._model.device, "float32", "best")

    def open(self, cancel: CancelToken) -> HostedSession:
        """Begin a recording."""
        return HostedSession(self._host, self._model, cancel)

    def close(self) -> None:
        """End the process."""
        self._host.close()
