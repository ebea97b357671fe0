"""A model on disk: whether it is whole, and what can be known of it without loading it.

A Whisper model in CTranslate2's format is a folder with `model.bin` (the weights), `config.json`,
`tokenizer.json` and mostly `preprocessor_config.json`. The weights' file is a list of named arrays, each with
its size before it (`ModelSpec._serialize` in `ctranslate2.specs.model_spec`, binary version 6), so that a
walk over the names tells within milliseconds whether the end is missing.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import ModelBroken, ModelMissing
from ..base import Quality

WEIGHTS = "model.bin"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
PREPROCESSOR = "preprocessor_config.json"

_BINARY_VERSIONS = range(4, 7)
_SPEC = "WhisperSpec"
_POSITIONS = "encoder/position_encodings/encodings"
_LARGEST_NAME_BYTES = 1024
_LARGEST_WINDOW_S = 30.0


def is_model_folder(path: Path) -> bool:
    """Whether a folder holds a Whisper model in CTranslate2's format, as far as its file names tell."""
    return (path / WEIGHTS).is_file() and (path / CONFIG).is_file()


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model's files say.

    Attributes:
        name: The folder's name.
        width: Size of the network's hidden vectors; 384 for tiny, 1280 for large.
        decoder_layers: 2 in the distilled models, 4 in turbo, as many as in the encoder elsewhere.
        size_bytes: Size of the weights' file.
        mels: Rows of the spectrogram the network takes.
        window_s: Longest sound it hears at once, in seconds.
    """

    name: str
    width: int
    decoder_layers: int
    size_bytes: int
    mels: int
    window_s: float

    @property
    def quality(self) -> Quality:
        """How far to trust the text.

        From the word error rates the paper gives on LibriSpeech test-other: 17 % and 12 % for tiny and base,
        8 % and 6 % for small and medium, 5 % for large (Radford et al. 2022, table 8 of arXiv:2212.04356).
        """
        if self.width <= 512:
            return "draft"
        return "good" if self.width <= 1024 else "best"


def read_facts(folder: Path) -> ModelFacts:
    """Look a model's files through.

    Raises:
        ModelMissing: There is no model in the folder.
        ModelBroken: A file is missing, cut short or not what its name says; the message names it.
    """
    if not folder.is_dir() or not (folder / WEIGHTS).is_file():
        raise ModelMissing(
            f"There is no Whisper model in {folder}.",
            hint=f"A model is a folder with {WEIGHTS}, {CONFIG} and {TOKENIZER}, in CTranslate2's format.",
            model=str(folder),
        )
    for name in (CONFIG, TOKENIZER):
        _read_json(folder, name)
    preprocessor = _read_json(folder, PREPROCESSOR) if (folder / PREPROCESSOR).is_file() else {}
    shapes = dict(_arrays(folder / WEIGHTS))
    if _POSITIONS not in shapes:
        raise _broken(folder / WEIGHTS, "it holds no Whisper encoder")
    layers = {name.split("/")[1] for name in shapes if name.startswith("decoder/layer_") and name.count("/") > 1}
    return ModelFacts(
        name=folder.name,
        width=shapes[_POSITIONS][-1],
        decoder_layers=len(layers - {"layer_norm"}),
        size_bytes=(folder / WEIGHTS).stat().st_size,
        mels=shapes.get("encoder/conv1/weight", (0, 80))[1],
        window_s=min(float(preprocessor.get("chunk_length", _LARGEST_WINDOW_S)), _LARGEST_WINDOW_S),
    )


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise _broken(path, "it is missing") from None
    except OSError as error:
        raise _broken(path, f"it can't be read ({error.strerror})") from error
    except ValueError:
        raise _broken(path, "it is no JSON") from None
    if not isinstance(data, dict):
        raise _broken(path, "it holds no JSON object")
    return data


def _arrays(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every array in a weights' file."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (version,) = struct.unpack("I", _take(file, 4))
            if version not in _BINARY_VERSIONS or _string(file) != _SPEC:
                raise _broken(path, "it is no Whisper model in CTranslate2's format")
            _revision, count = struct.unpack("II", _take(file, 8))
            for _ in range(count):
                name = _string(file)
                (rank,) = struct.unpack("B", _take(file, 1))
                shape = struct.unpack(f"{rank}I", _take(file, 4 * rank))
                _kind, size_bytes = struct.unpack("<BI", _take(file, 5))
                _skip(file, size_bytes, size)
                yield name, shape
    except (EOFError, struct.error, UnicodeDecodeError):
        raise _broken(path, f"it ends too early, after {size} bytes") from None


def _take(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _skip(file: BinaryIO, count: int, size: int) -> None:
    if file.seek(count, 1) > size:
        raise EOFError


def _string(file: BinaryIO) -> str:
    (length,) = struct.unpack("H", _take(file, 2))
    if length > _LARGEST_NAME_BYTES:
        raise EOFError
    return _take(file, length).rstrip(b"\0").decode()


def _broken(path: Path, reason: str) -> ModelBroken:
    return ModelBroken(
        f"The Whisper model in {path.parent} can't be used: {path.name}: {reason}.",
        hint="Fetch or convert the model again; nothing was changed.",
        file=str(path),
    )
