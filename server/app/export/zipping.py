"""Zip archives that are the same each time: no dates, no user's permissions, media copied through."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from ..errors import NotFound

_BLOCK_BYTES = 1 << 20
_ZIP64_FROM_BYTES = 2**31 - 1


def entry(name: str, *, packed: bool = True) -> zipfile.ZipInfo:
    """An entry with fixed date, system and permissions; media is better not packed again."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    return info


def copy_into(archive: zipfile.ZipFile, name: str, file: Path) -> None:
    """Add a file from disk as it is, a block at a time.

    Raises:
        NotFound: It can't be read.
    """
    info = entry(name, packed=False)
    try:
        media = file.open("rb")
        info.file_size = file.stat().st_size
    except OSError as error:
        raise NotFound(f"The recording '{file}' can't be read: {error.strerror}.") from None
    with media, archive.open(info, "w", force_zip64=info.file_size > _ZIP64_FROM_BYTES) as target:
        shutil.copyfileobj(media, target, _BLOCK_BYTES)
