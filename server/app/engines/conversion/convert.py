"""Ask for a conversion: what it needs, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ...domain.cancellation import CancelToken
from ...errors import EngineUnavailable
from ..errand import run_errand

Precision = Literal["float16", "int8", "float32"]
_NEEDED = {"transformers": ("torch", "transformers", "safetensors"), "openai": ("torch", "transformers")}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is to be converted.

    Attributes:
        layout: `transformers`, `openai` (a folder with one `.pt`) or `lora`.
        folder: Where it is.
        base: The Transformers checkpoint that a LoRA adapter changes.
        tokenizer: Folder with the `tokenizer.json` of an OpenAI checkpoint, which does not carry its own.
        allow_pickle: Weights may be read from a pickle (only ever with PyTorch's restricted reader).
    """

    layout: str
    folder: Path
    base: Path | None = None
    tokenizer: Path | None = None
    allow_pickle: bool = False


def check_installed(layout: str) -> None:
    """Refuse a conversion for which packages are missing.

    Raises:
        EngineUnavailable: The hint says how to install them.
    """
    needed = (*_NEEDED.get(layout, _NEEDED["transformers"]), *(("peft",) if layout == "lora" else ()))
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise EngineUnavailable(
            f"This model has to be converted, and what that needs is not installed: {', '.join(missing)}.",
            hint="Install it: pip install 'audapolis[convert]'. Or import the model in CTranslate2's format.",
        )


def convert(checkpoint: Checkpoint, into: Path, precision: Precision, cancel: CancelToken) -> None:
    """Convert a checkpoint; nothing is fetched and no code of the checkpoint's is run.

    Args:
        checkpoint: What to convert.
        into: Folder for the result; must not exist.
        precision: How the weights are stored; they can be used with any precision whatever it is.
        cancel: Stops it at once.

    Raises:
        EngineUnavailable: The packages for it are not installed.
        Refused: The checkpoint can't be converted; the message says why.
        WorkerCrashed: The process died, most often for lack of memory.
    """
    check_installed(checkpoint.layout)
    request = {
        "layout": checkpoint.layout,
        "folder": str(checkpoint.folder),
        "base": str(checkpoint.base) if checkpoint.base else None,
        "tokenizer": str(checkpoint.tokenizer) if checkpoint.tokenizer else None,
        "allow_pickle": checkpoint.allow_pickle,
        "into": str(into),
        "precision": precision,
    }
    run_errand(f"{__package__}.child", request, cancel)
