"""A pyannote.audio pipeline in memory; runs only in the diarizer's process (`speakers.child`).

Nothing is fetched here: the process runs with the hub switched off, so whatever a pipeline refers to has to be in
its folder, or in the hub's cache. Checkpoints are pickles, as pyannote.audio wants them: a model's folder is trusted
like a program.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import AudapolisError, DeviceLost, EngineFailed, EngineUnavailable, ModelMissing, OutOfDeviceMemory
from ..base import SpeakerCount
from ..speakers.messages import Found, ModelSpec, RawTurn, Sound
from .engine import CONFIG

_SAMPLE_RATE_HZ = 16_000
_PARTS = ("segmentation", "embedding", "plda")
_DEFAULT_CLUSTERING = "VBxClustering"
_DAMAGED = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    EOFError,
    AttributeError,
    ImportError,
    RuntimeError,
    AssertionError,
)
"""What unpickling and building a model from a broken file raises, besides `pickle.UnpicklingError`."""


class PyannotePipeline:
    """A loaded pipeline; implements `speakers.messages.Loaded`."""

    def __init__(self, spec: ModelSpec) -> None:
        """Load the pipeline of a folder.

        Raises:
            EngineUnavailable: pyannote.audio can't be imported, or there is no such device.
            ModelMissing: The folder's files are damaged, or something it refers to is not on this machine.
            OutOfDeviceMemory: The device has too little memory.
        """
        self._folder = Path(spec.folder)
        config = _with_local_parts(_read_config(self._folder), self._folder)
        torch = _import_torch()
        torch.set_num_threads(spec.threads)
        with _mapped(f"The pyannote model in {self._folder}", loading=True):
            from pyannote.audio import Pipeline

            loaded = Pipeline.from_pretrained(_with_plda(config))
            if loaded is None:
                raise ValueError("it is not a pipeline")
            self._pipeline: Any = loaded
            if spec.batch_size:
                loaded.segmentation_batch_size = loaded.embedding_batch_size = spec.batch_size
        with _mapped(f"pyannote on {spec.device}"):
            self._pipeline.to(torch.device(spec.device))
        self._embedding_model = _name_of_space(self._pipeline)

    def diarize(self, sound: Sound, count: SpeakerCount) -> Found:
        """See `Loaded.diarize`.

        Fewer speakers than `count.minimum` are found only where there is too little speech for so many.
        """
        import torch

        file = {"waveform": torch.from_numpy(sound)[None], "sample_rate": _SAMPLE_RATE_HZ, "uri": "recording"}
        with _mapped("pyannote"):
            output = self._pipeline(file, **_asked(count))
        # legacy pipelines answer with the turns alone
        annotation = getattr(output, "speaker_diarization", output)
        vectors = getattr(output, "speaker_embeddings", None)
        turns = [
            RawTurn(float(segment.start), float(segment.end), str(label))
            for segment, _, label in annotation.itertracks(yield_label=True)
        ]
        rows = () if vectors is None else vectors
        voices = {
            str(label): tuple(float(value) for value in row)
            for label, row in zip(annotation.labels(), rows, strict=False)
        }
        return Found(tuple(turns), voices, self._embedding_model)


def _asked(count: SpeakerCount) -> dict[str, int]:
    if count.maximum == count.minimum:
        return {"num_speakers": count.minimum}
    limits = {"min_speakers": count.minimum, "max_speakers": count.maximum}
    return {name: number for name, number in limits.items() if number is not None}


def _import_torch() -> Any:
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # whoever started this process: never without it
    try:
        import pyannote.audio
        import torch
    except (ImportError, OSError) as error:
        raise EngineUnavailable(
            f"pyannote.audio is installed but can't be imported: {error}.",
            hint="torch, torchaudio and torchcodec have to fit together; see docs/speakers.md.",
        ) from error
    del pyannote
    return torch


def _read_config(folder: Path) -> dict[str, Any]:
    import yaml

    path = folder / CONFIG
    hint = "Fetch the model again, or name another folder."
    try:
        config = dict(yaml.safe_load(path.read_text("utf-8")))
        name = str(config["pipeline"]["name"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, KeyError, TypeError) as error:
        raise ModelMissing(f"{path} is not the description of a pyannote pipeline: {error}.", hint=hint) from error
    if not name.startswith("pyannote."):  # any class could be named, and would be imported
        raise ModelMissing(f"{path} describes a '{name}', which is no pipeline of pyannote's.", hint=hint)
    return config


def _with_local_parts(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The description with its parts taken from the folder, where they are.

    `$model/NAME` means a part of the folder itself. Older pipelines name repositories of the hub instead; the model
    library keeps their parts beside the description, under the part's name.
    """
    params = dict(config["pipeline"].get("params") or {})
    for part in _PARTS:
        value = params.get(part)
        if not isinstance(value, str):
            continue
        name = value.removeprefix("$model/") if value.startswith("$model/") else part
        if value.startswith("$model/") or (folder / part).is_dir():
            params[part] = {"checkpoint": str(folder), "subfolder": name}
    return {**config, "pipeline": {**config["pipeline"], "params": params}}


def _with_plda(config: dict[str, Any]) -> dict[str, Any]:
    """pyannote.audio 4 always loads a PLDA model, from the hub if need be; only one clustering ever uses it."""
    params = config["pipeline"]["params"]
    if params.get("clustering", _DEFAULT_CLUSTERING) == _DEFAULT_CLUSTERING or "plda" in params:
        return config
    from pyannote.audio.core.plda import PLDA

    unused = PLDA.__new__(PLDA)
    return {**config, "pipeline": {**config["pipeline"], "params": {**params, "plda": unused}}}


def _name_of_space(pipeline: Any) -> str:
    """The same for the same weights, wherever they came from."""
    weights: Mapping[str, Any] = pipeline._embedding.model_.state_dict()
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].detach().cpu().contiguous().numpy().tobytes())
    return f"pyannote-{digest.hexdigest()[:12]}"


@contextmanager
def _mapped(what: str, *, loading: bool = False) -> Iterator[None]:
    """Foreign errors become ours."""
    import pickle

    import torch

    try:
        yield
    except (AudapolisError, MemoryError):
        raise
    except torch.cuda.OutOfMemoryError as error:
        raise OutOfDeviceMemory(
            f"{what} needs more memory than the device has left.", hint="Use the CPU, or a GPU with more memory."
        ) from error
    except (*_DAMAGED, pickle.UnpicklingError) as error:
        raise _ours(what, error, loading=loading) from error


def _ours(what: str, error: BaseException, *, loading: bool) -> AudapolisError:
    text = " ".join(str(error).split())
    if any(word in text for word in ("CUDA", "NVIDIA", "cuDNN")):
        return DeviceLost(f"{what}: the device is gone or can't be used: {text[:300]}.", hint="Use the CPU.")
    if not loading:
        return EngineFailed(f"{what} could not tell the speakers apart: {text[:300]}.", hint="Try another diarizer.")
    if missing := _missing_repository(error):
        return ModelMissing(
            f"{what} refers to '{missing}', which is not on this machine.",
            hint=f"Accept its terms at https://huggingface.co/{missing}, set AUDAPOLIS_MODELS__TOKEN, and fetch the "
            "model with `audapolis models pull`.",
        )
    return ModelMissing(f"{what} can't be loaded: {text[:300]}.", hint="It is probably damaged; fetch it again.")


def _missing_repository(error: BaseException) -> str | None:
    """The hub's repository that could not be had, from whatever the hub's client says about it."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    text = " ".join(str(each) for each in chain)
    found = re.search(r"(?:huggingface\.co|hf\.co)/(?:api/models/)?([\w.-]+/[\w.-]+)", text)
    return found[1].removesuffix("/resolve") if found else None
