"""The audapolis desktop app's file: a zip of `document.json` (version 3) and the media under `sources/`."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from ...domain.document_versions import write_document
from ...errors import InvalidOption, NotFound
from ..base import Format
from ..losses import Loss, actual_losses
from ..material import Material, Source
from ..options import NoOptions
from ..report import Notes
from ..zipping import entry

NO_MEDIA = "The recording is not inside, so the desktop app can't open the file; give the recording to include it."
HARD_TO_PLAY = "The desktop app is known to play wav and mp4 only; the recording inside is neither."

_PLAYABLE = (".wav", ".mp4")
_BLOCK_BYTES = 1 << 20
_ZIP64_FROM_BYTES = 2**31 - 1
_SHA256 = re.compile("[0-9a-f]{64}")


class Audapolis(Format[NoOptions]):
    """Media is stored as it is, named by its SHA-256; entries carry no dates, so equal input gives equal bytes."""

    id = "audapolis"
    family = "data"
    name = "Audapolis document"
    extension = "audapolis"
    media_type = "application/zip"
    description = "Opens in the audapolis desktop app for editing; holds the recording too."
    losses = (Loss.OVERLAP, Loss.TRANSLATIONS, Loss.EMBEDDINGS, Loss.PROVENANCE, Loss.VIDEO_FACTS)
    options_type = NoOptions

    def write(self, material: Material, out: BinaryIO) -> Notes:
        """Write the zip, copying the media through.

        Raises:
            NotFound: The media file can't be read.
            InvalidOption: It is not the recording this transcript was made from.
        """
        sources = [source for source in material.sources if source.path]
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(entry("document.json"), write_document(material.cut()))
            for source in sources:
                _add_media(archive, source)
        return Notes(actual_losses(self.losses, material.transcript), tuple(_warnings(material.sources)))


def _warnings(sources: Sequence[Source]) -> Iterator[str]:
    if any(source.path is None for source in sources):
        yield NO_MEDIA
    elif any(source.path and source.path.suffix.lower() not in _PLAYABLE for source in sources):
        yield HARD_TO_PLAY


def _add_media(archive: zipfile.ZipFile, source: Source) -> None:
    digest = hashlib.sha256()
    media = cast(Path, source.path)
    info = entry(f"sources/{source.id}", packed=False)
    try:
        file = media.open("rb")
        info.file_size = media.stat().st_size
    except OSError as error:
        raise NotFound(f"The recording '{media}' can't be read: {error.strerror}.") from None
    with file, archive.open(info, "w", force_zip64=info.file_size > _ZIP64_FROM_BYTES) as inside:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            inside.write(block)
    if _SHA256.fullmatch(source.id) and digest.hexdigest() != source.id:
        raise InvalidOption(
            f"'{media.name}' is not the recording this transcript was made from.",
            hint="Give the original file, unchanged.",
        )
