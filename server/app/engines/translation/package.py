"""A package of Argos Translate: a folder, or the zip it is published as, with model, tokenizer and languages."""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...errors import EngineUnavailable, ModelBroken, NotFound, TooLarge

_MOST_BYTES = 4 * 2**30
_METADATA, _PIECES, _OTHER_TOKENIZER = "metadata.json", "sentencepiece.model", "bpe.model"
_MODEL = "model"


@dataclass(frozen=True, slots=True)
class Package:
    """What a package holds.

    Attributes:
        name: What to call it in messages.
        source: Language it translates from.
        target: Language it translates into.
        target_prefix: What the model wants every answer to begin with; "" for nothing.
        pieces: The tokenizer's file.
        folder: Where the model lies; None where `files` holds it.
        files: The model's files by name, out of an archive.
    """

    name: str
    source: str
    target: str
    target_prefix: str
    pieces: bytes
    folder: Path | None
    files: dict[str, bytes]


def read_package(path: Path) -> Package:
    """Read a package.

    Raises:
        NotFound: There is nothing there.
        ModelBroken: It is damaged, or no such package; the message names what is missing.
        EngineUnavailable: It needs a tokenizer that we don't have.
        TooLarge: It would unpack to more than any such model has.
    """
    try:
        if path.is_dir():
            root = path if (path / _METADATA).exists() else _inner(path)
            files = {name: (root / name).read_bytes() for name in (_METADATA, _PIECES) if (root / name).is_file()}
            names = {entry.relative_to(root).as_posix() for entry in root.rglob("*")}
            return _package(path.name, names, files, root / _MODEL)
        if not path.exists():
            raise NotFound(f"There is no translation model at '{path}'.", hint="Give an Argos Translate package.")
        return _of_archive(path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ModelBroken(
            f"'{path.name}' is no Argos Translate package: {error}.", hint="Get it again, or give its folder."
        ) from None
    except OSError as error:
        raise ModelBroken(f"'{path.name}' can't be read: {error.strerror or error}.") from None


def _inner(folder: Path) -> Path:
    """The folder inside that an unpacked archive has."""
    return next((entry.parent for entry in sorted(folder.glob(f"*/{_METADATA}"))), folder)


def _of_archive(path: Path) -> Package:
    with zipfile.ZipFile(path) as archive:
        entries = {_below(info.filename): info for info in archive.infolist() if not info.is_dir()}
        wanted = [name for name in entries if name in {_METADATA, _PIECES} or name.startswith(f"{_MODEL}/")]
        if sum(entries[name].file_size for name in wanted) > _MOST_BYTES:
            raise TooLarge(f"'{path.name}' unpacks to more than {_MOST_BYTES} bytes.")
        files = {name: archive.read(entries[name]) for name in wanted}
    return _package(path.name, set(entries), files, None)


def _below(name: str) -> str:
    """A name without the one folder that everything in an archive lies in."""
    return PurePosixPath(*PurePosixPath(name).parts[1:]).as_posix()


def _package(name: str, names: set[str], files: dict[str, bytes], folder: Path | None) -> Package:
    if _OTHER_TOKENIZER in names and _PIECES not in names:
        raise EngineUnavailable(
            f"'{name}' needs a tokenizer that is not supported ({_OTHER_TOKENIZER}).",
            hint="Take a version of the package that has a sentencepiece.model.",
        )
    for needed in (_METADATA, _PIECES, f"{_MODEL}/model.bin"):
        if needed not in names:
            raise ModelBroken(f"'{name}' is no Argos Translate package: {needed} is missing.")
    try:
        metadata = json.loads(files[_METADATA])
        source, target = str(metadata["from_code"]), str(metadata["to_code"])
    except (ValueError, KeyError, TypeError):
        raise ModelBroken(f"The {_METADATA} of '{name}' does not name its languages.") from None
    model = {key.removeprefix(f"{_MODEL}/"): data for key, data in files.items() if key.startswith(f"{_MODEL}/")}
    prefix = str(metadata.get("target_prefix") or "")
    return Package(name, source, target, prefix, files[_PIECES], folder, model)
