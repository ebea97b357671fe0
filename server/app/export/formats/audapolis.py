"""The audapolis desktop app's file: a zip of `document.json` (version 3) and the media under `sources/`."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import BinaryIO

from ...domain.document import Document
from ...domain.document_versions import write_document
from ...domain.transcript import Transcript
from ...errors import InvalidOption, NotFound
from ..base import Format
from ..losses import Loss, actual_losses
from ..options import NoOptions

NO_MEDIA = "The recording is not inside, so the desktop app can't open the file; give the recording to include it."
HARD_TO_PLAY = "The desktop app is known to play wav and mp4 only; the recording inside is neither."

_PLAYABLE = (".wav", ".mp4")
_BLOCK_BYTES = 1 << 20
_ZIP64_FROM_BYTES = 2**31 - 1
_UNKNOWN_SOURCE = "recording"


class Audapolis(Format[NoOptions]):
    """Media is stored as it is, named by its SHA-256; entries carry no dates, so equal input gives equal bytes."""

    id = "audapolis"
    name = "Audapolis document"
    extension = "audapolis"
    media_type = "application/zip"
    description = "Opens in the audapolis desktop app for editing; holds the recording too."
    losses = (Loss.OVERLAP, Loss.TRANSLATIONS, Loss.EMBEDDINGS, Loss.PROVENANCE, Loss.VIDEO_FACTS)
    options_type = NoOptions

    def write(self, transcript: Transcript, out: BinaryIO, *, media: Path | None = None) -> tuple[str, ...]:
        """Write the zip, copying the media through.

        Raises:
            NotFound: The media file can't be read.
            InvalidOption: It is not the recording this transcript was made from.
        """
        source = transcript.recording.sha256 or _UNKNOWN_SOURCE
        document = Document.from_transcript(transcript, source=source)
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr(_entry("document.json", zipfile.ZIP_DEFLATED), write_document(document))
            if media is not None:
                _add_media(archive, source, media, expected=transcript.recording.sha256)
        losses = actual_losses(self.losses, transcript)
        if media is None:
            return (NO_MEDIA, *losses)
        return losses if media.suffix.lower() in _PLAYABLE else (HARD_TO_PLAY, *losses)


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    """An entry with fixed date, system and permissions."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = compression
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    return info


def _add_media(archive: zipfile.ZipFile, source: str, media: Path, *, expected: str) -> None:
    digest = hashlib.sha256()
    info = _entry(f"sources/{source}", zipfile.ZIP_STORED)
    try:
        file = media.open("rb")
        info.file_size = media.stat().st_size
    except OSError as error:
        raise NotFound(f"The recording '{media}' can't be read: {error.strerror}.") from None
    with file, archive.open(info, "w", force_zip64=info.file_size > _ZIP64_FROM_BYTES) as entry:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            entry.write(block)
    if expected and digest.hexdigest() != expected:
        raise InvalidOption(
            f"'{media.name}' is not the recording this transcript was made from.",
            hint="Give the original file, unchanged.",
        )
