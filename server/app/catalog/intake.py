"""A custom model on its way in: unpacked, found, and its files copied to where they can be tried."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..domain.cancellation import CancelToken
from ..errors import InvalidModel, InvalidOption, NotFound
from .archive import is_archive, unpack
from .entries import EngineName, primary
from .known import WHISPER_FILES
from .layouts import Found, Layout, check_ctranslate2, read_json, recognise
from .shelf import storage

_WANTED: dict[Layout, tuple[str, ...]] = {
    "ctranslate2": WHISPER_FILES,
    "pocketsphinx": (
        *("mdef", "feat.params", "means", "variances", "transition_matrices", "sendump", "noisedict"),
        *("*.dict", "*.dic", "*.lm.bin", "*.lm", "*.lm.gz", "*.dmp"),
        *("*/mdef", "*/feat.params", "*/means", "*/variances", "*/transition_matrices", "*/sendump", "*/noisedict"),
    ),
    "sherpa": ("segmentation.onnx", "embedding.onnx"),
    "pyannote": ("config.yaml", "*/*.bin", "*/*.yaml", "*/*.npz", "*/*.safetensors"),
}
_BLOCK_BYTES = 1 << 22
_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".pt")

Precision = Literal["float16", "int8", "float32"]


@dataclass(frozen=True, slots=True)
class ImportWish:
    """How a custom model is taken in.

    Attributes:
        name: What it shall be called; the source's name when not given.
        language: The one language it knows; None for what its files say.
        base: Checkpoint that a LoRA adapter changes.
        tokenizer: Folder with the `tokenizer.json` of an OpenAI checkpoint, where it is not beside it.
        allow_pickle: The user agreed to open a pickle.
        precision: How weights are stored after a conversion.
        sample: A recording to try it with; a bundled English sentence when not given.
    """

    name: str | None = None
    language: str | None = None
    base: Path | None = None
    tokenizer: Path | None = None
    allow_pickle: bool = False
    precision: Precision = "float16"
    sample: Path | None = None


def open_source(source: Path, room: Path, cancel: CancelToken) -> Found:
    """Find the model in a folder, an archive, or a single checkpoint.

    Args:
        source: What the user named.
        room: A new folder to unpack into.
        cancel: Stops unpacking.

    Raises:
        NotFound: There is nothing there.
        InvalidModel: There is no model in it, or the archive is damaged or dangerous.
    """
    if not source.exists():
        raise NotFound(f"There is no '{source}'.", hint="Name a model's folder, archive or checkpoint.")
    if source.is_dir():
        return recognise(source)
    inside = room / "unpacked"
    with storage():
        inside.mkdir(parents=True)
    if is_archive(source):
        unpack(source, inside, cancel)
    elif source.suffix == ".pt":
        _link(source, inside / source.name)
        for name in ("tokenizer.json", "preprocessor_config.json"):
            if (source.parent / name).is_file():
                _link(source.parent / name, inside / name)
    else:
        raise InvalidModel(
            f"'{source.name}' is neither a folder nor an archive nor a checkpoint.", hint="Archives are zip or tar."
        )
    return recognise(inside)


def check_consent(found: Found, *, allow_pickle: bool) -> None:
    """Refuse weights that are a pickle unless the user agreed.

    Raises:
        InvalidOption: The hint says how to agree.
    """
    if found.pickled and not allow_pickle:
        raise InvalidOption(
            "The model's weights are a pickle, a format that can run code when it is opened.",
            hint="Get them as safetensors. If you trust where they come from, add --allow-pickle; "
            "they are then read with PyTorch's restricted reader.",
            field="allow_pickle",
        )


def copy_files(found: Found, into: Path, cancel: CancelToken) -> None:
    """Copy the files a model consists of, and no others."""
    chosen = {path for pattern in _WANTED[found.layout] for path in found.folder.glob(pattern) if path.is_file()}
    for path in sorted(chosen):
        cancel.check()
        target = into / path.relative_to(found.folder)
        with storage():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def fingerprint(folder: Path, cancel: CancelToken) -> str:
    """SHA-256 over the names and contents of all files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                cancel.check()
                digest.update(block)
    return digest.hexdigest()


def name_of(source: Path) -> str:
    """A name for a model from that of its folder or file."""
    name = source.name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-._") or "model"


def base_of(found: Found, wish: ImportWish) -> Path | None:
    """The checkpoint that an adapter changes: the one named, or the one its own file names if that is a folder here.

    Raises:
        InvalidOption: There is none.
    """
    if found.layout != "lora":
        return None
    named = Path(str(read_json(found.folder / "adapter_config.json").get("base_model_name_or_path", "")))
    base = wish.base or (named if named.is_dir() else None)
    if base is None or not base.is_dir():
        raise InvalidOption(
            "A LoRA adapter needs the checkpoint it was made for.",
            hint=f"Name its folder with --base{f' (it was made for {named})' if named.name else ''}.",
            field="base",
        )
    check_consent(recognise(base), allow_pickle=wish.allow_pickle)
    return base


def languages_of(folder: Path, engine: EngineName, language: str | None) -> tuple[str, ...]:
    """The languages a model knows: the one named, else what its files tell; empty means many.

    Raises:
        InvalidModel: The files of a Whisper are damaged.
    """
    given = (primary(language),) if language else ()
    if engine == "whisper":
        return given or check_ctranslate2(folder)
    if engine == "pocketsphinx":
        return given or ("en",)
    return ()


def _link(source: Path, target: Path) -> None:
    """Have a file under another name without copying it, where the file system can."""
    with suppress(OSError):
        os.link(source.resolve(), target)
        return
    with storage():
        shutil.copyfile(source, target)
