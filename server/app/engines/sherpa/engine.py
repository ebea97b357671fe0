"""sherpa-onnx as a `Diarizer`. Here only its process is minded; `pipeline` runs there."""

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

PACKAGE = "sherpa-onnx"
SEGMENTATION, EMBEDDING = "segmentation.onnx", "embedding.onnx"


def is_installed() -> bool:
    """Whether sherpa-onnx can be imported; it is not."""
    return importlib.util.find_spec("sherpa_onnx") is not None


def is_model_folder(path: Path) -> bool:
    """Whether a folder holds the two networks."""
    return (path / SEGMENTATION).is_file() and (path / EMBEDDING).is_file()


class SherpaDiarizer:
    """Implements `engines.base.Diarizer`. The model stays loaded until `close`.

    Args:
        folder: Holds `segmentation.onnx` (who speaks, within ten seconds) and `embedding.onnx` (a vector per voice).
        threads: CPU threads to use; 0 takes all cores. The wheels of sherpa-onnx know no GPU.
        threshold: Cosine distance up to which two stretches are one voice, where the number of speakers is open.
        tell: Told of the model's being loaded and let go of.
    """

    def __init__(self, folder: Path, *, threads: int = 0, threshold: float = 0.5, tell: Emit = ignore) -> None:
        cores = threads or len(os.sched_getaffinity(0))
        self._model = ModelSpec("sherpa", str(folder.absolute()), "cpu", cores, threshold)
        self._name = folder.name
        self._host = Host("sherpa", tell)

    @property
    def info(self) -> EngineInfo:
        """What runs. The name of the vectors' space comes with the speakers: it is known once the model is loaded."""
        return EngineInfo("sherpa", self._name, "cpu", "float32", "best")

    def open(self, cancel: CancelToken) -> HostedSession:
        """Begin a recording."""
        return HostedSession(self._host, self._model, cancel)

    def close(self) -> None:
        """End the process."""
        self._host.close()
