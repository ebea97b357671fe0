"""What kind of model a folder holds, told from its files, and whether they are whole as far as can be seen at once."""

from __future__ import annotations

import json
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import InvalidModel
from .entries import EngineName, InstalledModel

Layout = Literal["ctranslate2", "transformers", "openai", "lora", "pocketsphinx", "sherpa", "pyannote"]

ENGINES: dict[Layout, EngineName] = {
    "ctranslate2": "whisper",
    "pocketsphinx": "pocketsphinx",
    "sherpa": "sherpa",
    "pyannote": "pyannote",
}
"""The engine that can use a layout as it is; other layouts have to be converted first."""

ACOUSTIC_FILES = ("mdef", "feat.params", "means", "variances", "transition_matrices")
_ENGLISH_TOKENS = 51_864
"""Size of the vocabulary of OpenAI's English-only models; the others have more."""
_WHAT = (
    "A model is one of: a Whisper in CTranslate2's format (model.bin, config.json), a Transformers checkpoint of "
    "Whisper (config.json, model.safetensors), an OpenAI checkpoint (.pt), a LoRA adapter (adapter_config.json, "
    "adapter_model.safetensors), a PocketSphinx acoustic model (mdef, feat.params, means, variances, "
    "transition_matrices, sendump), sherpa-onnx speakers (segmentation.onnx, embedding.onnx)."
)


@dataclass(frozen=True, slots=True)
class Found:
    """A model in a folder.

    Attributes:
        folder: Where exactly; may lie below the folder that was looked at.
        pickled: Its weights are a pickle, which can run code when loaded.
    """

    layout: Layout
    folder: Path
    pickled: bool = False


def recognise(folder: Path) -> Found:
    """Find the model in a folder, or in the one folder in it.

    Raises:
        InvalidModel: There is none of a kind we know.
    """
    for place in (folder, *_only_folder(folder)):
        if layout := _layout(place):
            return Found(layout, place, _pickled(place, layout))
    raise InvalidModel(f"There is no model in '{folder.name}' that we know how to use.", hint=_WHAT)


def _only_folder(folder: Path) -> list[Path]:
    inner = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    return inner if len(inner) == 1 else []


def _layout(folder: Path) -> Layout | None:
    has = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if {"model.bin", "config.json"} <= has:
        return "ctranslate2"
    if "adapter_config.json" in has:
        return "lora"
    if "config.json" in has and has & {
        "model.safetensors",
        "model.safetensors.index.json",
        "pytorch_model.bin",
        "pytorch_model.bin.index.json",
    }:
        return "transformers"
    if {"mdef", "feat.params"} <= has:
        return "pocketsphinx"
    if {"segmentation.onnx", "embedding.onnx"} <= has:
        return "sherpa"
    if "config.yaml" in has:
        return "pyannote"
    if len([name for name in has if name.endswith(".pt")]) == 1:
        return "openai"
    return None


def _pickled(folder: Path, layout: Layout) -> bool:
    safe = any(folder.glob("*.safetensors")) or layout in ENGINES
    return not safe


def in_folder(folder: Path) -> InstalledModel | None:
    """The speech model in a folder outside the library, with what its files tell; None when there is none."""
    if (folder / "model.bin").is_file() and (folder / "config.json").is_file():
        languages: tuple[str, ...] = ()
        with suppress(InvalidModel):  # whoever loads it says what is wrong with it
            languages = check_ctranslate2(folder)
        size = (folder / "model.bin").stat().st_size
        return InstalledModel(
            folder.name, "whisper", folder, size, languages, source=str(folder), multilingual=len(languages) != 1
        )
    if (folder / "mdef").is_file() and (folder / "feat.params").is_file():
        size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        return InstalledModel(
            folder.name, "pocketsphinx", folder, size, ("en",), source=str(folder), multilingual=False
        )
    return None


def check_ctranslate2(folder: Path) -> tuple[str, ...]:
    """Look into a Whisper in CTranslate2's format.

    Returns:
        The languages it knows, empty meaning many.

    Raises:
        InvalidModel: A file is missing, damaged, or belongs to something else.
    """
    config = read_json(folder / "config.json")
    weights = folder / "model.bin"
    kind = _specification(weights)
    if kind != "WhisperSpec":
        what = f"holds a '{kind}'" if kind else "is damaged or cut off"
        raise InvalidModel(
            f"The file '{weights.name}' {what}, where a Whisper in CTranslate2's format is wanted.",
            hint="Get the file again, or convert the model from its Transformers checkpoint.",
        )
    if not (folder / "tokenizer.json").is_file() and not any(folder.glob("vocabulary.*")):
        raise InvalidModel(
            "The model has neither 'tokenizer.json' nor a 'vocabulary' file.", hint="Add tokenizer.json."
        )
    if (folder / "tokenizer.json").is_file():
        read_json(folder / "tokenizer.json")
    only_english = _vocabulary_size(folder) == _ENGLISH_TOKENS or len(config.get("lang_ids") or (0, 1)) == 1
    return ("en",) if only_english else ()


def _vocabulary_size(folder: Path) -> int:
    listed, lines = folder / "vocabulary.json", folder / "vocabulary.txt"
    with suppress(OSError, ValueError):
        if listed.is_file():
            return len(json.loads(listed.read_text("utf-8")))
        return len(lines.read_text("utf-8").splitlines())
    return 0


def _specification(weights: Path) -> str:
    """The name a CTranslate2 file gives itself: a 32-bit version, a 16-bit length, the name, a zero byte."""
    try:
        with weights.open("rb") as stream:
            _version, length = struct.unpack("<IH", stream.read(6))
            name = stream.read(length) if 0 < length < 100 else b""
        return name.rstrip(b"\0").decode("ascii")
    except (OSError, struct.error, UnicodeDecodeError):
        return ""


def read_json(path: Path) -> Any:
    """The object in a model's JSON file.

    Raises:
        InvalidModel: It is not there or no JSON object.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InvalidModel(f"The file '{path.name}' is missing.", hint="Get the model again.") from None
    except (OSError, ValueError):
        value = None
    if not isinstance(value, dict):
        raise InvalidModel(f"The file '{path.name}' is damaged: it is no JSON object.", hint="Get the file again.")
    return value
